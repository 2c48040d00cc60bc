"""One person's inbox: what happened that they are told of, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from engagements.models import Engagement
from portal import access
from portal.bylines import byline, noted
from portal.events import CATALOGUE
from portal.models import Notification, User


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One notification in words. ``href`` "" when there is no page to go to."""

    notification: Notification
    title: str
    where: str
    who: str
    href: str


def notifications_of(viewer: User) -> QuerySet[Notification]:
    """The viewer's own notifications in the clients where they still have a place, newest first."""
    rows = Notification.objects.filter(user=viewer, tenant_id__in=access.of(viewer).places())
    return rows.select_related("event__actor", "tenant").order_by("-created_at", "-pk")


def in_words(viewer: User, rows: Iterable[Notification]) -> list[InboxLine]:
    """The lines of one page: one query for the titles of engagements."""
    listed = list(rows)
    wanted = {row.event.engagement_id for row in listed if row.event.engagement_id}
    titles: dict[UUID, str] = dict(Engagement.objects.filter(pk__in=wanted).values_list("pk", "title"))
    return [_line(viewer, row, titles) for row in listed]


def _line(viewer: User, row: Notification, titles: dict[UUID, str]) -> InboxLine:
    event = row.event
    title = titles.get(event.engagement_id) if event.engagement_id else None
    kind = CATALOGUE.get(event.event)
    return InboxLine(
        notification=row,
        title=kind.title if kind else event.event,
        where=f"{title}, {row.tenant.name}" if title else row.tenant.name,
        who=byline(viewer, event.actor, masked=noted(event.facts), client=row.tenant),
        href=event.path,
    )
