"""Who has a place in which tenant, in which role, from when to when; and who is invited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q

from portal import ids
from portal.models.tenant import Tenant
from portal.roles import Role


class Membership(models.Model):
    """A person's place in a tenant. ``group`` is guardian's group of that tenant and role.

    Dates are enforced by every read of access, without a job: ``ends`` None means "until taken away".
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    group = models.ForeignKey(Group, models.PROTECT, related_name="memberships")
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "tenant", "role"], name="membership_once_per_role"),
            models.CheckConstraint(
                name="membership_ends_after_it_starts",
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.tenant_id}"


class Invitation(models.Model):
    """A single-use link into one engagement, bound to an e-mail address. Only the hash is stored."""

    id_prefix: ClassVar[str] = "inv"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="invitations")
    engagement_id = models.UUIDField(null=True, blank=True)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.role} in {self.tenant_id}"

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)
