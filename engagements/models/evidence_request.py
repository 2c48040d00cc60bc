"""What the consultancy asks the client to show, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from engagements.models.evidence import EvidenceItem
from portal.models import TenantForeignKey, TenantOwned


class EvidenceRequest(TenantOwned):
    """One thing that is asked for. Its words never change; how far it has come follows from ``item``.

    ``person`` None: anybody of the client may answer. ``about``: keys of the questions and criteria that it
    serves. ``item``: what was handed in for it, None until then. ``withdrawn_at`` None: still wanted.
    """

    id_prefix: ClassVar[str] = "evr"

    engagement = TenantForeignKey(Engagement, related_name="evidence_requests")
    title = models.CharField(max_length=160)
    reason = models.TextField(max_length=1000, blank=True)
    about = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    proves = models.SlugField(max_length=50, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due = models.DateField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    item = TenantForeignKey(EvidenceItem, related_name="requests", null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["tenant", "engagement"], name="evidence_request_of")]
        constraints = [
            models.CheckConstraint(
                name="evidence_request_withdrawn_by_somebody",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]
