"""A report that a board reads: what it says is frozen when it is ordered; the PDF follows from that alone."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from engagements.models.letterhead import Letterhead
from engagements.vocabulary import ReportKind
from portal.models import TenantForeignKey, TenantOwned


class Report(TenantOwned):
    """One ordered report. ``body`` is canonical JSON; the database checks its hash. Append-only.

    ``subject`` is the public id of the row that it is about. The same content is the same report.
    ``letterhead`` None: printed as the house prints.
    """

    id_prefix: ClassVar[str] = "rpt"

    engagement = TenantForeignKey(Engagement, related_name="reports")
    kind = models.CharField(max_length=12, choices=ReportKind.choices)
    subject = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    letterhead = TenantForeignKey(Letterhead, related_name="+", null=True, editable=False)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "sha256"], name="report_content_once"),
            models.CheckConstraint(name="report_kind_is_known", condition=Q(kind__in=ReportKind.values)),
        ]
        indexes = [models.Index(fields=["tenant", "sha256"], name="report_by_hash")]

    def __str__(self) -> str:
        return self.title

    def content(self) -> dict[str, Any]:
        """The parsed body."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class ReportFault(TenantOwned):
    """Why a report could not be printed. Settled when somebody had it printed again; only that may change.

    ``reason`` is a sentence for whoever ordered it. A report with a file is printed whatever went before.
    """

    id_prefix: ClassVar[str] = "rpx"

    report = TenantForeignKey(Report, related_name="faults")
    reason = models.CharField(max_length=300)
    again_at = models.DateTimeField(null=True, editable=False)
    again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["report"], condition=Q(again_at__isnull=True), name="report_at_most_one_open_fault"
            ),
            models.CheckConstraint(
                name="report_printed_again_by_somebody",
                condition=Q(again_at__isnull=True, again_by__isnull=True)
                | Q(again_at__isnull=False, again_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class ReportFile(TenantOwned):
    """The PDF of a report, made by a worker. There is one at most, and it never changes."""

    id_prefix: ClassVar[str] = "rpf"

    report = TenantForeignKey(Report, related_name="files")
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report"], name="report_has_one_file")]

    def __str__(self) -> str:
        return self.sha256[:16]
