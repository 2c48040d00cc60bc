"""Two runs over the same cases: is the difference real, or noise?

b counts cases that passed before and fail now, c those that failed before and pass now. Cases without a
verdict on either side are left out by the caller. Differences are fractions, now minus before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb, sqrt

from demos.engine.agreement import cluster_error
from demos.engine.clusters import student_t
from demos.engine.statistics import Z_ONE_SIDED, Z_TWO_SIDED, Interval, percent, wilson

MCNEMAR = "exact McNemar, interval with 0.5 added per discordant cell"
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
    bound_low: float | None = None
    bound_high: float | None = None
    lost: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    method: str = MCNEMAR

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
    before: Mapping[str, bool],
    now: Mapping[str, bool],
    *,
    margin: float = 0.0,
    clusters: Mapping[str, str] | None = None,
) -> PairedComparison:
    """Compare two runs case by case. Keys are case ids; cases only one run has are left out.

    ``margin`` is the difference that would not matter; 0 never yields "no relevant difference". ``clusters``
    names the cluster of each case, "" for a case of its own; cases that belong together widen the interval.
    """
    common = sorted(before.keys() & now.keys())
    lost = tuple(k for k in common if before[k] and not now[k])
    won = tuple(k for k in common if now[k] and not before[k])
    n, b, c = len(common), len(lost), len(won)
    interval, bounds = (difference_interval(b, c, n, z) for z in (Z_TWO_SIDED, Z_ONE_SIDED))
    method = MCNEMAR
    names = [(clusters or {}).get(k) or f"\0{k}" for k in common]
    if interval is not None and bounds is not None and len(set(names)) < n:
        changes = [float(now[k]) - float(before[k]) for k in common]
        interval, bounds = widened(changes, names, interval), widened(changes, names, bounds, level=0.95)
        method = f"exact McNemar, interval widened for {len(set(names))} clusters"
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
        bound_low=bounds.low if bounds else None,
        bound_high=bounds.high if bounds else None,
        lost=lost,
        won=won,
        method=method,
    )


def widened(
    changes: Sequence[float], names: Sequence[str], interval: Interval, *, level: float = 0.975
) -> Interval:
    """``interval`` or the cluster-robust one around the mean change, whichever reaches further."""
    error, groups = cluster_error(changes, names), len(set(names))
    if error is None:  # everything belongs together: nothing can be told
        return Interval(-1.0, 1.0)
    mean, reach = sum(changes) / len(changes), student_t(level, groups - 1) * error
    return Interval(max(-1.0, min(interval.low, mean - reach)), min(1.0, max(interval.high, mean + reach)))


def verdict_of(interval: Interval, margin: float = 0.0) -> Difference:
    """What an interval of a difference allows to be said."""
    if interval.low > 0:
        return Difference.BETTER
    if interval.high < 0:
        return Difference.WORSE
    if -margin <= interval.low and interval.high <= margin:
        return Difference.NO_RELEVANT_DIFFERENCE
    return Difference.CANNOT_TELL


def not_worse(bound_low: float | None, margin: float) -> bool | None:
    """Non-inferiority: is now not worse than before by ``margin``, with one-sided 95 % confidence?

    None without a bound or a margin: then nobody said what would still be acceptable.
    """
    return None if bound_low is None or margin <= 0 else bound_low > -margin


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


def difference_interval(b: int, c: int, n: int, z: float = Z_TWO_SIDED) -> Interval | None:
    """Interval of the difference of two paired rates, two-sided 95 % by default; None without pairs."""
    _check_flips(b, c)
    if n == 0:
        return None
    if b + c > n:
        raise ValueError("More cases flipped than there are.")
    m = n + 2
    centre = (c - b) / m
    half = z * sqrt((b + c + 1) - (c - b) ** 2 / m) / m
    return Interval(max(-1.0, centre - half), min(1.0, centre + half))


def pairs_needed(flips: float, difference: float) -> int:
    """Pairs to see ``difference`` with 80 % power when a share ``flips`` of the cases changes."""
    if not 0 < abs(difference) <= flips <= 1:
        raise ValueError("The difference must be above 0 and at most the share of cases that change.")
    root = Z_TWO_SIDED * sqrt(flips) + Z_POWER_80 * sqrt(flips - difference**2)
    return ceil(root**2 / difference**2)


def more_pairs_needed(b: int, c: int, n: int) -> int | None:
    """How many more cases, flipping as those seen, would tell with 80 % power; None when none flipped, or
    as many each way: then nothing says how large the difference is."""
    _check_flips(b, c)
    if n == 0 or b == c:
        return None
    return max(0, pairs_needed((b + c) / n, abs(c - b) / n) - n)


def independent_difference(
    first: tuple[int, int], second: tuple[int, int], z: float = Z_TWO_SIDED
) -> Interval | None:
    """Newcombe's interval of rate one minus rate two, each (events, n), from Wilson's; None without cases."""
    one, two = wilson(*first, z), wilson(*second, z)
    if one is None or two is None:
        return None
    p1, p2 = first[0] / first[1], second[0] / second[1]
    low = p1 - p2 - sqrt((p1 - one.low) ** 2 + (two.high - p2) ** 2)
    high = p1 - p2 + sqrt((one.high - p1) ** 2 + (p2 - two.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


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
