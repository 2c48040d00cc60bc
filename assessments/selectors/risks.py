"""Which engagements carry risks of a kind, for looking through many of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db.models.functions import Coalesce

from assessments.models import Risk
from assessments.vocabulary import OPEN_RISKS, RiskStatus

HIGH_SCORE: Final = 15
"""Likelihood times impact, 1 to 25, after the response where that was judged."""


def engagements_at_risk(engagement_ids: Collection[UUID], kind: str) -> set[UUID]:
    """Those with an open risk of ``HIGH_SCORE`` or more ("high"), any open ("open"), or an "accepted" one.

    One query. Raises KeyError for another kind.
    """
    rows = Risk.objects.filter(engagement_id__in=engagement_ids)
    is_open = rows.filter(status__in=OPEN_RISKS)
    score = Coalesce("residual_likelihood", "likelihood") * Coalesce("residual_impact", "impact")
    chosen = {
        "high": is_open.annotate(left=score).filter(left__gte=HIGH_SCORE),
        "open": is_open,
        "accepted": rows.filter(status=RiskStatus.ACCEPTED),
    }[kind]
    return set(chosen.values_list("engagement_id", flat=True))
