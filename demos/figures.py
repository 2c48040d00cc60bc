"""The figures of a run, from its attempts. Pure: the same attempts and seed give the same figures.

The unit is the case. ``pass_rate`` and ``strict_pass_rate`` count a case when every repeat passed;
``mean_pass_rate`` is the mean over cases of the share of repeats that passed. An error counts as not passed
and stays in the denominator; a case that no grader could judge is left out of it and counted apart. Cases of
one cluster (and the variants of a case) widen the interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

from demos.engine import statistics as st
from demos.engine.agreement import JudgeSkill, corrected_interval, corrected_rate
from demos.engine.clusters import MeanEstimate, mean_of, student_t
from demos.engine.comparison import independent_difference
from demos.engine.vocabulary import ErrorClass
from demos.outcomes import CaseOutcome, Figure, Outcome, decimal_of
from demos.paired_figures import counterfactual_figures, messy_fall
from demos.vocabulary import CaseCategory

RULES = 4
"""Version of the rules that compute figures; stored with each, so that an older result is computed again by
the rules of its day. 1: the cost of a case has no interval. 2: it has Student's t over cases.
3: sealed cases have a rate of their own. 4: counterfactual cases have a gap and a share of flips.
"""

SMALLEST_SLICE = 30
"""A floor for slices holds from this many cases on: below it, luck decides which slice is worst."""

TIMED = frozenset({"", ErrorClass.TIMEOUT.value})
"""Whose waits count: answers, and time-outs at the time waited."""


def figures_of(outcomes: Iterable[Outcome], *, seed: int, rules: int = RULES) -> list[Figure]:
    """Every figure that the attempts allow by this version of the rules, the whole before the slices."""
    cases: dict[str, CaseOutcome] = {}
    waits: list[float] = []
    for outcome in outcomes:
        case = cases.get(outcome.case_id)
        if case is None:
            cluster = outcome.cluster or outcome.variant_of
            case = CaseOutcome(
                outcome.category, outcome.slices, cluster, outcome.variant_of, outcome.sealed, outcome.change
            )  # fmt: skip
            cases[outcome.case_id] = case
        _add(case, outcome)
        if outcome.error_class in TIMED:
            waits.append(outcome.latency_ms)
    _join_variants(cases)
    judged = [case for case in cases.values() if case.graded]
    strict, effect = strict_figures(judged, seed=seed)
    whole = [
        strict,
        replace(strict, key="strict_pass_rate"),
        mean_figure(judged, seed=seed),
        effect,
        stability_figure(judged),
        _rate("error_rate", sum(case.errored for case in cases.values()), len(cases)),
        *(_percentile(f"latency_p{q}_ms", waits, q / 100) for q in (50, 90, 95, 99)),
        *_costs(list(cases.values()), seed, rules),
    ]
    for category in CaseCategory:
        of_category = [case for case in judged if case.category == category]
        if of_category:
            whole.append(rate_figure(f"{category}_pass_rate", of_category, seed=seed))
    if rules >= 3:
        whole += sealed_figures(judged, seed=seed)
    slices = slice_figures(judged, seed=seed)
    gaps = slice_gaps(slices)
    paired = messy_fall(cases) + (counterfactual_figures(cases, seed=seed) if rules >= 4 else [])
    return [*whole, *paired, worst_slice(slices), *gaps, *slices]


def rate_figure(key: str, cases: Sequence[CaseOutcome], *, seed: int, slice_name: str = "") -> Figure:
    """The share of cases that passed every time."""
    found = mean_of([float(case.passed) for case in cases], [case.cluster for case in cases], seed=seed)
    return _mean(key, found, events=sum(case.passed for case in cases), slice_name=slice_name)


def mean_figure(cases: Sequence[CaseOutcome], *, seed: int) -> Figure:
    """The mean over cases of the share of repeats that passed. Repeats are no further cases."""
    found = mean_of([case.share for case in cases], [case.cluster for case in cases], seed=seed)
    return _mean("mean_pass_rate", found)


def strict_figures(cases: Sequence[CaseOutcome], *, seed: int) -> tuple[Figure, Figure]:
    """The pass rate, and by how much clusters inflate its variance (not measured without clusters)."""
    found = mean_of([float(case.passed) for case in cases], [case.cluster for case in cases], seed=seed)
    rate = _mean("pass_rate", found, events=sum(case.passed for case in cases))
    if found.groups == found.n:
        return rate, Figure("design_effect", "other", found.n, "no clusters")
    method = f"{found.groups} clusters of {found.n} cases"
    return rate, Figure("design_effect", "other", found.groups, method, decimal_of(found.design_effect))


def stability_figure(cases: Sequence[CaseOutcome]) -> Figure:
    """The share of cases whose repeats disagree; not measured when each was asked once."""
    repeated = [case for case in cases if case.asked > 1]
    if not repeated:
        return Figure("unstable_case_rate", "rate", 0, "asked once")
    return _rate("unstable_case_rate", sum(not case.stable for case in repeated), len(repeated))


def sealed_figures(cases: Sequence[CaseOutcome], *, seed: int) -> list[Figure]:
    """The pass rate on sealed cases, and how much lower it is than on the open ones; or [].

    A system that was tuned to the cases that its makers could read does worse on those that they could not.
    The gap is open minus sealed with Newcombe's interval; left out when one of the two has no case.
    """
    sealed = [case for case in cases if case.sealed]
    if not sealed:
        return []
    found = [rate_figure("sealed_pass_rate", sealed, seed=seed)]
    opened = [case for case in cases if not case.sealed]
    return [*found, _sealed_gap(opened, sealed)] if opened else found


def _sealed_gap(opened: Sequence[CaseOutcome], sealed: Sequence[CaseOutcome]) -> Figure:
    ours = (sum(case.passed for case in opened), len(opened))
    hidden = (sum(case.passed for case in sealed), len(sealed))
    ends: list[float | None] = []
    for confidence in (0.975, 0.95):
        interval = independent_difference(ours, hidden, NormalDist().inv_cdf(confidence))
        ends += [None, None] if interval is None else [interval.low, interval.high]
    low, high, bound_low, bound_high = (decimal_of(end) for end in ends)
    value = ours[0] / ours[1] - hidden[0] / hidden[1]
    method = f"Newcombe, {len(opened)} open against {len(sealed)} sealed"
    return Figure(
        "sealed_gap", "other", ours[1] + hidden[1], method, decimal_of(value), None, low, high, bound_low,
        bound_high,
    )  # fmt: skip


def slice_figures(cases: Iterable[CaseOutcome], *, seed: int) -> list[Figure]:
    """The pass rate of each slice, the lowest first."""
    members: dict[str, list[CaseOutcome]] = defaultdict(list)
    for case in cases:
        for name, value in case.slices.items():
            members[f"{name}={value}"[:120]].append(case)
    found = [rate_figure("pass_rate", rows, seed=seed, slice_name=name) for name, rows in members.items()]
    return sorted(found, key=lambda figure: (figure.value or 0, figure.slice))


def worst_slice(slices: Sequence[Figure]) -> Figure:
    """The lowest pass rate among slices that are large enough; not measured when none is."""
    large = [figure for figure in slices if figure.n >= SMALLEST_SLICE]
    if not large:
        return Figure("worst_slice_pass_rate", "rate", 0, f"no slice of {SMALLEST_SLICE} cases")
    worst = large[0]
    return Figure(
        "worst_slice_pass_rate", "rate", worst.n, worst.method, worst.value, worst.events, worst.low,
        worst.high, worst.bound_low, worst.bound_high, slice=worst.slice,
    )  # fmt: skip


def slice_gaps(slices: Sequence[Figure]) -> list[Figure]:
    """For each way to slice: best minus worst pass rate among slices that are large enough, and the widest.

    The two ends are picked out of all pairs, so the interval is that of one pair at 95 % for all of them.
    """
    by_name: dict[str, list[Figure]] = defaultdict(list)
    for figure in slices:
        if figure.n >= SMALLEST_SLICE:
            by_name[figure.slice.partition("=")[0]].append(figure)
    found = [_gap(name, rows) for name, rows in sorted(by_name.items()) if len(rows) > 1]
    widest = max(found, key=lambda figure: figure.value or 0, default=None)
    return found if widest is None else [replace(widest, key="worst_slice_gap"), *found]


def _gap(name: str, rows: Sequence[Figure]) -> Figure:
    best, worst = rows[-1], rows[0]
    pairs = len(rows) * (len(rows) - 1) // 2
    ends: list[float | None] = []
    for confidence in (0.975, 0.95):
        z = NormalDist().inv_cdf(1 - (1 - confidence) / pairs)
        interval = independent_difference((best.events or 0, best.n), (worst.events or 0, worst.n), z)
        ends += [None, None] if interval is None else [max(interval.low, 0.0), interval.high]
    method = f"Newcombe, best against worst of {len(rows)} slices"
    value = (best.value or Decimal(0)) - (worst.value or Decimal(0))
    low, high, bound_low, bound_high = (decimal_of(end) for end in ends)
    return Figure(
        "slice_gap", "rate", best.n + worst.n, method, value, None, low, high, bound_low, bound_high,
        slice=name,
    )  # fmt: skip


def corrected_figure(raw: Figure, skill: JudgeSkill) -> Figure:
    """A judge's pass rate corrected for its known errors; not measured when it is too poor to correct for."""
    sensitivity, specificity = skill.sensitivity, skill.specificity
    value = None
    if raw.value is not None and sensitivity is not None and specificity is not None:
        value = corrected_rate(float(raw.value), sensitivity, specificity)
    if value is None:
        return Figure("corrected_pass_rate", "rate", raw.n, "judge too poor to correct for")
    interval = corrected_interval(raw.events or 0, raw.n, skill)
    low, high = (None, None) if interval is None else (min(interval.low, value), max(interval.high, value))
    return Figure(
        "corrected_pass_rate", "rate", raw.n, f"Rogan and Gladen, {skill.n} labels", decimal_of(value),
        low=decimal_of(low), high=decimal_of(high),
    )  # fmt: skip


