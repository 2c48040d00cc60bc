"""Give the questions of an element to a person, who answers and hands in. Writes SectionAssignment alone."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import Assessment, SectionAssignment
from assessments.vocabulary import (
    SECTION_ASSIGNED,
    SECTION_DONE,
    SECTION_RETURNED,
    SECTION_SUBMITTED,
    SectionStatus,
)
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, WrongMoment
from portal.events import EventType
from portal.models import User


@transaction.atomic
def assign_section(
    *, by: User, engagement_id: UUID, element: str, person: User, due: date
) -> SectionAssignment:
    """Ask a person to answer one element until a day; an assignment that is there is replaced.

    Raises NotFound, Forbidden, Invalid when that person cannot answer or the day is past.
    """
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("framework_version")
        .filter(engagement_id=engagement_id)
        .first()
    )
    if assessment is None:
        raise NotFound
    access.require(by, "manage_readiness", assessment)
    if assessment.framework_version.content().element(element) is None:
        raise NotFound
    faults = []
    if due < timezone.now().date():
        faults.append(FieldError("/due", "past", "Choose a later day."))
    if not access.of(person, fresh=True).can("answer_readiness", assessment):
        words = f"{person.name} cannot answer here. Choose somebody who can."
        faults.append(FieldError("/person", "place", words))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    section, _ = SectionAssignment.objects.update_or_create(
        assessment=assessment, element=element,
        defaults={
            "tenant_id": assessment.tenant_id, "engagement_id": engagement_id, "person": person, "due": due,
            "status": SectionStatus.ASSIGNED, "assigned_by": by, "note": "",
        },
    )  # fmt: skip
    _tell(SECTION_ASSIGNED, section, by=by, due=due, person=person.public_id)
    return section


@transaction.atomic
def submit_section(*, by: User, section_id: UUID) -> SectionAssignment:
    """Hand the answers in. Only the person who was asked. Raises NotFound, Forbidden, WrongMoment."""
    section = _locked(by, section_id, "answer_readiness")
    if section.person_id != by.pk:
        raise Forbidden(f"{section.person.name} was asked to hand this in.")
    if section.status not in (SectionStatus.ASSIGNED, SectionStatus.RETURNED):
        raise WrongMoment(f"This section is {SectionStatus(section.status).label.lower()} already.")
    return _move(section, SectionStatus.SUBMITTED, SECTION_SUBMITTED, by=by)


@transaction.atomic
def settle_section(*, by: User, section_id: UUID, done: bool, note: str = "") -> SectionAssignment:
    """Take what was handed in, or ask for changes. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    section = _locked(by, section_id, "manage_readiness")
    if section.status != SectionStatus.SUBMITTED:
        raise WrongMoment("This section was not handed in yet.")
    if not done and not note.strip():
        words = "Say what should change."
        raise Invalid(words, errors=[FieldError("/note", "missing", words)])
    section.note = note.strip()
    if done:
        return _move(section, SectionStatus.DONE, SECTION_DONE, by=by)
    return _move(section, SectionStatus.RETURNED, SECTION_RETURNED, by=by)


def _locked(by: User, section_id: UUID, action: str) -> SectionAssignment:
    section = (
        SectionAssignment.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=section_id)
        .first()
    )
    if section is None:
        raise NotFound
    access.require(by, action, section)
    return section


def _move(
    section: SectionAssignment, status: SectionStatus, event: EventType, *, by: User
) -> SectionAssignment:
    section.status = status
    section.save(update_fields=["status", "note"])
    _tell(event, section, by=by)
    return section


def _tell(event: EventType, section: SectionAssignment, *, by: User, **facts: date | str) -> None:
    audit.record(
        actor=by, event=event, subject=section, engagement_id=section.engagement_id,
        facts={"element": section.element, **facts},
    )  # fmt: skip
