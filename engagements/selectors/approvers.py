"""Who can sign a gate, and who has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from engagements.models import Approval, Delegation, Gate, GateRound
from engagements.rules.approvals import Capacity, Signed, in_words, seat_for
from engagements.vocabulary import RoundStatus
from portal import access
from portal.errors import DeciderNotAllowed, WrongMoment
from portal.models import OutboxEvent, User


def capacities(viewer: User, gate: Gate, *, today: date) -> list[Capacity]:
    """Every way in which ``viewer`` can sign this gate today: by role, as a guest, for who delegated.

    A delegation gives what its giver may do now. Empty for everybody but the client's own people.
    """
    if viewer.side != "client":
        return []
    found = own_capacities(viewer, gate)
    for delegation in delegations_to(viewer, today=today).filter(
        Q(gate_id=gate.pk) | Q(gate_id=None), engagement_id=gate.engagement_id
    ):
        found += [
            Capacity(one.role, one.principal, delegation.pk) for one in own_capacities(delegation.giver, gate)
        ]
    return found


def own_capacities(person: User, gate: Gate) -> list[Capacity]:
    """Without delegations. A guest who may decide stands for the role that is named first."""
    reader = access.of(person)
    if not reader.can("decide_gate", gate):
        return []
    roles = reader.roles(gate.tenant_id)
    found = [Capacity(role, person.pk) for role in gate.approver_roles if role in roles]
    if not found and gate.engagement_id in reader.engagements("decide_gate"):
        found = [Capacity(gate.approver_role, person.pk)]
    return found


def rounds_to_sign(viewer: User, gates: Sequence[Gate], *, today: date) -> set[UUID]:
    """Open rounds of these gates that wait for the viewer's signature. Three queries, two more per giver."""
    if viewer.side != "client" or not gates:
        return set()
    lent = list(delegations_to(viewer, today=today))
    rows = GateRound.objects.filter(
        gate__in=gates, status__in=[RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW]
    ).values_list("pk", "gate_id")
    by_round: dict[UUID, list[Approval]] = defaultdict(list)
    for approval in Approval.objects.filter(round_id__in=[key for key, _ in rows]):
        by_round[approval.round_id].append(approval)
    named = {gate.pk: gate for gate in gates}
    return {
        key
        for key, gate_id in rows
        if _can_sign_next(viewer, named[gate_id], signed(by_round[key]), lent=lent)
    }


def _can_sign_next(viewer: User, gate: Gate, given: Sequence[Signed], *, lent: Sequence[Delegation]) -> bool:
    mine = own_capacities(viewer, gate)
    for one in lent:
        if one.engagement_id == gate.engagement_id and one.gate_id in (None, gate.pk):
            mine += [Capacity(c.role, c.principal, one.pk) for c in own_capacities(one.giver, gate)]
    try:
        seat_for(gate.policy(), given, mine, viewer.pk)
    except (DeciderNotAllowed, WrongMoment):
        return False
    return True


def delegations_to(person: User, *, today: date) -> QuerySet[Delegation]:
    """Delegations to a person that hold today."""
    return Delegation.objects.filter(
        receiver=person, revoked_at=None, starts_on__lte=today, until__gte=today
    ).select_related("giver")


def permission(viewer: User, gate: Gate, *, today: date) -> access.Permission:
    """May this person sign this gate, by role, as a guest, or for who delegated?"""
    if capacities(viewer, gate, today=today):
        return access.Permission(True)
    if viewer.side != "client":
        return access.Permission(False, "Only the client's own people can decide a gate.")
    return access.Permission(False, f"Gate {gate.number} is decided by {in_words(gate.policy())}.")


def approvals_of(round_id: UUID) -> list[Approval]:
    """The signatures under a round, oldest first."""
    rows = Approval.objects.filter(round_id=round_id).select_related("signed_by", "principal")
    return list(rows.order_by("signed_at"))


def signed(approvals: Iterable[Approval]) -> list[Signed]:
    """The values that the rules read."""
    return [Signed(row.seat, row.role, row.signed_by_id, row.principal_id) for row in approvals]


def deputies_of(event: OutboxEvent) -> list[User]:
    """Who may sign the gate of an event today because an approver lent it, and still sees the engagement."""
    if event.engagement_id is None:
        return []
    today, number = timezone.now().date(), event.facts.get("gate")
    rows = Delegation.objects.filter(engagement_id=event.engagement_id, revoked_at=None, until__gte=today)
    rows = rows.filter(Q(gate=None) | Q(gate__number=number)).select_related("receiver", "engagement")
    people = {row.receiver for row in rows if access.of(row.receiver).can("see_engagement", row.engagement)}
    return sorted(people, key=lambda person: person.name)