def _join_variants(cases: Mapping[str, CaseOutcome]) -> None:
    """A case and its messy variants are one cluster."""
    for case in cases.values():
        parent = cases.get(case.variant_of)
        if parent is not None:
            parent.cluster = parent.cluster or case.variant_of
            case.cluster = parent.cluster


def _add(case: CaseOutcome, outcome: Outcome) -> None:
    errored = outcome.error_class != ""
    case.errored = case.errored or errored
    case.asked += 1
    case.right += outcome.passed is True
    case.graded = case.graded and (errored or outcome.passed is not None)
    case.cost = None if case.cost is None or outcome.cost is None else case.cost + outcome.cost


def _rate(key: str, events: int, n: int, *, slice_name: str = "") -> Figure:
    found = st.rate(events, n)
    return Figure(
        key, "rate", n, found.method, decimal_of(found.value), events, decimal_of(found.low),
        decimal_of(found.high), decimal_of(found.bound_low), decimal_of(found.bound_high), slice=slice_name,
    )  # fmt: skip


def _mean(key: str, found: MeanEstimate, *, events: int | None = None, slice_name: str = "") -> Figure:
    return Figure(
        key, "rate", found.n, found.method, decimal_of(found.value), events,
        decimal_of(found.low), decimal_of(found.high), decimal_of(found.bound_low),
        decimal_of(found.bound_high), found.seed, slice_name,
    )  # fmt: skip


