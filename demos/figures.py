"""The figures of a run, from its attempts. Pure: the same attempts and seed give the same figures.

The unit is the case. A case passes when every repeat passed. An error counts as not passed and stays in the
denominator; a case that no grader could judge is left out of it and counted apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from demos.engine import statistics as st
from demos.engine.vocabulary import ErrorClass
from demos.vocabulary import CaseCategory

SMALLEST_SLICE = 30
"""A floor for slices holds from this many cases on: below it, luck decides which slice is worst."""

TIMED = frozenset({"", ErrorClass.TIMEOUT.value})
"""Whose waits count: answers, and time-outs at the time waited."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, as figures need it. ``passed`` None: errored or not graded. ``cost`` None: unknown."""

    case_id: str
    passed: bool | None
    error_class: str
    latency_ms: float
    cost: Decimal | None
    category: str
    slices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``value`` None: not measured. low/high two-sided 95 %, bounds one-sided 95 %."""

    key: str
    unit: str
    n: int
    method: str
    value: Decimal | None = None
    events: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    bound_low: Decimal | None = None
    bound_high: Decimal | None = None
    seed: int | None = None
    slice: str = ""


@dataclass(slots=True)
class CaseOutcome:
    """A case over its repeats."""

    category: str
    slices: Mapping[str, str]
    passed: bool = True
    graded: bool = True
    errored: bool = False
    cost: Decimal | None = field(default=Decimal(0))


def figures_of(outcomes: Iterable[Outcome], *, seed: int) -> list[Figure]:
    """Every figure that the attempts allow, the whole before the slices."""
    cases: dict[str, CaseOutcome] = {}
    waits: list[float] = []
    for outcome in outcomes:
        _add(cases.setdefault(outcome.case_id, CaseOutcome(outcome.category, outcome.slices)), outcome)
        if outcome.error_class in TIMED:
            waits.append(outcome.latency_ms)
    judged = [case for case in cases.values() if case.graded]
    whole = [
        rate_figure("pass_rate", judged),
        _rate("error_rate", sum(case.errored for case in cases.values()), len(cases)),
        *(_percentile(f"latency_p{q}_ms", waits, q / 100) for q in (50, 90, 95, 99)),
        *_costs(list(cases.values()), seed),
    ]
    for category in CaseCategory:
        of_category = [case for case in judged if case.category == category]
        if of_category:
            whole.append(rate_figure(f"{category}_pass_rate", of_category))
    slices = slice_figures(judged)
    return [*whole, worst_slice(slices), *slices]


def rate_figure(key: str, cases: Sequence[CaseOutcome], *, slice_name: str = "") -> Figure:
    """The share of cases that passed."""
    return _rate(key, sum(case.passed for case in cases), len(cases), slice_name=slice_name)


def slice_figures(cases: Iterable[CaseOutcome]) -> list[Figure]:
    """The pass rate of each slice, the lowest first."""
    members: dict[str, list[CaseOutcome]] = defaultdict(list)
    for case in cases:
        for name, value in case.slices.items():
            members[f"{name}={value}"[:120]].append(case)
    found = [rate_figure("pass_rate", rows, slice_name=name) for name, rows in members.items()]
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


def _add(case: CaseOutcome, outcome: Outcome) -> None:
    errored = outcome.error_class != ""
    case.errored = case.errored or errored
    case.passed = case.passed and outcome.passed is True
    case.graded = case.graded and (errored or outcome.passed is not None)
    case.cost = None if case.cost is None or outcome.cost is None else case.cost + outcome.cost


def _rate(key: str, events: int, n: int, *, slice_name: str = "") -> Figure:
    found = st.rate(events, n)
    return Figure(
        key, "rate", n, found.method, _decimal(found.value), events, _decimal(found.low),
        _decimal(found.high), _decimal(found.bound_low), _decimal(found.bound_high), slice=slice_name,
    )  # fmt: skip


def _percentile(key: str, waits: Sequence[float], q: float) -> Figure:
    found = st.percentile_estimate(waits, q)
    return Figure(
        key, "ms", found.n, "nearest rank", _decimal(found.value), bound_high=_decimal(found.bound_high)
    )


def _costs(cases: Sequence[CaseOutcome], seed: int) -> list[Figure]:
    known = [case.cost for case in cases if case.cost is not None]
    if len(known) != len(cases) or not cases:
        return [
            Figure("cost_per_case", "money", 0, "cost not known"),
            Figure("cost_per_success", "money", 0, "cost not known"),
        ]
    found = st.cost_per_success(known, [case.passed for case in cases], seed=seed)
    return [
        Figure("cost_per_case", "money", len(known), "mean", sum(known, Decimal(0)) / len(known)),
        Figure(
            "cost_per_success", "money", found.n, found.method, found.value, found.successes,
            found.low, found.high, found.bound_low, found.bound_high, seed,
        ),
    ]  # fmt: skip


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(Decimal("1e-10"))
