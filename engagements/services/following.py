"""Following a thing: who does is told of each comment on it that they may read."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import NEWS, NEWS_INTERNALLY
from engagements.models import Comment, Engagement, Following
from engagements.selectors.comments import people_to_mention
from engagements.selectors.engagements import engagement_for
from engagements.subjects import is_subject
from portal import access, audit, ids
from portal.bylines import noting
from portal.errors import NotFound
from portal.models import User
from portal.vocabulary import Visibility


@transaction.atomic
def set_following(*, by: User, engagement_id: UUID, subject: str, follows: bool) -> None:
    """Begin or stop to follow a thing. Raises NotFound for what ``by`` cannot read, and Forbidden."""
    engagement = engagement_for(by, engagement_id)
    access.require(by, "comment", engagement)
    if not is_subject(by, engagement.pk, subject):
        raise NotFound
    stopped = None if follows else timezone.now()
    Following.objects.update_or_create(
        tenant_id=engagement.tenant_id, engagement=engagement, subject=subject, person=by,
        defaults={"stopped_at": stopped},
    )  # fmt: skip


def take_part(comment: Comment) -> None:
    """Who writes about a thing follows it from then on, unless that person once stopped."""
    Following.objects.get_or_create(
        tenant_id=comment.tenant_id, engagement_id=comment.engagement_id, subject=comment.subject,
        person_id=comment.author_id,
    )  # fmt: skip


def tell_followers(comment: Comment, engagement: Engagement, *, but: Collection[UUID], path: str) -> None:
    """Tell those who follow and may read it, except ``but`` (its author, and who is told already)."""
    internal = comment.visibility == Visibility.INTERNAL
    able = {person.pk for person in people_to_mention(engagement, internal=internal)}
    rows = Following.objects.filter(engagement=engagement, subject=comment.subject, stopped_at=None)
    following = set(rows.values_list("person_id", flat=True))
    event = NEWS_INTERNALLY if internal else NEWS
    for key in sorted(following & able - set(but)):
        facts = noting(comment.masked) | {"person": ids.encode("usr", key)}
        audit.record(actor=comment.author, event=event, subject=comment, path=path, facts=facts)
