"""The people of the tests: two clients, everybody who has a place in the first, and outsiders of the second.

`world` is what a test about people starts from. Nobody has a usable e-mail server or a slow password:
`client.force_login(world.sponsor)` signs in, and PASSWORD works where a form is walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

PASSWORD = "the gate stands open at nine"
CHEAP_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass
class World:
    """Harbor Mutual with its people; Tern Housing with the outsiders. ``tenant`` is Harbor Mutual."""

    tenant: Any
    other: Any
    lead: Any
    consultant: Any
    reviewer: Any
    sponsor: Any
    security: Any
    expert: Any
    client_member: Any
    client_admin: Any
    expired: Any
    outsider_sponsor: Any
    outsider_lead: Any
    org_admin: Any

    def people(self) -> dict[str, Any]:
        """Every person by persona name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in {"tenant", "other"}}

    def fresh(self, persona: str) -> Any:
        """The same person as the next request would load them, with nothing read yet."""
        from portal.models import User

        return User.objects.get(pk=getattr(self, persona).pk)


def scope(world: World) -> AbstractContextManager[None]:
    """The scope of the first client, as a request under its address has it."""
    from portal.scope import tenant_scope

    return tenant_scope([world.tenant.pk])


def both(world: World) -> AbstractContextManager[None]:
    """A scope over both clients, for arranging what a test then looks at from one of them."""
    from portal.scope import tenant_scope

    return tenant_scope([world.tenant.pk, world.other.pk])


def build_world() -> World:
    """Two clients and their people, through `portal.grants` only."""
    from portal.models import Tenant
    from portal.roles import Role
    from portal.vocabulary import MfaPolicy

    tenant = Tenant.objects.create(name="Harbor Mutual", slug="harbor-mutual", mfa_policy=MfaPolicy.PASSWORD)
    other = Tenant.objects.create(name="Tern Housing", slug="tern-housing", mfa_policy=MfaPolicy.PASSWORD)
    ours, theirs = "consultancy", "client"
    yesterday = timezone.now() - timedelta(days=1)
    long_ago = yesterday - timedelta(days=60)
    return World(
        tenant=tenant,
        other=other,
        lead=_member("Jonas Lindqvist", ours, tenant, Role.LEAD, org_role="lead"),
        consultant=_member("Amira Haddad", ours, tenant, Role.CONSULTANT),
        reviewer=_member("Ruth Adeyemi", ours, tenant, Role.REVIEWER),
        sponsor=_member("Margaret Osei", theirs, tenant, Role.CLIENT_SPONSOR),
        security=_member("Piotr Nowak", theirs, tenant, Role.CLIENT_SECURITY),
        expert=_member("Dana Reyes", theirs, tenant, Role.CLIENT_EXPERT),
        client_member=_member("Lukas Brandt", theirs, tenant, Role.CLIENT_MEMBER),
        client_admin=_member("Ines Carvalho", theirs, tenant, Role.CLIENT_ADMIN),
        expired=_member("Erik Sund", ours, tenant, Role.CONSULTANT, starts=long_ago, ends=yesterday),
        outsider_sponsor=_member("Tomas Varga", theirs, other, Role.CLIENT_SPONSOR),
        outsider_lead=_member("Freya Holm", ours, other, Role.LEAD, org_role="lead"),
        org_admin=person("Oskar Weiss", ours, org_role="org_admin"),
    )


def person(name: str, affiliation: str, *, org_role: str = "") -> Any:
    """A person without any place; the e-mail follows from the name."""
    from portal.models import User

    email = name.lower().replace(" ", ".") + "@example.test"
    return User.objects.create_user(email, PASSWORD, name=name, affiliation=affiliation, org_role=org_role)


def _member(name: str, affiliation: str, tenant: Any, role: Any, *, org_role: str = "", **dates: Any) -> Any:
    from portal import grants

    user = person(name, affiliation, org_role=org_role)
    grants.add_member(user, tenant, role, **dates)
    return user


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """A slow hash per person would be most of the suite's time."""
    with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        yield


_first_world: tuple[World, list[list[Any]]] | None = None
"""What `build_world` made and stored when it ran first in this process, as nothing has touched it since."""


def _stored_world() -> World:
    """`build_world`, whose rows are stored again from memory from the second time on: it is asked for by
    half of all tests, and a hundred and fifty statements become five."""
    global _first_world
    if _first_world is None:
        before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in _world_tables()}
        made = build_world()
        rows = [list(model._base_manager.exclude(pk__in=before[model])) for model in _world_tables()]
        _first_world = deepcopy((made, rows))
        return made
    world, stored = deepcopy(_first_world)
    for rows in stored:
        type(rows[0])._base_manager.bulk_create(rows)
    return world


def _world_tables() -> list[Any]:
    """Where `build_world` writes, what is pointed to before what points."""
    from django.contrib.auth.models import Group

    from portal.models import Membership, Tenant, TenantGroupPermission, User

    return [Tenant, User, Group, TenantGroupPermission, Membership]


@pytest.fixture
def world(db: None) -> World:
    """Two clients and their people, seen from no scope: open ``scope(world)`` around rows of a client."""
    return _stored_world()


@pytest.fixture
def engagement(world: World) -> Any:
    """Claims triage at Harbor Mutual, as the lead starts it, with its sponsor named."""
    from engagements.services.engagements import create_engagement

    with scope(world):
        return create_engagement(
            by=world.lead, tenant=world.tenant, title="Claims triage", sponsor=world.sponsor,
            problem_statement="Sorting a claim by hand takes eleven minutes.",
        )  # fmt: skip
