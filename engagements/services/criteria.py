"""Agreeing what a gate asks for: draft, bind, propose, seal by both sides, amend."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.catalogue import CriterionDraft
from engagements.models import CriteriaSet, Criterion, Gate, GateRound, Measurement
from engagements.rules.canonical import canonical, sha256
from engagements.rules.sentences import key_words
from engagements.rules.states import next_criteria
from engagements.rules.terms import Terms, binding_hash, check_terms
from engagements.services.metrics import SEAL_ACTIONS
from engagements.vocabulary import (
    CRITERIA_AMENDED,
    CRITERIA_CHANGED,
    CRITERIA_PROPOSED,
    CRITERIA_SEALED,
    OPEN_ROUNDS,
    CriteriaMove,
    CriteriaStatus,
    Side,
)
from portal import access, audit
from portal.errors import CriteriaNotSealed, CriteriaSealed, FieldError, Invalid, NotFound, WrongMoment
from portal.events import EventType
from portal.models import User

CHANGEABLE: Final = (
    "text", "target", "margin", "must", "min_n", "max_age_days", "rationale", "comparator",
    "target_source_key",
)  # fmt: skip
MOST_CRITERIA: Final = 60
_TARGET_PLACES: Final = Decimal("1e-6")


@transaction.atomic
def change_criterion(*, by: User, criterion_id: UUID, changes: Mapping[str, Any]) -> Criterion:
    """Change a criterion of a draft, in the fields that CHANGEABLE names.

    Raises NotFound, Forbidden, CriteriaSealed, WrongMoment (proposed: take it back first), Invalid.
    """
    criterion = Criterion.objects.select_related("criteria_set__engagement").filter(pk=criterion_id).first()
    if criterion is None:
        raise NotFound
    criteria_set = _locked(by, criterion.criteria_set_id, "propose_criteria")
    _require_draft(criteria_set)
    unknown = set(changes) - set(CHANGEABLE)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not changed here")
    for name, value in changes.items():
        setattr(criterion, name, value)
    check_terms(_terms(criterion, criteria_set))
    criterion.save(update_fields=list(changes))
    _touch(criteria_set, by)
    return criterion


@transaction.atomic
def remove_criterion(*, by: User, criterion_id: UUID) -> None:
    """Take a criterion out of a draft. Raises NotFound, Forbidden, CriteriaSealed, WrongMoment."""
    criterion = Criterion.objects.filter(pk=criterion_id).first()
    if criterion is None:
        raise NotFound
    criteria_set = _locked(by, criterion.criteria_set_id, "propose_criteria")
    _require_draft(criteria_set)
    criterion.delete()
    _touch(criteria_set, by)


@transaction.atomic
def add_criterion(*, by: User, criteria_set_id: UUID, draft: CriterionDraft) -> Criterion:
    """Put one more criterion at the end of a draft, from the catalogue or one's own.

    Raises NotFound, Forbidden, CriteriaSealed, WrongMoment, and Invalid: its key is taken, or its parts do
    not fit each other.
    """
    criteria_set = _locked(by, criteria_set_id, "propose_criteria")
    _require_draft(criteria_set)
    there = list(criteria_set.criteria.order_by("order"))
    if any(row.key.casefold() == draft.key.casefold() for row in there):
        detail = f"{draft.key} is asked for already. Change that one, or choose another key."
        raise Invalid(detail, errors=[FieldError("/key", "taken", detail)])
    if len(there) >= MOST_CRITERIA:
        raise Invalid(f"A gate asks for at most {MOST_CRITERIA} criteria.")
    check_terms(draft.terms())
    criterion = criterion_from(draft, criteria_set, order=there[-1].order + 1 if there else 0, owner=by)
    bound: dict[str, Any] = next((row.binding for row in there if row.binding), {})
    if _terms(criterion, criteria_set).needs_binding:
        criterion.binding = bound
    criterion.save(force_insert=True)
    _touch(criteria_set, by)
    return criterion


@transaction.atomic
def move_criterion(*, by: User, criterion_id: UUID, places: int) -> None:
    """Move a criterion of a draft up (negative) or down among its set; at the end it stays where it is.

    Raises NotFound, Forbidden, CriteriaSealed, WrongMoment.
    """
    criterion = Criterion.objects.filter(pk=criterion_id).first()
    if criterion is None:
        raise NotFound
    criteria_set = _locked(by, criterion.criteria_set_id, "propose_criteria")
    _require_draft(criteria_set)
    rows = list(criteria_set.criteria.order_by("order", "key"))
    now = next(place for place, row in enumerate(rows) if row.pk == criterion.pk)
    rows.insert(min(max(now + places, 0), len(rows)), rows.pop(now))
    for place, row in enumerate(rows):
        row.order = place
    Criterion.objects.bulk_update(rows, ["order"])
    _touch(criteria_set, by)


def criterion_from(draft: CriterionDraft, criteria_set: CriteriaSet, *, order: int, owner: User) -> Criterion:
    """A criterion of a set as its draft says, not stored yet."""
    return Criterion(
        tenant_id=criteria_set.tenant_id, criteria_set=criteria_set, order=order, owner=owner,
        key=draft.key, text=draft.text, kind=draft.kind, must=draft.must, waivable=draft.waivable,
        comparator=draft.comparator, target=draft.target, margin=draft.margin, unit=draft.unit,
        source=draft.source or "", source_key=draft.source_key, source_slice=draft.source_slice,
        target_source_key=draft.target_source_key, min_n=draft.min_n, max_age_days=draft.max_age_days,
        rationale=draft.rationale,
    )  # fmt: skip


@transaction.atomic
def bind(*, by: User, criteria_set_id: UUID, binding: Mapping[str, Any]) -> CriteriaSet:
    """Name target, cases and graders whose run may feed the measured criteria of a draft.

    ``binding``: target_sha256, dataset_sha256, grader_sha256s (list) and a label for readers.
    Raises NotFound, Forbidden, CriteriaSealed, WrongMoment, Invalid.
    """
    criteria_set = _locked(by, criteria_set_id, "propose_criteria")
    _require_draft(criteria_set)
    wanted = ("target_sha256", "dataset_sha256", "grader_sha256s")
    missing = [
        FieldError(f"/binding/{key}", "missing", f"Name {key}.") for key in wanted if not binding.get(key)
    ]
    if missing:
        raise Invalid("Target, cases and graders are all needed.", errors=missing)
    stored = {
        "target_sha256": str(binding["target_sha256"]),
        "dataset_sha256": str(binding["dataset_sha256"]),
        "grader_sha256s": sorted(str(item) for item in binding["grader_sha256s"]),
        "label": str(binding.get("label", "")),
    }
    for criterion in criteria_set.criteria.all():
        if _terms(criterion, criteria_set).needs_binding:
            criterion.binding = stored
            criterion.save(update_fields=["binding"])
    _touch(criteria_set, by)
    return criteria_set


@transaction.atomic
def propose(*, by: User, criteria_set_id: UUID) -> CriteriaSet:
    """Offer a draft to both sides, with every target that comes from a measurement filled in.

    Raises NotFound, Forbidden, CriteriaSealed, WrongMoment, Invalid.
    """
    criteria_set = _locked(by, criteria_set_id, "propose_criteria")
    criteria_set.status = next_criteria(CriteriaStatus(criteria_set.status), CriteriaMove.PROPOSE)
    _check_whole(criteria_set)
    _fill_targets(criteria_set)
    criteria_set.proposed_by, criteria_set.proposed_at = by, timezone.now()
    _save(criteria_set, "status", "proposed_by", "proposed_at")
    _record(by, CRITERIA_PROPOSED, criteria_set)
    return criteria_set


@transaction.atomic
def revise(*, by: User, criteria_set_id: UUID) -> CriteriaSet:
    """Take a proposal back to a draft; a seal of one side goes with it. Raises as ``propose``."""
    criteria_set = _locked(by, criteria_set_id, "propose_criteria")
    criteria_set.status = next_criteria(CriteriaStatus(criteria_set.status), CriteriaMove.REVISE)
    criteria_set.sealed_by_consultancy = criteria_set.sealed_by_client = None
    criteria_set.proposed_by = criteria_set.proposed_at = None
    _save(criteria_set, "status", "sealed_by_consultancy", "sealed_by_client", "proposed_by", "proposed_at")
    _record(by, CRITERIA_CHANGED, criteria_set)
    return criteria_set


@transaction.atomic
def seal(*, by: User, criteria_set_id: UUID) -> CriteriaSet:
    """Seal a proposal for the side of ``by``. With the seal of the other side it is frozen and hashed.

    The set in force until then is superseded. Raises NotFound, Forbidden, CriteriaSealed, and WrongMoment,
    also where a measurement that gives a target has changed since the proposal.
    """
    side = Side(by.side)
    criteria_set = _locked(by, criteria_set_id, SEAL_ACTIONS[side])
    sealed = next_criteria(CriteriaStatus(criteria_set.status), CriteriaMove.SEAL)
    if getattr(criteria_set, f"sealed_by_{side}_id") is not None:
        raise WrongMoment(f"The {side.label.lower()} has sealed these criteria already.")
    _require_same_targets(criteria_set)
    setattr(criteria_set, f"sealed_by_{side}", by)
    complete = None not in (criteria_set.sealed_by_consultancy_id, criteria_set.sealed_by_client_id)
    if complete:
        _supersede(criteria_set)
        criteria_set.status, criteria_set.sealed_at = sealed, timezone.now()
        criteria_set.content_sha256 = content_sha256(criteria_set)
    _save(criteria_set, "status", "sealed_at", "sealed_by_consultancy", "sealed_by_client", "content_sha256")
    digest = criteria_set.content_sha256
    _record(by, CRITERIA_SEALED, criteria_set, side=side.value, complete=complete, sha256=digest)
    return criteria_set


@transaction.atomic
def amend(*, by: User, gate_id: UUID, reason: str) -> CriteriaSet:
    """Begin a new version of sealed criteria, with its reason. The old stays in force until it is sealed.

    Raises NotFound, Forbidden, CriteriaNotSealed, WrongMoment (a round or another draft is open), Invalid.
    """
    gate = Gate.objects.select_for_update().select_related("engagement").filter(pk=gate_id).first()
    if gate is None:
        raise NotFound
    access.require(by, "propose_criteria", gate)
    if not reason.strip():
        detail = "Write why the criteria have to change; both sides will read it."
        raise Invalid(detail, errors=[FieldError("/reason", "missing", detail)])
    newest = gate.criteria_sets.order_by("-number").first()
    if newest is None or newest.status != CriteriaStatus.SEALED:
        raise CriteriaNotSealed("Only sealed criteria are amended. These can still be changed as they are.")
    if GateRound.objects.filter(gate=gate, status__in=OPEN_ROUNDS).exists():
        raise WrongMoment("A round of this gate waits for its decision. Amend afterwards.")
    draft = CriteriaSet.objects.create(
        tenant_id=gate.tenant_id, engagement=gate.engagement, gate=gate, number=newest.number + 1,
        reason=reason.strip(),
    )  # fmt: skip
    _copy(newest, draft)
    _record(by, CRITERIA_AMENDED, draft, replaces=newest.number)
    return draft


def content_sha256(criteria_set: CriteriaSet) -> str:
    """The hash that both sides seal: over every criterion in its order."""
    rows = [criterion.content() for criterion in criteria_set.criteria.order_by("order", "key")]
    return sha256(
        canonical({"gate": str(criteria_set.gate_id), "number": criteria_set.number, "criteria": rows})
    )


def _locked(by: User, criteria_set_id: UUID, action: str) -> CriteriaSet:
    criteria_set = (
        CriteriaSet.objects.select_for_update(of=("self",))
        .select_related("gate", "engagement")
        .filter(pk=criteria_set_id)
        .first()
    )
    if criteria_set is None:
        raise NotFound
    access.require(by, action, criteria_set)
    return criteria_set


def _require_draft(criteria_set: CriteriaSet) -> None:
    if criteria_set.sealed_at is not None:
        raise CriteriaSealed("These criteria are sealed by both sides. Begin an amendment to change them.")
    if criteria_set.status != CriteriaStatus.DRAFT:
        raise WrongMoment("These criteria are proposed. Take the proposal back before you change them.")


def _check_whole(criteria_set: CriteriaSet) -> None:
    criteria = list(criteria_set.criteria.all())
    if not any(criterion.must for criterion in criteria):
        detail = "At least one criterion has to be a must."
        raise Invalid(detail, errors=[FieldError("/criteria", "no_must", detail)])
    for criterion in criteria:
        check_terms(_terms(criterion, criteria_set))
    loose = [
        row.key
        for row in criteria
        if _terms(row, criteria_set).needs_binding and not binding_hash(row.binding)
    ]
    if loose:
        raise Invalid(
            "Name the target, the cases and the graders first: only their run will count.",
            errors=[
                FieldError(f"/criteria/{key}/binding", "missing", f"{key} is not bound.") for key in loose
            ],
        )


def _fill_targets(criteria_set: CriteriaSet) -> None:
    """Write the measured figure where a target comes from one. Raises Invalid where it was not measured."""
    missing = []
    for criterion in criteria_set.criteria.exclude(target_source_key=""):
        found = _target_now(criterion, criteria_set)
        if found is None:
            what = key_words(criterion.target_source_key)
            detail = f"{criterion.key} takes its target from the {what}, which is not measured yet."
            missing.append(FieldError(f"/criteria/{criterion.key}/target", "not_measured", detail))
            continue
        criterion.target = found
        check_terms(_terms(criterion, criteria_set))
        criterion.save(update_fields=["target"])
    if missing:
        raise Invalid("Measure first what gives a target, or take that criterion out.", errors=missing)


def _require_same_targets(criteria_set: CriteriaSet) -> None:
    """What is sealed is what was read: raises WrongMoment when a target's measurement has moved since."""
    for criterion in criteria_set.criteria.exclude(target_source_key=""):
        if criterion.target is None or _target_now(criterion, criteria_set) != criterion.target:
            what = key_words(criterion.target_source_key)
            raise WrongMoment(
                f"The {what}, which is the target of {criterion.key}, has changed since the proposal. "
                "Take the proposal back and propose again."
            )


