"""How many more cases would settle a verdict. The bounds themselves come with the measurement."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import ceil, log, sqrt
from statistics import NormalDist
from typing import Final

MOST_CASES: Final = 1_000_000
"""Above this the answer is "not by asking more cases"."""


def wilson_bounds(rate: float, n: int, *, confidence: float) -> tuple[float, float]:
    """The two one-sided Wilson bounds of a rate in [0, 1] over ``n`` cases, each at ``confidence``.

    Raises ValueError if ``n`` is not positive or ``rate`` is no rate.
    """
    if n <= 0 or not 0 <= rate <= 1:
        raise ValueError("a rate between 0 and 1 over at least one case is needed")
    z = NormalDist().inv_cdf(confidence)
    share = 1 + z * z / n
    centre = (rate + z * z / (2 * n)) / share
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / share
    return max(0.0, centre - half), min(1.0, centre + half)


def more_for_rate(rate: Decimal, n: int, target: Decimal, *, confidence: Decimal) -> int | None:
    """Cases to add, at the same rate, until the target no longer lies between the two bounds.

    None when no number up to a million settles it (the rate equals the target).
    """
    observed, wanted, sure = float(rate), float(target), float(confidence)

    def settled(cases: int) -> bool:
        low, high = wilson_bounds(observed, cases, confidence=sure)
        return low >= wanted if observed >= wanted else high < wanted

    return _more(n, settled)


def more_for_upper_rate(rate: Decimal, n: int, target: Decimal, *, confidence: Decimal) -> int | None:
    """As ``more_for_rate`` where the rate has to stay at or under the target."""
    return more_for_rate(1 - rate, n, 1 - target, confidence=confidence)


def more_for_zero(n: int, limit: Decimal, *, confidence: Decimal) -> int | None:
    """Clean probes to add until "none seen" bounds the rate by ``limit`` (exact, one-sided)."""
    if not 0 < limit < 1:
        return None
    needed = ceil(log(1 - float(confidence)) / log(1 - float(limit)) - 1e-9)
    return max(0, needed - n)


def more_by_width(n: int, distance: Decimal, half_width: Decimal) -> int | None:
    """Roughly how many cases to add so that an interval shrinks to ``distance``: width falls with √n."""
    if distance <= 0 or half_width <= 0:
        return None
    needed = ceil(n * float(half_width / distance) ** 2)
    return max(0, needed - n) if needed <= MOST_CASES else None


def _more(n: int, settled: Callable[[int], bool]) -> int | None:
    low, high = n, max(n, 1)
    while not settled(high):
        low, high = high, high * 2
        if high > MOST_CASES:
            return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settled(middle) else (middle, high)
    return high - n
