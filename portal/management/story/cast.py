"""The people of the sample, their places, and the one password that they share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password

from portal import grants
from portal.models import Tenant, User
from portal.roles import Role
from portal.runtime.environment import write_private
from portal.vocabulary import Affiliation, OrgRole

HARBOR: Final = "harbor-mutual"
BRIGHTWATER: Final = "brightwater"
PASSWORD_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast. ``places``: role by client's slug."""

    name: str
    email: str
    words: str
    places: tuple[tuple[str, Role], ...]
    org_role: str = OrgRole.NONE

    @property
    def affiliation(self) -> str:
        return Affiliation.CONSULTANCY if self.email.endswith("@northlight.example") else Affiliation.CLIENT


CAST: Final = (
    Person(
        "Jonas Lindqvist",
        "jonas.lindqvist@northlight.example",
        "lead at Northlight, works for both clients",
        ((HARBOR, Role.LEAD), (BRIGHTWATER, Role.LEAD)),
        OrgRole.LEAD,
    ),
    Person(
        "Amira Haddad",
        "amira.haddad@northlight.example",
        "consultant at Northlight, runs the evaluations",
        ((HARBOR, Role.CONSULTANT),),
    ),
    Person(
        "Margaret Osei",
        "margaret.osei@harbormutual.example",
        "sponsor at Harbor Mutual, signs the gates",
        ((HARBOR, Role.CLIENT_SPONSOR),),
    ),
    Person(
        "Ifeoma Eze",
        "ifeoma.eze@harbormutual.example",
        "security officer at Harbor Mutual, signs pilot and deployment too",
        ((HARBOR, Role.CLIENT_SECURITY),),
    ),
    Person(
        "Dana Ruiz",
        "dana.ruiz@harbormutual.example",
        "administrator at Harbor Mutual, sees who has access",
        ((HARBOR, Role.CLIENT_ADMIN),),
    ),
    Person(
        "Priya Nair",
        "priya.nair@harbormutual.example",
        "senior adjuster at Harbor Mutual, accepts the cases",
        ((HARBOR, Role.CLIENT_EXPERT),),
    ),
    Person(
        "Tom Ashworth",
        "tom.ashworth@brightwater.example",
        "sponsor at Brightwater, sees nothing of Harbor Mutual",
        ((BRIGHTWATER, Role.CLIENT_SPONSOR),),
    ),
    Person(
        "Ruth Okafor",
        "ruth.okafor@brightwater.example",
        "billing clerk at Brightwater, accepts its cases",
        ((BRIGHTWATER, Role.CLIENT_EXPERT),),
    ),
)


def people_file() -> Path:
    """Where the password of the sample's people is kept, readable by the owner alone."""
    return Path(settings.VAR_DIR) / "sample-people.json"


def make_people() -> dict[str, User]:
    """Make accounts for the cast, all with one new password, which is kept in ``people_file``."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = make_password(password)  # once: hashing is slow on purpose, and the password is the same
    made = {}
    for person in CAST:
        user = User.objects.create_user(
            person.email,
            name=person.name,
            affiliation=person.affiliation,
            org_role=person.org_role,
        )
        user.password = hashed
        user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
        made[person.name] = user
    write_private(people_file(), {"password": password, "people": [person.email for person in CAST]})
    return made


def seat(people: dict[str, User], tenant: Tenant) -> None:
    """Give everybody of the cast who has a place with this client that place."""
    for person in CAST:
        for slug, role in person.places:
            if slug == tenant.slug:
                grants.add_member(people[person.name], tenant, role)


def member(name: str) -> User:
    """One of the cast as stored. Raises User.DoesNotExist before the sample is loaded."""
    email = next(person.email for person in CAST if person.name == name)
    return User.objects.get(email=email)
