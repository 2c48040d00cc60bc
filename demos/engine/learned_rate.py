"""How fast a target that refuses calls may be asked, as its own refusals tell.

All instants are seconds of one monotonic clock, passed in.
"""

from __future__ import annotations

import math

LEAST_ANSWERS = 5
"""Fewer answers say nothing of how many there may be."""
BELOW = 0.95
HEALS_S = 45.0
HEALS_REST_TIMES = 3
FORGOTTEN = 1_000.0


class LearnedRate:
    """What a target was seen to take, learned from its refusals, so that the next calls wait their turn.

    The first time it is the answers since the beginning over the time until the rest is over that the target
    asked for: a quota that was used up at once is then spread over its window. Refused again, it is a little
    less than what was sent. It grows by itself while nothing is refused, slowly at first (5 % in 10 s,
    twofold in 37 s; slower where long rests are asked for), and is forgotten when it has grown thousandfold.
    """

    def __init__(self) -> None:
        self._per_second: float | None = None
        self._since: float | None = None
        self._answers = 0
        self._rest: tuple[float, float] | None = None
        self._heals_s = HEALS_S

    def sent(self, now: float) -> None:
        """Note a call; the time that counts begins with the first. After a rest the rate is learned anew."""
        if self._since is None:
            self._since = now
        if self._rest is not None and now >= self._rest[1]:
            self._learn(*self._rest)
            self._rest = None

    def answered(self) -> None:
        """Note a call that was answered."""
        self._answers += 1

    def refused(self, now: float, until: float) -> None:
        """Note a refusal at ``now`` after which all rests ``until`` then. Answers may still come in."""
        self._rest = (now, until)

    def _learn(self, now: float, until: float) -> None:
        if self._since is None or self._answers < LEAST_ANSWERS:
            return  # too little was seen to say how much it takes
        known = self.per_second(now)
        seconds = (until if known is None else now) - self._since
        seen = self._answers / max(seconds, 0.001)
        self._per_second = BELOW * (seen if known is None else min(seen, known))
        self._heals_s = max(HEALS_S, HEALS_REST_TIMES * (until - now))
        self._since, self._answers = until, 0

    def per_second(self, now: float) -> float | None:
        """Calls per second that may be sent at ``now``; None while nothing is known."""
        if self._per_second is None or self._since is None:
            return None
        grown = math.exp(min(max(0.0, now - self._since) / self._heals_s, 3.0) ** 2)
        if grown > FORGOTTEN:
            self._per_second = None
            return None
        return self._per_second * grown
