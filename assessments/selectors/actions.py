"""Steps of the improvement plan that were taken on: who reads which, and which wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from assessments.models import ActionItem
from assessments.selectors.readers import sees_all
from assessments.vocabulary import ActionStatus
from engagements.models import Engagement
from engagements.selectors import engagement_for
from engagements.vocabulary import Side
from engagements.waiting import Waiting
from portal import access
from portal.errors import NotFound
from portal.lists import Rows
from portal.models import User

COLUMNS = (
    "question",
    "gate",
    "step",
    "owner",
    "due",
    "status",
    "outcome",
    "taken_by",
    "closed_by",
    "closed_at",
)


def actions_of(viewer: User, engagement: Engagement) -> QuerySet[ActionItem]:
    """Every step that was taken on; for who does not see the whole assessment, the own ones alone."""
    rows = ActionItem.objects.filter(engagement=engagement).select_related("owner", "taken_by", "closed_by")
    return rows if sees_all(viewer, engagement) else rows.filter(owner=viewer)


def actions_for(viewer: User, engagement_id: UUID) -> QuerySet[ActionItem]:
    """The same by the engagement's id. Raises NotFound where the engagement is not seen."""
    return actions_of(viewer, engagement_for(viewer, engagement_id))


def action_for(viewer: User, action_id: UUID) -> ActionItem:
    """One step, for who may read it. Raises NotFound."""
    rows = access.visible(viewer, ActionItem.objects.filter(pk=action_id))
    found = rows.select_related("owner", "taken_by", "closed_by", "engagement").first()
    if found is None or not (found.owner_id == viewer.pk or sees_all(viewer, found.engagement)):
        raise NotFound
    return found


def may_close(viewer: User, item: ActionItem) -> bool:
    """Whether the page offers closing: to the owner, and to who manages readiness."""
    held = access.of(viewer)
    mine = item.owner_id == viewer.pk and held.can("answer_readiness", item)
    return item.status == ActionStatus.OPEN and bool(mine or held.can("manage_readiness", item))


def actions_waiting(viewer: User, engagements: Sequence[Engagement], now: datetime) -> list[Waiting]:
    """One line for each step that is open, as far as the viewer may read it."""
    by_key = {row.pk: row for row in engagements}
    readable = Q(engagement_id__in=[key for key, row in by_key.items() if sees_all(viewer, row)])
    rows = ActionItem.objects.filter(
        readable | Q(owner=viewer), engagement_id__in=by_key, status=ActionStatus.OPEN
    )
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=Side(row.owner.side),
            what=f"Close the step for {row.question}",
            href=reverse(
                "assessments:my_sections", args=[by_key[row.engagement_id].tenant.slug, row.engagement_id]
            )
            + "#steps",
            since=row.created_at,
            detail=row.text,
            due=row.due,
            person=row.owner,
        )
        for row in rows.select_related("owner")
    ]


def action_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every step that the viewer may read, by its day, as the rows of a file."""
    return _rows(actions_of(viewer, engagement).order_by("due", "question"))


def _rows(found: QuerySet[ActionItem]) -> Iterator[tuple[Any, ...]]:
    for row in found:
        yield (
            row.question, row.gate, row.text, row.owner.name, row.due.isoformat(), row.get_status_display(),
            row.outcome, row.taken_by.name, row.closed_by.name if row.closed_by else None,
            row.closed_at.isoformat() if row.closed_at else None,
        )  # fmt: skip
