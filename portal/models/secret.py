"""A value that is written once and never shown again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from portal.models.owned import TenantOwned


class Secret(TenantOwned):
    """A named secret of a tenant, sealed with AES-256-GCM. Read only by ``portal.secrets``."""

    id_prefix: ClassVar[str] = "sec"

    name = models.SlugField(max_length=60)
    key_id = models.CharField(max_length=16)
    ciphertext = models.BinaryField()
    rotated_at = models.DateTimeField()
    last_used = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="secret_name_once")]

    def __str__(self) -> str:
        return self.name
