"""Invitations: one link makes an account, a role and a place, in one engagement or in the whole client.

The link is single-use, bound to the e-mail address and dead after seven days. Its text is derived
from the row's key and SECRET_KEY, so that the mail can be sent again after a crash while the database
holds only the hash.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal import access, audit, grants, ids
from portal.errors import FieldError, Forbidden, Invalid, NotFound, WrongMoment
from portal.models import GuestGrant, Invitation, Tenant, User
from portal.roles import CLIENT_ROLES, CONSULTANCY_ROLES, ROLES, Role
from portal.scope import tenant_scope
from portal.selectors.members import has_role, open_invitations
from portal.vocabulary import MEMBER_INVITED, MEMBER_JOINED, Affiliation

LIFETIME: Final = timedelta(days=7)
_SALT: Final = "gatehouse.invitation"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person without an account writes when accepting."""

    name: str
    password: str


@transaction.atomic
def invite(
    *, by: User, tenant_id: UUID, email: str, role: Role, name: str = "", engagement_id: UUID | None = None
) -> Invitation:
    """Invite a person; the mail with the link goes out after commit. An open invitation is replaced.

    `engagement_id` None invites to every engagement of the client, else to that one only.
    Raises Forbidden, NotFound, Invalid for a bad address or role, WrongMoment if the person is in already.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    access.require(by, "invite_member", tenant, fresh=True)
    address = email.strip().lower()
    _check(address=address, role=role)
    if engagement_id is not None:
        _engagement(engagement_id)
    if has_role(address, tenant_id=tenant_id, role=role):
        raise WrongMoment(f"{address} is already here as {role.label.lower()}.")
    now, key = timezone.now(), ids.uuid7()
    open_invitations(tenant_id, now=now).filter(email=address, role=role).update(revoked_at=now)
    invitation = Invitation.objects.create(
        pk=key,
        tenant=tenant,
        engagement_id=engagement_id,
        email=address,
        name=name.strip(),
        role=role,
        token_sha256=_digest(link_token(key)),
        expires=now + LIFETIME,
        invited_by=by,
    )
    facts = {"role": role.value, "invitation": invitation.public_id, "engagement": _public(engagement_id)}
    path = f"/{tenant.slug}/members/"
    audit.record(
        actor=by, event=MEMBER_INVITED, subject=tenant, facts=facts, engagement_id=engagement_id, path=path
    )
    return invitation


@dataclass(frozen=True, slots=True)
class Wanted:
    """One person of a list. ``line`` counts from 1."""

    line: int
    email: str
    name: str
    role: str


MOST_AT_ONCE: Final = 200


@transaction.atomic
def invite_all(
    *, by: User, tenant_id: UUID, people: Sequence[Wanted], engagement_id: UUID | None = None
) -> list[Invitation]:
    """Invite everybody of a list, or nobody. Raises NotFound, Forbidden, or Invalid with one error a line."""
    tenant = Tenant.objects.get(pk=tenant_id)
    access.require(by, "invite_member", tenant, fresh=True)
    if not 0 < len(people) <= MOST_AT_ONCE:
        raise Invalid(f"A list holds 1 to {MOST_AT_ONCE} people.")
    made: list[Invitation] = []
    faults: list[FieldError] = []
    first: dict[tuple[str, Role], int] = {}
    for one in people:
        try:
            role = _role(one.role)
            there = first.setdefault((one.email.strip().lower(), role), one.line)
            if there != one.line:
                raise Invalid(f"{one.email} is in line {there} already.")
            made.append(
                invite(
                    by=by,
                    tenant_id=tenant_id,
                    email=one.email,
                    name=one.name,
                    role=role,
                    engagement_id=engagement_id,
                )
            )
        except (Invalid, WrongMoment) as refused:
            words = " ".join(fault.detail for fault in refused.errors) or refused.detail
            faults.append(FieldError(f"/people/{one.line}", "refused", f"Line {one.line}: {words}"))
    if faults:
        raise Invalid("Nobody was invited. Put right the lines below.", errors=faults)
    return made


def _role(text: str) -> Role:
    wanted = " ".join(text.split()).casefold()
    for role in Role:
        if wanted in (role.value, role.label.casefold()) and role != Role.SERVICE:
            return role
    known = ", ".join(role.label.lower() for role in Role if role != Role.SERVICE)
    raise Invalid(f"“{text}” is no role. Roles are: {known}.")


def accept(*, token: str, by: User | None, newcomer: Newcomer | None = None) -> tuple[User, Invitation]:
    """Use the link: make the account if there is none, and the place. Works once. Opens its own scope.

    `by` is the signed-in person; `newcomer` is given when the address has no account yet.
    Raises NotFound for an unknown link, WrongMoment for a used or expired one, Forbidden for another
    person, Invalid for a weak password.
    """
    with tenant_scope([find(token).tenant_id]):
        rows = Invitation.objects.select_for_update(of=("self",)).select_related("tenant", "invited_by")
        invitation = rows.get(token_sha256=_digest(token))
        refuse_closed(invitation)
        person = _person(invitation, by=by, newcomer=newcomer)
        _give_place(person, invitation)
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        audit.record(
            actor=person,
            event=MEMBER_JOINED,
            subject=invitation.tenant,
            facts={"role": invitation.role},
            engagement_id=invitation.engagement_id,
            path=f"/{invitation.tenant.slug}/members/",
        )
        return person, invitation


@transaction.atomic
def withdraw(*, by: User, invitation_id: UUID) -> None:
    """Make an open invitation's link useless. Raises NotFound, Forbidden or WrongMoment."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("tenant")
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None:
        raise NotFound
    access.require(by, "invite_member", invitation.tenant)
    refuse_closed(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])


