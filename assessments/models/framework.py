"""Frameworks: what readiness is asked with. A published version never changes."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.rules import framework as rules
from assessments.vocabulary import VersionStatus
from portal.models.owned import TenantForeignKey, TenantOwned


class Framework(TenantOwned):
    """A framework over all its versions. Each client has its own copy, so that its walls and ledger hold."""

    id_prefix: ClassVar[str] = "frm"

    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="framework_key_once")]


class FrameworkVersion(TenantOwned):
    """One version, as the canonical JSON text that its hash is over."""

    id_prefix: ClassVar[str] = "frv"

    framework = TenantForeignKey(Framework, related_name="versions")
    number = models.CharField(max_length=12)
    status = models.CharField(max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    body = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["framework", "number"], name="framework_version_once"),
            models.CheckConstraint(
                name="framework_published_iff_dated",
                condition=Q(status=VersionStatus.DRAFT, published_at__isnull=True)
                | (~Q(status=VersionStatus.DRAFT) & Q(published_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework.title} {self.number}"

    def content(self) -> rules.Framework:
        """What it says, as values."""
        return rules.read_framework(self.body)

    def plain(self) -> Any:
        """What it says, as plain values."""
        return json.loads(self.body)


class QuestionVersion(TenantOwned):
    """One question as one version asks it: answers are bound to this row, so they keep their meaning."""

    id_prefix: ClassVar[str] = "rdq"

    framework_version = TenantForeignKey(FrameworkVersion, related_name="questions")
    key = models.CharField(max_length=8)
    element = models.CharField(max_length=4)
    core = models.BooleanField()
    may_be_not_applicable = models.BooleanField()
    max_age_days = models.PositiveIntegerField()
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["framework_version", "key"], name="question_key_once")]
