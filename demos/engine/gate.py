"""How many calls may be under way at once, and when sending rests.

All instants are seconds of one monotonic clock, passed in.
"""

from __future__ import annotations

SEVERAL_WITHIN_S = 1.0
SHORTEST_REST_S = 0.5
LONGEST_REST_S = 60.0
CATCH_UP_S = 0.02
"""Timers are coarse; a call that went out late by up to this much does not lower the rate."""


class Gate:
    """Opens slowly, closes fast: one more call per round of successes, half as many on a rate limit.

    One case that is limited again and again is its own problem and waits alone. Only when different
    cases are limited within one second is it the target's limit; then everything rests.
    """

    def __init__(self, ceiling: int, *, per_second: float | None = None) -> None:
        self.ceiling = ceiling
        self.rests_until = 0.0
        self._limit = float(ceiling)
        self._spacing = 1.0 / per_second if per_second else 0.0
        self._next_send = 0.0
        self._limited: dict[str, float] = {}
        self._halved_at = float("-inf")

    @property
    def limit(self) -> int:
        """Calls that may be under way now; never under 1."""
        return int(self._limit)

    def opens_at(self, now: float) -> float:
        """The instant from which the next call may be sent; ``now`` or earlier means at once."""
        return max(self.rests_until, self._next_send)

    def sent(self, now: float) -> None:
        """Note that a call goes out at ``now``: with a rate set, the next one waits its turn."""
        if self._spacing:
            self._next_send = max(self._next_send, now - CATCH_UP_S) + self._spacing

    def succeeded(self) -> None:
        """Note an answer."""
        if self._limit < self.ceiling:
            self._limit = min(float(self.ceiling), self._limit + 1.0 / self._limit)

    def limited(self, key: str, now: float, wait_s: float) -> None:
        """Note that the call for case ``key`` was refused for being one too many."""
        self._limited[key] = now
        for other, at in list(self._limited.items()):
            if now - at > SEVERAL_WITHIN_S:
                del self._limited[other]
        if len(self._limited) < 2:
            return
        rest_s = min(max(wait_s, SHORTEST_REST_S), LONGEST_REST_S)
        self.rests_until = max(self.rests_until, now + rest_s)
        if now - self._halved_at > SEVERAL_WITHIN_S:
            self._halved_at = now
            self._limit = max(1.0, self._limit / 2)
