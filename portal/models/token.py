"""Keys of machines. Only the hash of a token is stored."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from portal import ids
from portal.models.tenant import Tenant


class ApiToken(models.Model):
    """A bearer token of one person or service account, for one tenant and some scopes."""

    id_prefix: ClassVar[str] = "tok"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="api_tokens")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=3, choices=[("pat", "Personal"), ("svc", "Service")])
    token_sha256 = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=40))
    expires = models.DateTimeField()
    last_used = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} …{self.last4}"

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)
