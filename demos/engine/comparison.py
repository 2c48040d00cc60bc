"""Two runs over the same cases: is the difference real, or noise?

b counts cases that passed before and fail now, c those that failed before and pass now. Cases without a
verdict on either side are left out by the caller. Differences are fractions, now minus before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb, sqrt

from demos.engine.statistics import Z_TWO_SIDED, Interval, percent

Z_POWER_80 = 0.841621


class Difference(StrEnum):
    """What a comparison allows to be said."""

    BETTER = "better"
    WORSE = "worse"
    NO_RELEVANT_DIFFERENCE = "no_relevant_difference"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """A paired comparison of pass and fail. ``difference`` and interval are None without any pair."""

    n: int
    b: int
    c: int
    difference: float | None
    low: float | None
    high: float | None
    p: float
    p_mid: float
    verdict: Difference
    lost: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    method: str = "exact McNemar, interval with 0.5 added per discordant cell"

    def words(self) -> str:
        """One sentence: how many cases flipped, and what that proves."""
        if self.low is None or self.high is None:
            return "The runs have no case in common, so they cannot be compared."
        flips = f"{self.c} of {self.n} cases were won and {self.b} lost"
        span = f"the pass rate changed by {signed(self.low)} to {signed(self.high)} points (95 % confidence)"
        return f"{flips}; {span}: {VERDICT_WORDS[self.verdict]}."


VERDICT_WORDS: Mapping[Difference, str] = {
    Difference.BETTER: "really better",
    Difference.WORSE: "really worse",
    Difference.NO_RELEVANT_DIFFERENCE: "no difference that matters",
    Difference.CANNOT_TELL: "cannot tell yet, too few cases changed",
}


def compare_paired(
    before: Mapping[str, bool], now: Mapping[str, bool], *, margin: float = 0.0
) -> PairedComparison:
    """Compare two runs case by case. Keys are case ids; cases only one run has are left out.

    ``margin`` is the difference that would not matter; 0 never yields "no relevant difference".
    """
    common = sorted(before.keys() & now.keys())
    lost = tuple(k for k in common if before[k] and not now[k])
    won = tuple(k for k in common if now[k] and not before[k])
    n, b, c = len(common), len(lost), len(won)
    interval = difference_interval(b, c, n)
    p, p_mid = mcnemar(b, c)
    verdict = Difference.CANNOT_TELL
    if interval is not None:
        verdict = verdict_of(interval, margin)
    return PairedComparison(
        n=n,
        b=b,
        c=c,
        difference=None if n == 0 else (c - b) / n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p=p,
        p_mid=p_mid,
        verdict=verdict,
        lost=lost,
        won=won,
    )


def verdict_of(interval: Interval, margin: float = 0.0) -> Difference:
    """What an interval of a difference allows to be said."""
    if interval.low > 0:
        return Difference.BETTER
    if interval.high < 0:
        return Difference.WORSE
    if -margin <= interval.low and interval.high <= margin:
        return Difference.NO_RELEVANT_DIFFERENCE
    return Difference.CANNOT_TELL


def mcnemar(b: int, c: int) -> tuple[float, float]:
    """Exact two-sided p of the discordant counts, and its mid-p. Both 1 when nothing flipped."""
    _check_flips(b, c)
    n, k = b + c, min(b, c)
    if n == 0:
        return 1.0, 1.0
    whole = 2**n
    below = sum(comb(n, i) for i in range(k + 1))
    p = min(1.0, 2 * below / whole)
    return p, min(1.0, (2 * below - comb(n, k)) / whole)


def difference_interval(b: int, c: int, n: int) -> Interval | None:
    """Two-sided 95 % interval of the difference of two paired rates; None without pairs."""
    _check_flips(b, c)
    if n == 0:
        return None
    if b + c > n:
        raise ValueError("More cases flipped than there are.")
    m = n + 2
    centre = (c - b) / m
    half = Z_TWO_SIDED * sqrt((b + c + 1) - (c - b) ** 2 / m) / m
    return Interval(max(-1.0, centre - half), min(1.0, centre + half))


def pairs_needed(flips: float, difference: float) -> int:
    """Pairs to see ``difference`` with 80 % power when a share ``flips`` of the cases changes."""
    if not 0 < abs(difference) <= flips <= 1:
        raise ValueError("The difference must be above 0 and at most the share of cases that change.")
    root = Z_TWO_SIDED * sqrt(flips) + Z_POWER_80 * sqrt(flips - difference**2)
    return ceil(root**2 / difference**2)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p values, in the given order: for several comparisons looked at together."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = highest
    return tuple(adjusted)


def signed(fraction: float) -> str:
    """A difference in points with its sign, e.g. +4.2."""
    number = percent(abs(fraction)).removesuffix(" %")
    return number if number == "0" else f"{'−' if fraction < 0 else '+'}{number}"


def _check_flips(b: int, c: int) -> None:
    if b < 0 or c < 0:
        raise ValueError("Counts of flipped cases cannot be negative.")
