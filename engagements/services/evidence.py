"""Hand evidence in, accept it or send it back, open it. The only writer of the evidence tables."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from engagements.events import (
    EVIDENCE_ACCEPTED,
    EVIDENCE_HANDED_IN,
    EVIDENCE_OPENED,
    EVIDENCE_RECEIVED,
    EVIDENCE_RETURNED,
)
from engagements.evidence import evidence_changed
from engagements.models import Engagement, EvidenceFile, EvidenceItem, EvidenceVersion, Measurement
from engagements.rules.canonical import canonical
from engagements.rules.drill import Drill, drill_faults
from engagements.rules.file_types import media_type_of
from engagements.services.scanning import queue_scan
from engagements.vocabulary import (
    EvidenceKind,
    EvidenceStatus,
    EvidenceStrength,
    ScanState,
    SourceKind,
    Unit,
)
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound, SegregationOfDuties, WrongMoment
from portal.models import User
from portal.vocabulary import Affiliation, Visibility

FIGURES = (Unit.RATE, Unit.COUNT)
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,19}")
_UNSAFE_IN_NAME = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]')


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody hands in. ``body`` is a file's bytes; ``drill`` belongs to a drill record alone.

    ``value``: a share (0 to 1) or a count that it shows; criteria read it under the name that it proves.
    """

    effective_from: date
    effective_to: date | None = None
    strength: EvidenceStrength = EvidenceStrength.DOCUMENT
    period_days: int | None = None
    about: tuple[str, ...] = ()
    note: str = ""
    url: str = ""
    drill: Drill | None = None
    value: Decimal | None = None
    unit: Unit | None = None
    file_name: str = ""
    body: bytes = b""


@transaction.atomic
def hand_in(
    *,
    by: User,
    engagement_id: UUID,
    title: str,
    kind: EvidenceKind,
    given: Given,
    visibility: Visibility = Visibility.CLIENT,
    proves: str = "",
) -> EvidenceVersion:
    """Store a new item with its first version. Raises NotFound, Forbidden, Invalid; all or nothing."""
    engagement = Engagement.objects.filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "hand_in_evidence", engagement)
    if visibility == Visibility.INTERNAL and not access.of(by).can("see_internal", engagement):
        raise Forbidden("Only the consultancy keeps internal evidence.")
    if not title.strip():
        raise Invalid("Give it a title.", errors=[FieldError("/title", "missing", "Write what it shows.")])
    media_type = _check(kind, given, proves=proves)
    item = EvidenceItem.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, title=title.strip(), kind=kind,
        proves=proves, visibility=visibility,
    )  # fmt: skip
    return _store(item, given, media_type=media_type, number=1, by=by)


@transaction.atomic
def hand_in_version(*, by: User, item_id: UUID, given: Given) -> EvidenceVersion:
    """Add a newer version of an item; the one that was accepted counts until this one is accepted too."""
    item = EvidenceItem.objects.select_for_update().filter(pk=item_id).first()
    if item is None or not _may_read(by, item):
        raise NotFound
    access.require(by, "hand_in_evidence", item)
    media_type = _check(EvidenceKind(item.kind), given, proves=item.proves)
    last = item.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return _store(item, given, media_type=media_type, number=last + 1, by=by)


@transaction.atomic
def accept(*, by: User, version_id: UUID) -> EvidenceVersion:
    """Say for one's own side that it shows what it claims. Only the other side than the one that handed in.

    Records the Measurement that the item's ``proves`` names, and what a drill measured. Raises NotFound,
    Forbidden, SegregationOfDuties, WrongMoment.
    """
    version = _to_judge(by, version_id)
    if version.scan_state in (ScanState.WAITING, ScanState.FOUND):
        words = ScanState(version.scan_state).label.lower()
        raise WrongMoment(f"This file cannot be accepted now: {words}.")
    _judge(version, EvidenceStatus.ACCEPTED, by=by, judgement="")
    _pay_in(version, by=by)
    audit.record(
        actor=by, event=EVIDENCE_ACCEPTED, subject=version, engagement_id=version.item.engagement_id,
        facts={"number": version.number, "strength": version.strength},
    )  # fmt: skip
    evidence_changed(version.item.engagement_id)
    return version


@transaction.atomic
def send_back(*, by: User, version_id: UUID, judgement: str) -> EvidenceVersion:
    """Send it back with a reason that the other side can act on. Raises as ``accept``, and Invalid."""
    version = _to_judge(by, version_id)
    if not judgement.strip():
        words = "Say what is missing, so that the other side can mend it."
        raise Invalid(words, errors=[FieldError("/judgement", "missing", words)])
    _judge(version, EvidenceStatus.RETURNED, by=by, judgement=judgement.strip())
    audit.record(
        actor=by, event=EVIDENCE_RETURNED, subject=version, engagement_id=version.item.engagement_id,
        facts={"number": version.number},
    )  # fmt: skip
    return version


