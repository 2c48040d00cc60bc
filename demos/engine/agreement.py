"""How far a judge, or a second reviewer, can be believed; and what repeats of a case are worth."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

LEAST_SKILL = 1.2


def corrected_rate(observed: float, sensitivity: float, specificity: float) -> float | None:
    """A judge's pass rate corrected for its known errors, within 0 and 1.

    None when the judge is too poor to correct for (sensitivity + specificity of at most 1.2).
    """
    for value in (observed, sensitivity, specificity):
        if not 0 <= value <= 1:
            raise ValueError("Rates must be fractions between 0 and 1.")
    if sensitivity + specificity <= LEAST_SKILL:
        return None
    return min(1.0, max(0.0, (observed + specificity - 1) / (sensitivity + specificity - 1)))


def agreement(both_pass: int, first_only: int, second_only: int, both_fail: int) -> float | None:
    """Share of cases on which two judges agree; None without cases."""
    n = both_pass + first_only + second_only + both_fail
    return None if n == 0 else (both_pass + both_fail) / n


def kappa(both_pass: int, first_only: int, second_only: int, both_fail: int) -> float | None:
    """Cohen's kappa: agreement beyond chance. None without cases, or when chance alone explains all."""
    n = both_pass + first_only + second_only + both_fail
    seen = agreement(both_pass, first_only, second_only, both_fail)
    if seen is None:
        return None
    first, second = (both_pass + first_only) / n, (both_pass + second_only) / n
    chance = first * second + (1 - first) * (1 - second)
    return None if chance == 1 else (seen - chance) / (1 - chance)


def design_effect(size: float, icc: float) -> float:
    """By how much clusters of ``size`` with intra-cluster correlation ``icc`` inflate the variance."""
    return 1 + (size - 1) * icc


def cluster_error(values: Sequence[float], clusters: Sequence[str]) -> float | None:
    """Standard error of the mean of ``values`` when those of one cluster belong together.

    None with fewer than two clusters: one cluster says nothing about the spread.
    """
    if len(values) != len(clusters):
        raise ValueError("There must be one cluster per value.")
    if len(set(clusters)) < 2:
        return None
    mean = sum(values) / len(values)
    sums: dict[str, float] = {}
    for value, cluster in zip(values, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + value - mean
    return sqrt(sum(s * s for s in sums.values())) / len(values)


def strict_passes(by_case: Sequence[Sequence[bool]]) -> tuple[int, int]:
    """Cases whose every repeat passed, and cases in all. A case without repeats is not counted."""
    counted = [repeats for repeats in by_case if repeats]
    return sum(all(repeats) for repeats in counted), len(counted)
