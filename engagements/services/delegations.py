"""Lending the right to decide, and taking it back; who decides a gate; whether judges may."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from engagements.events import (
    DELEGATION_GRANTED,
    DELEGATION_REVOKED,
    GATE_POLICY_CHANGED,
)
from engagements.models import Delegation, Engagement, Gate, GateRound
from engagements.rules.approvals import Policy, check_policy, in_words
from engagements.rules.delegations import check_delegation
from engagements.selectors.approvers import own_capacities
from engagements.vocabulary import (
    OPEN_ROUNDS,
    ApprovalPolicy,
)
from portal import access, audit
from portal.errors import DeciderNotAllowed, FieldError, Forbidden, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.roles import Role


@transaction.atomic
def delegate_decision(
    *, by: User, engagement_id: UUID, receiver_id: UUID, until: date, gate_id: UUID | None = None
) -> Delegation:
    """Let one of the client's people sign for ``by``: one gate, or without ``gate_id`` every one.

    Only who decides in their own right does, so a delegate cannot pass it on. Raises NotFound, Forbidden,
    DeciderNotAllowed, WrongMoment when it is delegated already, Invalid.
    """
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "delegate_decision", engagement, fresh=True)
    gates = Gate.objects.filter(engagement=engagement, **({"pk": gate_id} if gate_id else {}))
    if gate_id and not gates:
        raise NotFound
    mine = [gate for gate in gates if own_capacities(by, gate)]
    if not mine:
        what = in_words(gates[0].policy()) if gate_id else "other roles"
        raise DeciderNotAllowed(
            f"You do not decide this yourself, so you cannot delegate it: {what} decides."
        )
    receiver = _receiver(receiver_id, engagement)
    today = timezone.now().date()
    check_delegation(affiliation=receiver.affiliation, is_self=receiver.pk == by.pk, until=until, today=today)
    _require_free(by, engagement, gate_id, today=today)
    row = Delegation.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, gate_id=gate_id, giver=by, receiver=receiver,
        starts_on=today, until=until,
    )  # fmt: skip
    number = mine[0].number if gate_id else None
    audit.record(
        actor=by, event=DELEGATION_GRANTED, subject=row, engagement_id=engagement.pk,
        facts={"gate": number, "until": until, "receiver": receiver.public_id},
        path=f"/{engagement.tenant.slug}/engagements/{engagement.public_id}/approvers/",
    )  # fmt: skip
    return row


@transaction.atomic
def revoke_delegation(*, by: User, delegation_id: UUID) -> Delegation:
    """Take it back, at once. Only its giver does. Raises NotFound, Forbidden, WrongMoment."""
    row = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("giver", "receiver", "gate")
        .filter(pk=delegation_id)
        .first()
    )
    if row is None or not access.of(by).can("see_engagement", row):
        raise NotFound
    if row.giver_id != by.pk:
        raise Forbidden(f"{row.giver.name} delegated this; only the giver takes it back.")
    if row.revoked_at is not None:
        raise WrongMoment("This delegation was revoked already.")
    row.revoked_at, row.revoked_by = timezone.now(), by
    row.save(update_fields=["revoked_at", "revoked_by"])
    audit.record(
        actor=by, event=DELEGATION_REVOKED, subject=row, engagement_id=row.engagement_id,
        facts={"gate": row.gate.number if row.gate else None, "receiver": row.receiver.public_id},
    )  # fmt: skip
    return row


@transaction.atomic
def change_policy(*, by: User, gate_id: UUID, policy: Policy) -> Gate:
    """Say whose signatures a gate needs. The client's sponsor does, while no round of it is open.

    Raises NotFound, Forbidden, WrongMoment, Invalid.
    """
    gate = (
        Gate.objects.select_for_update(of=("self",)).select_related("engagement").filter(pk=gate_id).first()
    )
    if gate is None:
        raise NotFound
    access.require(by, "seal_for_client", gate, fresh=True)
    check_policy(policy)
    if GateRound.objects.filter(gate=gate, status__in=OPEN_ROUNDS).exists():
        raise WrongMoment("A round of this gate is open. Who decides it is changed before or after.")
    gate.approval, gate.approver_roles = policy.kind, list(policy.roles)
    gate.quorum = policy.quorum if policy.kind == ApprovalPolicy.QUORUM else None
    gate.save(update_fields=["approval", "approver_roles", "quorum"])
    names = ", ".join(Role(role).label.lower() for role in policy.roles)
    audit.record(
        actor=by, event=GATE_POLICY_CHANGED, subject=gate, engagement_id=gate.engagement_id,
        facts={"gate": gate.number, "policy": policy.kind.value, "roles": names, "quorum": gate.quorum},
    )  # fmt: skip
    return gate


def _receiver(receiver_id: UUID, engagement: Engagement) -> User:
    person = User.objects.filter(pk=receiver_id, is_active=True).first()
    if person is None or not access.of(person).can("see_engagement", engagement):
        detail = "Choose somebody who can see this engagement."
        raise Invalid(detail, errors=[FieldError("/receiver", "unknown", detail)])
    return person


def _require_free(by: User, engagement: Engagement, gate_id: UUID | None, *, today: date) -> None:
    """One right is lent to one person at a time."""
    rows = Delegation.objects.filter(giver=by, engagement=engagement, revoked_at=None, until__gte=today)
    if gate_id:
        rows = rows.filter(Q(gate_id=gate_id) | Q(gate_id=None))
    taken = list(rows.select_related("receiver"))
    if taken:
        name = taken[0].receiver.name
        raise WrongMoment(f"This is delegated to {name} until {taken[0].until}. Revoke that first.")
