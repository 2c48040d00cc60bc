"""Signatures under a round, the decision that they make, and the promises that go with it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.delegation import Delegation
from engagements.models.engagement import Engagement
from engagements.models.round import GateRound
from engagements.rules.conditions import status_on
from engagements.rules.decisions import OUTCOME_PAST, reason_label
from engagements.vocabulary import ConditionStatus, Outcome, StopReason
from portal.models import TenantForeignKey, TenantOwned
from portal.roles import Role


class Approval(TenantOwned):
    """One signature under a round, never changed. The decision is made with the last, or with the first "no".

    ``principal`` is whose right was used: the signer, or who delegated. ``conditions``: what an approval with
    conditions laid down, as text, so that later signers sign the same. ``auth_age_s`` in seconds.
    """

    id_prefix: ClassVar[str] = "apr"

    engagement = TenantForeignKey(Engagement, related_name="approvals")
    round = TenantForeignKey(GateRound, related_name="approvals")
    seat = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=16, choices=Role.choices)
    outcome = models.CharField(max_length=24, choices=Outcome.choices)
    statement = models.TextField()
    conditions = models.JSONField(default=list)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    principal = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    delegation = TenantForeignKey(Delegation, null=True, related_name="approvals")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=120)
    auth_method = models.CharField(max_length=30)
    auth_age_s = models.PositiveSmallIntegerField()
    second_factor = models.BooleanField()
    snapshot_sha256 = models.CharField(max_length=64)
    ledger_seq = models.PositiveBigIntegerField()
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(fields=["round", "seat"], name="approval_one_per_seat"),
            models.UniqueConstraint(fields=["round", "signed_by"], name="approval_one_per_person"),
            models.UniqueConstraint(fields=["round", "principal"], name="approval_one_per_principal"),
            models.CheckConstraint(
                name="approval_not_by_the_submitter",
                condition=~Q(signed_by=models.F("submitted_by")) & ~Q(principal=models.F("submitted_by")),
            ),
            models.CheckConstraint(
                name="approval_signed_within_five_minutes", condition=Q(auth_age_s__lte=300)
            ),
            models.CheckConstraint(
                name="approval_for_another_needs_a_delegation",
                condition=Q(signed_by=models.F("principal"), delegation__isnull=True)
                | ~Q(signed_by=models.F("principal")) & Q(delegation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.get_outcome_display()}"


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
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
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

    @property
    def reason_label(self) -> str:
        """What its reason is called on pages and paper."""
        return reason_label(Outcome(self.outcome))

    @property
    def outcome_past(self) -> str:
        """What was decided, as a thing done: ``approved``."""
        return OUTCOME_PAST[Outcome(self.outcome)]


class Condition(TenantOwned):
    """A promise that goes with an approval: what, for which criterion, by whom, until when.

    Its owner hands in what shows that it is met (``closing_note``, ``closing_link``); the client accepts it.
    ``status`` is written by services.conditions only; ``status_on`` also knows what no job has said yet.
    """

    id_prefix: ClassVar[str] = "cnd"

    engagement = TenantForeignKey(Engagement, related_name="conditions")
    decision = TenantForeignKey(Decision, related_name="conditions")
    criterion_key = models.CharField(max_length=20)
    text = models.CharField(max_length=400)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due = models.DateField()
    status = models.CharField(max_length=8, choices=ConditionStatus.choices, default=ConditionStatus.OPEN)
    lapsed_at = models.DateTimeField(null=True, editable=False)
    closing_note = models.CharField(max_length=1000, blank=True)
    closing_link = models.CharField(max_length=400, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, editable=False)
    returned_reason = models.CharField(max_length=600, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True, editable=False)
    waived_reason = models.CharField(max_length=600, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "criterion_key"], name="condition_once_per_criterion"
            ),
            models.CheckConstraint(
                name="condition_met_has_evidence_and_acceptance",
                condition=~Q(status=ConditionStatus.MET)
                | Q(proposed_by__isnull=False, closed_by__isnull=False, closed_at__isnull=False)
                & ~Q(closing_note=""),
            ),
            models.CheckConstraint(
                name="condition_waived_has_a_reason",
                condition=~Q(status=ConditionStatus.WAIVED)
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(waived_reason=""),
            ),
            models.CheckConstraint(
                name="condition_unclosed_has_no_end",
                condition=Q(status__in=[ConditionStatus.MET, ConditionStatus.WAIVED])
                | Q(closed_by__isnull=True, closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="condition_not_accepted_by_who_handed_it_in",
                condition=Q(closed_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(closed_by=models.F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return self.criterion_key

    def status_on(self, today: date) -> ConditionStatus:
        """Where it stands on a day."""
        return status_on(ConditionStatus(self.status), self.due, today=today)
