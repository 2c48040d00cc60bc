"""API tokens: made once, shown once, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import access, audit, grants
from portal import tokens as token_text
from portal.errors import FieldError, Invalid, NotFound
from portal.models import ApiToken, Tenant, User
from portal.roles import Role
from portal.services.signing import SigningProof
from portal.tokens import SCOPES
from portal.vocabulary import TOKEN_CREATED, TOKEN_REVOKED, Affiliation

LONGEST: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A stored token and, this one time, its text."""

    token: ApiToken
    text: str


@transaction.atomic
def create_token(
    *, by: User, proof: SigningProof, tenant_id: UUID, name: str, scopes: Sequence[str], expires: datetime,
    service: bool = False,
) -> CreatedToken:  # fmt: skip
    """Make a token for `by`, or for a new service account of the tenant.

    `proof` is the fresh sign-in that making a token needs (`signing.signing_proof`).
    Raises Forbidden, or Invalid with one error a field.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    access.require(by, "manage_tokens", tenant, fresh=True)
    _check(name=name, scopes=scopes, expires=expires)
    owner = _service_account(tenant=tenant, name=name, by=by, ends=expires) if service else by
    made = token_text.generate(token_text.SERVICE if service else token_text.PERSONAL)
    token = ApiToken.objects.create(
        tenant=tenant,
        owner=owner,
        name=name.strip(),
        kind="svc" if service else "pat",
        token_sha256=made.sha256,
        last4=made.last4,
        scopes=sorted(set(scopes)),
        expires=expires,
    )
    audit.record(
        actor=by,
        event=TOKEN_CREATED,
        subject=tenant,
        facts={
            "token": token.public_id,
            "scopes": " ".join(token.scopes),
            "expires": expires.isoformat(timespec="seconds"),
        },
        path=f"/{tenant.slug}/tokens/",
    )
    return CreatedToken(token=token, text=made.text)


@transaction.atomic
def revoke_token(*, by: User, token_id: UUID) -> ApiToken:
    """Take a token back at once; its next request is refused. Revoking twice changes nothing."""
    token = (
        ApiToken.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=token_id).first()
    )
    if token is None:
        raise NotFound
    if token.owner_id != by.pk:
        access.require(by, "manage_tokens", token.tenant)
    if token.revoked_at is not None:
        return token
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    audit.record(
        actor=by,
        event=TOKEN_REVOKED,
        subject=token.tenant,
        facts={"token": token.public_id},
        path=f"/{token.tenant.slug}/tokens/",
    )
    return token


def _check(*, name: str, scopes: Sequence[str], expires: datetime) -> None:
    now, faults = timezone.now(), []
    if not name.strip():
        faults.append(
            FieldError("/name", "required", "Give the token a name, such as the system that will use it.")
        )
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        faults.append(FieldError("/scopes", "unknown", f"No such scope: {', '.join(unknown)}."))
    if not scopes:
        faults.append(FieldError("/scopes", "required", "Choose at least one scope."))
    if not now < expires <= now + LONGEST:
        faults.append(
            FieldError("/expires", "out-of-range", "Choose an end between tomorrow and a year from now.")
        )
    if faults:
        raise Invalid("The token was not made.", errors=faults)


def _service_account(*, tenant: Tenant, name: str, by: User, ends: datetime) -> User:
    """A user that cannot sign in, with the role of a service account in this tenant only."""
    account = User(name=name.strip()[:120], affiliation=Affiliation.SERVICE)
    account.email = f"{account.pk.hex}@service.invalid"
    account.set_unusable_password()
    account.save()
    grants.add_member(account, tenant, Role.SERVICE, ends=ends, invited_by=by)
    return account
