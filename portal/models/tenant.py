"""A client organisation: the tenant."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from portal import ids
from portal.roles import ACTIONS
from portal.vocabulary import MfaPolicy, Sector, TenantStatus

RESERVED_SLUGS = frozenset({
    "accounts", "api", "assets", "healthz", "invitations", "portfolio", "problems", "readyz",
    "static", "staff", "inbox", "verify", "clients", "set-up", "components",
})  # fmt: skip


class Tenant(models.Model):
    """One client. Every row of its work names it; on pages it is called "client".

    ``sector`` "": nobody has said it.

    ``judges_may_sign``: who graded a case or verified an answer of a round may sign it too.

    ``comments_without_names``: the other side reads from which side a comment came, and no name.

    ``allowed_hosts`` are those that its evaluations may call; an empty list allows every public host.
    """

    id_prefix: ClassVar[str] = "ten"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9-]+$")])
    status = models.CharField(max_length=12, choices=TenantStatus.choices, default=TenantStatus.ACTIVE)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    sector = models.CharField(max_length=16, choices=Sector.choices, blank=True)
    locale = models.CharField(max_length=10, default="en")
    mfa_policy = models.CharField(max_length=16, choices=MfaPolicy.choices, default=MfaPolicy.SECOND_FACTOR)
    judges_may_sign = models.BooleanField(default=False)
    comments_without_names = models.BooleanField(default=False)
    allowed_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        permissions = list(ACTIONS.items())
        constraints = [
            models.CheckConstraint(
                name="tenant_slug_is_not_reserved", condition=~models.Q(slug__in=sorted(RESERVED_SLUGS))
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)
