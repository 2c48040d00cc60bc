"""The second client: an engagement that has only begun, so that the walls between clients can be seen."""

from __future__ import annotations

from decimal import Decimal

from assessments.rules.costs import Component
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from engagements.services.engagements import create_engagement
from portal.models import Tenant, User

PROBLEM = (
    "Every tenth meter reading that a customer sends is implausible, and a person writes back. "
    "Most of these letters ask the same three questions."
)


def tell(people: dict[str, User], tenant: Tenant) -> None:
    """One engagement with one pain point; its first gate is still ahead."""
    lead = people["Jonas Lindqvist"]
    engagement = create_engagement(
        by=lead,
        tenant=tenant,
        code="BW-01",
        title="Disputed meter readings",
        problem_statement=PROBLEM,
        sponsor=people["Tom Ashworth"],
    )
    letters = Component(
        kind=CostKind.LABOUR,
        inputs={
            "cases_per_year": Decimal(31_000),
            "touch_minutes": Decimal(14),
            "rate_per_hour": Decimal("23.50"),
        },
        grade=EvidenceGrade.C,
        source="Two team leads, asked apart, 9 November",
    )
    calls = Component(
        kind=CostKind.ERROR,
        inputs={
            "cases_per_year": Decimal(31_000),
            "error_rate": Decimal("0.08"),
            "cost_per_error": Decimal(19),
        },
        grade=EvidenceGrade.D,
        source="Head of billing",
    )
    map_pain_point(
        by=lead,
        engagement_id=engagement.pk,
        facts=PainPointFacts(
            title="Writing back about implausible readings",
            kind=PainKind.RESOURCE_DRAIN,
            step="Reading received to reading accepted",
            owner="Tom Ashworth",
            effort_days=Decimal(30),
        ),
        components=[letters, calls],
    )
