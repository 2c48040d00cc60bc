"""Numbers with their uncertainty: rates, percentiles, cost per success, and how many cases it takes.

Rates are fractions from 0 to 1. ``None`` means that the data cannot say it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, comb, erf, exp, floor, isinf, lgamma, log, sqrt
from statistics import NormalDist

Z_TWO_SIDED = 1.959964
Z_ONE_SIDED = 1.644854
MOST_CASES = 1_000_000
BOOTSTRAP_DRAWS = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided 95 % interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RateEstimate:
    """A rate with its interval (two-sided 95 %) and its bounds (each one-sided 95 %).

    Everything but ``events`` and ``n`` is None when ``n`` is 0.
    """

    events: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None
    method: str = "wilson"

    def words(self, noun: str = "cases") -> str:
        """One sentence: what was seen and what it proves."""
        if self.value is None or self.bound_low is None or self.bound_high is None:
            return f"Nothing was measured: there are no {noun}."
        seen = f"{self.events} of {self.n} {noun} passed ({percent(self.value)})"
        return f"{seen}; with 95 % confidence the true rate is at least {percent(self.bound_low, floor)}."


@dataclass(frozen=True, slots=True)
class PercentileEstimate:
    """A percentile by nearest rank and its one-sided 95 % upper bound (None when n is too small)."""

    q: float
    n: int
    value: float | None
    bound_high: float | None
    method: str = "nearest rank, order statistic bound"

    def words(self, unit: str = "ms") -> str:
        """One sentence: the value, and what it proves."""
        share = f"{self.q * 100:g} %"
        if self.value is None:
            return "Nothing was measured: there are no timings."
        seen = f"{share} of {self.n} answers took at most {self.value:,.0f} {unit}"
        if self.bound_high is None:
            return f"{seen}; {smallest_n(self.q)} are needed before an upper bound can be given."
        return f"{seen}; with 95 % confidence it is at most {self.bound_high:,.0f} {unit}."


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Cost of all attempts per passed case. None where it cannot be said.

    ``high`` and ``bound_high`` are None when resamples without any success reach that far:
    no upper limit can be given then.
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    bound_low: Decimal | None
    bound_high: Decimal | None
    n: int
    successes: int
    seed: int
    resamples: int
    method: str = "ratio, bootstrap over cases"

    def words(self, currency: str) -> str:
        """One sentence: the cost, and how sure it is."""
        if self.value is None:
            if self.n == 0:
                return "Nothing was measured: no case has a known cost."
            return f"None of {self.n} cases passed, so there is no cost per success."
        seen = f"A passed case costs {self.value.quantize(Decimal('0.0001'))} {currency}"
        if self.high is None or self.low is None:
            return f"{seen}; there are too few passes ({self.successes}) to say how far it may be off."
        low, high = (v.quantize(Decimal("0.0001")) for v in (self.low, self.high))
        return f"{seen}, and with 95 % confidence between {low} and {high}."


def percent(fraction: float, to_whole: object = None) -> str:
    """A fraction as percent with one decimal; ``to_whole`` may be ``floor`` or ``ceil`` to stay honest."""
    tenths = fraction * 1000
    if to_whole is floor:
        tenths = floor(tenths + 1e-9)
    elif to_whole is ceil:
        tenths = ceil(tenths - 1e-9)
    return f"{round(tenths) / 10:g} %"


def wilson(events: int, n: int, z: float = Z_TWO_SIDED) -> Interval | None:
    """Wilson score interval of ``events`` in ``n``; None when ``n`` is 0.

    Raises ValueError if ``events`` is negative or exceeds ``n``.
    """
    _check_counts(events, n)
    if n == 0:
        return None
    return _wilson(events / n, n, z)


def wilson_at(p: float, n: int, z: float = Z_TWO_SIDED) -> Interval:
    """Wilson's interval of a share ``p`` of ``n`` units, which need not be a whole count."""
    _check_rate(p, "share")
    if n < 1:
        raise ValueError("There must be at least one unit.")
    return _wilson(p, n, z)


