"""Who may? The one file that answers.

``of(user)`` reads a person's grants once (two queries, whatever the list length) into an ``Access``;
every check after that is a look-up. Membership dates are compared with the clock at that reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Model, Q, QuerySet, Value
from django.utils import timezone

from portal.errors import Forbidden, NotFound
from portal.models import GuestGrant, Membership, Tenant, TenantGroupPermission, User
from portal.roles import ACTIONS, CLIENT_ONLY_ACTIONS, Role
from portal.vocabulary import Affiliation, TenantStatus

Row = TypeVar("Row", bound=Model)

_CACHE = "_gatehouse_access"
_NARROWING = "_gatehouse_narrowing"


@dataclass(frozen=True, slots=True)
class Permission:
    """An answer with its reason. ``reason`` is "" when allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Access:
    """What one person may do where, as it stood when it was read."""

    user: User | AnonymousUser
    by_tenant: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    by_engagement: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    guest_tenants: Mapping[UUID, UUID] = field(default_factory=dict)
    role_names: Mapping[UUID, frozenset[str]] = field(default_factory=dict)

    def tenants(self, action: str) -> frozenset[UUID]:
        """Tenants in all of which the action is allowed."""
        _known(action)
        return frozenset(key for key, actions in self.by_tenant.items() if action in actions)

    def engagements(self, action: str) -> frozenset[UUID]:
        """Engagements where the action is allowed to a guest."""
        _known(action)
        return frozenset(key for key, actions in self.by_engagement.items() if action in actions)

    def places(self) -> frozenset[UUID]:
        """Every tenant in which this person has any place, as a member or as a guest."""
        return self.tenants("see_engagement") | frozenset(self.guest_tenants.values())

    def roles(self, tenant_id: UUID) -> frozenset[str]:
        return self.role_names.get(tenant_id, frozenset())

    def can(self, action: str, obj: Any) -> Permission:
        """May this person do ``action`` to ``obj`` (a tenant, an engagement, or a row below them)?"""
        _known(action)
        tenant_id, engagement_id = _place(obj)
        held = self.by_tenant.get(tenant_id, frozenset())
        guest = self.by_engagement.get(engagement_id, frozenset()) if engagement_id else frozenset()
        if action in CLIENT_ONLY_ACTIONS and getattr(self.user, "affiliation", "") != Affiliation.CLIENT:
            return Permission(False, f"Only the client's own people can {ACTIONS[action]}.")
        if action in held or action in guest:
            return Permission(True)
        return Permission(False, self._why_not(action, tenant_id))

    def _why_not(self, action: str, tenant_id: UUID) -> str:
        names = ", ".join(sorted(Role(role).label.lower() for role in self.roles(tenant_id)))
        return f"Your place here ({names or 'none'}) does not let you {ACTIONS[action]}."


def of(user: User | AnonymousUser, *, fresh: bool = False) -> Access:
    """The access of a person, read once per user object; ``fresh`` reads it again."""
    cached = getattr(user, _CACHE, None)
    if cached is None or fresh:
        cached = _read(user) if isinstance(user, User) and user.is_active else Access(user)
        cached = getattr(user, _NARROWING, _whole)(cached)
        setattr(user, _CACHE, cached)
    return cached


def narrow(user: User, narrowing: Callable[[Access], Access]) -> None:
    """Let this user object have only what ``narrowing`` leaves, at every reading, as a token does."""
    setattr(user, _NARROWING, narrowing)
    of(user, fresh=True)


def require(user: User, action: str, obj: Any, *, fresh: bool = False) -> None:
    """Raise NotFound if ``user`` may not even see ``obj``, Forbidden with the reason if not allowed."""
    access = of(user, fresh=fresh)
    if not access.can("see_engagement", obj):
        raise NotFound
    permission = access.can(action, obj)
    if not permission:
        raise Forbidden(permission.reason)


