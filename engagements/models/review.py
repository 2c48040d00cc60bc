"""What happens to a round besides its signature: questions, and why a passed gate was opened again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement, Gate
from engagements.models.round import GateRound
from portal.models import TenantForeignKey, TenantOwned


class Question(TenantOwned):
    """An approver asks, the consultancy answers. A blocking one stops the clock of the review.

    ``closed_at`` None: the answer is owed. It is closed by the answer, or taken back by who asked.
    """

    id_prefix: ClassVar[str] = "qst"

    engagement = TenantForeignKey(Engagement, related_name="questions")
    round = TenantForeignKey(GateRound, related_name="questions")
    text = models.CharField(max_length=1000)
    is_blocking = models.BooleanField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_back = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.CheckConstraint(
                name="question_closed_by_an_answer_or_taken_back",
                condition=Q(closed_at__isnull=True, answer="", answered_by__isnull=True, taken_back=False)
                | Q(closed_at__isnull=False, answer="", answered_by__isnull=True, taken_back=True)
                | Q(closed_at__isnull=False, answered_by__isnull=False, taken_back=False) & ~Q(answer=""),
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Reopening(TenantOwned):
    """Why a passed gate is decided again, in round ``round_number``. Append-only."""

    id_prefix: ClassVar[str] = "rop"

    engagement = TenantForeignKey(Engagement, related_name="reopenings")
    gate = TenantForeignKey(Gate, related_name="reopenings")
    round_number = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=1000)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    downstream = models.JSONField(default=list)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["gate", "round_number"], name="reopening_once_per_round"),
            models.CheckConstraint(name="reopening_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"for round {self.round_number}"
