"""Taking on a client: the tenant, and the first lead in it."""

from __future__ import annotations

import re
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from portal import access, audit, grants
from portal.access import Permission
from portal.errors import FieldError, Forbidden, Invalid
from portal.models import Tenant, User
from portal.models.tenant import RESERVED_SLUGS
from portal.roles import Role
from portal.scope import tenant_scope
from portal.vocabulary import (
    ACCESS_GRANTED,
    NAMES_RULE_CHANGED,
    SECTOR_SET,
    SEPARATION_CHANGED,
    TENANT_CREATED,
    Affiliation,
    MfaPolicy,
    OrgRole,
    Sector,
)

_MAY = (OrgRole.LEAD, OrgRole.ORG_ADMIN)


def may_add_client(person: User) -> Permission:
    """Whether this person may take on a client, with the reason if not."""
    if person.affiliation == Affiliation.CONSULTANCY and person.org_role in _MAY:
        return Permission(True)
    return Permission(False, "Only a lead or an administrator of the consultancy can add a client.")


@transaction.atomic
def add_client(
    *,
    by: User,
    name: str,
    country: str = "",
    currency: str = "USD",
    sector: str = "",
    mfa_policy: MfaPolicy = MfaPolicy.SECOND_FACTOR,
) -> Tenant:
    """Add a client, with ``by`` as its lead. Opens the scope of the new client for its ledger.

    The address is made from the name. ``by``'s access is read again, so that the next service sees the
    place. Raises Forbidden, or Invalid for a name that is missing or taken.
    """
    permission = may_add_client(by)
    if not permission:
        raise Forbidden(permission.reason)
    title = " ".join(name.split())
    _check_name(title)
    _check_sector(sector)
    tenant = Tenant.objects.create(
        name=title,
        slug=_free_slug(title),
        country=country.strip().upper(),
        currency=currency,
        sector=sector,
        mfa_policy=mfa_policy,
    )
    grants.add_member(by, tenant, Role.LEAD, starts=timezone.now(), invited_by=by)
    with tenant_scope([tenant.pk]):
        audit.record(actor=by, event=TENANT_CREATED, subject=tenant, facts={"mfa_policy": tenant.mfa_policy})
        audit.record(actor=by, event=ACCESS_GRANTED, subject=tenant, facts={"role": Role.LEAD.value})
    access.of(by, fresh=True)
    return tenant


@transaction.atomic
def set_sector(*, by: User, tenant_id: UUID, sector: str) -> Tenant:
    """Say what a client does; "" takes it back. Raises NotFound, Forbidden, Invalid."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "create_engagement", tenant, fresh=True)
    _check_sector(sector)
    if tenant.sector != sector:
        tenant.sector = sector
        tenant.save(update_fields=["sector"])
        audit.record(actor=by, event=SECTOR_SET, subject=tenant, facts={"sector": sector})
    return tenant


@transaction.atomic
def let_judges_sign(*, by: User, tenant_id: UUID, allowed: bool) -> Tenant:
    """Say whether who graded a case or verified an answer of a round may sign it. The sponsor does.

    Raises NotFound, Forbidden.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "seal_for_client", tenant, fresh=True)
    if tenant.judges_may_sign != allowed:
        tenant.judges_may_sign = allowed
        tenant.save(update_fields=["judges_may_sign"])
        facts = {"judges_may_sign": allowed}
        audit.record(actor=by, event=SEPARATION_CHANGED, subject=tenant, facts=facts)
    return tenant


@transaction.atomic
def show_names(*, by: User, tenant_id: UUID, shown: bool) -> Tenant:
    """Say whether comments are read with names by the other side. The sponsor does; it holds from now on.

    Raises NotFound, Forbidden.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    access.require(by, "seal_for_client", tenant, fresh=True)
    if tenant.comments_without_names == shown:
        tenant.comments_without_names = not shown
        tenant.save(update_fields=["comments_without_names"])
        facts = {"comments_without_names": not shown}
        audit.record(actor=by, event=NAMES_RULE_CHANGED, subject=tenant, facts=facts)
    return tenant


def _check_name(name: str) -> None:
    fault = None
    if len(name) < 2:
        fault = FieldError("/name", "missing", "Write the client's name, such as Harbor Mutual.")
    elif Tenant.objects.filter(name__iexact=name).exists():
        fault = FieldError("/name", "taken", f"There is a client called {name} already.")
    if fault is not None:
        raise Invalid(fault.detail, errors=[fault])


def _check_sector(sector: str) -> None:
    if sector and sector not in Sector.values:
        detail = "Choose one of the sectors, or none."
        raise Invalid(detail, errors=[FieldError("/sector", "invalid", detail)])


def _free_slug(name: str) -> str:
    """A free address part that begins with a letter: the name, or the name and a number from 2 on."""
    base = re.sub(r"^[^a-z]+", "", slugify(name))[:50].strip("-_").replace("_", "-")
    base = base if len(base) > 1 else f"client-{base}".strip("-")
    taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | RESERVED_SLUGS
    candidate, number = base, 2
    while candidate in taken:
        candidate, number = f"{base}-{number}", number + 1
    return candidate
