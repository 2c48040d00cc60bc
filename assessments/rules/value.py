"""What a system is worth: saving, payback, NPV, ROI, break-even. Pure: values in, values out.

Money is Decimal in the engagement's currency, time is in months, shares are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from assessments.vocabulary import CostKind, EvidenceGrade

Key = TypeVar("Key", bound=Hashable)
NONE: Final = Decimal(0)
WHOLE: Final = Decimal(1)
YEAR: Final = 12
LONGEST_PAYBACK: Final = 600
"""Months after which "it never pays back" is said instead of a number."""

FACTORS: Final[Mapping[EvidenceGrade, Decimal]] = {
    EvidenceGrade.A: Decimal("1.0"),
    EvidenceGrade.B: Decimal("0.9"),
    EvidenceGrade.C: Decimal("0.7"),
    EvidenceGrade.D: Decimal("0.5"),
}
"""A policy discount for how well a number is known; not a statistical one."""


class CostLine(StrEnum):
    """The whole cost side. Model usage is measured in a run and is not typed in."""

    BUILD = "build"
    TRAINING = "training"
    EXIT = "exit"
    LICENCES = "licences"
    STAFF = "staff"
    MONITORING = "monitoring"


LINE_WORDS: Final[Mapping[CostLine, str]] = {
    CostLine.BUILD: "Build",
    CostLine.TRAINING: "Change and training",
    CostLine.EXIT: "Exit at the end",
    CostLine.LICENCES: "Licences",
    CostLine.STAFF: "People who run it",
    CostLine.MONITORING: "Monitoring and judging",
}
AT_START: Final = (CostLine.BUILD, CostLine.TRAINING)
EACH_YEAR: Final = (CostLine.LICENCES, CostLine.STAFF, CostLine.MONITORING)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Low, likely and high; all three the same where nobody gave a range."""

    low: Decimal
    likely: Decimal
    high: Decimal

    @property
    def has_range(self) -> bool:
        return self.low != self.high

    @property
    def mean(self) -> Decimal:
        return (self.low + 4 * self.likely + self.high) / 6

    @property
    def deviation(self) -> Decimal:
        return (self.high - self.low) / 6


def exactly(value: Decimal) -> Estimate:
    return Estimate(value, value, value)


@dataclass(frozen=True, slots=True)
class BenefitTerms:
    """A part of one cost component that goes away. ``cost`` is that component, a year."""

    name: str
    pain_point_id: UUID
    kind: CostKind
    cost: Estimate
    grade: EvidenceGrade
    reduction: Estimate
    adoption: Decimal
    cashable: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a value case rests on. ``pass_rate`` is measured, or None."""

    benefits: tuple[BenefitTerms, ...]
    costs: Mapping[CostLine, Estimate]
    cases_per_year: Decimal
    coverage: Decimal
    wrong_case_cost: Decimal
    horizon_months: int
    discount_rate: Decimal
    ramp_months: int
    model_cost: Decimal | None = None
    pass_rate: Decimal | None = None
    demo_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the terms come to. None: it cannot be said; payback None means that it never pays back."""

    saving: Decimal
    cashable: Decimal
    adjusted: Decimal
    investment: Decimal
    running: Decimal
    model_usage: Decimal | None
    exit_cost: Decimal
    payback_months: Decimal | None
    npv: Decimal
    roi: Decimal | None
    break_even: Decimal | None
    net_per_case: Decimal | None
    value_over_demo: Decimal | None

    @property
    def annual_net(self) -> Decimal:
        return self.saving - self.running

    @property
    def loses(self) -> bool:
        return self.npv < 0


def saving(benefits: Iterable[BenefitTerms], coverage: Decimal) -> Decimal:
    """Σ cost · reduction · adoption · coverage, a year at full use."""
    return sum((b.cost.likely * b.reduction.likely * b.adoption * coverage for b in benefits), NONE)


def over_claimed(benefits: Iterable[tuple[Key, Decimal]]) -> list[Key]:
    """The components of which more than the whole is said to go away, in the order of the benefits."""
    sums: dict[Key, Decimal] = {}
    for component, reduction in benefits:
        sums[component] = sums.get(component, NONE) + reduction
    return [component for component, share in sums.items() if share > WHOLE]


def ramp(month: int, ramp_months: int) -> Decimal:
    """Share of full use in a month, 1 for the first: it grows evenly until ``ramp_months``."""
    return WHOLE if month >= ramp_months else Decimal(month) / Decimal(ramp_months)


def payback_months(
    *, investment: Decimal, benefit: Decimal, running: Decimal, ramp_months: int = 0
) -> Decimal | None:
    """The moment at which all that came in covers all that was paid, with parts of a month; None: never."""
    if investment <= 0:
        return NONE
    total = NONE
    for month in range(1, LONGEST_PAYBACK + 1):
        step = (benefit * ramp(month, ramp_months) - running) / YEAR
        if total + step >= investment:
            return month - 1 + (investment - total) / step
        if month >= ramp_months and step <= 0:
            return None
        total += step
    return None


