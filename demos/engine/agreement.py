"""How far a judge, or a second reviewer, can be believed; and what repeats of a case are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from demos.engine.statistics import Z_TWO_SIDED, Interval

LEAST_SKILL = 1.2
FEWEST_LABELS = 50
LEAST_AGREEMENT = 0.85
LEAST_KAPPA = 0.6


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


@dataclass(frozen=True, slots=True)
class JudgeSkill:
    """A judge against people, from its confusion table. Rates are None where no case allows them.

    Sensitivity: share of what people pass that the judge passes. Specificity: share of what people fail
    that the judge fails.
    """

    both_pass: int
    judge_only: int
    people_only: int
    both_fail: int

    @property
    def n(self) -> int:
        """Labels compared."""
        return self.both_pass + self.judge_only + self.people_only + self.both_fail

    @property
    def sensitivity(self) -> float | None:
        passed = self.both_pass + self.people_only
        return self.both_pass / passed if passed else None

    @property
    def specificity(self) -> float | None:
        failed = self.both_fail + self.judge_only
        return self.both_fail / failed if failed else None

    @property
    def agreement(self) -> float | None:
        return agreement(self.both_pass, self.judge_only, self.people_only, self.both_fail)

    @property
    def kappa(self) -> float | None:
        return kappa(self.both_pass, self.judge_only, self.people_only, self.both_fail)

    @property
    def may_count(self) -> bool:
        """Whether a must-criterion may rest on it: enough labels, and close enough to people."""
        return not self.reasons()

    def reasons(self) -> list[str]:
        """What is missing before it may feed a must-criterion, one sentence each; [] when nothing is."""
        missing = []
        if self.n < FEWEST_LABELS:
            missing.append(f"{FEWEST_LABELS - self.n} more answers have to be labelled by people.")
        agrees = (self.agreement or 0) >= LEAST_AGREEMENT or (self.kappa or 0) >= LEAST_KAPPA
        if self.n and not agrees:
            missing.append("It agrees with people neither in 85 % of the cases nor with a kappa of 0.6.")
        skill = (self.sensitivity or 0) + (self.specificity or 0)
        if self.n and (self.sensitivity is None or self.specificity is None):
            missing.append("The labels need answers that people pass and answers that they fail.")
        elif self.n and skill <= LEAST_SKILL:
            missing.append("It tells right from wrong too poorly to correct for.")
        return missing


def corrected_interval(passed: int, n: int, skill: JudgeSkill) -> Interval | None:
    """Two-sided 95 % interval of the corrected rate (Lang and Reiczigel), within 0 and 1.

    It carries both doubts: few cases graded, and few labels behind sensitivity and specificity. None
    without cases or when the judge is too poor to correct for.
    """
    sensitivity, specificity = skill.sensitivity, skill.specificity
    if n == 0 or sensitivity is None or specificity is None or sensitivity + specificity <= LEAST_SKILL:
        return None
    z2 = Z_TWO_SIDED**2
    size, labels_pass, labels_fail = (
        n + z2,
        skill.both_pass + skill.people_only,
        skill.both_fail + skill.judge_only,
    )
    seen = (passed + z2 / 2) / size
    se, sp = (skill.both_pass + 1) / (labels_pass + 2), (skill.both_fail + 1) / (labels_fail + 2)
    rate = (seen + sp - 1) / (se + sp - 1)
    doubt_se, doubt_sp = se * (1 - se) / (labels_pass + 2), sp * (1 - sp) / (labels_fail + 2)
    shift = 2 * z2 * (rate * doubt_se - (1 - rate) * doubt_sp)
    spread = sqrt(seen * (1 - seen) / size + (1 - rate) ** 2 * doubt_sp + rate**2 * doubt_se)
    reach = Z_TWO_SIDED * spread / (se + sp - 1)
    return Interval(min(1.0, max(0.0, rate + shift - reach)), max(0.0, min(1.0, rate + shift + reach)))


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
