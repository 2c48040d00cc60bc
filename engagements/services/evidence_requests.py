"""Ask the client for evidence, answer a request, withdraw it. The only writer of requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    EVIDENCE_ASKED,
    EVIDENCE_ASKED_OF,
    EVIDENCE_REQUEST_ANSWERED,
    EVIDENCE_REQUEST_WITHDRAWN,
)
from engagements.models import EvidenceItem, EvidenceRequest, EvidenceVersion
from engagements.selectors.engagements import engagement_for
from engagements.selectors.evidence_requests import people_to_ask, request_for, state_of_request
from engagements.services.evidence import KEY, Given, hand_in, hand_in_version, side_of
from engagements.vocabulary import EvidenceKind, Side
from portal import access, audit
from portal.errors import FieldError, Invalid, SegregationOfDuties, WrongMoment
from portal.models import User


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``person_id`` None: of anybody of the client. ``about``: E05-2, G1-10."""

    title: str
    due: date
    reason: str = ""
    about: tuple[str, ...] = ()
    proves: str = ""
    person_id: UUID | None = None


@transaction.atomic
def ask_for_evidence(*, by: User, engagement_id: UUID, wanted: Wanted) -> EvidenceRequest:
    """Put one request on the client's list and tell who is asked. Raises NotFound, Forbidden, Invalid."""
    engagement = engagement_for(by, engagement_id)
    access.require(by, "request_evidence", engagement)
    _check(wanted, people_to_ask(engagement))
    row = EvidenceRequest.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, title=wanted.title.strip(),
        reason=wanted.reason.strip(), about=sorted(set(wanted.about)), proves=wanted.proves,
        person_id=wanted.person_id, due=wanted.due, asked_by=by,
    )  # fmt: skip
    facts: dict[str, audit.Fact] = {"due": wanted.due.isoformat(), "questions": len(row.about)}
    if row.person is not None:
        audit.record(
            actor=by, event=EVIDENCE_ASKED_OF, subject=row, facts=facts | {"person": row.person.public_id}
        )
    else:
        audit.record(actor=by, event=EVIDENCE_ASKED, subject=row, facts=facts)
    return row


@transaction.atomic
def answer_request(*, by: User, request_id: UUID, given: Given) -> EvidenceVersion:
    """Hand in what was asked for: a file, else a link, else a statement, whichever ``given`` holds.

    After a return it becomes the next version of the same item, or a new item when its kind is another. It
    speaks to what the request names. Raises NotFound, Forbidden, Invalid, SegregationOfDuties for the
    consultancy, WrongMoment when nothing is wanted any more.
    """
    row = _locked(by, request_id)
    access.require(by, "hand_in_evidence", row)
    if side_of(by) == Side.CONSULTANCY:
        raise SegregationOfDuties("The client answers what the consultancy asks. Hand it in under Evidence.")
    state = state_of_request(row)
    if not state.is_wanted:
        raise WrongMoment(f"This request is {state.status.label.lower()}; nothing more is asked for now.")
    kind, given = _kind_of(given), replace(given, about=tuple(row.about))
    if row.item is not None and row.item.kind == kind:
        version = hand_in_version(by=by, item_id=row.item.pk, given=given)
    else:
        version = hand_in(
            by=by, engagement_id=row.engagement_id, title=row.title, kind=kind, given=given,
            proves=row.proves,
        )  # fmt: skip
        row.item = EvidenceItem.objects.get(pk=version.item_id)
        row.save(update_fields=["item"])
    audit.record(actor=by, event=EVIDENCE_REQUEST_ANSWERED, subject=row)
    return version


@transaction.atomic
def withdraw_request(*, by: User, request_id: UUID) -> EvidenceRequest:
    """Take a request off the list; what was handed in for it stays. Raises as ``answer_request``."""
    row = _locked(by, request_id)
    access.require(by, "request_evidence", row)
    if not state_of_request(row).is_open:
        raise WrongMoment("This request is closed already.")
    row.withdrawn_at, row.withdrawn_by = timezone.now(), by
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    audit.record(actor=by, event=EVIDENCE_REQUEST_WITHDRAWN, subject=row)
    return row


def _locked(by: User, request_id: UUID) -> EvidenceRequest:
    request_for(by, request_id)
    return EvidenceRequest.objects.select_for_update(of=("self",)).select_related("item").get(pk=request_id)


def _kind_of(given: Given) -> EvidenceKind:
    if given.body or given.file_name:
        return EvidenceKind.FILE
    if given.url:
        return EvidenceKind.LINK
    if given.note.strip():
        return EvidenceKind.ATTESTATION
    words = "Choose a file, or give a link or a sentence instead."
    raise Invalid(words, errors=[FieldError("/file", "missing", words)])


def _check(wanted: Wanted, people: Sequence[User]) -> None:
    faults = []
    if not wanted.title.strip():
        faults.append(FieldError("/title", "missing", "Write what should be shown."))
    if wanted.due < timezone.now().date():
        faults.append(FieldError("/due", "past", "Choose a day that is not over."))
    if wanted.person_id is not None and wanted.person_id not in {person.pk for person in people}:
        words = "Choose somebody of the client who can hand in evidence, or leave it to anybody."
        faults.append(FieldError("/person", "unknown", words))
    faults += [
        FieldError("/about", "key", f"“{key[:20]}” is no key such as E05-2.")
        for key in wanted.about
        if not KEY.fullmatch(key)
    ]
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