def _percentile(key: str, waits: Sequence[float], q: float) -> Figure:
    found = st.percentile_estimate(waits, q)
    return Figure(
        key, "ms", found.n, "nearest rank", decimal_of(found.value), bound_high=decimal_of(found.bound_high)
    )


def _costs(cases: Sequence[CaseOutcome], seed: int, rules: int) -> list[Figure]:
    known = [case.cost for case in cases if case.cost is not None]
    if len(known) != len(cases) or not cases:
        return [
            Figure("cost_per_case", "money", 0, "cost not known"),
            Figure("cost_per_success", "money", 0, "cost not known"),
        ]
    found = st.cost_per_success(known, [case.passed for case in cases], seed=seed)
    return [
        _mean_cost(known, with_interval=rules >= 2),
        Figure(
            "cost_per_success", "money", found.n, found.method, found.value, found.successes,
            found.low, found.high, found.bound_low, found.bound_high, seed,
        ),
    ]  # fmt: skip


def _mean_cost(known: Sequence[Decimal], *, with_interval: bool) -> Figure:
    """Mean cost of a case with Student's interval over cases; one case has none."""
    n, mean = len(known), sum(known, Decimal(0)) / len(known)
    if n < 2 or not with_interval:
        return Figure("cost_per_case", "money", n, "mean", mean)
    error = sqrt(sum(float(cost - mean) ** 2 for cost in known) / (n - 1) / n)
    two, one = (student_t(q, n - 1) * error for q in (0.975, 0.95))
    ends = (float(mean) - two, float(mean) + two, float(mean) - one, float(mean) + one)
    low, high, bound_low, bound_high = (decimal_of(max(end, 0.0)) for end in ends)
    return Figure(
        "cost_per_case",
        "money",
        n,
        "mean, Student's t over cases",
        mean,
        None,
        low,
        high,
        bound_low,
        bound_high,
    )