def _target_now(criterion: Criterion, criteria_set: CriteriaSet) -> Decimal | None:
    """The newest valid figure that gives the target, to the places that a target keeps."""
    newest = (
        Measurement.objects.filter(
            engagement_id=criteria_set.engagement_id,
            key=criterion.target_source_key,
            slice="",
            unit=criterion.unit,
        )
        .order_by("-measured_at", "-id")
        .first()
    )
    if newest is None or not newest.valid or newest.value is None:
        return None
    return newest.value.quantize(_TARGET_PLACES)


def _terms(criterion: Criterion, criteria_set: CriteriaSet) -> Terms:
    return criterion.terms(criteria_set.engagement.currency)


def _supersede(criteria_set: CriteriaSet) -> None:
    before = CriteriaSet.objects.select_for_update().filter(
        gate_id=criteria_set.gate_id, status=CriteriaStatus.SEALED
    )
    for row in before:
        row.status = next_criteria(CriteriaStatus(row.status), CriteriaMove.SUPERSEDE)
        row.save(update_fields=["status"])


def _copy(source: CriteriaSet, draft: CriteriaSet) -> None:
    names = [
        field.attname
        for field in Criterion._meta.concrete_fields
        if field.name not in ("id", "created_at", "criteria_set")
    ]
    Criterion.objects.bulk_create(
        Criterion(criteria_set=draft, **{name: getattr(row, name) for name in names})
        for row in source.criteria.order_by("order")
    )


def _touch(criteria_set: CriteriaSet, by: User) -> None:
    _save(criteria_set)
    _record(by, CRITERIA_CHANGED, criteria_set)


def _save(criteria_set: CriteriaSet, *names: str) -> None:
    criteria_set.version += 1
    criteria_set.save(update_fields=[*names, "version"])


def _record(
    by: User, event: EventType, criteria_set: CriteriaSet, **facts: str | int | bool | Decimal
) -> None:
    audit.record(
        actor=by,
        event=event,
        subject=criteria_set,
        engagement_id=criteria_set.engagement_id,
        facts={"gate": criteria_set.gate.number, "number": criteria_set.number, **facts},
    )
