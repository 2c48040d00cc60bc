"""Taking a place with a client away: a role in the whole client, or a guest's place in one engagement."""

from __future__ import annotations

from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from portal import access, audit, grants, ids
from portal.errors import NotFound, WrongMoment
from portal.models import GuestGrant, Membership, Tenant, User
from portal.roles import Role
from portal.vocabulary import ACCESS_ENDED


@transaction.atomic
def end_place(*, by: User, tenant_id: UUID, membership_id: UUID) -> None:
    """End a place now; the person's next request finds it gone.

    Raises NotFound, Forbidden, or WrongMoment for a place that is over or the last lead's.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    row = Membership.objects.filter(pk=membership_id, tenant=tenant).first()
    if row is None:
        raise NotFound
    access.require(by, "invite_member", tenant, fresh=True)
    now = timezone.now()
    if row.ends is not None and row.ends <= now:
        raise WrongMoment("This place is over already.")
    if row.role == Role.LEAD and not _other_leads(row):
        raise WrongMoment(f"{tenant.name} needs a lead: make another person lead first.")
    grants.end_membership(row, at=now)
    audit.record(
        actor=by,
        event=ACCESS_ENDED,
        subject=tenant,
        facts={"role": row.role, "person": row.user.public_id},
        path=_members(tenant),
    )


@transaction.atomic
def end_guest(*, by: User, tenant_id: UUID, user_id: UUID, engagement_id: UUID) -> None:
    """Take away all that a guest may do in one engagement. Raises NotFound or Forbidden."""
    tenant = Tenant.objects.get(pk=tenant_id)
    grants_held = [
        model._default_manager.filter(user_id=user_id, tenant=tenant, content_object_id=engagement_id)
        for model in apps.get_models()
        if issubclass(model, GuestGrant)
    ]
    if not any(rows.exists() for rows in grants_held):
        raise NotFound
    access.require(by, "invite_member", tenant, fresh=True)
    for rows in grants_held:
        rows.delete()
    audit.record(
        actor=by, event=ACCESS_ENDED, subject=tenant, engagement_id=engagement_id,
        facts={"role": "guest", "person": ids.encode("usr", user_id)}, path=_members(tenant),
    )  # fmt: skip


def _other_leads(row: Membership) -> bool:
    others = Membership.objects.filter(
        tenant=row.tenant, role=Role.LEAD, ends__isnull=True, starts__lte=timezone.now()
    )
    return others.exclude(pk=row.pk).filter(user__is_active=True).exists()


def _members(tenant: Tenant) -> str:
    return f"/{tenant.slug}/members/"
