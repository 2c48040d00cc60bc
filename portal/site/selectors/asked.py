"""What readiness and evidence ask of one of the client's people: send this, answer that, accept these."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from assessments.models import SectionAssignment
from assessments.vocabulary import SectionStatus
from engagements.models import Engagement, EvidenceVersion
from engagements.selectors.evidence_requests import RequestLine, request_lines, visible_requests
from engagements.selectors.home import Task
from engagements.vocabulary import EvidenceStatus, RequestStatus
from portal import access
from portal.models import User
from portal.vocabulary import Visibility


def asked_of(viewer: User, engagements: Sequence[Engagement]) -> list[Task]:
    """What the consultancy asks for, then sections, then evidence to accept. Four queries."""
    by_key = {row.pk: row for row in engagements}
    return [*_wanted(viewer, by_key), *_sections(viewer, by_key), *_evidence(viewer, by_key)]


def _wanted(viewer: User, by_key: dict[UUID, Engagement]) -> list[Task]:
    """One line for each request that the viewer can answer, the latest first."""
    reader = access.of(viewer)
    mine = [key for key, row in by_key.items() if reader.can("hand_in_evidence", row)]
    rows = visible_requests(viewer).filter(
        Q(person=viewer) | Q(person=None), engagement_id__in=mine, withdrawn_at=None
    )
    return [
        Task(
            title=f"Asked for: {line.row.title}",
            text=_why(line),
            href=_requests_href(by_key[line.row.engagement_id], line),
            action="Send it",
            since=line.state.since,
            due=line.row.due,
        )
        for line in request_lines(rows, today=timezone.now().date())
        if line.state.is_wanted
    ]


def _why(line: RequestLine) -> str:
    if line.state.status == RequestStatus.RETURNED and line.newest is not None:
        return f"Sent back: {line.newest.judgement}"
    return line.row.reason or f"{line.row.asked_by.name} asks for it."


def _requests_href(engagement: Engagement, line: RequestLine) -> str:
    place = reverse("engagements:evidence_requests", args=[engagement.tenant.slug, engagement.pk])
    return f"{place}#{line.row.public_id}"


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
