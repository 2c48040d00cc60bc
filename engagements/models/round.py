"""One submission of a gate: its frozen snapshot and the verdict on each criterion."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.criteria import CriteriaSet, Criterion
from engagements.models.engagement import Engagement, Gate
from engagements.models.measurement import Measurement
from engagements.rules.clock import Review
from engagements.vocabulary import OPEN_ROUNDS, Reason, RoundStatus, Verdict
from portal.models import TenantForeignKey, TenantOwned

_HANDED_IN = [s for s in RoundStatus if s not in (RoundStatus.PREPARING, RoundStatus.WITHDRAWN)]


class Snapshot(TenantOwned):
    """What a decision rests on, as canonical JSON text. Append-only; the database checks the hash."""

    id_prefix: ClassVar[str] = "snp"

    engagement = TenantForeignKey(Engagement, related_name="snapshots")
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "sha256"], name="snapshot_by_hash")]

    def __str__(self) -> str:
        return self.sha256[:16]

    def content(self) -> dict[str, Any]:
        """The parsed body; decimals are text."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class GateRound(TenantOwned):
    """``status`` is written by services.gates only. ``decision_id`` is set iff the round is decided."""

    id_prefix: ClassVar[str] = "rnd"

    engagement = TenantForeignKey(Engagement, related_name="rounds")
    gate = TenantForeignKey(Gate, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=14, choices=RoundStatus.choices, default=RoundStatus.PREPARING)
    criteria_set = TenantForeignKey(CriteriaSet, related_name="rounds")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    due = models.DateField(null=True)
    snapshot = TenantForeignKey(Snapshot, null=True, related_name="rounds")
    submit_seq = models.PositiveBigIntegerField(null=True)
    decision_id = models.UUIDField(null=True, unique=True, editable=False)
    paused_since = models.DateTimeField(null=True, editable=False)
    paused_days = models.PositiveSmallIntegerField(default=0, editable=False)
    end_reason = models.CharField(max_length=600, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["gate", "number"], name="round_number_once"),
            models.UniqueConstraint(
                fields=["gate"], condition=Q(status__in=OPEN_ROUNDS), name="round_at_most_one_open"
            ),
            models.CheckConstraint(
                name="round_decided_iff_decision",
                condition=Q(status=RoundStatus.DECIDED, decision_id__isnull=False)
                | ~Q(status=RoundStatus.DECIDED) & Q(decision_id__isnull=True),
            ),
            models.CheckConstraint(
                name="round_handed_in_has_snapshot",
                condition=~Q(status__in=_HANDED_IN)
                | Q(
                    snapshot__isnull=False,
                    submitted_by__isnull=False,
                    submitted_at__isnull=False,
                    submit_seq__isnull=False,
                ),
            ),
            models.CheckConstraint(name="round_status_is_known", condition=Q(status__in=RoundStatus.values)),
            models.CheckConstraint(
                name="round_clock_stands_only_while_an_answer_is_owed",
                condition=Q(status=RoundStatus.CLARIFICATION, paused_since__isnull=False)
                | ~Q(status=RoundStatus.CLARIFICATION) & Q(paused_since__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Round {self.number}"

    def review(self) -> Review:
        """The dates of the review, as the rules read them. ValueError for a round that was not handed in."""
        if self.due is None or self.submitted_at is None:
            raise ValueError("a round in preparation has no review")
        return Review(
            RoundStatus(self.status), self.submitted_at.date(), self.due, self.paused_since, self.paused_days
        )


class CriterionResult(TenantOwned):
    """The verdict on one criterion at submission. Append-only."""

    id_prefix: ClassVar[str] = "crr"

    round = TenantForeignKey(GateRound, related_name="results")
    criterion = TenantForeignKey(Criterion, related_name="results")
    measurement = TenantForeignKey(Measurement, null=True, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    why = models.TextField()
    next_action = models.TextField(blank=True)
    observed = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    bound_low = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    bound_high = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    n = models.PositiveIntegerField(null=True)
    more_cases = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "criterion"], name="result_once_per_criterion"),
            models.CheckConstraint(
                name="result_without_data_is_never_met",
                condition=Q(observed__isnull=False) | ~Q(verdict__in=[Verdict.MET, Verdict.NOT_MET]),
            ),
        ]

    def __str__(self) -> str:
        return self.verdict
