"""Handing a gate in, taking it back, and signing it. The only writer of GateRound.status and of Decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.evidence import failures_of
from engagements.models import Condition, CriterionResult, Decision, Gate, GateRound, Snapshot
from engagements.rules import decisions as rules
from engagements.rules.decisions import DecisionTerms, Proof
from engagements.rules.states import next_round
from engagements.selectors.verdicts import GateStanding, standing_of
from engagements.services import snapshots, stages
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
from portal.errors import CriteriaNotSealed, DeciderNotAllowed, FieldError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.roles import Role
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
def withdraw(*, by: User, round_id: UUID) -> GateRound:
    """Take a submitted round back before anybody reviews it. Raises NotFound, Forbidden, RoundNotOpen."""
    row = _locked_round(round_id)
    access.require(by, "submit_gate", row)
    row.status = next_round(RoundStatus(row.status), RoundMove.WITHDRAW)
    row.version += 1
    row.save(update_fields=["status", "version"])
    stages.move_stage(row.gate.stage, StageMove.CLOSE_GATE, now=timezone.now())
    audit.record(
        actor=by, event=GATE_WITHDRAWN, subject=row, engagement_id=row.engagement_id,
        facts={"gate": row.gate.number, "round": row.number},
    )  # fmt: skip
    return row


@transaction.atomic
def decide_gate(*, by: User, round_id: UUID, terms: DecisionTerms, proof: Proof) -> Decision:
    """Sign a round. It cannot be changed afterwards, only followed by another round.

    Raises NotFound, DeciderNotAllowed, SegregationOfDuties, ReauthenticationRequired, SecondFactorRequired,
    RoundNotOpen if another signature got there first, and Invalid with one error per field.
    """
    row = _locked_round(round_id)
    _require_decider(by, row)
    row.status = next_round(RoundStatus(row.status), RoundMove.DECIDE)
    snapshot = _snapshot(row)
    content, now = snapshot.content(), timezone.now()
    blocking = content["readiness"]["blocking"]
    judges = [UUID(judge) for judge in (content["failures"] or {}).get("judges", [])]
    submitter_id = row.submitted_by_id
    if submitter_id is None:
        raise ValueError("a round without a submitter cannot be decided")
    rules.check_decider(
        affiliation=by.affiliation, decider_id=by.pk, submitted_by_id=submitter_id, judges=judges
    )
    policy = row.engagement.tenant.mfa_policy
    rules.check_proof(proof, second_factor_needed=policy == MfaPolicy.SECOND_FACTOR)
    rules.check_terms(terms, signer=by.name, blocking=blocking, today=now.date())
    words = rules.statement(
        terms, signer=by.name, gate=row.gate.number, client=content["client"]["name"], blocking=blocking,
        next_stage=content["stage"]["next"] or "",
    )  # fmt: skip
    decision = _sign(row, snapshot, terms, proof, by=by, now=now, statement=words)
    row.decision_id, row.version = decision.pk, row.version + 1
    row.save(update_fields=["status", "decision_id", "version"])
    _store_conditions(decision, terms.conditions, owner=row.engagement.lead)
    stages.move_stage(row.gate.stage, rules.STAGE_MOVES[terms.outcome], now=now)
    if terms.outcome == Outcome.HOLD:
        stages.move_engagement(row.engagement, EngagementMove.HOLD)
    return decision


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


def _require_decider(by: User, row: GateRound) -> None:
    """The side before any grant; then the grant as it stands at this moment; then the gate's own role."""
    reader = access.of(by, fresh=True)
    if not reader.can("see_engagement", row):
        raise NotFound
    if by.side != "client":
        name = row.engagement.tenant.name
        raise DeciderNotAllowed(f"Only {name}'s own people can sign. You are with the consultancy.")
    permission = decider_permission(by, row)
    if not permission:
        raise DeciderNotAllowed(permission.reason)


def decider_permission(viewer: User, row: GateRound) -> access.Permission:
    """May this person sign this round, by grant and by the role that the gate names?"""
    reader = access.of(viewer)
    permission = reader.can("decide_gate", row)
    if not permission:
        return permission
    guest = row.engagement_id in reader.engagements("decide_gate")
    if guest or row.gate.approver_role in reader.roles(row.tenant_id):
        return permission
    role = Role(row.gate.approver_role).label.lower()
    return access.Permission(False, f"Gate {row.gate.number} is decided by the {role}.")


def _snapshot(row: GateRound) -> Snapshot:
    if row.snapshot_id is None:
        raise ValueError("a round that was submitted has a snapshot")
    return Snapshot.objects.get(pk=row.snapshot_id)


def _sign(
    row: GateRound,
    snapshot: Snapshot,
    terms: DecisionTerms,
    proof: Proof,
    *,
    by: User,
    now: datetime,
    statement: str,
) -> Decision:
    decision = Decision(
        tenant_id=row.tenant_id, engagement_id=row.engagement_id, round=row, outcome=terms.outcome,
        statement=statement, reason=terms.reason.strip(), decided_by=by, submitted_by=row.submitted_by,
        decided_by_affiliation=by.affiliation, signed_name=" ".join(terms.signed_name.split()),
        hold_until=terms.hold_until if terms.outcome == Outcome.HOLD else None,
        stop_reason=terms.stop_reason if terms.outcome == Outcome.STOP else "",
        lessons=terms.lessons.strip() if terms.outcome == Outcome.STOP else "",
        auth_method=proof.method, auth_age_s=int(proof.age_s), second_factor=proof.second_factor,
        snapshot_sha256=snapshot.sha256, decided_at=now,
    )  # fmt: skip
    entry = audit.record(
        actor=by,
        event=GATE_DECIDED,
        subject=decision,
        engagement_id=row.engagement_id,
        facts={
            "gate": row.gate.number, "round": row.number, "outcome": terms.outcome.value,
            "snapshot": snapshot.sha256, "conditions": len(terms.conditions), "method": proof.method,
            "second_factor": proof.second_factor,
        },
        path=brief_path(row.gate, row),
    )  # fmt: skip
    decision.ledger_seq = entry.seq
    decision.save(force_insert=True)
    return decision


def _store_conditions(decision: Decision, conditions: Sequence[rules.ConditionTerms], *, owner: User) -> None:
    if decision.outcome != Outcome.APPROVE_WITH_CONDITIONS:
        return
    for terms in conditions:
        Condition.objects.create(
            tenant_id=decision.tenant_id, engagement_id=decision.engagement_id, decision=decision,
            criterion_key=terms.criterion_key, text=terms.text.strip(), due=terms.due, owner=owner,
        )  # fmt: skip
