"""Engagement templates that a consultancy brought: stages, gates and criteria to start from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from portal.models import TenantOwned


class EngagementTemplate(TenantOwned):
    """One version, as the text that was checked. Append-only: a change is another version.

    An engagement copies what it needs when it starts, so a later version changes nothing that goes on.
    """

    id_prefix: ClassVar[str] = "tpl"

    key = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["title", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key", "version"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"
