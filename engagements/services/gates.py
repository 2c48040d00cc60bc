"""Handing a gate in, taking it back, and signing it. The only writer of Approval and Decision.

GateRound.status is written here and by services.rounds and services.questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.events import (
    GATE_SIGNED,
)
from engagements.evidence import failures_of
from engagements.models import Approval, CriterionResult, Decision, Gate, GateRound, Snapshot, Waiver
from engagements.rules import decisions as rules
from engagements.rules.approvals import Seat, seat_for
from engagements.rules.decisions import DecisionTerms, Proof
from engagements.rules.states import next_round
from engagements.selectors.approvers import approvals_of, signed
from engagements.selectors.verdicts import GateStanding, standing_of
from engagements.services import approvals as signatures
from engagements.services import conditions, rounds, snapshots, stages
from engagements.vocabulary import (
    GATE_DECIDED,
    GATE_SUBMITTED,
    GATE_WITHDRAWN,
    OPEN_ROUNDS,
    EngagementMove,
    Outcome,
    RoundMove,
    RoundStatus,
    StageMove,
    StageStatus,
)
from portal import access, audit, ids
from portal.errors import CriteriaNotSealed, FieldError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.vocabulary import MfaPolicy

REVIEW_DAYS = 10


@transaction.atomic
def submit_round(*, by: User, gate_id: UUID, next_step: str = "", due: date | None = None) -> GateRound:
    """Hand a gate in: rule on every criterion, freeze the snapshot, ask the approver.

    ``next_step`` says what the next stage is and costs; ``due`` None gives ten days. A gate that is not ready
    can be handed in; it can then be approved with conditions only. Raises NotFound, Forbidden, WrongMoment,
    CriteriaNotSealed, Invalid.
    """
    gate = _locked_gate(by, gate_id)
    now = timezone.now()
    due = due or now.date() + timedelta(days=REVIEW_DAYS)
    if due < now.date():
        raise Invalid(
            "The date to decide by is past.", errors=[FieldError("/due", "past", "Choose a later date.")]
        )
    number = _next_number(gate)
    standing = standing_of(gate, now=now)
    if standing.criteria_set is None or standing.criteria_set.sealed_at is None:
        raise CriteriaNotSealed("Both sides have to seal the criteria before the gate can be submitted.")
    snapshot = snapshots.freeze(
        gate, standing, round_number=number, by=by, now=now, due=due,
        next_step=next_step.strip(), failures=failures_of(gate.engagement_id),
    )  # fmt: skip
    row = GateRound(
        tenant_id=gate.tenant_id, engagement_id=gate.engagement_id, gate=gate, number=number,
        status=next_round(RoundStatus.PREPARING, RoundMove.SUBMIT), criteria_set=standing.criteria_set,
        submitted_by=by, submitted_at=now, due=due, snapshot=snapshot,
    )  # fmt: skip
    entry = audit.record(
        actor=by,
        event=GATE_SUBMITTED,
        subject=row,
        engagement_id=gate.engagement_id,
        facts={
            "gate": gate.number, "round": number, "snapshot": snapshot.sha256,
            "ready": standing.readiness.ready,
        },
        path=brief_path(gate, row),
    )  # fmt: skip
    row.submit_seq = entry.seq
    row.save(force_insert=True)
    _store_results(row, standing)
    stages.move_stage(gate.stage, StageMove.OPEN_GATE, now=now)
    return row


@transaction.atomic
def withdraw(*, by: User, round_id: UUID, reason: str = "") -> GateRound:
    """Take a submitted round back before anybody reviews it. Raises NotFound, Forbidden, RoundNotOpen."""
    row = _locked_round(round_id)
    access.require(by, "submit_gate", row)
    row.status = next_round(RoundStatus(row.status), RoundMove.WITHDRAW)
    row.version, row.end_reason = row.version + 1, reason.strip()
    row.save(update_fields=["status", "version", "end_reason"])
    stages.move_stage(row.gate.stage, StageMove.CLOSE_GATE, now=timezone.now())
    audit.record(
        actor=by, event=GATE_WITHDRAWN, subject=row, engagement_id=row.engagement_id,
        facts={"gate": row.gate.number, "round": row.number},
    )  # fmt: skip
    return row


@transaction.atomic
def decide_gate(*, by: User, round_id: UUID, terms: DecisionTerms, proof: Proof) -> Decision | None:
    """Sign a round. It cannot be changed afterwards, only followed by another round.

    With the last signature that the gate's policy asks for, or with the first that says rework, hold or stop,
    the decision is made. None: it was signed, and others still have to.

    Raises NotFound, DeciderNotAllowed, SegregationOfDuties, ReauthenticationRequired, SecondFactorRequired,
    RoundNotOpen if another signature got there first, WrongMoment when it is somebody else's turn, and
    Invalid with one error per field.
    """
    row, now = _locked_round(round_id), timezone.now()
    signatures.require_reader(by, row)
    mine = signatures.capacities(by, row, now=now)
    rounds.require_live(row, now=now)
    decided = next_round(RoundStatus(row.status), RoundMove.DECIDE)
    given = approvals_of(row.pk)
    seat = seat_for(row.gate.policy(), signed(given), mine, by.pk)
    content = _snapshot(row).content()
    _check_separation(row, seat, content, by=by)
    rules.check_proof(proof, second_factor_needed=row.engagement.tenant.mfa_policy == MfaPolicy.SECOND_FACTOR)
    terms = signatures.check_same_terms(terms, given)
    held = signatures.held_back(row, content, now=now)
    rules.check_terms(
        terms, signer=by.name, blocking=held.blocking, today=now.date(), unyielding=held.unyielding,
        laid_down=bool(given),
    )  # fmt: skip
    words = rules.statement(
        terms, signer=by.name, gate=row.gate.number, client=content["client"]["name"], blocking=held.blocking,
        next_stage=content["stage"]["next"] or "", on_behalf_of=_principal_name(seat, by),
    )  # fmt: skip
    approval = signatures.make_approval(row, seat, terms, proof, by=by, now=now, statement=words)
    if terms.outcome in rules.PASSING and len(given) + 1 < row.gate.policy().seats:
        _keep(row, approval)
        return None
    return _decide(row, approval, terms, decided=decided, others=given)


def brief_path(gate: Gate, row: GateRound) -> str:
    """The address of the decision brief, as it goes into mail."""
    engagement = ids.encode("eng", gate.engagement_id)
    return f"/{gate.engagement.tenant.slug}/engagements/{engagement}/rounds/{row.public_id}/"


def _locked_gate(by: User, gate_id: UUID) -> Gate:
    gate = (
        Gate.objects.select_for_update(of=("self",))
        .select_related("stage", "engagement__tenant", "engagement__lead", "engagement__sponsor")
        .filter(pk=gate_id)
        .first()
    )
    if gate is None:
        raise NotFound
    access.require(by, "submit_gate", gate)
    stages.require_active(gate.engagement)
    rounds.expire_if_due(gate, now=timezone.now())
    if gate.stage.status == StageStatus.GATE_OPEN:
        raise WrongMoment("A round of this gate waits for its decision already.")
    if gate.stage.status != StageStatus.IN_PROGRESS:
        words = StageStatus(gate.stage.status).label.lower()
        raise WrongMoment(f"The stage {gate.stage.name} is {words}; its gate cannot be submitted now.")
    return gate


def _next_number(gate: Gate) -> int:
    rounds = list(gate.rounds.order_by("number"))
    if any(row.status in OPEN_ROUNDS for row in rounds):
        raise WrongMoment("A round of this gate is open already.")
    return rounds[-1].number + 1 if rounds else 1


def _store_results(row: GateRound, standing: GateStanding) -> None:
    CriterionResult.objects.bulk_create(
        CriterionResult(
            tenant_id=row.tenant_id, round=row, criterion=one.criterion, measurement=one.measurement,
            verdict=one.ruling.verdict, reason=one.ruling.reason, why=one.ruling.why,
            next_action=one.ruling.next_action, observed=one.ruling.observed,
            bound_low=one.ruling.bound_low, bound_high=one.ruling.bound_high, n=one.ruling.n,
            more_cases=one.ruling.more_cases,
        )
        for one in standing.rows
        if not one.criterion._state.adding  # the row that later gates carry is in no set
    )  # fmt: skip


def _locked_round(round_id: UUID) -> GateRound:
    row = (
        GateRound.objects.select_for_update(of=("self",))
        .select_related("gate__stage", "engagement__tenant", "engagement__lead")
        .filter(pk=round_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _check_separation(row: GateRound, seat: Seat, content: dict[str, Any], *, by: User) -> None:
    """Nobody signs what they handed in; nor what they judged, unless the client lets them."""
    if row.submitted_by_id is None:
        raise ValueError("a round without a submitter cannot be decided")
    rules.check_decider(
        affiliation=by.affiliation,
        decider_id=by.pk,
        submitted_by_id=row.submitted_by_id,
        judges=() if row.engagement.tenant.judges_may_sign else signatures.judges_of(content),
        principal_id=seat.principal if seat.principal != by.pk else None,
    )


def _principal_name(seat: Seat, by: User) -> str:
    return "" if seat.principal == by.pk else User.objects.get(pk=seat.principal).name


def _snapshot(row: GateRound) -> Snapshot:
    if row.snapshot_id is None:
        raise ValueError("a round that was submitted has a snapshot")
    return Snapshot.objects.get(pk=row.snapshot_id)


def _keep(row: GateRound, approval: Approval) -> None:
    """One signature of several: the review is open, and the others are told."""
    if row.status == RoundStatus.SUBMITTED:
        row.status = next_round(RoundStatus(row.status), RoundMove.REVIEW)
    row.version += 1
    row.save(update_fields=["status", "version"])
    entry = audit.record(
        actor=approval.signed_by, event=GATE_SIGNED, subject=approval, engagement_id=row.engagement_id,
        facts=_facts(row, approval), path=brief_path(row.gate, row),
    )  # fmt: skip
    approval.ledger_seq = entry.seq
    approval.save(force_insert=True)


def _decide(
    row: GateRound,
    approval: Approval,
    terms: DecisionTerms,
    *,
    decided: RoundStatus,
    others: Sequence[Approval],
) -> Decision:
    """The signature that makes the decision, and what follows from it."""
    decision = _decision(row, approval, terms)
    waivers = Waiver.objects.filter(
        criterion__criteria_set_id=row.criteria_set_id, expires__gte=approval.signed_at.date()
    ).count()
    facts = _facts(row, approval) | {
        "conditions": len(terms.conditions), "signatures": len(others) + 1, "waivers": waivers,
    }  # fmt: skip
    entry = audit.record(
        actor=approval.signed_by, event=GATE_DECIDED, subject=decision, engagement_id=row.engagement_id,
        facts=facts, path=brief_path(row.gate, row),
    )  # fmt: skip
    approval.ledger_seq = decision.ledger_seq = entry.seq
    approval.save(force_insert=True)
    decision.save(force_insert=True)
    row.status, row.decision_id, row.version = decided, decision.pk, row.version + 1
    row.save(update_fields=["status", "decision_id", "version"])
    conditions.open_all(decision, terms.conditions, by=approval.signed_by, gate=row.gate)
    stages.move_stage(row.gate.stage, rules.STAGE_MOVES[terms.outcome], now=approval.signed_at)
    if terms.outcome == Outcome.HOLD:
        stages.move_engagement(row.engagement, EngagementMove.HOLD)
    return decision


def _decision(row: GateRound, approval: Approval, terms: DecisionTerms) -> Decision:
    by_another = approval.principal_id != approval.signed_by_id
    return Decision(
        tenant_id=row.tenant_id, engagement_id=row.engagement_id, round=row, outcome=terms.outcome,
        statement=approval.statement, reason=terms.reason.strip(), decided_by=approval.signed_by,
        on_behalf_of_id=approval.principal_id if by_another else None, submitted_by=row.submitted_by,
        decided_by_affiliation=approval.signed_by.affiliation, signed_name=approval.signed_name,
        hold_until=terms.hold_until if terms.outcome == Outcome.HOLD else None,
        stop_reason=terms.stop_reason if terms.outcome == Outcome.STOP else "",
        lessons=terms.lessons.strip() if terms.outcome == Outcome.STOP else "",
        auth_method=approval.auth_method, auth_age_s=approval.auth_age_s,
        second_factor=approval.second_factor, snapshot_sha256=approval.snapshot_sha256,
        decided_at=approval.signed_at,
    )  # fmt: skip


def _facts(row: GateRound, approval: Approval) -> dict[str, audit.Fact]:
    return {
        "gate": row.gate.number, "round": row.number, "outcome": approval.outcome, "role": approval.role,
        "snapshot": approval.snapshot_sha256, "method": approval.auth_method,
        "second_factor": approval.second_factor, "delegated": approval.delegation_id is not None,
    }  # fmt: skip