def yearly_net(*, benefit: Decimal, running: Decimal, horizon_months: int, ramp_months: int) -> list[Decimal]:
    """Net of each year; a last year that is not whole counts its months."""
    years = [NONE] * -(-horizon_months // YEAR)
    for month in range(1, horizon_months + 1):
        years[(month - 1) // YEAR] += (benefit * ramp(month, ramp_months) - running) / YEAR
    return years


def npv(*, investment: Decimal, nets: Sequence[Decimal], rate: Decimal, at_end: Decimal = NONE) -> Decimal:
    """−investment + Σ net of a year ÷ (1 + rate) to its number; ``at_end`` is paid with the last year."""
    worth = -investment
    for year, net in enumerate(nets, start=1):
        worth += (net - (at_end if year == len(nets) else NONE)) / (WHOLE + rate) ** year
    return worth


def roi(*, benefits: Decimal, costs: Decimal) -> Decimal | None:
    """(benefits − costs) ÷ costs over the horizon; None when nothing is paid."""
    return (benefits - costs) / costs if costs else None


def break_even_pass_rate(
    *, fixed: Decimal, cases: Decimal, saved: Decimal, extra: Decimal, cost: Decimal
) -> Decimal | None:
    """p* = (fixed ÷ V + x + k) ÷ (s + x). Above 1: not even a perfect system earns its cost."""
    if cases <= 0 or saved + extra <= 0:
        return None
    return (fixed / cases + extra + cost) / (saved + extra)


def net_per_case(*, passed: Decimal, saved: Decimal, extra: Decimal, cost: Decimal) -> Decimal:
    """s·p − x·(1−p) − k."""
    return saved * passed - extra * (WHOLE - passed) - cost


def totals(terms: Terms) -> Totals:
    """What the case comes to, at its likely values."""
    handled = terms.cases_per_year * terms.coverage
    gain = saving(terms.benefits, terms.coverage)
    cashable = saving((b for b in terms.benefits if b.cashable), terms.coverage)
    adjusted = sum((saving([b], terms.coverage) * FACTORS[b.grade] for b in terms.benefits), NONE)
    likely = {line: terms.costs[line].likely if line in terms.costs else NONE for line in CostLine}
    usage = None if terms.model_cost is None else terms.model_cost * handled
    fixed = sum((likely[line] for line in EACH_YEAR), NONE)
    running = fixed + (usage or NONE)
    investment = sum((likely[line] for line in AT_START), NONE)
    nets = yearly_net(
        benefit=gain, running=running, horizon_months=terms.horizon_months, ramp_months=terms.ramp_months
    )
    paid_running = running * terms.horizon_months / YEAR
    break_even, net = _of_one_case(terms, gain=gain, handled=handled, fixed=fixed)
    return Totals(
        saving=gain,
        cashable=cashable,
        adjusted=adjusted,
        investment=investment,
        running=running,
        model_usage=usage,
        exit_cost=likely[CostLine.EXIT],
        payback_months=payback_months(
            investment=investment, benefit=gain, running=running, ramp_months=terms.ramp_months
        ),
        npv=npv(investment=investment, nets=nets, rate=terms.discount_rate, at_end=likely[CostLine.EXIT]),
        roi=roi(
            benefits=sum(nets, NONE) + paid_running,
            costs=investment + paid_running + likely[CostLine.EXIT],
        ),
        break_even=break_even,
        net_per_case=net,
        value_over_demo=(adjusted - running) / terms.demo_cost if terms.demo_cost else None,
    )


def _of_one_case(
    terms: Terms, *, gain: Decimal, handled: Decimal, fixed: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """Break-even pass rate and net value of a case; None where the cost of the model is not known."""
    if not handled or terms.model_cost is None:
        return None, None
    saved, extra, cost = gain / handled, terms.wrong_case_cost, terms.model_cost
    rate = break_even_pass_rate(fixed=fixed, cases=handled, saved=saved, extra=extra, cost=cost)
    if terms.pass_rate is None:
        return rate, None
    return rate, net_per_case(passed=terms.pass_rate, saved=saved, extra=extra, cost=cost)


@dataclass(frozen=True, slots=True)
class Driver:
    """One uncertain input, and what the NPV is at its low and at its high end."""

    name: str
    at_low: Decimal
    at_high: Decimal

    @property
    def swing(self) -> Decimal:
        return abs(self.at_high - self.at_low)


def tornado(terms: Terms, *, most: int = 5) -> list[Driver]:
    """The inputs that move the NPV most when each alone goes from low to high; only those with a range."""
    drivers = [Driver(name, totals(low).npv, totals(high).npv) for name, low, high in _ends(terms)]
    return sorted((d for d in drivers if d.swing), key=lambda d: (-d.swing, d.name))[:most]


def _ends(terms: Terms) -> Iterable[tuple[str, Terms, Terms]]:
    for place, benefit in enumerate(terms.benefits):
        if benefit.reduction.has_range:
            low, high = (
                _with_benefit(terms, place, replace(benefit, reduction=exactly(end)))
                for end in (benefit.reduction.low, benefit.reduction.high)
            )
            yield f"{benefit.name}: reduction", low, high
        if benefit.cost.has_range:
            low, high = (
                _with_benefit(terms, place, replace(benefit, cost=exactly(end)))
                for end in (benefit.cost.low, benefit.cost.high)
            )
            yield f"{benefit.name}: cost today", low, high
    for line, estimate in terms.costs.items():
        if estimate.has_range:
            low, high = (
                replace(terms, costs={**terms.costs, line: exactly(end)})
                for end in (estimate.low, estimate.high)
            )
            yield LINE_WORDS[line], low, high


def _with_benefit(terms: Terms, place: int, benefit: BenefitTerms) -> Terms:
    rows = list(terms.benefits)
    rows[place] = benefit
    return replace(terms, benefits=tuple(rows))
