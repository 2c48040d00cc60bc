"""What a viewer may read of the value case: how it comes about, what it comes to, and how it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from assessments.models import ValueCase
from assessments.rules.value import (
    AT_START,
    EACH_YEAR,
    LINE_WORDS,
    BenefitTerms,
    CostLine,
    Terms,
    Totals,
    totals,
)
from assessments.selectors.value_terms import Measured, measured_of, terms_of
from assessments.vocabulary import EvidenceGrade
from engagements.models import Engagement
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class BenefitRow:
    """One benefit with what it saves a year at full use."""

    terms: BenefitTerms
    saving: Decimal


@dataclass(frozen=True, slots=True)
class CostRow:
    """One line of the cost side. ``when`` says how often it is paid."""

    line: CostLine
    name: str
    when: str
    low: Decimal
    likely: Decimal
    high: Decimal
    grade: EvidenceGrade
    source: str


@dataclass(frozen=True, slots=True)
class DriverRow:
    """One driver of the tornado."""

    name: str
    at_low: Decimal
    at_high: Decimal
    swing: Decimal


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version with its headline numbers, and what changed against the version before."""

    case: ValueCase
    saving: Decimal
    npv: Decimal
    payback_months: Decimal | None
    break_even: Decimal | None
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class ValuePage:
    """The newest value case of an engagement. The draft is worked out anew, a frozen one shown as frozen."""

    case: ValueCase
    terms: Terms
    totals: Totals
    benefits: Sequence[BenefitRow]
    costs: Sequence[CostRow]
    drivers: Sequence[DriverRow]
    measured: Measured
    versions: Sequence[VersionRow]

    @property
    def not_cashable(self) -> Decimal:
        return self.totals.saving - self.totals.cashable

    @property
    def is_safe(self) -> bool | None:
        """Whether the proven pass rate lies above break-even; None while either is not known."""
        if self.measured.pass_low is None or self.totals.break_even is None:
            return None
        return self.measured.pass_low > self.totals.break_even


def newest_case(viewer: User, engagement: Engagement) -> ValueCase | None:
    """The newest version that the viewer may see."""
    rows = access.visible(viewer, ValueCase.objects.filter(engagement=engagement))
    return rows.order_by("-number").first()


def versions_for(viewer: User, engagement: Engagement) -> QuerySet[ValueCase]:
    """Every version that the viewer may see, the first one first."""
    rows = access.visible(viewer, ValueCase.objects.filter(engagement=engagement))
    return rows.order_by("number")


def value_page(viewer: User, engagement: Engagement, *, case_id: UUID | None = None) -> ValuePage | None:
    """Everything the page of the value case shows: the newest version, or the one that is named.

    None when nobody has written one. Raises NotFound for a version that is not there.
    """
    versions = list(versions_for(viewer, engagement))
    if case_id is not None:
        versions = versions[: next((i for i, row in enumerate(versions, 1) if row.pk == case_id), 0)]
        if not versions:
            raise NotFound
    if not versions:
        return None
    case = versions[-1]
    terms = terms_of(case)
    return ValuePage(
        case=case,
        terms=terms,
        totals=_stored(case) if case.is_frozen else totals(terms),
        benefits=[BenefitRow(b, _saving(b, terms.coverage)) for b in terms.benefits],
        costs=cost_rows(case),
        drivers=[_driver(row) for row in case.totals["drivers"]],
        measured=measured_of(case),
        versions=_versions(versions),
    )


def cost_rows(case: ValueCase) -> list[CostRow]:
    """The stored lines of the cost side in the order of the form."""
    return [
        CostRow(
            line=line,
            name=LINE_WORDS[line],
            when="at the start" if line in AT_START else "a year" if line in EACH_YEAR else "at the end",
            **{end: Decimal(case.costs[line][end]) for end in ("low", "likely", "high")},
            grade=EvidenceGrade(case.costs[line]["grade"]),
            source=case.costs[line]["source"],
        )
        for line in CostLine
        if line in case.costs
    ]


def _saving(benefit: BenefitTerms, coverage: Decimal) -> Decimal:
    return benefit.cost.likely * benefit.reduction.likely * benefit.adoption * coverage


def _stored(case: ValueCase) -> Totals:
    names = Totals.__dataclass_fields__
    return Totals(**{name: _number(case.totals.get(name)) for name in names})  # type: ignore[arg-type]  # stored by the same names


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _driver(row: dict[str, str]) -> DriverRow:
    low, high = Decimal(row["at_low"]), Decimal(row["at_high"])
    return DriverRow(row["name"], low, high, abs(high - low))


def _versions(cases: Sequence[ValueCase]) -> list[VersionRow]:
    rows: list[VersionRow] = []
    for case in cases:
        worth = Decimal(case.totals["npv"])
        rows.append(
            VersionRow(
                case=case,
                saving=Decimal(case.totals["saving"]),
                npv=worth,
                payback_months=_number(case.totals["payback_months"]),
                break_even=_number(case.totals["break_even"]),
                change=worth - rows[-1].npv if rows else None,
            )
        )
    return rows
