"""The paired difference of a measured amount (score, wait, cost) between two runs, over their cases."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from demos.engine import statistics as st
from demos.engine.clusters import student_t

DRAWS = 4_000_000
MOST_RESAMPLES = 10_000
FEWEST_RESAMPLES = 1_000
MOST_PAIRS = DRAWS // FEWEST_RESAMPLES
"""Above this many pairs the mean is normal for every purpose, and t is used instead of resampling."""


@dataclass(frozen=True, slots=True)
class AmountDifference:
    """Now minus before, as a mean over cases, in the unit of the amount. None without two pairs."""

    n: int
    before: float | None
    now: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float
    method: str
    seed: int | None = None


def compare_amounts(before: Mapping[str, float], now: Mapping[str, float], *, seed: int) -> AmountDifference:
    """Compare the mean of an amount over the cases that both have. The same seed gives the same figures."""
    common = sorted(before.keys() & now.keys())
    n = len(common)
    if n == 0:
        return AmountDifference(0, None, None, None, None, None, 1.0, "no pair")
    mean_before, mean_now = (sum(side[k] for k in common) / n for side in (before, now))
    changes = [now[k] - before[k] for k in common]
    if n < 2:
        return AmountDifference(
            n, mean_before, mean_now, changes[0], None, None, 1.0, "one pair: no interval"
        )
    mean = sum(changes) / n
    if n > MOST_PAIRS:
        low, high, p = _by_t(changes, mean)
        return AmountDifference(n, mean_before, mean_now, mean, low, high, p, f"paired t on {n - 1}")
    resamples = max(FEWEST_RESAMPLES, min(MOST_RESAMPLES, DRAWS // n))
    means = _resampled(changes, seed, resamples)
    low, high = (means[st.rank(q, resamples) - 1] for q in (0.025, 0.975))
    below, above = sum(m <= 0 for m in means), sum(m >= 0 for m in means)
    p = min(1.0, 2 * (min(below, above) + 1) / (resamples + 1))
    method = f"paired bootstrap, {resamples} resamples"
    return AmountDifference(n, mean_before, mean_now, mean, min(low, mean), max(high, mean), p, method, seed)


def _resampled(changes: list[float], seed: int, resamples: int) -> list[float]:
    draw = random.Random(seed).choices  # noqa: S311 - resampling, not a secret
    n = len(changes)
    return sorted(sum(draw(changes, k=n)) / n for _ in range(resamples))


def _by_t(changes: list[float], mean: float) -> tuple[float, float, float]:
    n = len(changes)
    error = sqrt(sum((change - mean) ** 2 for change in changes) / (n - 1) / n)
    if error == 0:
        return mean, mean, 1.0 if mean == 0 else 0.0
    reach = student_t(0.975, n - 1) * error
    return mean - reach, mean + reach, 2 * (1 - st.normal_cdf(abs(mean) / error))
