"""Privacy tests and what they found. Counts and hashes; never a value that leaked."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.models.authorisation import TestAuthorisation
from demos.models.target import TargetVersion
from demos.vocabulary import OPEN_TRIALS, LeakKind, TrialStatus
from portal.models import TenantForeignKey, TenantOwned


class PrivacyTest(TenantOwned):
    """One pass of the probes. ``probes`` were to be sent, ``answered`` gave an answer to look at.

    ``canary_hashes`` are SHA-256 of the strings that were planted: enough to find them again in a log.
    """

    id_prefix: ClassVar[str] = "prv"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="privacy_tests")
    number = models.PositiveIntegerField()
    authorisation = TenantForeignKey(TestAuthorisation, models.PROTECT, related_name="privacy_tests")
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="privacy_tests")
    catalogue_version = models.PositiveIntegerField()
    catalogue_sha256 = models.CharField(max_length=64)
    config_sha256 = models.CharField(max_length=64)
    seed = models.PositiveBigIntegerField()
    peak_per_second = models.PositiveIntegerField()
    most_requests = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=TrialStatus.choices, default=TrialStatus.QUEUED)
    reason = models.TextField(blank=True)
    probes = models.PositiveIntegerField()
    answered = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    canary_hashes = models.JSONField(default=list)
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
            models.UniqueConstraint(fields=["engagement", "number"], name="privacy_test_number_is_unique"),
            models.CheckConstraint(
                name="privacy_test_finished_at_iff_over",
                condition=Q(status__in=OPEN_TRIALS, finished_at__isnull=True)
                | (~Q(status__in=OPEN_TRIALS) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"Privacy test {self.number}"


class PrivacyFinding(TenantOwned):
    """One thing that came out and should not have. ``sample_sha256`` tells two samples apart, no more."""

    id_prefix: ClassVar[str] = "pvf"

    test = TenantForeignKey(PrivacyTest, models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=16, choices=LeakKind.choices)
    probe = models.CharField(max_length=60)
    detail = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()
    sample_sha256 = models.CharField(max_length=64)


class ProbeReport(TenantOwned):
    """A report of another tool's probes (garak), as counts: evidence from outside that feeds no gate.

    ``results`` is one entry for each probe and detector, ``left_out`` the first lines that counted for
    nothing. ``started_at`` None: the report does not say. ``ended`` False: it does not tell of its end.
    """

    id_prefix: ClassVar[str] = "pbr"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="probe_reports")
    number = models.PositiveIntegerField()
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="probe_reports")
    tool_version = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField(null=True)
    ended = models.BooleanField()
    content_sha256 = models.CharField(max_length=64)
    lines = models.PositiveIntegerField()
    kinds = models.JSONField()
    results = models.JSONField()
    left_out = models.JSONField()
    left_out_count = models.PositiveIntegerField()
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="probe_report_number_is_unique"),
            models.UniqueConstraint(
                fields=["engagement", "content_sha256"], name="probe_report_is_imported_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Probe report {self.number}"