def wilson_lower(events: int, n: int) -> float | None:
    """One-sided 95 % lower bound of a rate; None when ``n`` is 0."""
    interval = wilson(events, n, Z_ONE_SIDED)
    return None if interval is None else interval.low


def wilson_upper(events: int, n: int) -> float | None:
    """One-sided 95 % upper bound of a rate; None when ``n`` is 0."""
    interval = wilson(events, n, Z_ONE_SIDED)
    return None if interval is None else interval.high


def rate(events: int, n: int) -> RateEstimate:
    """A rate with interval and bounds, from its counts."""
    both = wilson(events, n)
    if both is None:
        return RateEstimate(events, n, None, None, None, None, None)
    low, high = wilson_lower(events, n), wilson_upper(events, n)
    return RateEstimate(events, n, events / n, both.low, both.high, low, high)


def zero_event_upper(n: int) -> float | None:
    """Exact one-sided 95 % upper bound of a rate after no event in ``n`` probes; None when ``n`` is 0."""
    if n < 0:
        raise ValueError("The number of probes cannot be negative.")
    return None if n == 0 else 1.0 - 0.05 ** (1.0 / n)


def zero_event_cases(upper: float, confidence: float = 0.95) -> int:
    """Probes without any event that prove a rate of at most ``upper`` (one-sided)."""
    if not 0 < upper < 1:
        raise ValueError("The rate to prove must lie between 0 and 1.")
    return ceil(log(1.0 - confidence if confidence != 0.95 else 0.05) / log(1.0 - upper))


def zero_event_words(n: int, noun: str = "events") -> str:
    """One sentence on having seen nothing in ``n`` probes."""
    upper = zero_event_upper(n)
    if upper is None:
        return "Nothing was measured: there were no probes."
    return f"No {noun} in {n} probes: with 95 % confidence the true rate is at most {percent(upper, ceil)}."


def z_of(confidence: float) -> float:
    """The normal quantile that a two-sided interval of this confidence reaches to."""
    if not 0.5 <= confidence < 1:
        raise ValueError("A confidence lies between 50 % and less than 100 %.")
    return Z_TWO_SIDED if confidence == 0.95 else NormalDist().inv_cdf((1 + confidence) / 2)


def cases_needed(expected: float, target: float, confidence: float = 0.95) -> int | None:
    """Fewest cases whose two-sided lower bound clears ``target`` if they pass at ``expected``.

    Passes are whole cases, rounded down. None when ``expected`` does not lie above ``target``
    (no number of cases proves it then) or more than a million cases would be needed.
    """
    _check_rate(expected, "expected rate")
    _check_rate(target, "target")
    return _first_n(expected, target, z=z_of(confidence), start=1)


def more_cases_needed(passed: int, n: int, target: float) -> int | None:
    """How many more cases, passing at the rate seen so far, prove ``target`` (one-sided 95 % bound).

    0 when it is proved already; None when the rate seen is not above the target, or nothing was seen.
    """
    _check_counts(passed, n)
    _check_rate(target, "target")
    if n == 0:
        return None
    total = _first_n(passed / n, target, z=Z_ONE_SIDED, start=n)
    return None if total is None else total - n


def _first_n(seen: float, target: float, *, z: float, start: int) -> int | None:
    """Smallest n ≥ start with the lower bound of floor(seen·n) in n at or above the target."""
    if _wilson(floor(seen * start + 1e-9) / start, start, z).low >= target:
        return start
    if seen <= target:
        return None
    low = high = start
    while _wilson(seen, high, z).low < target:  # the bound at the exact rate only grows with n
        low, high = high, high * 2
        if low > MOST_CASES:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _wilson(seen, middle, z).low >= target else (middle + 1, high)
    for n in range(low, MOST_CASES + 1):
        if _wilson(floor(seen * n + 1e-9) / n, n, z).low >= target:
            return n
    return None


def percentile(values: Sequence[float], q: float) -> float | None:
    """Percentile by nearest rank, no interpolation; None without values. ``q`` is a fraction, e.g. 0.95."""
    _check_quantile(q)
    if not values:
        return None
    return sorted(values)[rank(q, len(values)) - 1]


