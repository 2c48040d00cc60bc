"""Means whose values belong together: cases of one source, repeats of one case.

Five mails about one storm are not five independent mails. Where values share a cluster, the interval comes
from the clusters: cluster-robust with t on G − 1, or a bootstrap over clusters when there are fewer than 30.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log

from demos.engine import statistics as st
from demos.engine.agreement import cluster_error

FEWEST_FOR_T = 30
"""From this many clusters on their sums may be taken as normal; below, the bootstrap."""

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A mean of values from 0 to 1, interval two-sided 95 %, bounds one-sided 95 %; None: cannot be said.

    ``n`` counts values, ``groups`` clusters. ``design_effect`` is by how much the clusters inflate the
    variance against as many independent values. ``seed`` is set when resampling was used.
    """

    value: float | None
    n: int
    groups: int
    low: float | None
    high: float | None
    bound_low: float | None
    bound_high: float | None
    design_effect: float | None
    method: str
    seed: int | None = None

    def words(self, noun: str = "cases") -> str:
        """One sentence: what was seen and what it proves."""
        if self.value is None:
            return f"Nothing was measured: there are no {noun}."
        seen = f"The mean over {self.n} {noun} is {st.percent(self.value)}"
        if self.bound_low is None:
            return f"{seen}; they all belong together, so nothing is proven beyond them."
        together = f", which belong to {self.groups} groups" if self.groups < self.n else ""
        return f"{seen}{together}; with 95 % confidence it is at least {st.percent(self.bound_low)}."


@dataclass(frozen=True, slots=True)
class _Ends:
    low: float
    high: float
    bound_low: float
    bound_high: float

    def around(
        self,
        value: float,
        *,
        n: int,
        groups: int,
        method: str,
        effect: float | None = None,
        seed: int | None = None,
    ) -> MeanEstimate:
        """The estimate with these ends."""
        ends = (self.low, self.high, self.bound_low, self.bound_high)
        return MeanEstimate(value, n, groups, *ends, design_effect=effect, method=method, seed=seed)

    def within(self) -> _Ends:
        """The same, inside 0 to 1."""
        low, high, bound_low, bound_high = (
            min(1.0, max(0.0, end)) for end in (self.low, self.high, self.bound_low, self.bound_high)
        )
        return _Ends(low, high, bound_low, bound_high)

    def or_wider(self, other: _Ends) -> _Ends:
        """The wider of the two at each end."""
        return _Ends(
            min(self.low, other.low),
            max(self.high, other.high),
            min(self.bound_low, other.bound_low),
            max(self.bound_high, other.bound_high),
        )


def mean_of(values: Sequence[float], clusters: Sequence[str], *, seed: int) -> MeanEstimate:
    """The mean of ``values`` (0 to 1), each with the name of its cluster; "" stands alone.

    Passes and fails without clusters give Wilson's interval. With clusters the interval is never narrower
    than Wilson's. The same values and seed give the same figures.
    """
    n = len(values)
    if n != len(clusters):
        raise ValueError("There must be one cluster per value.")
    if n == 0:
        return MeanEstimate(None, 0, 0, None, None, None, None, None, "wilson")
    names = [cluster or f"\0{index}" for index, cluster in enumerate(clusters)]
    groups, value = len(set(names)), sum(values) / n
    binary = all(entry in (0, 1) for entry in values)
    if binary and groups == n:
        return _wilson(value, n).around(value, n=n, groups=groups, method="wilson")
    if groups < 2:
        return MeanEstimate(value, n, groups, None, None, None, None, None, "one cluster: no interval")
    error = cluster_error(values, names) or 0.0
    effect = _design_effect(values, error)
    if effect is None:  # every value is the same: only the number of clusters limits what is proven
        method = f"wilson over {groups} clusters"
        return _wilson(value, groups).around(value, n=n, groups=groups, method=method)
    if groups >= FEWEST_FOR_T:
        ends = _by_t(value, error, groups)
        method, used = f"cluster-robust, t on {groups - 1}", None
    else:
        ends = _by_bootstrap(values, names, seed)
        method, used = f"bootstrap over {groups} clusters, {RESAMPLES} resamples", seed
    ends = ends.or_wider(_Ends(value, value, value, value)).within()
    if binary:
        ends = ends.or_wider(_wilson(value, n))
    return ends.around(value, n=n, groups=groups, method=method, effect=effect, seed=used)


def student_t(p: float, degrees: int) -> float:
    """Quantile of Student's t: the value that is not exceeded with probability ``p``."""
    if not 0 < p < 1 or degrees < 1:
        raise ValueError("A quantile of t needs 0 < p < 1 and at least one degree of freedom.")
    if p < 0.5:
        return -student_t(1 - p, degrees)
    low, high = 0.0, 1.0
    while _t_cdf(high, degrees) < p:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_cdf(middle, degrees) < p else (low, middle)
    return (low + high) / 2


def _wilson(p: float, n: int) -> _Ends:
    both, one = st.wilson_at(p, n, st.Z_TWO_SIDED), st.wilson_at(p, n, st.Z_ONE_SIDED)
    return _Ends(both.low, both.high, one.low, one.high)


def _design_effect(values: Sequence[float], error: float) -> float | None:
    mean = sum(values) / len(values)
    alone = sum((value - mean) ** 2 for value in values) / len(values) ** 2
    return None if alone < 1e-15 else error**2 / alone


def _by_t(value: float, error: float, groups: int) -> _Ends:
    two, one = student_t(0.975, groups - 1), student_t(0.95, groups - 1)
    return _Ends(value - two * error, value + two * error, value - one * error, value + one * error)


def _by_bootstrap(values: Sequence[float], names: Sequence[str], seed: int) -> _Ends:
    sums: dict[str, tuple[float, int]] = {}
    for value, name in zip(values, names, strict=True):
        total, count = sums.get(name, (0.0, 0))
        sums[name] = (total + value, count + 1)
    means = resampled_means(list(sums.values()), seed, RESAMPLES)
    return _Ends(*(means[st.rank(q, RESAMPLES) - 1] for q in (0.025, 0.975, 0.05, 0.95)))


def resampled_means(groups: Sequence[tuple[float, int]], seed: int, resamples: int) -> list[float]:
    """Sorted means of ``resamples`` draws of as many groups (sum, count), with replacement."""
    draw = random.Random(seed).choices  # noqa: S311 - resampling, not a secret
    means = []
    for _ in range(resamples):
        sample = draw(groups, k=len(groups))
        means.append(sum(g[0] for g in sample) / sum(g[1] for g in sample))
    means.sort()
    return means


def _t_cdf(t: float, degrees: int) -> float:
    """Probability of at most ``t`` ≥ 0."""
    return 1 - 0.5 * _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (modified Lentz)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(b, a, 1 - x) / b
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-30
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d, c = 1 + step * d, 1 + step / c
            d = 1 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return result
