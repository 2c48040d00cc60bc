"""What judges an answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from portal.models import TenantForeignKey, TenantOwned


class Grader(TenantOwned):
    """A named grader. How it judges stands in its versions."""

    id_prefix: ClassVar[str] = "grd"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="graders")
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "name"], name="grader_name_is_unique_in_engagement")
        ]

    def __str__(self) -> str:
        return self.name


class GraderVersion(TenantOwned):
    """One frozen setting: engine.graders.GraderSpec by its fields. ``categories`` [] means every case."""

    id_prefix: ClassVar[str] = "grv"

    grader = TenantForeignKey(Grader, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    params = models.JSONField(default=dict)
    must = models.BooleanField(default=False)
    weight = models.FloatField(default=1.0)
    categories = models.JSONField(default=list)
    config_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grader", "number"], name="grader_version_number_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.grader.name}, version {self.number}"
