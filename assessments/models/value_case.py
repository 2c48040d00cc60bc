"""What is promised: benefits tied to cost components, the whole cost side, and what both come to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from assessments.models.pain_point import PainPoint
from assessments.vocabulary import CostKind
from portal.models.owned import TenantForeignKey, TenantOwned


class ValueCase(TenantOwned):
    """One version of an engagement's value case. Written by services.value_case only.

    The draft has no ``frozen_at``; there is one at most. Handing in a gate freezes it, and the next change
    starts a new number. ``costs`` is ``{line: {low, likely, high, grade, source}}`` as decimal text;
    ``model_cost`` is what a case is expected to cost until a run has measured it. ``totals`` was computed
    when it was last saved, ``terms`` is what it was computed from.
    """

    id_prefix: ClassVar[str] = "vac"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    horizon_months = models.PositiveSmallIntegerField(default=36)
    discount_rate = models.DecimalField(max_digits=5, decimal_places=4)
    ramp_months = models.PositiveSmallIntegerField(default=0)
    cases_per_year = models.DecimalField(max_digits=14, decimal_places=2)
    coverage = models.DecimalField(max_digits=5, decimal_places=4)
    wrong_case_cost = models.DecimalField(max_digits=18, decimal_places=4)
    demo_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    model_cost = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    costs = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField()
    totals = models.JSONField(default=dict)
    gate_number = models.PositiveSmallIntegerField(null=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="value_case_number_once"),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(frozen_at__isnull=True), name="value_case_one_draft"
            ),
            models.CheckConstraint(
                name="value_case_shares_are_0_to_1",
                condition=Q(coverage__gte=0, coverage__lte=1, discount_rate__gte=0, discount_rate__lte=1),
            ),
            models.CheckConstraint(
                name="value_case_horizon_is_1_to_120",
                condition=Q(horizon_months__gte=1, horizon_months__lte=120),
            ),
        ]

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


class Benefit(TenantOwned):
    """The part of one cost component that goes away. All parts of a component together are at most 1."""

    id_prefix: ClassVar[str] = "ben"

    value_case = TenantForeignKey(ValueCase, models.CASCADE, related_name="benefits")
    pain_point = TenantForeignKey(PainPoint, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=CostKind.choices)
    reduction_low = models.DecimalField(max_digits=5, decimal_places=4)
    reduction = models.DecimalField(max_digits=5, decimal_places=4)
    reduction_high = models.DecimalField(max_digits=5, decimal_places=4)
    adoption = models.DecimalField(max_digits=5, decimal_places=4)
    cashable = models.BooleanField()
    owner = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                name="benefit_low_likely_high",
                condition=Q(
                    reduction_low__gte=0, reduction_low__lte=F("reduction"),
                    reduction_high__gte=F("reduction"), reduction_high__lte=1,
                ),
            ),
            models.CheckConstraint(
                name="benefit_adoption_is_0_to_1", condition=Q(adoption__gte=0, adoption__lte=1)
            ),
        ]  # fmt: skip
