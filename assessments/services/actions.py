"""Steps of the improvement plan that a person takes on, and closes. Writes ActionItem alone.

A closed step raises no level: levels come from answers, verification and evidence, as ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import ActionItem, Assessment
from assessments.vocabulary import ACTION_CLOSED, ACTION_TAKEN_ON, ActionStatus
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, WrongMoment
from portal.models import User

LONGEST_TEXT = 300
LONGEST_OUTCOME = 500


@dataclass(frozen=True, slots=True)
class Step:
    """What is taken on. ``question`` is its key; ``gate`` None: the target gate of the assessment."""

    question: str
    text: str
    due: date
    gate: int | None = None


@transaction.atomic
def take_on(*, by: User, engagement_id: UUID, owner: User, step: Step) -> ActionItem:
    """Take on a step for a question, or give it to somebody.

    Raises NotFound, Forbidden (who manages readiness gives steps to others), WrongMoment when a step for the
    question is open, Invalid.
    """
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, "answer_readiness" if owner.pk == by.pk else "manage_readiness", assessment)
    gate = assessment.target_gate if step.gate is None else step.gate
    _check(assessment, step, owner, gate)
    taken = assessment.action_items.filter(question=step.question, status=ActionStatus.OPEN).first()
    if taken is not None:
        words = f"{taken.owner.name} has a step for {step.question} already. Close that one first."
        raise WrongMoment(words)
    item = ActionItem.objects.create(
        tenant_id=assessment.tenant_id, engagement_id=engagement_id, assessment=assessment, taken_by=by,
        question=step.question, gate=gate, text=step.text.strip(), owner=owner, due=step.due,
    )  # fmt: skip
    audit.record(
        actor=by, event=ACTION_TAKEN_ON, subject=item, engagement_id=engagement_id,
        facts={"question": item.question, "gate": gate, "due": item.due, "owner": owner.public_id},
    )  # fmt: skip
    return item


@transaction.atomic
def close_action(*, by: User, action_id: UUID, status: ActionStatus, outcome: str) -> ActionItem:
    """Say that a step is done, or dropped, and what came of it: its owner, or who manages readiness.

    Raises NotFound, Forbidden, WrongMoment when closed already, Invalid.
    """
    item = (
        ActionItem.objects.select_for_update(of=("self",))
        .select_related("owner")
        .filter(pk=action_id)
        .first()
    )
    if item is None:
        raise NotFound
    access.require(by, "answer_readiness", item)
    if item.owner_id != by.pk and not access.of(by).can("manage_readiness", item):
        raise Forbidden(f"{item.owner.name} took this on, so it is closed by them.")
    if item.status != ActionStatus.OPEN:
        raise WrongMoment(f"This step is {ActionStatus(item.status).label.lower()} already.")
    _check_closing(status, outcome)
    item.status, item.outcome = status, outcome.strip()
    item.closed_by, item.closed_at = by, timezone.now()
    item.save(update_fields=["status", "outcome", "closed_by", "closed_at"])
    audit.record(
        actor=by, event=ACTION_CLOSED, subject=item, engagement_id=item.engagement_id,
        facts={"question": item.question, "gate": item.gate, "status": item.status},
    )  # fmt: skip
    return item


def _check(assessment: Assessment, step: Step, owner: User, gate: int) -> None:
    framework = assessment.framework_version.content()
    faults = []
    if step.question not in {one.key for one in framework.questions()}:
        faults.append(FieldError("/question", "unknown", "Choose a question of this framework."))
    if gate not in framework.targets:
        gates = ", ".join(str(number) for number in sorted(framework.targets))
        faults.append(FieldError("/gate", "unknown", f"Choose one of the gates {gates}."))
    faults += _check_words(step.text, "/text", LONGEST_TEXT, "Say what is to be done.")
    if step.due < timezone.now().date():
        faults.append(FieldError("/due", "past", "Choose a later day."))
    if not access.of(owner, fresh=True).can("answer_readiness", assessment):
        words = f"{owner.name} cannot answer here. Choose somebody who can."
        faults.append(FieldError("/owner", "place", words))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)


def _check_closing(status: ActionStatus, outcome: str) -> None:
    missing = "Say what was done." if status == ActionStatus.DONE else "Say why it is dropped."
    faults = _check_words(outcome, "/outcome", LONGEST_OUTCOME, missing)
    if status not in (ActionStatus.DONE, ActionStatus.DROPPED):
        faults.append(FieldError("/status", "unknown", "Say whether it is done or dropped."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)


def _check_words(words: str, pointer: str, longest: int, missing: str) -> list[FieldError]:
    if not words.strip():
        return [FieldError(pointer, "missing", missing)]
    if len(words.strip()) > longest:
        return [FieldError(pointer, "long", f"Write at most {longest} characters.")]
    return []