def find(token: str) -> Invitation:
    """The invitation of a link, open or not. Raises NotFound."""
    rows = Invitation.objects.select_related("tenant", "invited_by")
    found = rows.filter(token_sha256=_digest(token)).first()
    if found is None:
        raise NotFound("This link is not known. Ask the person who invited you for a new one.")
    return found


def refuse_closed(invitation: Invitation) -> None:
    """Raise WrongMoment when the link was used, taken back or is over its time."""
    if invitation.accepted_at is not None:
        raise WrongMoment("This link was used already. Sign in to go on.")
    if invitation.revoked_at is not None or invitation.expires <= timezone.now():
        raise WrongMoment("This link is no longer good. Ask the person who invited you for a new one.")


def link_token(invitation_id: UUID) -> str:
    """The secret part of an invitation's link: 64 hex digits, the same each time it is asked for."""
    return salted_hmac(_SALT, invitation_id.hex, algorithm="sha256").hexdigest()


def affiliation_of(role: Role) -> Affiliation:
    """The side a new account of this role is on."""
    if role in CLIENT_ROLES:
        return Affiliation.CLIENT
    return Affiliation.CONSULTANCY if role in CONSULTANCY_ROLES else Affiliation.AUDITOR


def _check(*, address: str, role: Role) -> None:
    if role == Role.SERVICE:
        raise Invalid(
            "Nobody was invited.", errors=[FieldError("/role", "not-a-person", "Choose a person's role.")]
        )
    try:
        validate_email(address)
    except ValidationError:
        fault = FieldError("/email", "invalid", "Write an e-mail address, such as ada@example.com.")
        raise Invalid("Nobody was invited.", errors=[fault]) from None
    known = User.objects.filter(email=address).first()
    if known is not None:
        grants.refuse_other_side(known, role)


def _person(invitation: Invitation, *, by: User | None, newcomer: Newcomer | None) -> User:
    known = User.objects.filter(email=invitation.email).first()
    if by is not None and (known is None or by.pk != known.pk):
        raise Forbidden(
            f"This invitation is for {invitation.email}. Sign out first, then open the link again."
        )
    if known is not None and by is None:
        raise Forbidden(f"{invitation.email} has an account. Sign in with it, then open the link again.")
    return known if known is not None else _new_account(invitation, newcomer)


def _new_account(invitation: Invitation, newcomer: Newcomer | None) -> User:
    if newcomer is None or not newcomer.name.strip():
        raise Invalid(
            "The account was not made.", errors=[FieldError("/name", "required", "Write your name.")]
        )
    person = User(email=invitation.email, name=" ".join(newcomer.name.split()))
    person.affiliation = affiliation_of(Role(invitation.role))
    try:
        validate_password(newcomer.password, person)
    except ValidationError as error:
        faults = [FieldError("/password", "weak", message) for message in error.messages]
        raise Invalid("Choose another password.", errors=faults) from None
    person.set_password(newcomer.password)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def _give_place(person: User, invitation: Invitation) -> None:
    role = Role(invitation.role)
    if invitation.engagement_id is None:
        grants.add_member(person, invitation.tenant, role, invited_by=invitation.invited_by)
        return
    grants.refuse_other_side(person, role)
    grants.add_guest(person, _engagement(invitation.engagement_id), ROLES[role])


def _engagement(engagement_id: UUID) -> Any:
    """The engagement, through the grants that point at it: the portal imports no app. Raises NotFound."""
    for model in apps.get_models():
        if issubclass(model, GuestGrant):
            engagements: Any = cast(Any, model)._meta.get_field("content_object").related_model
            found = engagements._default_manager.filter(pk=engagement_id).first()
            if found is not None:
                return found
    raise NotFound


def _public(engagement_id: UUID | None) -> str:
    return ids.encode("eng", engagement_id) if engagement_id else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