@transaction.atomic
def open_file(*, by: User, version_id: UUID) -> tuple[EvidenceVersion, bytes]:
    """The bytes of a file; that somebody read them stands in the ledger. Raises NotFound, WrongMoment."""
    version = _version(by, version_id)
    if version.file_id is None:
        raise NotFound
    if version.scan_state in (ScanState.WAITING, ScanState.FOUND):
        raise WrongMoment(
            f"This file is not handed out: {ScanState(version.scan_state).label.lower()}. "
            "Ask who handed it in, or look again in a minute."
        )
    body = bytes(EvidenceFile.objects.get(pk=version.file_id).body)
    audit.record(
        actor=by, event=EVIDENCE_OPENED, subject=version, engagement_id=version.item.engagement_id,
        facts={"number": version.number, "sha256": version.sha256},
    )  # fmt: skip
    return version, body


def side_of(person: User) -> str:
    """``consultancy``, ``client``, or ``service`` for a machine, which is neither side."""
    return Affiliation.SERVICE.value if person.affiliation == Affiliation.SERVICE else person.side


def _version(by: User, version_id: UUID) -> EvidenceVersion:
    row = EvidenceVersion.objects.select_related("item").filter(pk=version_id).first()
    if row is None or not _may_read(by, row.item):
        raise NotFound
    return row


def _may_read(by: User, item: EvidenceItem) -> bool:
    reader = access.of(by)
    needed = "see_internal" if item.visibility == Visibility.INTERNAL else "see_engagement"
    return bool(reader.can(needed, item))


def _to_judge(by: User, version_id: UUID) -> EvidenceVersion:
    found = _version(by, version_id)
    version = EvidenceVersion.objects.select_for_update(of=("self",)).select_related("item").get(pk=found.pk)
    access.require(by, "accept_evidence", version.item)
    if version.status != EvidenceStatus.RECEIVED:
        raise WrongMoment(f"This version is {EvidenceStatus(version.status).label.lower()} already.")
    if side_of(by) == version.handed_in_side:
        raise SegregationOfDuties("Your own side handed this in, so the other side accepts it.")
    if version.handed_in_side == Affiliation.SERVICE and by.side != "client":
        raise SegregationOfDuties("A machine handed this in, so the client accepts it.")
    return version


def _judge(version: EvidenceVersion, status: EvidenceStatus, *, by: User, judgement: str) -> None:
    version.status, version.judged_by, version.judged_side = status, by, side_of(by)
    version.judged_at, version.judgement = timezone.now(), judgement
    version.save(update_fields=["status", "judged_by", "judged_side", "judged_at", "judgement"])


def _store(item: EvidenceItem, given: Given, *, media_type: str, number: int, by: User) -> EvidenceVersion:
    scanner, file = bool(settings.EVIDENCE_SCANNER), None
    if given.body:
        file = EvidenceFile.objects.create(
            tenant_id=item.tenant_id, body=given.body, size=len(given.body),
            sha256=hashlib.sha256(given.body).hexdigest(),
        )  # fmt: skip
    drill = given.drill.stored() if given.drill else {}
    facts = {
        "note": given.note,
        "url": given.url,
        "drill": drill,
        "value": given.value,
        "from": given.effective_from,
    }
    version = EvidenceVersion.objects.create(
        tenant_id=item.tenant_id, item=item, number=number, about=sorted(set(given.about)),
        strength=given.strength, period_days=given.period_days, note=given.note.strip(), url=given.url,
        drill=drill, value=given.value, unit=given.unit or "", file=file,
        file_name=_plain_name(given.file_name), media_type=media_type,
        sha256=file.sha256 if file else hashlib.sha256(canonical(facts).encode()).hexdigest(),
        effective_from=given.effective_from, effective_to=given.effective_to, received_at=timezone.now(),
        handed_in_by=by, handed_in_side=side_of(by),
        scan_state=ScanState.WAITING if file and scanner else ScanState.NOT_SCANNED,
    )  # fmt: skip
    internal = item.visibility == Visibility.INTERNAL
    told: dict[str, Any] = {
        "kind": item.kind, "number": number, "strength": version.strength, "sha256": version.sha256,
    }  # fmt: skip
    audit.record(
        actor=by,
        event=EVIDENCE_RECEIVED if internal else EVIDENCE_HANDED_IN,  # the other side reads no internal row
        subject=version,
        engagement_id=item.engagement_id,
        facts=told | ({"visibility": item.visibility} if internal else {}),
    )
    if version.scan_state == ScanState.WAITING:
        queue_scan(version)
    return version


