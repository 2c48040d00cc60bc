"""Load tests and their seconds."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.models.authorisation import TestAuthorisation
from demos.models.dataset import DatasetVersion
from demos.models.target import TargetVersion
from demos.vocabulary import OPEN_TRIALS, TrialStatus
from portal.models import TenantForeignKey, TenantOwned


class LoadTest(TenantOwned):
    """One load test: its plan, where it stands, what it came to.

    ``plan`` holds steps and guards as the engine takes them, ``result`` steps, knee, recovery and the
    generator's own wait. ``valid`` None: not over. ``beat_at`` is the last sign of life of its worker; a
    test whose worker is gone fails and is never sent again by itself.
    """

    id_prefix: ClassVar[str] = "lod"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="load_tests")
    number = models.PositiveIntegerField()
    authorisation = TenantForeignKey(TestAuthorisation, models.PROTECT, related_name="load_tests")
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="load_tests")
    dataset_version = TenantForeignKey(DatasetVersion, models.PROTECT, related_name="load_tests")
    grader_ids = models.JSONField(default=list)
    plan = models.JSONField()
    peak_per_second = models.PositiveIntegerField()
    most_requests = models.PositiveIntegerField()
    config_sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=TrialStatus.choices, default=TrialStatus.QUEUED)
    reason = models.TextField(blank=True)
    result = models.JSONField(null=True)
    valid = models.BooleanField(null=True)
    requests = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    currency = models.CharField(max_length=3, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="load_test_number_is_unique"),
            models.UniqueConstraint(
                fields=["target_version"],
                condition=Q(status__in=OPEN_TRIALS),
                name="one_load_test_at_a_time_on_a_target_version",
            ),
            models.CheckConstraint(
                name="load_test_finished_at_iff_over",
                condition=Q(status__in=OPEN_TRIALS, finished_at__isnull=True)
                | (~Q(status__in=OPEN_TRIALS) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Load test {self.number}"


class LoadWindow(TenantOwned):
    """One second of a load test by scheduled start. ``step`` −1 is the recovery."""

    id_prefix: ClassVar[str] = "low"

    test = TenantForeignKey(LoadTest, models.PROTECT, related_name="windows")
    second = models.PositiveIntegerField()
    step = models.SmallIntegerField()
    offered = models.PositiveIntegerField()
    started = models.PositiveIntegerField()
    done = models.PositiveIntegerField()
    errors = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField()
    p50_ms = models.FloatField(null=True)
    p95_ms = models.FloatField(null=True)
    p99_ms = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["test", "second", "step"], name="load_window_is_unique")
        ]
