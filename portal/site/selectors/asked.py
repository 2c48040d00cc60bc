"""What readiness and evidence ask of one of the client's people: sections to answer, evidence to accept."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from assessments.models import SectionAssignment
from assessments.vocabulary import SectionStatus
from engagements.models import Engagement, EvidenceVersion
from engagements.selectors.home import Task
from engagements.vocabulary import EvidenceStatus
from portal import access
from portal.models import User
from portal.vocabulary import Visibility


def asked_of(viewer: User, engagements: Sequence[Engagement]) -> list[Task]:
    """Sections first, then evidence, oldest first. Two queries."""
    by_key = {row.pk: row for row in engagements}
    return [*_sections(viewer, by_key), *_evidence(viewer, by_key)]


def _sections(viewer: User, by_key: dict[UUID, Engagement]) -> list[Task]:
    rows = (
        SectionAssignment.objects.filter(
            person=viewer,
            engagement_id__in=by_key,
            status__in=[SectionStatus.ASSIGNED, SectionStatus.RETURNED],
        )
        .select_related("assigned_by", "assessment__framework_version")
        .order_by("due")
    )
    found = []
    for row in rows:
        engagement = by_key[row.engagement_id]
        element = row.assessment.framework_version.content().element(row.element)
        name = element.short if element else row.element
        said = f" Changes: {row.note}" if row.status == SectionStatus.RETURNED else ""
        found.append(
            Task(
                title=f"Questions on {name}",
                text=f"{row.assigned_by.name} asks you to answer {row.element}.{said}",
                href=reverse("assessments:my_sections", args=[engagement.tenant.slug, engagement.pk]),
                action="Answer them",
                since=row.created_at,
                due=row.due,
            )
        )
    return found


def _evidence(viewer: User, by_key: dict[UUID, Engagement]) -> list[Task]:
    reader = access.of(viewer)
    mine = [
        key
        for key, row in by_key.items()
        if reader.can("accept_evidence", row) and not reader.can("decide_gate", row)  # a judge does not sign
    ]
    rows = EvidenceVersion.objects.filter(
        item__engagement_id__in=mine, status=EvidenceStatus.RECEIVED, item__visibility=Visibility.CLIENT
    ).exclude(handed_in_side=viewer.side)
    found = []
    for row in rows.select_related("item", "handed_in_by").order_by("received_at"):
        engagement = by_key[row.item.engagement_id]
        found.append(
            Task(
                title=f"Evidence to accept: {row.item.title}",
                text=f"{row.handed_in_by.name} handed it in. It counts once you accept it.",
                href=reverse(
                    "engagements:evidence_item", args=[engagement.tenant.slug, engagement.pk, row.item_id]
                ),
                action="Look at it",
                since=row.received_at,
            )
        )
    return found
