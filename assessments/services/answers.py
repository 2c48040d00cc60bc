"""Answer, verify, challenge, and say that a question does not apply. The only writer of Answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import Answer, AnswerStep, Assessment, QuestionVersion
from assessments.rules import answers as rules
from assessments.rules.framework import HIGHEST
from assessments.selectors.standing import cap_for
from assessments.services.levels import pay_in
from assessments.vocabulary import (
    ANSWER_CHALLENGED,
    ANSWER_CLAIMED,
    ANSWER_NOT_APPLICABLE,
    ANSWER_VERIFIED,
    AnswerMove,
    AnswerStatus,
)
from engagements.services.evidence import side_of
from portal import access, audit
from portal.errors import (
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    SegregationOfDuties,
    VersionConflict,
    WrongMoment,
)
from portal.events import EventType
from portal.models import User
from portal.vocabulary import Affiliation

_NO_CHALLENGE: dict[str, Any] = {
    "challenged_level": None, "challenged_by": None, "challenged_side": "", "challenge_reason": "",
}  # fmt: skip
_NO_NA: dict[str, Any] = {
    "na_reason": "", "na_proposed_by": None, "na_proposed_side": "", "na_agreed_by": None,
    "na_agreed_side": "",
}  # fmt: skip


@transaction.atomic
def claim(
    *, by: User, engagement_id: UUID, question: str, level: int, note: str = "", version: int | None = None
) -> Answer:
    """Say which level holds. A verification that was given stays in force until it is given anew.

    ``version``: the answer as the writer has read it; None does not compare. Raises NotFound, Forbidden,
    SegregationOfDuties, VersionConflict, Invalid.
    """
    assessment, asked = _place(by, engagement_id, question, "answer_readiness")
    _check_level(level)
    answer = _locked(assessment, asked)
    if version is not None and answer.version != version and not answer._state.adding:
        raise VersionConflict(
            "Not saved: somebody else answered this meanwhile. Look at it, then save again."
        )
    side = side_of(by)
    rules.check_claimer(side=side, claimed_side=answer.claimed_side)
    if answer.verified_side == side:
        raise SegregationOfDuties("Your side has verified this. Challenge it if it no longer holds.")
    changes = _claimed(answer, level=level, note=note, by=by, provisional=False)
    _save(answer, AnswerMove.CLAIM, by=by, level=level, note=note, changes=changes)
    _tell(ANSWER_CLAIMED, answer, asked, by=by, level=level)
    pay_in(assessment, by=by)
    return answer


def claim_provisionally(
    assessment: Assessment, asked: QuestionVersion, *, level: int, note: str, by: User
) -> None:
    """What an interview gives: an answer of at most 1 where there is none. No event of its own."""
    answer = _locked(assessment, asked)
    changes = _claimed(answer, level=min(level, 1), note=note, by=by, provisional=True)
    _save(answer, AnswerMove.CLAIM, by=by, level=min(level, 1), note=note, changes=changes)


@transaction.atomic
def verify(*, by: User, engagement_id: UUID, question: str, level: int, note: str = "") -> Answer:
    """Say for the other side which level was seen. Never above what evidence allows.

    Raises NotFound, Forbidden, SegregationOfDuties, WrongMoment, Invalid.
    """
    assessment, asked = _place(by, engagement_id, question, "verify_readiness")
    _check_level(level)
    answer = _locked(assessment, asked)
    rules.check_verifier(
        side=side_of(by), claimed_side=answer.claimed_side, challenged_side=answer.challenged_side
    )
    _check_said(answer)
    cap = cap_for(answer, asked, engagement_id, today=timezone.now().date())
    if level > cap.level:
        words = (
            f"Accepted evidence allows level {cap.level} today, so level {level} cannot be verified. "
            "Accept stronger evidence first."
        )
        raise Invalid(words, errors=[FieldError("/level", "evidence", words)])
    changes = {
        "verified_level": level, "verified_by": by, "verified_side": side_of(by),
        "verified_at": timezone.now(), **_NO_CHALLENGE,
    }  # fmt: skip
    _save(answer, AnswerMove.VERIFY, by=by, level=level, note=note, changes=changes)
    _tell(ANSWER_VERIFIED, answer, asked, by=by, level=level)
    pay_in(assessment, by=by)
    return answer


@transaction.atomic
def challenge(*, by: User, engagement_id: UUID, question: str, level: int, reason: str) -> Answer:
    """Say that only a lower level holds. The lower one counts until the challenge is settled.

    Raises NotFound, Forbidden, SegregationOfDuties, WrongMoment, Invalid.
    """
    assessment, asked = _place(by, engagement_id, question, "verify_readiness")
    _check_level(level)
    answer = _locked(assessment, asked)
    rules.check_challenger(side=side_of(by), claimed_side=answer.claimed_side)
    said = _check_said(answer)
    if level >= said:
        words = f"A challenge names a lower level than {said}. If you agree, verify it."
        raise Invalid(words, errors=[FieldError("/level", "order", words)])
    if not reason.strip():
        raise Invalid(
            "Say why.", errors=[FieldError("/reason", "missing", "Say what you saw, or did not see.")]
        )
    changes = {
        "challenged_level": level, "challenged_by": by, "challenged_side": side_of(by),
        "challenge_reason": reason.strip(),
    }  # fmt: skip
    _save(answer, AnswerMove.CHALLENGE, by=by, level=level, note=reason.strip(), changes=changes)
    _tell(ANSWER_CHALLENGED, answer, asked, by=by, level=level)
    pay_in(assessment, by=by)
    return answer


@transaction.atomic
def propose_not_applicable(*, by: User, engagement_id: UUID, question: str, reason: str) -> Answer:
    """Say that a question does not apply here, and why. It counts on until the other side agrees."""
    assessment, asked = _place(by, engagement_id, question, "answer_readiness")
    if not asked.may_be_not_applicable:
        words = f"{asked.element} always applies: every AI system is asked this."
        raise Invalid(words, errors=[FieldError("/reason", "always_applies", words)])
    if not reason.strip():
        raise Invalid(
            "Say why.", errors=[FieldError("/reason", "missing", "Say why it does not apply here.")]
        )
    answer = _locked(assessment, asked)
    changes = {**_NO_NA, "na_reason": reason.strip(), "na_proposed_by": by, "na_proposed_side": side_of(by)}
    _save(answer, AnswerMove.PROPOSE_NA, by=by, level=None, note=reason.strip(), changes=changes)
    _tell(ANSWER_NOT_APPLICABLE, answer, asked, by=by, agreed=False)
    pay_in(assessment, by=by)
    return answer


@transaction.atomic
def settle_not_applicable(*, by: User, engagement_id: UUID, question: str, agreed: bool) -> Answer:
    """Agree for the other side that it does not apply, or say that it does."""
    assessment, asked = _place(by, engagement_id, question, "verify_readiness")
    answer = _locked(assessment, asked)
    if side_of(by) == answer.na_proposed_side:
        raise SegregationOfDuties("Your own side said so, so the other side agrees or not.")
    move = AnswerMove.AGREE_NA if agreed else AnswerMove.REFUSE_NA
    changes: dict[str, Any] = {"na_agreed_by": by, "na_agreed_side": side_of(by)} if agreed else _NO_NA
    _save(answer, move, by=by, level=None, note="", changes=changes)
    _tell(ANSWER_NOT_APPLICABLE, answer, asked, by=by, agreed=agreed)
    pay_in(assessment, by=by)
    return answer


def _place(by: User, engagement_id: UUID, question: str, action: str) -> tuple[Assessment, QuestionVersion]:
    """The assessment, locked, and the question in the version that is asked now."""
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("engagement", "framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, action, assessment)
    if by.affiliation not in (Affiliation.CONSULTANCY, Affiliation.CLIENT, Affiliation.SERVICE):
        raise Forbidden("Auditors read; the two sides answer.")
    asked = QuestionVersion.objects.filter(
        framework_version_id=assessment.framework_version_id, key=question
    ).first()
    if asked is None:
        raise NotFound
    return assessment, asked


def _locked(assessment: Assessment, asked: QuestionVersion) -> Answer:
    found = Answer.objects.select_for_update().filter(assessment=assessment, question=asked).first()
    return found or Answer(
        tenant_id=assessment.tenant_id, assessment=assessment, engagement_id=assessment.engagement_id,
        question=asked, status="", version=0,
    )  # fmt: skip


def _claimed(answer: Answer, *, level: int, note: str, by: User, provisional: bool) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "claimed_level": level, "claimed_by": by, "claimed_side": side_of(by), "claimed_at": timezone.now(),
        "note": note.strip(), "provisional": provisional, **_NO_NA,
    }  # fmt: skip
    if rules.settles(level, answer.challenged_level):
        changes |= _NO_CHALLENGE
    return changes


def _save(
    answer: Answer,
    move: AnswerMove,
    *,
    by: User | None,
    level: int | None,
    note: str,
    changes: dict[str, Any],
) -> None:
    """The one place that moves an answer: state, fields, and the step that stays."""
    status = rules.next_status(AnswerStatus(answer.status) if answer.status else None, move)
    for name, value in changes.items():
        setattr(answer, name, value)
    open_challenge = move == AnswerMove.CLAIM and answer.challenged_level is not None
    answer.status = AnswerStatus.CHALLENGED if open_challenge else status
    if move == AnswerMove.REFUSE_NA:
        answer.status = _as_before(answer)
    answer.version += 1
    answer.save()
    AnswerStep.objects.create(
        tenant_id=answer.tenant_id, answer=answer, move=move, level=level, by=by, note=note.strip(),
        at=timezone.now(),
    )  # fmt: skip


def _as_before(answer: Answer) -> AnswerStatus:
    """Where an answer stood before somebody said that the question does not apply."""
    if answer.challenged_level is not None:
        return AnswerStatus.CHALLENGED
    if answer.verified_level is not None:
        return AnswerStatus.VERIFIED
    measured = answer.claimed_level is None and answer.measured_level is not None
    return AnswerStatus.MEASURED if measured else AnswerStatus.CLAIMED


def _tell(event: EventType, answer: Answer, asked: QuestionVersion, *, by: User | None, **facts: Any) -> None:
    audit.record(
        actor=by, event=event, subject=answer, engagement_id=answer.engagement_id,
        facts={"question": asked.key, **facts},
    )  # fmt: skip


def _check_said(answer: Answer) -> int:
    """The level that somebody or a measurement says. Raises WrongMoment while there is none."""
    said = answer.measured_level if answer.claimed_level is None else answer.claimed_level
    if said is None:
        raise WrongMoment("Nobody has answered this question yet. Answer it first.")
    return said


def _check_level(level: int) -> None:
    if not 0 <= level <= HIGHEST:
        words = f"A level is 0 to {HIGHEST}."
        raise Invalid(words, errors=[FieldError("/level", "range", words)])
