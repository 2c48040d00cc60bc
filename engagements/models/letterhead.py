"""How the papers of a client look, and which of their sections are printed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engagements.vocabulary import ReportKind
from portal.models import TenantOwned


class Letterhead(TenantOwned):
    """One version of a client's letterhead; the newest is in force. Append-only: a paper keeps its own.

    ``accent`` is a colour such as "#1f4e79". ``logo`` is a PNG file; empty bytes: none, and no hash then.
    """

    id_prefix: ClassVar[str] = "lth"

    number = models.PositiveIntegerField()
    accent = models.CharField(max_length=7)
    cover_text = models.CharField(max_length=400, blank=True)
    logo = models.BinaryField(blank=True, default=b"")
    logo_sha256 = models.CharField(max_length=64, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="letterhead_numbered_once")]

    def __str__(self) -> str:
        return f"Letterhead {self.number}"


class ReportPreset(TenantOwned):
    """A named choice of what a kind of report leaves out. ``left_out`` holds keys of its sections."""

    id_prefix: ClassVar[str] = "rps"

    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    name = models.CharField(max_length=60)
    left_out = ArrayField(models.CharField(max_length=30))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "name"], name="report_preset_named_once"),
            models.CheckConstraint(
                name="report_preset_kind_is_known", condition=Q(kind__in=ReportKind.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name
