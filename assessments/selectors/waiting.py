"""Sections of the readiness assessment that somebody has to answer, or to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from assessments.models import SectionAssignment
from assessments.vocabulary import SectionStatus
from engagements.models import Engagement
from engagements.vocabulary import Side
from engagements.waiting import Waiting
from portal.models import User

TO_ANSWER = (SectionStatus.ASSIGNED, SectionStatus.RETURNED)


def sections_waiting(viewer: User, engagements: Sequence[Engagement], now: datetime) -> list[Waiting]:
    """One line for each section that was given to somebody and is not done."""
    by_key = {row.pk: row for row in engagements}
    rows = SectionAssignment.objects.filter(engagement_id__in=by_key, status__in=TO_ANSWER)
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=Side(row.person.side),
            what=f"Answer the readiness questions of {row.element}",
            href=reverse(
                "assessments:my_sections", args=[by_key[row.engagement_id].tenant.slug, row.engagement_id]
            ),
            since=row.created_at,
            due=row.due,
            person=row.person,
        )
        for row in rows.select_related("person")
    ]
