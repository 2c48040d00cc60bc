"""What somebody took on to close a gap of readiness, until when, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from assessments.models.answers import Assessment
from assessments.vocabulary import ActionStatus
from portal.models.owned import TenantForeignKey, TenantOwned

OPEN = Q(status=ActionStatus.OPEN)


class ActionItem(TenantOwned):
    """A step of the improvement plan that a person took on. A closed one never changes again.

    ``question``: key of the question whose level it is to raise. ``gate``: number of the gate whose level it
    is needed for. ``outcome``: what was done, or why it was dropped; "" while it is open.
    """

    id_prefix: ClassVar[str] = "act"

    assessment = TenantForeignKey(Assessment, related_name="action_items")
    engagement = TenantForeignKey("engagements.Engagement", related_name="+")
    question = models.CharField(max_length=8)
    gate = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due = models.DateField()
    status = models.CharField(max_length=8, choices=ActionStatus.choices, default=ActionStatus.OPEN)
    outcome = models.CharField(max_length=500, blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question"], condition=OPEN, name="one_open_action_per_question"
            ),
            models.CheckConstraint(
                name="action_closing_is_whole",
                condition=(OPEN & Q(outcome="", closed_by__isnull=True, closed_at__isnull=True))
                | (~OPEN & ~Q(outcome="") & Q(closed_by__isnull=False, closed_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def is_overdue(self, today: date) -> bool:
        """Whether it is open past its day."""
        return self.status == ActionStatus.OPEN and self.due < today
