"""What the map of pain points pays into the engagement: its cost a year, and how much of it is a guess."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from django.utils import timezone

from assessments.models import CostComponent, PainPoint
from assessments.rules.costs import guess_share, total_cost
from assessments.vocabulary import EvidenceGrade
from engagements.models import Engagement
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal.audit import canonical

CONFIDENCE = Decimal("0.95")
METHOD = "sum of cost components"


def record_costs(*, engagement: Engagement, source: PainPoint) -> None:
    """Record ``pain_point_annual_cost`` (money a year) and ``d_grade_share`` (0 to 1) over all pain points.

    The cost is a sum of estimates and has no statistical bound. The share is arithmetic over grades,
    so both its bounds are the value itself. None where no cost is claimed.
    """
    rows = CostComponent.objects.filter(pain_point__engagement_id=engagement.pk).order_by("pk")
    components = list(rows)
    parts = [(EvidenceGrade(row.grade), row.likely) for row in components]
    fingerprint = hashlib.sha256(
        canonical([[str(row.pain_point_id), row.kind, row.inputs, row.grade] for row in components]).encode()
    ).hexdigest()
    share = guess_share(parts)
    now = timezone.now()
    exact_share = None if share is None else round(share, 6)
    for key, value, unit, bound in (
        ("pain_point_annual_cost", total_cost(parts), Unit.MONEY, None),
        ("d_grade_share", exact_share, Unit.RATE, exact_share),
    ):
        record_measurement(
            by=None,  # a sum that the system takes; who changed the map stands in the map's own event
            engagement_id=engagement.pk,
            key=key,
            value=value,
            unit=unit,
            n=len(parts),
            low=None,
            high=None,
            bound_low=bound,
            bound_high=bound,
            confidence=CONFIDENCE,
            method=METHOD,
            seed=None,
            slice="",
            source_kind=SourceKind.VALUE_CASE,
            source_id=source.pk,
            config_sha256=fingerprint,
            started_at=now,
            measured_at=now,
            valid=value is not None,
        )
