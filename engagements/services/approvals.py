"""The signatures under a round: who may give the next, and writing it. Used by services.gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engagements.models import Approval, GateRound
from engagements.rules import decisions as rules
from engagements.rules.approvals import Capacity, Seat
from engagements.rules.decisions import ConditionTerms, DecisionTerms, Proof
from engagements.rules.waivers import still_blocking
from engagements.selectors import approvers
from engagements.selectors.conditions import unclosed_before, waived_keys
from engagements.vocabulary import Outcome
from portal import access
from portal.errors import DeciderNotAllowed, FieldError, Invalid, NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Held:
    """What holds a round back today: keys of must-criteria, and those of them that can only be met."""

    blocking: tuple[str, ...]
    unyielding: tuple[str, ...]


def require_reader(by: User, row: GateRound) -> None:
    """The side before any grant. Raises NotFound, DeciderNotAllowed."""
    if not access.of(by, fresh=True).can("see_engagement", row):
        raise NotFound
    if by.side != "client":
        name = row.engagement.tenant.name
        raise DeciderNotAllowed(f"Only {name}'s own people can sign. You are with the consultancy.")


def held_back(row: GateRound, content: Mapping[str, Any], *, now: datetime) -> Held:
    """The frozen verdicts, with the waivers and closed conditions that the client gave since."""
    results = content["results"]
    blocking = still_blocking(
        results,
        waived=waived_keys(row.criteria_set_id, today=now.date()),
        open_conditions=len(unclosed_before(row.gate)),
    )
    firm = {result["key"] for result in results if not result["waivable"]}
    return Held(blocking, tuple(key for key in blocking if key in firm))


def judges_of(content: Mapping[str, Any]) -> set[UUID]:
    """Who graded a case or verified an answer that the snapshot rests on."""
    parts = [content["failures"] or {}, *content.get("sections", {}).values()]
    return {UUID(str(judge)) for part in parts for judge in part.get("judges", [])}


def check_same_terms(terms: DecisionTerms, given: Sequence[Approval]) -> DecisionTerms:
    """Who signs after somebody signs the same words; anything else is a "no". Raises Invalid."""
    if not given or terms.outcome not in rules.PASSING:
        return terms
    first = given[0]
    if terms.outcome != first.outcome:
        label = Outcome(first.outcome).label.lower()
        detail = f"{first.signed_by.name} signed “{label}”: sign the same, or send it back."
        raise Invalid(detail, errors=[FieldError("/outcome", "differs", detail)])
    return DecisionTerms(terms.outcome, terms.signed_name, conditions=promised(first))


def promised(first: Approval) -> list[ConditionTerms]:
    """The conditions that the first signer laid down."""
    return [ConditionTerms.from_text(item) for item in first.conditions]


def make_approval(
    row: GateRound, seat: Seat, terms: DecisionTerms, proof: Proof, *, by: User, now: datetime, statement: str
) -> Approval:
    """An approval that is not saved yet: its ledger entry comes first."""
    kept = terms.conditions if terms.outcome == Outcome.APPROVE_WITH_CONDITIONS else ()
    return Approval(
        tenant_id=row.tenant_id, engagement_id=row.engagement_id, round=row, seat=seat.number, role=seat.role,
        outcome=terms.outcome, statement=statement, conditions=[one.as_text() for one in kept], signed_by=by,
        principal_id=seat.principal, delegation_id=seat.delegation, submitted_by=row.submitted_by,
        signed_name=" ".join(terms.signed_name.split()), auth_method=proof.method,
        auth_age_s=int(proof.age_s), second_factor=proof.second_factor,
        snapshot_sha256=row.snapshot.sha256 if row.snapshot else "", signed_at=now,
    )  # fmt: skip


def capacities(by: User, row: GateRound, *, now: datetime) -> list[Capacity]:
    """Raises DeciderNotAllowed where there is none."""
    found = approvers.capacities(by, row.gate, today=now.date())
    if not found:
        raise DeciderNotAllowed(approvers.permission(by, row.gate, today=now.date()).reason)
    return found
