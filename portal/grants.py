"""Who gets what: the only writer of guardian's grants and of memberships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from portal.errors import Forbidden
from portal.models import Membership, Tenant, TenantGroupPermission, User
from portal.roles import CLIENT_ONLY_ACTIONS, CLIENT_ROLES, CONSULTANCY_ROLES, ROLES, Role
from portal.vocabulary import Affiliation


def add_member(
    user: User,
    tenant: Tenant,
    role: Role,
    *,
    starts: datetime | None = None,
    ends: datetime | None = None,
    invited_by: User | None = None,
) -> Membership:
    """Give a person a role in a tenant. Raises Forbidden if the role belongs to the other side."""
    refuse_other_side(user, role)
    membership, _ = Membership.objects.update_or_create(
        user=user,
        tenant=tenant,
        role=role,
        defaults={
            "group": role_group(tenant, role),
            "starts": starts or timezone.now(),
            "ends": ends,
            "invited_by": invited_by,
        },
    )
    return membership


def end_membership(membership: Membership, *, at: datetime | None = None) -> None:
    """Take a place away from ``at`` on (now, unless told); the next reading of access sees it."""
    membership.ends = max(at or timezone.now(), membership.starts)
    membership.save(update_fields=["ends"])


def role_group(tenant: Tenant, role: Role) -> Group:
    """The group of a role in a tenant, its grants as ``portal.roles`` says now."""
    group, _ = Group.objects.get_or_create(name=f"{tenant.pk}:{role.value}")
    wanted = ROLES[role]
    held = dict(
        TenantGroupPermission.objects.filter(group=group, content_object=tenant).values_list(
            "permission__codename", "pk"
        )
    )
    if missing := wanted - held.keys():
        permissions = Permission.objects.filter(content_type=_content_type(Tenant), codename__in=missing)
        TenantGroupPermission.objects.bulk_create(
            [
                TenantGroupPermission(permission=each, group=group, content_object=tenant)
                for each in permissions
            ],
            ignore_conflicts=True,  # somebody else may be giving the same role now
        )
    if surplus := held.keys() - wanted:
        TenantGroupPermission.objects.filter(pk__in=[held[action] for action in surplus]).delete()
    return group


def refresh_roles() -> None:
    """Bring the groups of all roles of all tenants to what ``portal.roles`` says; safe to run twice."""
    for tenant in Tenant.objects.all():
        for role in Membership.objects.filter(tenant=tenant).values_list("role", flat=True).distinct():
            role_group(tenant, Role(role))


def add_guest(user: User, engagement: Any, actions: Iterable[str]) -> None:
    """Let a person do ``actions`` in one engagement only."""
    wanted = set(actions)
    if wanted & CLIENT_ONLY_ACTIONS and user.affiliation != Affiliation.CLIENT:
        raise Forbidden("A member of the consultancy can never decide or seal for the client.")
    for action in sorted(wanted):
        assign_perm(_permission(type(engagement), action), user, engagement)


def remove_guest(user: User, engagement: Any, actions: Iterable[str]) -> None:
    """Take ``actions`` in one engagement away from a person."""
    for action in sorted(set(actions)):
        remove_perm(_permission(type(engagement), action), user, engagement)


def refuse_other_side(user: User, role: Role) -> None:
    """Raise Forbidden when a consultancy person would get a client role, or the other way round."""
    if role in CLIENT_ROLES and user.affiliation != Affiliation.CLIENT:
        raise Forbidden(f"{Role(role).label} is a place for the client's own people.")
    if role in CONSULTANCY_ROLES and user.affiliation != Affiliation.CONSULTANCY:
        raise Forbidden(f"{Role(role).label} is a place for the consultancy's people.")


def _permission(model: type[Any], action: str) -> Permission:
    return Permission.objects.get(content_type=_content_type(model), codename=action)


def _content_type(model: type[Any]) -> ContentType:
    return ContentType.objects.get_for_model(model)
