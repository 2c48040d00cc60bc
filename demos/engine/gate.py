"""How many calls may be under way at once, and when sending rests.

All instants are seconds of one monotonic clock, passed in.
"""

from __future__ import annotations

from collections import deque

from demos.engine.learned_rate import LearnedRate
from demos.engine.shares import Share

SEVERAL_WITHIN_S = 1.0
SPACINGS = 3.0
"""Where calls go out slowly, refusals so many calls apart are still one after the other."""
SHORTEST_REST_S = 0.5
LONGEST_REST_S = 60.0
LATEST = 32
LIMITED_SHARE = 0.2
CALM_S = 1.0
GROWTH = 0.25
BARREN_RESTS = 3
CATCH_UP_S = 0.02
"""Timers are coarse; a call that went out late by up to this much does not lower the rate."""


class Gate:
    """Opens slowly, closes fast: one more call per round of successes, half as many on a rate limit.

    One case that is limited again and again is its own problem and waits alone. It is the target's limit
    when, within one second or the time of three calls, different cases are limited one after the other with
    no answer in between, or make up a fifth of the latest outcomes; then everything rests. A limit lets
    something through after a rest; when several rests bring no answer, the refused cases are on their own
    again. After a rest calls go out no faster than the target was seen to take.
    """

    def __init__(self, ceiling: int, *, per_second: float | None = None) -> None:
        self.ceiling = ceiling
        self.rests_until = 0.0
        self._limit = float(ceiling)
        self._spacing = 1.0 / per_second if per_second else 0.0
        self._learned = LearnedRate()
        self._next_send = 0.0
        self._limited: dict[str, float] = {}
        self._streak: set[str] = set()
        self._latest: deque[bool] = deque(maxlen=LATEST)
        self._halved_at = float("-inf")
        self._calm_since = float("-inf")
        self._barren_rests = 0

    @property
    def limit(self) -> int:
        """Calls that may be under way now; 0 only when this part has no share for the moment."""
        return min(int(self._limit), self.ceiling)

    def take(self, share: Share, now: float) -> None:
        """Go on with another share of what the target takes, and rest as long as other parts have to."""
        if share.concurrency > self.ceiling and self._limit >= self.ceiling:
            self._limit = float(share.concurrency)  # was not held back, so the new room is open at once
        self.ceiling = share.concurrency
        self._limit = max(1.0, min(self._limit, float(max(share.concurrency, 1))))
        self._spacing = 1.0 / share.per_second if share.per_second else 0.0
        if share.rest_s > 0:
            self.rests_until = max(self.rests_until, now + share.rest_s)

    def opens_at(self, now: float) -> float:
        """The instant from which the next call may be sent; ``now`` or earlier means at once."""
        return max(self.rests_until, self._next_send)

    def sent(self, now: float) -> None:
        """Note that a call goes out at ``now``: with a rate set or learned, the next one waits its turn."""
        self._learned.sent(now)
        learned = self._learned.per_second(now)
        spacing = self._spacing if learned is None else max(self._spacing, 1.0 / learned)
        if spacing:
            self._next_send = max(self._next_send, now - CATCH_UP_S) + spacing

    def came_back(self, *, answered: bool) -> None:
        """Note a call that ended in any way but a rate limit."""
        if answered:
            self._barren_rests = 0
            self._learned.answered()
        self._latest.append(False)
        if self._streak:
            self._streak.clear()
        if self._limit < self.ceiling:
            self._limit = min(float(self.ceiling), self._limit + GROWTH / self._limit)

    def relax(self, now: float) -> None:
        """Double the calls under way for every second without a rate limit, up to the ceiling.

        Without it, a few hanging calls could hold the last slots and keep the gate from opening again.
        """
        if self._limit < self.ceiling and now - self._calm_since >= CALM_S:
            self._calm_since = now
            self._limit = min(float(self.ceiling), self._limit * 2)

    def limited(self, key: str, now: float, wait_s: float) -> bool:
        """Note that the call for case ``key`` was refused for being one too many.

        Returns whether this is the target's limit rather than this case's own trouble.
        """
        self._latest.append(True)
        self._streak.add(key)
        self._limited[key] = now
        learned = self._learned.per_second(now)
        together_s = max(SEVERAL_WITHIN_S, SPACINGS / learned if learned else 0.0)
        for other, at in list(self._limited.items()):
            if now - at > together_s:
                del self._limited[other]
                self._streak.discard(other)
        if not self._is_the_targets_limit():
            return False
        begins = now >= self.rests_until
        rest_s = min(max(wait_s, SHORTEST_REST_S), LONGEST_REST_S)
        self.rests_until = max(self.rests_until, now + rest_s)
        if begins:
            self._barren_rests += 1
            self._learned.refused(now, self.rests_until)
        self._calm_since = self.rests_until
        if now - self._halved_at > SEVERAL_WITHIN_S:
            self._halved_at = now
            self._limit = max(1.0, self._limit / 2)
        return True

    def _is_the_targets_limit(self) -> bool:
        if len(self._limited) < 2 or self._barren_rests >= BARREN_RESTS:
            return False
        share = sum(self._latest) / len(self._latest)
        return len(self._streak) >= 2 or (len(self._latest) == LATEST and share >= LIMITED_SHARE)
