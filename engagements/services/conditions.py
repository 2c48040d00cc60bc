"""Conditions of an approval: set with it, handed in by their owner, accepted by the client, or lapsed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    CONDITION_CLOSING_PROPOSED,
    CONDITION_LAPSED,
    CONDITION_MET,
    CONDITION_OPENED,
    CONDITION_RETURNED,
    CONDITION_WAIVED,
)
from engagements.models import Condition, Decision, Gate
from engagements.rules.conditions import check_closing, check_reason
from engagements.rules.decisions import ConditionTerms
from engagements.rules.states import next_condition
from engagements.vocabulary import (
    UNCLOSED,
    ConditionMove,
    ConditionStatus,
    Outcome,
)
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, SegregationOfDuties, WrongMoment
from portal.events import EventType
from portal.models import User


def open_all(decision: Decision, terms: Sequence[ConditionTerms], *, by: User, gate: Gate) -> None:
    """Set the conditions of an approval, in its transaction. Raises Invalid for an owner who has no place."""
    if decision.outcome != Outcome.APPROVE_WITH_CONDITIONS:
        return
    for one in terms:
        row = Condition.objects.create(
            tenant_id=decision.tenant_id, engagement_id=decision.engagement_id, decision=decision,
            criterion_key=one.criterion_key, text=one.text.strip(), due=one.due,
            owner=_owner(one, decision) or decision.engagement.lead,
        )  # fmt: skip
        _record(by, CONDITION_OPENED, row, gate=gate.number, due=row.due.isoformat())


@transaction.atomic
def propose_closing(*, by: User, condition_id: UUID, note: str, link: str = "") -> Condition:
    """Hand in what shows that a condition is met: its owner, or who may submit gates.

    What was handed in before is replaced. Raises NotFound, Forbidden, WrongMoment when closed, Invalid.
    """
    row = _locked(by, condition_id)
    if by.pk != row.owner_id and not access.of(by).can("submit_gate", row):
        raise Forbidden(f"{row.owner.name} answers for this condition, so it is handed in by them.")
    _require_unclosed(row)
    check_closing(note, link)
    row.closing_note, row.closing_link = note.strip(), link.strip()
    row.proposed_by, row.proposed_at, row.returned_reason = by, timezone.now(), ""
    row.save(update_fields=["closing_note", "closing_link", "proposed_by", "proposed_at", "returned_reason"])
    _record(by, CONDITION_CLOSING_PROPOSED, row)
    return row


@transaction.atomic
def accept_closing(*, by: User, condition_id: UUID) -> Condition:
    """Accept for the client that it is met. Never by who handed it in.

    Raises NotFound, Forbidden, SegregationOfDuties, WrongMoment when nothing is handed in.
    """
    row = _locked(by, condition_id)
    access.require(by, "close_condition", row, fresh=True)
    _require_unclosed(row)
    _require_proposed(row)
    if by.pk == row.proposed_by_id:
        raise SegregationOfDuties("You handed this in, so somebody else has to accept it.")
    _close(row, ConditionMove.CLOSE, by=by)
    _record(by, CONDITION_MET, row)
    return row


@transaction.atomic
def return_closing(*, by: User, condition_id: UUID, reason: str) -> Condition:
    """Send it back: it is not met yet. Raises NotFound, Forbidden, WrongMoment, Invalid without a reason."""
    row = _locked(by, condition_id)
    access.require(by, "close_condition", row, fresh=True)
    _require_unclosed(row)
    _require_proposed(row)
    check_reason(reason, "Write what is still missing.")
    row.returned_reason, row.proposed_by, row.proposed_at = reason.strip(), None, None
    row.save(update_fields=["returned_reason", "proposed_by", "proposed_at"])
    _record(by, CONDITION_RETURNED, row)
    return row


@transaction.atomic
def waive_condition(*, by: User, condition_id: UUID, reason: str) -> Condition:
    """Let a lapsed condition go, for the client. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    row = _locked(by, condition_id)
    access.require(by, "grant_waiver", row, fresh=True)
    check_reason(reason, "Write why it is not needed any more.")
    _settle(row)
    row.waived_reason = reason.strip()
    _close(row, ConditionMove.WAIVE, by=by)
    _record(by, CONDITION_WAIVED, row)
    return row


@transaction.atomic
def lapse_condition(*, condition_id: UUID) -> bool:
    """Say that a condition lapsed, as the system. False when it has not. Safe to run twice."""
    row = Condition.objects.select_for_update(of=("self",)).get(pk=condition_id)
    return _settle(row)


def _settle(row: Condition) -> bool:
    """Write down that it lapsed, where its date has passed and nobody has yet."""
    now = timezone.now()
    if row.status == ConditionStatus.OPEN and row.status_on(now.date()) == ConditionStatus.LAPSED:
        row.status = next_condition(ConditionStatus(row.status), ConditionMove.LAPSE)
        row.lapsed_at = now
        row.save(update_fields=["status", "lapsed_at"])
        _record(None, CONDITION_LAPSED, row, due=row.due.isoformat())
        return True
    return False


def _close(row: Condition, move: ConditionMove, *, by: User) -> None:
    row.status = next_condition(ConditionStatus(row.status), move)
    row.closed_by, row.closed_at = by, timezone.now()
    row.save(update_fields=["status", "closed_by", "closed_at", "waived_reason"])


def _locked(by: User, condition_id: UUID) -> Condition:
    row = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("owner", "engagement")
        .filter(pk=condition_id)
        .first()
    )
    if row is None or not access.of(by).can("see_engagement", row):
        raise NotFound
    return row


def _require_unclosed(row: Condition) -> None:
    if row.status not in UNCLOSED:
        raise WrongMoment(f"This condition is closed: {ConditionStatus(row.status).label.lower()}.")


def _require_proposed(row: Condition) -> None:
    if row.proposed_by_id is None:
        raise WrongMoment(f"{row.owner.name} has not handed in anything yet.")


def _owner(terms: ConditionTerms, decision: Decision) -> User | None:
    """Who was named to answer for it. Raises Invalid for somebody without a place there."""
    if terms.owner is None:
        return None
    person = User.objects.filter(pk=terms.owner, is_active=True).first()
    if person is None or not access.of(person).can("comment", decision):
        pointer = f"/conditions/{terms.criterion_key}/owner"
        detail = "Choose somebody who works on this engagement."
        raise Invalid(detail, errors=[FieldError(pointer, "unknown", detail)])
    return person


def _record(by: User | None, event: EventType, row: Condition, **facts: str | int) -> None:
    number = facts.pop("gate", None) or row.decision.round.gate.number
    audit.record(
        actor=by, event=event, subject=row, engagement_id=row.engagement_id,
        facts={"gate": number, "criterion": row.criterion_key, **facts},
    )  # fmt: skip
