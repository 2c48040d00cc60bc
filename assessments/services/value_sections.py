"""What a snapshot keeps of the value case: handing in a gate freezes it, and its numbers go in as text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from assessments.rules.value import LINE_WORDS, CostLine
from assessments.services.value_case import freeze_value_case
from assessments.vocabulary import CostKind


def value_section(engagement_id: UUID, gate_number: int) -> dict[str, Any] | None:
    """The frozen version with its terms and totals; None when nobody has written a value case."""
    case = freeze_value_case(engagement_id=engagement_id, gate_number=gate_number)
    if case is None:
        return None
    return {
        "number": case.number,
        "horizon_months": case.horizon_months,
        "discount_rate": str(case.discount_rate),
        "ramp_months": case.ramp_months,
        "cases_per_year": str(case.cases_per_year),
        "coverage": str(case.coverage),
        "wrong_case_cost": str(case.wrong_case_cost),
        "costs": [{"line": LINE_WORDS[CostLine(line)], **cost} for line, cost in sorted(case.costs.items())],
        "benefits": [
            {
                "pain_point": row.pain_point.title,
                "component": CostKind(row.kind).label,
                "reduction_low": str(row.reduction_low),
                "reduction": str(row.reduction),
                "reduction_high": str(row.reduction_high),
                "adoption": str(row.adoption),
                "cashable": row.cashable,
                "owner": row.owner,
            }
            for row in case.benefits.select_related("pain_point").order_by("created_at", "pk")
        ],
        "totals": case.totals,
    }
