"""A person who signs in by e-mail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from portal import ids
from portal.vocabulary import Affiliation, OrgRole


class UserManager(BaseUserManager["User"]):
    """Makes people; the e-mail is stored in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person. ``affiliation`` says whose side this person is on; it never changes sides."""

    id_prefix: ClassVar[str] = "usr"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    affiliation = models.CharField(max_length=12, choices=Affiliation.choices)
    org_role = models.CharField(max_length=12, choices=OrgRole.choices, default=OrgRole.NONE, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_is_unique"),
            models.CheckConstraint(
                name="user_org_role_only_in_the_consultancy",
                condition=models.Q(org_role="") | models.Q(affiliation=Affiliation.CONSULTANCY),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)

    @property
    def side(self) -> str:
        """``consultancy`` or ``client``: which of the two shells and seals is this person's."""
        return "consultancy" if self.affiliation == Affiliation.CONSULTANCY else "client"

    @property
    def is_staff(self) -> bool:
        """Django's admin asks; nobody is."""
        return False

    @property
    def initials(self) -> str:
        parts = self.name.split() or [self.email]
        return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()