def _plain_name(name: str) -> str:
    return _UNSAFE_IN_NAME.sub("_", name)[-200:]


def _check(kind: EvidenceKind, given: Given, *, proves: str) -> str:
    """Raise Invalid with every fault; return the media type of a file, or ""."""
    faults: list[FieldError] = []
    if given.effective_from > timezone.now().date():
        faults.append(FieldError("/effective_from", "future", "Write a day that is not in the future."))
    if given.effective_to is not None and given.effective_to <= given.effective_from:
        faults.append(FieldError("/effective_to", "order", "It ends before it begins."))
    if proves and not KEY.fullmatch(proves[:20]):
        faults.append(FieldError("/proves", "key", "Use letters, digits and underscores."))
    faults += [
        FieldError("/about", "key", f"“{key[:20]}” is no key such as E05-2.")
        for key in given.about
        if not KEY.fullmatch(key)
    ]
    faults += _strength_faults(kind, given)
    faults += _value_faults(given)
    faults += _kind_faults(kind, given)
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    return media_type_of(given.file_name, given.body) if kind == EvidenceKind.FILE else ""


def _strength_faults(kind: EvidenceKind, given: Given) -> list[FieldError]:
    if kind == EvidenceKind.ATTESTATION and given.strength != EvidenceStrength.DOCUMENT:
        return [FieldError("/strength", "statement", "A statement is as strong as a document, no stronger.")]
    if kind == EvidenceKind.DRILL and given.strength == EvidenceStrength.DOCUMENT:
        return [FieldError("/strength", "drill", "A drill was done once, or again and again.")]
    if (given.strength == EvidenceStrength.RECURRING) != (given.period_days is not None):
        words = "Say every how many days it is measured; only what is measured again and again has that."
        return [FieldError("/period_days", "period", words)]
    return []


def _value_faults(given: Given) -> list[FieldError]:
    if given.value is None:
        return []
    if given.unit not in FIGURES:
        return [FieldError("/unit", "unit", "Say whether it is a share or a count.")]
    if given.unit == Unit.RATE and not 0 <= given.value <= 1:
        return [FieldError("/value", "range", "A share lies between 0 and 100 %.")]
    if given.value < 0:
        return [FieldError("/value", "range", "A count is not below zero.")]
    return []


def _kind_faults(kind: EvidenceKind, given: Given) -> list[FieldError]:
    limit = settings.EVIDENCE_MAX_BYTES
    if kind == EvidenceKind.FILE and not given.body:
        return [FieldError("/file", "missing", "Choose a file that is not empty.")]
    if kind == EvidenceKind.FILE and len(given.body) > limit:
        words = f"The file is larger than {limit // 1_000_000} MB. Hand in the part that shows it, or a link."
        return [FieldError("/file", "size", words)]
    if kind != EvidenceKind.FILE and given.body:
        return [FieldError("/file", "kind", "Only evidence of the kind file has a file.")]
    if kind == EvidenceKind.LINK and not given.url.startswith(("https://", "http://")):
        return [FieldError("/url", "link", "Write the whole address, such as https://wiki.example/page.")]
    if kind == EvidenceKind.ATTESTATION and not given.note.strip():
        return [FieldError("/note", "missing", "Write the statement in one or two sentences.")]
    if kind == EvidenceKind.DRILL:
        return drill_faults(given.drill)
    return []


def _pay_in(version: EvidenceVersion, *, by: User) -> None:
    """What gates can read: that it is there, since the day that it speaks of; and the times of a drill."""
    item = version.item
    if not item.proves:
        return
    if version.value is not None:
        _measure(version, key=item.proves, value=version.value, unit=Unit(version.unit), by=by)
    else:
        _measure(version, key=item.proves, value=Decimal(1), unit=Unit.STATEMENT, by=by)
    for name in ("detected", "decided", "minutes"):
        minutes = version.drill.get(name)
        if minutes is not None:
            _measure(version, key=f"{item.proves}_{name}", value=Decimal(minutes), unit=Unit.MINUTES, by=by)


def _measure(version: EvidenceVersion, *, key: str, value: Decimal, unit: Unit, by: User) -> None:
    at = timezone.make_aware(datetime.combine(version.effective_from, time.min))
    bound = None if unit == Unit.STATEMENT else value
    Measurement.objects.create(
        tenant_id=version.tenant_id, engagement_id=version.item.engagement_id, key=key, value=value,
        unit=unit, n=1, bound_low=bound, bound_high=bound, confidence=Decimal(1), method="accepted evidence",
        source_kind=SourceKind.EVIDENCE, source_id=version.pk, config_sha256=version.sha256,
        started_at=at, measured_at=at, valid=True, recorded_by=by,
    )  # fmt: skip
