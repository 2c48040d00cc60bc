"""Rounds that run out, and passed gates that are opened again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    GATE_EXPIRED,
    GATE_REOPENED,
)
from engagements.models import Gate, GateRound, Reopening, Stage
from engagements.rules.clock import expires_on, has_expired
from engagements.rules.conditions import check_reason
from engagements.rules.sentences import day
from engagements.rules.states import next_round
from engagements.services import stages
from engagements.vocabulary import (
    CURRENT_STAGES,
    OPEN_ROUNDS,
    WITH_APPROVER,
    RoundMove,
    RoundStatus,
    StageMove,
    StageStatus,
)
from portal import access, audit
from portal.errors import NotFound, RoundNotOpen, WrongMoment
from portal.models import User

_PASSED = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS)
_CHANGES_BASIS = (*_PASSED, StageStatus.IN_PROGRESS)


def require_live(row: GateRound, *, now: datetime) -> None:
    """Raises RoundNotOpen for a round that ran out, whether or not a job has said so yet."""
    if row.due is not None and has_expired(row.review(), today=now.date()):
        ended = day(expires_on(row.review(), today=now.date()))
        raise RoundNotOpen(f"This round expired after {ended} without a decision. It can be submitted again.")


def expire_if_due(gate: Gate, *, now: datetime) -> None:
    """End an open round of a gate that ran out, so that another can begin. The gate is locked."""
    row = gate.rounds.select_for_update().filter(status__in=WITH_APPROVER).first()
    if row is not None and has_expired(row.review(), today=now.date()):
        _expire(row, now=now)
        gate.stage.refresh_from_db(fields=["status"])


@transaction.atomic
def expire_round(*, round_id: UUID) -> bool:
    """End a round that ran out, as the system. False when it has not, or not any more. Safe to run twice."""
    row = (
        GateRound.objects.select_for_update(of=("self",))
        .select_related("gate__stage", "engagement")
        .get(pk=round_id)
    )
    now = timezone.now()
    if row.due is None or not has_expired(row.review(), today=now.date()):
        return False
    _expire(row, now=now)
    return True


@transaction.atomic
def reopen_gate(*, by: User, gate_id: UUID, reason: str) -> Reopening:
    """Decide a passed gate again, in a new round; earlier rounds stay as they are.

    Its stage is in progress again, and every later stage that had begun stands on a changed basis.
    Raises NotFound, Forbidden, Invalid without a reason, WrongMoment when it was not passed or when a round
    waits for its decision.
    """
    gate = (
        Gate.objects.select_for_update(of=("self",))
        .select_related("engagement", "stage")
        .filter(pk=gate_id)
        .first()
    )
    if gate is None:
        raise NotFound
    access.require(by, "reopen_gate", gate)
    check_reason(reason, "Write why it has to be decided again; both sides will read it.")
    stages.require_active(gate.engagement)
    onward = list(
        Stage.objects.select_for_update()
        .filter(engagement_id=gate.engagement_id, order__gte=gate.stage.order)
        .order_by("order")
    )
    _require_passed(gate, onward[0])
    _require_no_open_round(gate)
    later = [stage for stage in onward[1:] if stage.status in _CHANGES_BASIS]
    now = timezone.now()
    for stage in later:
        stages.move_stage(stage, StageMove.CHANGE_BASIS, now=now)
    stages.move_stage(onward[0], StageMove.REOPEN, now=now)
    number = (gate.rounds.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    row = Reopening.objects.create(
        tenant_id=gate.tenant_id, engagement_id=gate.engagement_id, gate=gate, round_number=number,
        reason=reason.strip(), reopened_by=by, downstream=[stage.name for stage in later],
    )  # fmt: skip
    audit.record(
        actor=by, event=GATE_REOPENED, subject=row, engagement_id=gate.engagement_id,
        facts={"gate": gate.number, "round": number, "downstream": len(later)},
    )  # fmt: skip
    return row


def _require_passed(gate: Gate, stage: Stage) -> None:
    if stage.status not in _PASSED:
        words = StageStatus(stage.status).label.lower()
        raise WrongMoment(f"The stage {stage.name} is {words}; only a gate that was passed is re-opened.")


def _require_no_open_round(gate: Gate) -> None:
    row = (
        GateRound.objects.filter(engagement_id=gate.engagement_id, status__in=OPEN_ROUNDS)
        .select_related("gate")
        .first()
    )
    if row is not None:
        raise WrongMoment(
            f"Gate {row.gate.number}, round {row.number} waits for its decision. Decide or withdraw it first."
        )


def _expire(row: GateRound, *, now: datetime) -> None:
    row.status = next_round(RoundStatus(row.status), RoundMove.EXPIRE)
    row.version += 1
    row.save(update_fields=["status", "version"])
    if row.gate.stage.status in CURRENT_STAGES:
        stages.move_stage(row.gate.stage, StageMove.CLOSE_GATE, now=now)
    audit.record(
        actor=None, event=GATE_EXPIRED, subject=row, engagement_id=row.engagement_id,
        facts={"gate": row.gate.number, "round": row.number},
    )  # fmt: skip
