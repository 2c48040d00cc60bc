"""The signed answer to a round, and the promises that go with it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from engagements.models.round import GateRound
from engagements.vocabulary import ConditionStatus, Outcome, StopReason
from portal.models import TenantForeignKey, TenantOwned


class Decision(TenantOwned):
    """Written once by services.gates.decide_gate, never changed. ``auth_age_s`` in seconds."""

    id_prefix: ClassVar[str] = "dec"

    engagement = TenantForeignKey(Engagement, related_name="decisions")
    round = TenantForeignKey(GateRound, related_name="decisions")
    outcome = models.CharField(max_length=24, choices=Outcome.choices)
    statement = models.TextField()
    reason = models.TextField(max_length=2000, blank=True)
    hold_until = models.DateField(null=True)
    stop_reason = models.CharField(max_length=20, choices=StopReason.choices, blank=True)
    lessons = models.TextField(max_length=2000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_by_affiliation = models.CharField(max_length=12)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=120)
    auth_method = models.CharField(max_length=30)
    auth_age_s = models.PositiveSmallIntegerField()
    second_factor = models.BooleanField()
    snapshot_sha256 = models.CharField(max_length=64)
    ledger_seq = models.PositiveBigIntegerField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round"], name="decision_one_per_round"),
            models.CheckConstraint(
                name="decision_is_the_clients", condition=Q(decided_by_affiliation="client")
            ),
            models.CheckConstraint(
                name="decision_not_by_the_submitter", condition=~Q(decided_by=models.F("submitted_by"))
            ),
            models.CheckConstraint(
                name="decision_signed_within_five_minutes", condition=Q(auth_age_s__lte=300)
            ),
            models.CheckConstraint(
                name="decision_hold_has_a_date",
                condition=~Q(outcome=Outcome.HOLD) | Q(hold_until__isnull=False),
            ),
            models.CheckConstraint(
                name="decision_stop_has_a_reason",
                condition=~Q(outcome=Outcome.STOP) | ~Q(stop_reason="") & ~Q(lessons=""),
            ),
        ]

    def __str__(self) -> str:
        return self.outcome


class Condition(TenantOwned):
    """A promise that goes with an approval: what, for which criterion, by whom, until when."""

    id_prefix: ClassVar[str] = "cnd"

    engagement = TenantForeignKey(Engagement, related_name="conditions")
    decision = TenantForeignKey(Decision, related_name="conditions")
    criterion_key = models.CharField(max_length=20)
    text = models.CharField(max_length=400)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due = models.DateField()
    status = models.CharField(max_length=8, choices=ConditionStatus.choices, default=ConditionStatus.OPEN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "criterion_key"], name="condition_once_per_criterion")
        ]

    def __str__(self) -> str:
        return self.criterion_key
