"""The terms of a stored value case: its rows, the costs of today, and what was measured since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessments.models import Benefit, CostComponent, ValueCase
from assessments.rules.value import BenefitTerms, CostLine, Estimate, Terms, exactly
from assessments.vocabulary import CostKind, EvidenceGrade
from engagements.models import Measurement
from engagements.vocabulary import SourceKind


@dataclass(frozen=True, slots=True)
class Measured:
    """What the newest valid run says, None where it says nothing. ``pass_low`` is the one-sided bound."""

    cost_per_success: Decimal | None
    pass_rate: Decimal | None
    pass_low: Decimal | None
    n: int | None

    @property
    def model_cost(self) -> Decimal | None:
        """Cost of a case, right or wrong: the cost of a success times the share of successes."""
        if self.cost_per_success is None or self.pass_rate is None:
            return None
        return self.cost_per_success * self.pass_rate


def measured_for(engagement_id: UUID) -> Measured:
    """The newest valid figures of the engagement's runs, over all cases."""
    rows = Measurement.objects.filter(
        engagement_id=engagement_id, key__in=("cost_per_success", "pass_rate"), slice="", valid=True,
        source_kind=SourceKind.RUN,
    ).order_by("measured_at", "created_at")  # fmt: skip
    newest = {row.key: row for row in rows}
    cost, passed = newest.get("cost_per_success"), newest.get("pass_rate")
    return Measured(
        cost_per_success=cost.value if cost else None,
        pass_rate=passed.value if passed else None,
        pass_low=passed.bound_low if passed else None,
        n=passed.n if passed else None,
    )


def basis_of(engagement_id: UUID) -> dict[str, Any]:
    """The costs of today and the measured figures as plain text: what a frozen version keeps."""
    components = CostComponent.objects.filter(pain_point__engagement_id=engagement_id)
    measured = asdict(measured_for(engagement_id))
    return {
        "measured": {key: None if value is None else str(value) for key, value in measured.items()},
        "components": {
            f"{row.pain_point_id}/{row.kind}": {
                "low": str(row.likely if row.low is None else row.low),
                "likely": str(row.likely),
                "high": str(row.likely if row.high is None else row.high),
                "grade": row.grade,
            }
            for row in components
        },
    }


def measured_of(case: ValueCase) -> Measured:
    """What the case rests on: frozen with it, or the newest."""
    if not case.is_frozen:
        return measured_for(case.engagement_id)
    kept = case.totals["basis"]["measured"]
    figures = {key: None if text is None else Decimal(text) for key, text in kept.items() if key != "n"}
    return Measured(**figures, n=None if kept["n"] is None else int(kept["n"]))


def terms_of(case: ValueCase) -> Terms:
    """Everything the case rests on. A benefit whose cost is no longer claimed saves nothing."""
    measured = measured_of(case)
    basis = case.totals["basis"] if case.is_frozen else basis_of(case.engagement_id)
    components = basis["components"]
    return Terms(
        benefits=tuple(
            _benefit(row, components.get(f"{row.pain_point_id}/{row.kind}"))
            for row in case.benefits.select_related("pain_point").order_by("created_at", "pk")
        ),
        costs={CostLine(line): _estimate(cost) for line, cost in case.costs.items()},
        cases_per_year=case.cases_per_year,
        coverage=case.coverage,
        wrong_case_cost=case.wrong_case_cost,
        horizon_months=case.horizon_months,
        discount_rate=case.discount_rate,
        ramp_months=case.ramp_months,
        model_cost=case.model_cost if measured.model_cost is None else measured.model_cost,
        pass_rate=None if measured.model_cost is None else measured.pass_rate,
        demo_cost=case.demo_cost,
    )


def _benefit(row: Benefit, component: Mapping[str, str] | None) -> BenefitTerms:
    kind = CostKind(row.kind)
    return BenefitTerms(
        name=f"{row.pain_point.title}, {kind.label.lower()}",
        pain_point_id=row.pain_point_id,
        kind=kind,
        cost=exactly(Decimal(0)) if component is None else _estimate(component),
        grade=EvidenceGrade.D if component is None else EvidenceGrade(component["grade"]),
        reduction=Estimate(row.reduction_low, row.reduction, row.reduction_high),
        adoption=row.adoption,
        cashable=row.cashable,
        owner=row.owner,
    )


def _estimate(cost: Mapping[str, str]) -> Estimate:
    return Estimate(Decimal(cost["low"]), Decimal(cost["likely"]), Decimal(cost["high"]))
