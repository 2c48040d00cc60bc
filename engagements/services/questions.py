"""Questions of an approver about a round. A blocking one stops the clock until it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    QUESTION_ANSWERED,
    QUESTION_ASKED,
    QUESTION_TAKEN_BACK,
)
from engagements.models import GateRound, Question
from engagements.rules.clock import pause_days
from engagements.rules.states import next_round
from engagements.selectors import approvers
from engagements.services import rounds
from engagements.vocabulary import (
    RoundMove,
    RoundStatus,
)
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, RoundNotOpen, WrongMoment
from portal.events import EventType
from portal.models import User

_ASKABLE = (RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW, RoundStatus.CLARIFICATION)


@transaction.atomic
def ask_question(*, by: User, round_id: UUID, text: str, is_blocking: bool) -> Question:
    """Ask the consultancy, as somebody who can sign the round. The first question opens the review.

    A blocking question stops the clock until every blocking one is closed, and nobody signs meanwhile. Raises
    NotFound, Forbidden, RoundNotOpen, Invalid.
    """
    row, now = _locked(round_id), timezone.now()
    _require_approver(by, row, now=now)
    rounds.require_live(row, now=now)
    if row.status not in _ASKABLE:
        raise RoundNotOpen("This round is closed, so nothing is asked about it any more.")
    if not text.strip():
        detail = "Write the question."
        raise Invalid(detail, errors=[FieldError("/text", "missing", detail)])
    if row.status == RoundStatus.SUBMITTED:
        row.status = next_round(RoundStatus(row.status), RoundMove.REVIEW)
    if is_blocking and row.status == RoundStatus.UNDER_REVIEW:
        row.status, row.paused_since = next_round(RoundStatus(row.status), RoundMove.ASK), now
    _save(row)
    question = Question.objects.create(
        tenant_id=row.tenant_id, engagement_id=row.engagement_id, round=row, text=text.strip(),
        is_blocking=is_blocking, asked_by=by, asked_at=now,
    )  # fmt: skip
    _record(by, QUESTION_ASKED, question, row, blocking=is_blocking)
    return question


@transaction.atomic
def answer_question(*, by: User, question_id: UUID, answer: str) -> Question:
    """Answer for the consultancy. Raises NotFound, Forbidden, WrongMoment when it is closed, Invalid."""
    question, row = _locked_question(question_id)
    access.require(by, "submit_gate", row)
    if not answer.strip():
        detail = "Write the answer."
        raise Invalid(detail, errors=[FieldError("/answer", "missing", detail)])
    question.answer, question.answered_by, question.closed_at = answer.strip(), by, timezone.now()
    question.save(update_fields=["answer", "answered_by", "closed_at"])
    _go_on(row, now=question.closed_at)
    _record(by, QUESTION_ANSWERED, question, row, open=_open_blocking(row))
    return question


@transaction.atomic
def take_back_question(*, by: User, question_id: UUID) -> Question:
    """Decide without the answer. Only who asked can. Raises NotFound, Forbidden, WrongMoment."""
    question, row = _locked_question(question_id)
    if not access.of(by).can("see_engagement", row):
        raise NotFound
    if question.asked_by_id != by.pk:
        raise Forbidden(f"{question.asked_by.name} asked this; only the one who asked takes it back.")
    question.taken_back, question.closed_at = True, timezone.now()
    question.save(update_fields=["taken_back", "closed_at"])
    _go_on(row, now=question.closed_at)
    _record(by, QUESTION_TAKEN_BACK, question, row, open=_open_blocking(row))
    return question


def _go_on(row: GateRound, *, now: datetime) -> None:
    """Let the clock run again when no blocking question is open: the days it stood still are given back."""
    if row.status != RoundStatus.CLARIFICATION or _open_blocking(row) or row.due is None:
        return
    stood = pause_days(row.review(), today=now.date())
    row.status = next_round(RoundStatus(row.status), RoundMove.ANSWER)
    row.due, row.paused_since, row.paused_days = (
        row.due + timedelta(days=stood),
        None,
        row.paused_days + stood,
    )
    _save(row)


def _open_blocking(row: GateRound) -> int:
    return Question.objects.filter(round=row, is_blocking=True, closed_at=None).count()


def _save(row: GateRound) -> None:
    row.version += 1
    row.save(update_fields=["status", "due", "paused_since", "paused_days", "version"])


def _require_approver(by: User, row: GateRound, *, now: datetime) -> None:
    if not access.of(by, fresh=True).can("see_engagement", row):
        raise NotFound
    permission = approvers.permission(by, row.gate, today=now.date())
    if not permission:
        raise Forbidden(permission.reason)


def _locked(round_id: UUID) -> GateRound:
    row = (
        GateRound.objects.select_for_update(of=("self",))
        .select_related("gate__engagement", "engagement__tenant")
        .filter(pk=round_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _locked_question(question_id: UUID) -> tuple[Question, GateRound]:
    """The question with its round locked first. Raises NotFound, WrongMoment when it is closed."""
    found = Question.objects.filter(pk=question_id).values_list("round_id", flat=True).first()
    if found is None:
        raise NotFound
    row = _locked(found)
    question = Question.objects.select_related("asked_by").get(pk=question_id)
    if question.closed_at is not None:
        raise WrongMoment("This question is closed already.")
    if row.status not in _ASKABLE:
        raise RoundNotOpen("This round is closed, so its questions are too.")
    return question, row


def _record(by: User, event: EventType, question: Question, row: GateRound, **facts: bool | int) -> None:
    audit.record(
        actor=by, event=event, subject=question, engagement_id=row.engagement_id,
        facts={"gate": row.gate.number, "round": row.number, **facts},
    )  # fmt: skip
