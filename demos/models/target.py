"""The AI system under test, and each way it was ever set up."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from portal.models import TenantForeignKey, TenantOwned


class Target(TenantOwned):
    """A system under test. How it is called stands in its versions.

    While ``halted_at`` is set, nothing is sent to it: the client has pulled the switch.
    """

    id_prefix: ClassVar[str] = "tgt"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="targets")
    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    halted_at = models.DateTimeField(null=True, editable=False)
    halted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "name"], name="target_name_is_unique_in_engagement"
            ),
            models.CheckConstraint(
                name="target_halted_by_iff_halted",
                condition=models.Q(halted_at__isnull=True, halted_by__isnull=True)
                | models.Q(halted_at__isnull=False, halted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TargetVersion(TenantOwned):
    """One frozen configuration. ``config`` is the engine's TargetSpec as JSON: names of secrets, no values.

    ``prices`` is engine.pricing.Price as JSON; it is pinned here but stands outside ``config_sha256``,
    because a new price does not make another system.
    """

    id_prefix: ClassVar[str] = "tgv"

    target = TenantForeignKey(Target, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    config = models.JSONField()
    config_sha256 = models.CharField(max_length=64)
    prices = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["target", "number"], name="target_version_number_is_unique")
        ]

    def __str__(self) -> str:
        return f"{self.target.name}, version {self.number}"


class TargetExchange(TenantOwned):
    """One test of the connection: what was sent and what came back, secrets blacked out.

    ``sentence`` says what happened, ``way_out`` what to do about it ("" when all is well).
    ``texts_deleted``: question and answer are past the retention and gone; what happened stays.
    """

    id_prefix: ClassVar[str] = "tge"

    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="exchanges")
    works = models.BooleanField()
    sentence = models.TextField()
    way_out = models.TextField(blank=True, default="")
    error_class = models.CharField(max_length=20, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    ttft_ms = models.FloatField(null=True)
    answer = models.TextField(blank=True)
    request_excerpt = models.TextField(blank=True)
    response_excerpt = models.TextField(blank=True)
    texts_deleted = models.BooleanField(default=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
