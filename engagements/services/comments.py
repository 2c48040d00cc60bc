"""Writing, editing and resolving comments. Nothing internal leaves the consultancy."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    COMMENT_EDITED,
    COMMENT_RESOLVED,
    COMMENT_WRITTEN,
    MENTIONED,
    MENTIONED_INTERNALLY,
)
from engagements.models import Comment, Engagement
from engagements.selectors.comments import people_to_mention, visible_comments
from engagements.selectors.engagements import engagement_for
from engagements.services.following import take_part, tell_followers
from engagements.subjects import is_internal_subject, is_subject
from portal import access, audit, ids
from portal.bylines import noting
from portal.errors import FieldError, Forbidden, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.vocabulary import Visibility

LONGEST = 4000


@transaction.atomic
def write_comment(
    *,
    by: User,
    engagement_id: UUID,
    subject: str,
    body: str,
    visibility: Visibility,
    thread_id: UUID | None = None,
    mentions: Collection[UUID] = (),
    path: str = "",
) -> Comment:
    """Say something about a thing, or answer what was said.

    The client's words are always for both sides; an answer to an internal comment stays internal, and so
    does all that is said about an internal thing.
    ``mentions`` are people who are told; each must be able to read it. So is who follows the
    thing, and ``by`` follows it from now on. Raises NotFound, Forbidden, Invalid.
    """
    engagement = engagement_for(by, engagement_id)
    access.require(by, "comment", engagement)
    if not is_subject(by, engagement.pk, subject):
        raise NotFound
    thread = _thread(by, engagement, subject, thread_id)
    if is_internal_subject(subject):
        visibility = Visibility.INTERNAL
    visibility = _who_sees(by, engagement, visibility, thread)
    row = Comment.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, subject=subject, thread=thread,
        body=_text(body), visibility=visibility, author=by, author_side=by.side,
        masked=engagement.tenant.comments_without_names,
    )  # fmt: skip
    internal = visibility == Visibility.INTERNAL
    facts: dict[str, audit.Fact] = {
        "about": subject.partition("_")[0], "internal": internal, "reply": thread is not None,
    }  # fmt: skip
    audit.record(actor=by, event=COMMENT_WRITTEN, subject=row, path=path, facts=facts | noting(row.masked))
    _tell(row, engagement, mentions, by=by, internal=internal, path=path)
    tell_followers(row, engagement, but={by.pk, *mentions}, path=path)
    take_part(row)
    return row


@transaction.atomic
def edit_comment(*, by: User, comment_id: UUID, body: str) -> Comment:
    """Change one's own words; the change is marked. Raises NotFound, Forbidden, WrongMoment or Invalid."""
    row = _locked(by, comment_id)
    if row.author_id != by.pk:
        raise Forbidden("Only its author changes a comment.")
    if (row.thread or row).resolved_at is not None:
        raise WrongMoment("This thread is resolved, so it stays as it is.")
    row.body, row.edited_at = _text(body), timezone.now()
    row.save(update_fields=["body", "edited_at"])
    audit.record(
        actor=by, event=COMMENT_EDITED, subject=row,
        facts={"internal": row.visibility == Visibility.INTERNAL} | noting(row.masked),
    )  # fmt: skip
    return row


@transaction.atomic
def resolve_thread(*, by: User, comment_id: UUID) -> Comment:
    """Say that a thread is settled. Raises NotFound, Forbidden or WrongMoment."""
    row = _locked(by, comment_id)
    access.require(by, "comment", row)
    if row.thread_id is not None:
        raise WrongMoment("A thread is resolved at its first comment.")
    if row.resolved_at is not None:
        raise WrongMoment("This thread is resolved already.")
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save(update_fields=["resolved_at", "resolved_by"])
    audit.record(
        actor=by, event=COMMENT_RESOLVED, subject=row,
        facts={"internal": row.visibility == Visibility.INTERNAL} | noting(row.masked),
    )  # fmt: skip
    return row


def _thread(by: User, engagement: Engagement, subject: str, thread_id: UUID | None) -> Comment | None:
    if thread_id is None:
        return None
    found = visible_comments(by, engagement).filter(pk=thread_id, subject=subject, thread=None).first()
    if found is None:
        raise NotFound
    if found.resolved_at is not None:
        raise WrongMoment("This thread is resolved: begin a new one.")
    return found


def _who_sees(by: User, engagement: Engagement, wanted: Visibility, thread: Comment | None) -> Visibility:
    if not access.of(by).can("see_internal", engagement):
        return Visibility.CLIENT
    if thread is not None and thread.visibility == Visibility.INTERNAL:
        return Visibility.INTERNAL
    return wanted


def _tell(
    row: Comment, engagement: Engagement, mentions: Collection[UUID], *, by: User, internal: bool, path: str
) -> None:
    able = {person.pk: person for person in people_to_mention(engagement, internal=internal)}
    if not set(mentions) <= set(able):
        fault = FieldError("/mentions", "cannot_read", "Name only people who can read this comment.")
        raise Invalid(fault.detail, errors=[fault])
    event = MENTIONED_INTERNALLY if internal else MENTIONED
    for key in sorted(set(mentions) - {by.pk}):
        facts: dict[str, audit.Fact] = {"person": ids.encode("usr", key)}
        audit.record(actor=by, event=event, subject=row, path=path, facts=facts | noting(row.masked))


def _locked(by: User, comment_id: UUID) -> Comment:
    found = Comment.objects.select_related("engagement").filter(pk=comment_id).first()
    if found is None or not visible_comments(by, found.engagement).filter(pk=comment_id).exists():
        raise NotFound
    return (
        Comment.objects.select_for_update(of=("self",))
        .select_related("thread", "engagement")
        .get(pk=comment_id)
    )


def _text(body: str) -> str:
    text = body.strip()
    if not 0 < len(text) <= LONGEST:
        fault = FieldError("/body", "length", f"Write between 1 and {LONGEST:,} characters.")
        raise Invalid(fault.detail, errors=[fault])
    return text
