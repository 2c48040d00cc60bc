"""Whose signatures a decision needs, and which of them a person gives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from engagements.vocabulary import ApprovalPolicy
from portal.errors import DeciderNotAllowed, FieldError, Invalid, WrongMoment
from portal.roles import CLIENT_ROLES, ROLES, Role

APPROVER_ROLES = tuple(role for role in Role if role in CLIENT_ROLES and "decide_gate" in ROLES[role])


@dataclass(frozen=True, slots=True)
class Policy:
    """``roles`` in their order; ``quorum`` counts people and is read for that kind only."""

    kind: ApprovalPolicy
    roles: tuple[str, ...]
    quorum: int | None = None

    @property
    def seats(self) -> int:
        """How many signatures make the decision."""
        if self.kind == ApprovalPolicy.ANY:
            return 1
        return (self.quorum or 1) if self.kind == ApprovalPolicy.QUORUM else len(self.roles)

    @property
    def by_role(self) -> bool:
        """Whether each role signs once, rather than any of them."""
        return self.kind in (ApprovalPolicy.ALL, ApprovalPolicy.ORDERED)


@dataclass(frozen=True, slots=True)
class Capacity:
    """In which role somebody can sign, for whom (``principal``: oneself, or who delegated)."""

    role: str
    principal: UUID
    delegation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """One signature's place. ``number`` counts from 0."""

    number: int
    role: str
    principal: UUID
    delegation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was given."""

    seat: int
    role: str
    signer: UUID
    principal: UUID


def check_policy(policy: Policy) -> None:
    """Raises Invalid for a policy that nobody could meet, or that lets the wrong people sign."""
    errors = []
    if not policy.roles:
        errors.append(FieldError("/roles", "missing", "Choose at least one role."))
    if len(set(policy.roles)) < len(policy.roles):
        errors.append(FieldError("/roles", "twice", "Name each role once."))
    if any(role not in APPROVER_ROLES for role in policy.roles):
        names = " and ".join(Role(role).label.lower() for role in APPROVER_ROLES)
        errors.append(FieldError("/roles", "unknown", f"Only {names} decide."))
    if policy.kind == ApprovalPolicy.QUORUM and not 2 <= (policy.quorum or 0) <= 9:
        errors.append(FieldError("/quorum", "range", "Write how many have to sign, from 2 to 9."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def seat_for(
    policy: Policy, signed: Sequence[Signed], capacities: Collection[Capacity], signer: UUID
) -> Seat:
    """The place that ``signer`` takes with the next signature.

    Nobody signs twice, and nobody's right is used twice. Raises DeciderNotAllowed without a capacity,
    WrongMoment when one's own signature is given already or it is another role's turn.
    """
    if not any(capacity.role in policy.roles for capacity in capacities):
        raise DeciderNotAllowed(f"This gate is decided by {in_words(policy)}.")
    if any(signer in (row.signer, row.principal) for row in signed):
        raise WrongMoment("Your signature under this round is given already.")
    spent = {row.principal for row in signed}
    mine = {
        role: next((c for c in capacities if c.role == role and c.principal not in spent), None)
        for role in policy.roles
    }
    if not policy.by_role:
        found = next((capacity for capacity in mine.values() if capacity), None)
        if found is None:
            raise WrongMoment("Who delegated this to you has signed already.")
        return Seat(len(signed), found.role, found.principal, found.delegation)
    open_roles = waiting_roles(policy, signed)
    turn = open_roles[:1] if policy.kind == ApprovalPolicy.ORDERED else open_roles
    for role in turn:
        capacity = mine[role]
        if capacity is not None:
            return Seat(policy.roles.index(role), role, capacity.principal, capacity.delegation)
    names = " and ".join(f"the {Role(role).label.lower()}" for role in turn)
    raise WrongMoment(f"It is not your turn: {names} signs next." if turn else "Every signature is given.")


def waiting_roles(policy: Policy, signed: Sequence[Signed]) -> tuple[str, ...]:
    """The roles that can sign next, in their order."""
    if not policy.by_role:
        return policy.roles if len(signed) < policy.seats else ()
    given = {row.role for row in signed}
    return tuple(role for role in policy.roles if role not in given)


def in_words(policy: Policy) -> str:
    """``the sponsor and the security officer``."""
    names = [f"the {Role(role).label.lower()}" for role in policy.roles]
    if len(names) == 1 and policy.kind != ApprovalPolicy.QUORUM:
        return names[0]
    if policy.kind == ApprovalPolicy.QUORUM:
        return f"{policy.quorum} people, each {' or '.join(_with_article(role) for role in policy.roles)}"
    if policy.kind == ApprovalPolicy.ORDERED:
        return ", then ".join(names)
    word = "and" if policy.kind == ApprovalPolicy.ALL else "or"
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _with_article(role: str) -> str:
    name = Role(role).label.lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
