"""The log of what went wrong in the pilot: the only writer of Incident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.evidence import evidence_changed
from engagements.models import Engagement, Incident
from engagements.pilot_words import INCIDENT_LOG_CONFIRMED, INCIDENT_LOGGED, Cause, Severity
from engagements.services.measurements import Counted, record_counted
from engagements.services.pilot import engagement_to_report
from engagements.vocabulary import SourceKind, Unit
from portal import audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
from portal.models import User

OPEN_SEVERE = "open_severe_incidents"


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """Times are aware. ``resolved_at`` None: it is still open. ``reference`` "": it keeps the one it has."""

    title: str
    severity: Severity
    cause: Cause
    started_at: datetime
    detected_at: datetime
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    note: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import. ``unchanged`` ones were there already, word for word."""

    stored: int
    changed: int
    unchanged: int


@transaction.atomic
def log_incident(*, by: User, engagement_id: UUID, facts: IncidentFacts) -> Incident:
    """Write an incident down. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    engagement = engagement_to_report(engagement_id, by)
    _check(facts)
    number = Incident.objects.filter(engagement=engagement).count() + 1
    row = Incident(
        tenant_id=engagement.tenant_id, engagement=engagement, number=number, reported_by=by, version=0
    )
    return _write(row, facts, engagement, by)


@transaction.atomic
def change_incident(*, by: User, incident_id: UUID, version: int, facts: IncidentFacts) -> Incident:
    """Say more of an incident, or that it is resolved. Raises also VersionConflict."""
    place = Incident.objects.filter(pk=incident_id).values_list("engagement_id", flat=True).first()
    if place is None:
        raise NotFound
    engagement = engagement_to_report(place, by)
    row = Incident.objects.select_for_update().get(pk=incident_id)
    if row.version != version:
        raise VersionConflict("Not saved: somebody else changed this incident meanwhile.")
    _check(facts)
    return _write(row, facts, engagement, by)


@transaction.atomic
def import_incidents(*, by: User, engagement_id: UUID, reported: Sequence[IncidentFacts]) -> Imported:
    """Take incidents over from where they are noted first, all or none, each found again by its reference.

    What is there in the same words is left; what differs is a change. Raises NotFound, Forbidden,
    WrongMoment, or Invalid with every fault and its place (from 1).
    """
    engagement = engagement_to_report(engagement_id, by)
    named = [replace(facts, reference=facts.reference.strip()) for facts in reported]
    faults = _faults_of_import(named)
    if faults:
        raise Invalid("Nothing was stored: put right what is named.", errors=faults)
    rows = Incident.objects.select_for_update().filter(engagement=engagement)
    there = {row.reference: row for row in rows.filter(reference__in=[one.reference for one in named])}
    number, changed, unchanged = rows.count(), 0, 0
    for facts in named:
        row = there.get(facts.reference)
        if row is not None and _same(row, facts):
            unchanged += 1
            continue
        if row is None:
            number += 1
            row = Incident(
                tenant_id=engagement.tenant_id,
                engagement=engagement,
                number=number,
                reported_by=by,
                version=0,
            )
        else:
            changed += 1
        _write(row, facts, engagement, by)
    return Imported(len(named) - changed - unchanged, changed, unchanged)


@transaction.atomic
def confirm_log(*, by: User, engagement_id: UUID) -> int:
    """Say by name that the log is complete today; returns how many of the highest severity are open.

    Without it no incident in the log would mean nothing: nobody may have looked.
    """
    engagement = engagement_to_report(engagement_id, by)
    severe = _count(engagement, by)
    audit.record(
        actor=by, event=INCIDENT_LOG_CONFIRMED, subject=engagement, engagement_id=engagement.pk,
        facts={"open_severe": severe, "incidents": Incident.objects.filter(engagement=engagement).count()},
    )  # fmt: skip
    return severe


def _write(row: Incident, facts: IncidentFacts, engagement: Engagement, by: User) -> Incident:
    was_severe = row.version > 0 and row.severity == Severity.CRITICAL
    row.title, row.severity, row.cause = facts.title.strip(), facts.severity, facts.cause
    row.started_at, row.detected_at = facts.started_at, facts.detected_at
    row.mitigated_at, row.resolved_at, row.note = facts.mitigated_at, facts.resolved_at, facts.note.strip()
    row.reference = facts.reference or row.reference
    row.version += 1
    row.save()
    said = {
        "number": row.number, "severity": row.severity, "resolved": row.resolved_at is not None,
        "version": row.version,
    }  # fmt: skip
    audit.record(actor=by, event=INCIDENT_LOGGED, subject=row, engagement_id=engagement.pk, facts=said)
    if was_severe or row.severity == Severity.CRITICAL:
        _count(engagement, by)
    return row


def _count(engagement: Engagement, by: User) -> int:
    severe = Incident.objects.filter(
        engagement=engagement, severity=Severity.CRITICAL, resolved_at__isnull=True
    ).count()
    figure = Counted(OPEN_SEVERE, Decimal(severe), Unit.COUNT)
    if record_counted(
        by=by, engagement=engagement, figures=[figure], source_kind=SourceKind.SERIES,
        source_id=engagement.pk, method="counted in the incident log",
    ):  # fmt: skip
        evidence_changed(engagement.pk)
    return severe


def _same(row: Incident, facts: IncidentFacts) -> bool:
    return (
        row.title, row.severity, row.cause, row.started_at, row.detected_at, row.mitigated_at,
        row.resolved_at, row.note,
    ) == (
        facts.title.strip(), facts.severity, facts.cause, facts.started_at, facts.detected_at,
        facts.mitigated_at, facts.resolved_at, facts.note.strip(),
    )  # fmt: skip


def _faults_of_import(reported: Sequence[IncidentFacts]) -> list[FieldError]:
    faults = [
        replace(fault, pointer=f"/incidents/{line}{fault.pointer}")
        for line, facts in enumerate(reported, 1)
        for fault in _faults(facts)
    ]
    lines: dict[str, int] = {}
    for line, facts in enumerate(reported, 1):
        place, first = f"/incidents/{line}/reference", lines.setdefault(facts.reference, line)
        if not facts.reference:
            words = "Name it as it is named where it was noted first, such as INC-204."
            faults.append(FieldError(place, "missing", words))
        elif first != line:
            words = f"{facts.reference} stands in line {first} already: name each incident once."
            faults.append(FieldError(place, "twice", words))
    return faults


def _check(facts: IncidentFacts) -> None:
    faults = _faults(facts)
    if faults:
        raise Invalid("Not saved. Put right what is named.", errors=faults)


def _faults(facts: IncidentFacts) -> list[FieldError]:
    now = timezone.now()
    faults = []
    if not facts.title.strip():
        faults.append(FieldError("/title", "missing", "Say in one line what happened."))
    if facts.detected_at < facts.started_at:
        faults.append(FieldError("/detected_at", "order", "It was seen before it began."))
    for name in ("mitigated_at", "resolved_at"):
        at = getattr(facts, name)
        if at is not None and at < facts.detected_at:
            faults.append(FieldError(f"/{name}", "order", "It cannot be mended before it was seen."))
    for name in ("started_at", "detected_at", "mitigated_at", "resolved_at"):
        at = getattr(facts, name)
        if at is not None and at > now:
            faults.append(FieldError(f"/{name}", "future", "This lies in the future."))
    return faults
