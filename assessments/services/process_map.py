"""Write down how the work is done today: the only writer of ProcessStep."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from assessments.models import ProcessStep
from assessments.rules.process import NUMBERS, WORDS, StepFacts
from assessments.services.pain_points import engagement_to_map
from assessments.vocabulary import (
    PROCESS_STEP_REMOVED,
    PROCESS_STEP_SAVED,
    PROCESS_STEPS_IMPORTED,
    EvidenceGrade,
)
from engagements.models import Engagement
from portal import audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User


@transaction.atomic
def add_step(*, by: User, engagement_id: UUID, facts: StepFacts) -> ProcessStep:
    """Add a step at the end of its process. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    engagement = engagement_to_map(engagement_id, by)
    _check(facts)
    row = _new(engagement, facts, _last(engagement, facts.process) + 1)
    row.save()
    audit.record(actor=by, event=PROCESS_STEP_SAVED, subject=row, facts={"order": row.order, "version": 1})
    return row


@transaction.atomic
def revise_step(*, by: User, step_id: UUID, version: int, facts: StepFacts) -> ProcessStep:
    """Replace what is said of a step; in another process it goes to the end. Raises also VersionConflict."""
    row, engagement = _locked(step_id, by)
    if row.version != version:
        raise VersionConflict("Not saved: somebody else changed this step meanwhile.")
    _check(facts)
    if row.process != facts.process:
        row.order = _last(engagement, facts.process) + 1
    _fill(row, facts)
    row.version += 1
    row.save()
    said = {"order": row.order, "version": row.version}
    audit.record(actor=by, event=PROCESS_STEP_SAVED, subject=row, facts=said)
    return row


@transaction.atomic
def remove_step(*, by: User, step_id: UUID) -> None:
    """Take a step out. Raises WrongMoment while a pain point hangs on it."""
    row, _ = _locked(step_id, by)
    if row.pain_points.exists():
        raise WrongMoment("A pain point hangs on this step. Move it to another step first.")
    audit.record(actor=by, event=PROCESS_STEP_REMOVED, subject=row, facts={"order": row.order})
    row.delete()


@transaction.atomic
def import_steps(*, by: User, engagement_id: UUID, steps: Sequence[StepFacts]) -> int:
    """Add all steps behind those that are there, or none. One ledger entry."""
    engagement = engagement_to_map(engagement_id, by)
    ends: dict[str, int] = {}
    rows = []
    for facts in steps:
        _check(facts)
        end = ends.get(facts.process)
        ends[facts.process] = (_last(engagement, facts.process) if end is None else end) + 1
        rows.append(_new(engagement, facts, ends[facts.process]))
    ProcessStep.objects.bulk_create(rows)
    said = {"steps": len(rows)}
    audit.record(actor=by, event=PROCESS_STEPS_IMPORTED, subject=engagement, facts=said)
    return len(rows)


def _locked(step_id: UUID, by: User) -> tuple[ProcessStep, Engagement]:
    place = ProcessStep.objects.filter(pk=step_id).values_list("engagement_id", flat=True).first()
    if place is None:
        raise NotFound
    engagement = engagement_to_map(place, by)
    return ProcessStep.objects.select_for_update().get(pk=step_id), engagement


def _last(engagement: Engagement, process: str) -> int:
    rows = ProcessStep.objects.filter(engagement=engagement, process=process)
    return rows.order_by("-order").values_list("order", flat=True).first() or 0


def _new(engagement: Engagement, facts: StepFacts, order: int) -> ProcessStep:
    row = ProcessStep(tenant_id=engagement.tenant_id, engagement=engagement, order=order)
    _fill(row, facts)
    return row


def _fill(row: ProcessStep, facts: StepFacts) -> None:
    for name in (*WORDS, *NUMBERS):
        setattr(row, name, getattr(facts, name))
    row.evidence = {name: dict(said) for name, said in (facts.evidence or {}).items()}


def _check(facts: StepFacts) -> None:
    """Raise Invalid with every fault: each number that is given has a grade, and a source unless guessed."""
    faults = [
        FieldError(f"/{name}", "missing", "Write a name.")
        for name in ("process", "name")
        if not getattr(facts, name).strip()
    ]
    for name, label in NUMBERS.items():
        value = getattr(facts, name)
        if value is None:
            continue
        said = (facts.evidence or {}).get(name, {})
        if value < 0 or (name == "error_rate" and value > 1):
            faults.append(FieldError(f"/{name}", "range", f"“{label}” is out of range."))
        if said.get("grade") not in EvidenceGrade.values:
            faults.append(FieldError(f"/{name}_grade", "missing", "Choose how this figure is known."))
        elif said["grade"] != EvidenceGrade.D and not said.get("source", "").strip():
            sentence = "Say where the number comes from, or choose “single guess”."
            faults.append(FieldError(f"/{name}_source", "missing", sentence))
    if faults:
        raise Invalid("Not saved. Put right what is named below.", errors=faults)
