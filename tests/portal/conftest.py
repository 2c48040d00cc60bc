"""People of two clients, for tests of the portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from portal import grants
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services.signing import SigningProof
from portal.vocabulary import Affiliation, MfaPolicy

FRESH = SigningProof(method="password", age_s=5, second_factor=False)
PASSWORD = "correct horse battery"


@dataclass
class House:
    """One client with its people, and an outsider with another client."""

    tenant: Tenant
    other: Tenant
    lead: User
    consultant: User
    sponsor: User
    admin: User
    outsider: User


def person(name: str, affiliation: Affiliation) -> User:
    return User.objects.create_user(
        f"{name.lower().replace(' ', '.')}@example.test", PASSWORD, name=name, affiliation=affiliation
    )


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Passwords of tests are not worth the time that a slow hash takes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def house(db: None) -> House:
    return build_house()


def build_house() -> House:
    tenant = Tenant.objects.create(name="Harbor Mutual", slug="harbor", mfa_policy=MfaPolicy.PASSWORD)
    other = Tenant.objects.create(name="Cold Lake", slug="cold-lake")
    places: list[tuple[str, Affiliation, Tenant, Role]] = [
        ("Lena Lead", Affiliation.CONSULTANCY, tenant, Role.LEAD),
        ("Carl Consultant", Affiliation.CONSULTANCY, tenant, Role.CONSULTANT),
        ("Sara Sponsor", Affiliation.CLIENT, tenant, Role.CLIENT_SPONSOR),
        ("Ada Admin", Affiliation.CLIENT, tenant, Role.CLIENT_ADMIN),
        ("Otto Outsider", Affiliation.CLIENT, other, Role.CLIENT_ADMIN),
    ]
    people = []
    for name, affiliation, where, role in places:
        user = person(name, affiliation)
        grants.add_member(user, where, role)
        people.append(user)
    return House(tenant, other, *people)


@pytest.fixture
def scoped(house: House) -> Iterator[House]:
    """The house, inside the scope of its client."""
    with tenant_scope([house.tenant.pk]):
        yield house


@pytest.fixture
def fresh_user() -> Callable[[User], User]:
    """The same person as the next request would load them."""
    return lambda user: User.objects.get(pk=user.pk)