def percentile_upper_bound(values: Sequence[float], q: float) -> float | None:
    """One-sided 95 % upper bound of a percentile, an order statistic; None under ``smallest_n(q)`` values."""
    rank = upper_bound_rank(len(values), q)
    return None if rank is None else sorted(values)[rank - 1]


def percentile_estimate(values: Sequence[float], q: float) -> PercentileEstimate:
    """A percentile and its upper bound, from the values."""
    return PercentileEstimate(q, len(values), percentile(values, q), percentile_upper_bound(values, q))


def upper_bound_rank(n: int, q: float) -> int | None:
    """Rank r (from 1) whose value is at or above the true percentile with 95 % confidence, or None.

    The smallest r for which at most r−1 of ``n`` values fall below it with probability ≥ 0.95.
    """
    _check_quantile(q)
    if n < smallest_n(q):
        return None
    total = 0.0
    for below in range(n):
        total += _binomial(n, below, q)
        if total >= 0.95:
            return below + 1
    return None


def smallest_n(q: float) -> int:
    """Values needed before the upper bound of percentile ``q`` exists (59 for p95, 299 for p99)."""
    _check_quantile(q)
    return ceil(log(0.05) / log(q))


def cost_per_success(
    costs: Sequence[Decimal], passed: Sequence[bool], *, seed: int, resamples: int = 2000
) -> CostEstimate:
    """Sum of all costs divided by the number of passed cases, with a bootstrap interval over cases.

    ``costs`` and ``passed`` are parallel, one entry per case. The same seed gives the same figures.
    For large sets the number of resamples is lowered (never under 500) and reported.
    """
    n = len(costs)
    if n != len(passed):
        raise ValueError("There must be one cost per case.")
    successes = sum(passed)
    if n == 0 or successes == 0:
        return CostEstimate(None, None, None, None, None, n, successes, seed, 0)
    resamples = max(500, min(resamples, BOOTSTRAP_DRAWS // n))
    ratios = _resampled_ratios([float(c) for c in costs], passed, seed, resamples)
    ends = (_money(ratios[rank(q, resamples) - 1]) for q in (0.025, 0.975, 0.05, 0.95))
    low, high, bound_low, bound_high = ends
    value = sum(costs, Decimal(0)) / successes
    return CostEstimate(value, low, high, bound_low, bound_high, n, successes, seed, resamples)


def _resampled_ratios(costs: list[float], passed: Sequence[bool], seed: int, resamples: int) -> list[float]:
    pairs = list(zip(costs, map(int, passed), strict=True))
    draw = random.Random(seed).choices  # noqa: S311 - resampling, not a secret
    ratios = []
    for _ in range(resamples):
        sample = draw(pairs, k=len(pairs))
        wins = sum(p[1] for p in sample)
        ratios.append(sum(p[0] for p in sample) / wins if wins else float("inf"))
    ratios.sort()
    return ratios


def _money(value: float) -> Decimal | None:
    return None if isinf(value) else Decimal(repr(value)).quantize(Decimal("0.00000001"))


def _wilson(p: float, n: int, z: float) -> Interval:
    z2 = z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return Interval(low, high)


def normal_cdf(z: float) -> float:
    """Probability that a standard normal value is at most ``z``."""
    return (1 + erf(z / sqrt(2))) / 2


def rank(q: float, n: int) -> int:
    """The rank (from 1) of a quantile among ``n`` sorted values: ⌈q·n⌉."""
    return max(1, ceil(q * n - 1e-9))


def _binomial(n: int, k: int, p: float) -> float:
    if n < 1000:
        return float(comb(n, k)) * p**k * (1 - p) ** (n - k)
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))


def _check_counts(events: int, n: int) -> None:
    if events < 0 or n < 0 or events > n:
        raise ValueError(f"{events} of {n} is not a share: it needs 0 ≤ events ≤ n.")


def _check_rate(value: float, name: str) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"The {name} must be a fraction between 0 and 1, not {value}.")


def _check_quantile(q: float) -> None:
    if not 0 < q < 1:
        raise ValueError(f"A percentile is a fraction between 0 and 1, not {q}.")
