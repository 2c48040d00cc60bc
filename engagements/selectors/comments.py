"""What was said, as a viewer may read it. The one place that decides who sees an internal comment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from engagements.models import Comment, Engagement, Following
from portal import access
from portal.models import User
from portal.vocabulary import Visibility


@dataclass(frozen=True, slots=True)
class Thread:
    """A first comment with its replies in order."""

    first: Comment
    replies: tuple[Comment, ...]


def visible_comments(viewer: User, engagement: Engagement) -> QuerySet[Comment]:
    """Comments of an engagement: all of them for who sees internal notes, else those for both sides."""
    rows = access.visible(viewer, Comment.objects.filter(engagement=engagement))
    if not access.of(viewer).can("see_internal", engagement):
        rows = rows.filter(visibility=Visibility.CLIENT)
    return rows.select_related("author", "resolved_by", "engagement__tenant").order_by("created_at", "pk")


def threads_on(viewer: User, engagement: Engagement, subject: str) -> list[Thread]:
    """The threads about one thing, oldest first. One query."""
    return _threads(visible_comments(viewer, engagement).filter(subject=subject))


def open_threads(viewer: User, engagement: Engagement) -> list[Thread]:
    """Every thread of the engagement that nobody has resolved, newest first. One query."""
    found = _threads(visible_comments(viewer, engagement))
    return [thread for thread in reversed(found) if thread.first.resolved_at is None]


def follows(viewer: User, engagement: Engagement, subject: str) -> bool:
    """Whether the viewer is told of comments on a thing."""
    rows = Following.objects.filter(engagement=engagement, subject=subject, person=viewer, stopped_at=None)
    return rows.exists()


def people_to_mention(engagement: Engagement, *, internal: bool) -> list[User]:
    """Everybody who would see the comment; nobody else can be named in it."""
    action = "see_internal" if internal else "see_engagement"
    return access.holders(action, tenant_id=engagement.tenant_id, engagement_id=engagement.pk)


def _threads(rows: Iterable[Comment]) -> list[Thread]:
    first: dict[UUID, Comment] = {}
    replies: dict[UUID, list[Comment]] = {}
    for row in rows:
        if row.thread_id is None:
            first[row.pk] = row
        else:
            replies.setdefault(row.thread_id, []).append(row)
    return [Thread(row, tuple(replies.get(key, ()))) for key, row in first.items()]