def visible(user: User | AnonymousUser, rows: QuerySet[Row], action: str = "see_engagement") -> QuerySet[Row]:
    """Those of ``rows`` (engagements, or rows with ``engagement``) that the person may see."""
    access = of(user)
    is_engagement = not any(f.name == "engagement" for f in rows.model._meta.fields)
    path = "pk__in" if is_engagement else "engagement_id__in"
    allowed = Q(tenant_id__in=access.tenants(action))
    guest = access.engagements(action)
    return rows.filter(allowed | Q(**{path: guest}) if guest else allowed)


def holders(action: str, *, tenant_id: UUID, engagement_id: UUID | None = None) -> list[User]:
    """Everybody who may do ``action`` there now, ordered by name."""
    _known(action)
    group_ids = TenantGroupPermission.objects.filter(
        content_object_id=tenant_id, permission__codename=action
    ).values("group_id")
    people = {
        m.user for m in _current(Membership.objects.filter(group_id__in=group_ids)).select_related("user")
    }
    if engagement_id is not None:
        for model in _guest_models():
            rows = model._default_manager.filter(content_object_id=engagement_id, permission__codename=action)
            people |= {row.user for row in rows.select_related("user")}
    if action in CLIENT_ONLY_ACTIONS:
        people = {person for person in people if person.affiliation == Affiliation.CLIENT}
    return sorted((person for person in people if person.is_active), key=lambda person: person.name)


_GRANTED: Final = ArrayAgg(
    "group__tenantgrouppermission__permission__codename",
    filter=Q(group__tenantgrouppermission__content_object_id=F("tenant_id")), default=Value([]),
)  # fmt: skip
"""What the group of a membership may do with its own tenant: one row for a place, not one for each action."""


def _read(user: User) -> Access:
    by_tenant: dict[UUID, set[str]] = defaultdict(set)
    roles: dict[UUID, set[str]] = defaultdict(set)
    places = _current(Membership.objects.filter(user=user)).values("tenant_id", "role")
    granted = places.annotate(actions=_GRANTED).values_list("tenant_id", "role", "actions")
    for tenant_id, role, actions in granted:
        roles[tenant_id].add(role)
        by_tenant[tenant_id].update(actions)
    by_engagement: dict[UUID, set[str]] = defaultdict(set)
    guest_tenants: dict[UUID, UUID] = {}
    for model in _guest_models():
        guest_rows = model._default_manager.filter(user=user, tenant__status=TenantStatus.ACTIVE)
        for engagement_id, tenant_id, action in guest_rows.values_list(
            "content_object_id", "tenant_id", "permission__codename"
        ):
            by_engagement[engagement_id].add(action)
            guest_tenants[engagement_id] = tenant_id
    never = frozenset() if user.affiliation == Affiliation.CLIENT else CLIENT_ONLY_ACTIONS
    return Access(
        user, _frozen(by_tenant, never), _frozen(by_engagement, never), guest_tenants, _frozen(roles)
    )


def _current(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    now = timezone.now()
    return memberships.filter(
        Q(ends__isnull=True) | Q(ends__gt=now), starts__lte=now, tenant__status=TenantStatus.ACTIVE
    )


def _guest_models() -> list[type[GuestGrant]]:
    return [model for model in apps.get_models() if issubclass(model, GuestGrant)]


def _place(obj: Any) -> tuple[UUID, UUID | None]:
    if isinstance(obj, Tenant):
        return obj.pk, None
    engagement_id = getattr(obj, "engagement_id", None)
    if engagement_id is None and getattr(obj, "id_prefix", "") == "eng":
        engagement_id = obj.pk
    return obj.tenant_id, engagement_id


def _whole(access: Access) -> Access:
    return access


def _known(action: str) -> None:
    if action not in ACTIONS:
        raise LookupError(f"{action!r} is no action; portal/roles.py lists them")


def _frozen(sets: Mapping[UUID, set[str]], never: frozenset[str] = frozenset()) -> dict[UUID, frozenset[str]]:
    return {key: frozenset(values) - never for key, values in sets.items()}
