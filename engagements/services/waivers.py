"""Waiving a criterion for a while. Only an approver of the gate does, for the client, in their own right."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    WAIVER_EXPIRED,
    WAIVER_EXPIRING,
    WAIVER_GRANTED,
)
from engagements.models import Criterion, Gate, GateRound, Waiver
from engagements.rules.approvals import in_words
from engagements.rules.sentences import day
from engagements.rules.waivers import WaiverTerms, check_waiver
from engagements.selectors.approvers import own_capacities
from engagements.selectors.conditions import waivers_of
from engagements.services import rounds, stages
from engagements.vocabulary import (
    WITH_APPROVER,
    CriteriaStatus,
    StageStatus,
)
from portal import access, audit
from portal.errors import DeciderNotAllowed, NotFound, WrongMoment
from portal.events import EventType
from portal.models import User

_TOO_LATE = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS, StageStatus.STOPPED)


@transaction.atomic
def grant_waiver(*, by: User, criterion_id: UUID, terms: WaiverTerms) -> Waiver:
    """Waive one criterion of the sealed set until a date, before or during a round.

    Raises NotFound, DeciderNotAllowed (not an approver of this gate, or by delegation only), WrongMoment (not
    sealed, passed, or waived as long already) and Invalid (not waivable, or a field is missing).
    """
    criterion = Criterion.objects.select_related("criteria_set").filter(pk=criterion_id).first()
    if criterion is None:
        raise NotFound
    gate = (
        Gate.objects.select_for_update(of=("self",))
        .select_related("engagement__tenant", "stage")
        .get(pk=criterion.criteria_set.gate_id)
    )
    _require_approver(by, gate)
    stages.require_active(gate.engagement)
    now = timezone.now()
    if criterion.criteria_set.status != CriteriaStatus.SEALED:
        raise WrongMoment("Only a criterion of the sealed set in force is waived.")
    if gate.stage.status in _TOO_LATE:
        raise WrongMoment(f"Gate {gate.number} is decided; nothing of it is waived any more.")
    check_waiver(terms, key=criterion.key, waivable=criterion.waivable, today=now.date())
    before = waivers_of([criterion.pk], today=now.date()).get(criterion.pk)
    if before is not None and before.expires >= terms.expires:
        raise WrongMoment(f"{criterion.key} is waived until {day(before.expires)} already.")
    row = Waiver.objects.create(
        tenant_id=gate.tenant_id, engagement_id=gate.engagement_id, criterion=criterion,
        round=_open_round(gate), reason=terms.reason.strip(), compensating=terms.compensating.strip(),
        granted_by=by, granted_on=now.date(), expires=terms.expires,
    )  # fmt: skip
    _record(by, WAIVER_GRANTED, row, gate_number=gate.number)
    return row


@transaction.atomic
def announce(*, waiver_id: UUID, ended: bool) -> bool:
    """Tell both sides that a waiver ends soon, or has ended. False when they were told. Safe to run twice."""
    row = Waiver.objects.select_for_update(of=("self",)).select_related("criterion").get(pk=waiver_id)
    name = "ended_at" if ended else "warned_at"
    if getattr(row, name) is not None:
        return False
    setattr(row, name, timezone.now())
    row.save(update_fields=[name])
    number = Gate.objects.get(criteria_sets=row.criterion.criteria_set_id).number
    _record(None, WAIVER_EXPIRED if ended else WAIVER_EXPIRING, row, gate_number=number)
    return True


def _require_approver(by: User, gate: Gate) -> None:
    reader = access.of(by, fresh=True)
    if not reader.can("see_engagement", gate):
        raise NotFound
    if not reader.can("grant_waiver", gate) or not own_capacities(by, gate):
        raise DeciderNotAllowed(
            f"A criterion of gate {gate.number} is waived by {in_words(gate.policy())} of "
            f"{gate.engagement.tenant.name} in person."
        )


def _open_round(gate: Gate) -> GateRound | None:
    row: GateRound | None = gate.rounds.filter(status__in=WITH_APPROVER).first()
    if row is not None:
        rounds.require_live(row, now=timezone.now())
    return row


def _record(by: User | None, event: EventType, row: Waiver, *, gate_number: int) -> None:
    audit.record(
        actor=by, event=event, subject=row, engagement_id=row.engagement_id,
        facts={"gate": gate_number, "criterion": row.criterion.key, "expires": row.expires},
    )  # fmt: skip
