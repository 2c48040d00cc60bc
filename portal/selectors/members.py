"""Who can see a client's data, and who is asked to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from portal import access
from portal.models import ApiToken, GuestGrant, Invitation, Membership, Tenant, User
from portal.roles import Role


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place with a client. `ends` None: until taken away; `guest_of` names one engagement."""

    person: User
    role_label: str
    starts: datetime | None
    ends: datetime | None
    guest_of: str = ""
    engagement_id: UUID | None = None
    membership_id: UUID | None = None


def places(viewer: User, tenant: Tenant, *, now: datetime) -> list[Place]:
    """Everybody who can see something of this client now, consultancy first, then by name.

    Raises NotFound or Forbidden. Constant number of queries.
    """
    access.require(viewer, "see_members", tenant)
    rows = Membership.objects.filter(tenant=tenant, starts__lte=now).filter(
        Q(ends__isnull=True) | Q(ends__gt=now)
    )
    found = [
        Place(row.user, Role(row.role).label, row.starts, row.ends, membership_id=row.pk)
        for row in rows.select_related("user")
        if row.user.is_active
    ]
    found += _guests(tenant)
    return sorted(
        found, key=lambda place: (place.person.side == "client", place.person.name, place.role_label)
    )


def open_invitations(tenant_id: UUID, *, now: datetime) -> QuerySet[Invitation]:
    """Invitations that can still be accepted, newest first. The caller has checked the right to see them."""
    waiting = Invitation.objects.filter(
        tenant_id=tenant_id, accepted_at__isnull=True, revoked_at__isnull=True
    )
    return waiting.filter(expires__gt=now).select_related("invited_by").order_by("-created_at")


def has_role(email: str, *, tenant_id: UUID, role: Role) -> bool:
    """Whether the address already has the role in the whole client, ended or not yet begun ones aside."""
    return Membership.objects.filter(
        user__email=email, tenant_id=tenant_id, role=role, ends__isnull=True
    ).exists()


def tokens_of(viewer: User, tenant: Tenant) -> QuerySet[ApiToken]:
    """All tokens of the client, newest first, with their owners. Raises NotFound or Forbidden."""
    access.require(viewer, "manage_tokens", tenant)
    return ApiToken.objects.filter(tenant=tenant).select_related("owner").order_by("-created_at")


def engagement_choices(viewer: User, tenant: Tenant) -> list[tuple[str, str]]:
    """The client's engagements that the viewer sees, as (public id, words) for a choice."""
    choices: list[tuple[str, str]] = []
    for model in apps.get_models():
        if issubclass(model, GuestGrant):
            engagements: Any = cast(Any, model)._meta.get_field("content_object").related_model
            rows = access.visible(viewer, engagements._default_manager.filter(tenant_id=tenant.pk))
            choices += [(row.public_id, str(row)) for row in rows.order_by("-pk")[:200]]
    return choices


def _guests(tenant: Tenant) -> list[Place]:
    """Guests of single engagements, one line for each person and engagement."""
    found: dict[tuple[UUID, UUID], Place] = {}
    for model in apps.get_models():
        if not issubclass(model, GuestGrant):
            continue
        rows = model._default_manager.filter(content_object__tenant_id=tenant.pk)
        for row in rows.select_related("user", "content_object"):
            engagement = row.content_object
            key = (row.user_id, engagement.pk)
            if key not in found and row.user.is_active:
                found[key] = Place(row.user, "Guest", None, None, str(engagement), engagement.pk)
    return list(found.values())
