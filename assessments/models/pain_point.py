"""What costs the client money today, part by part, and how well each part is known."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from assessments.models.process_map import ProcessStep
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from portal.models.owned import TenantForeignKey, TenantOwned


class PainPoint(TenantOwned):
    """One place in the client's work where money is lost. Written by services.pain_points only.

    ``suitability`` is the answer to each of the seven checks; ``chosen`` is the one that the demo takes up.
    ``urgency`` and ``risk_reduction`` are 0 to 10, ``reach`` is cases a year, ``impact`` 0.25 to 3; None is
    not estimated. These are written by services.suitability.
    """

    id_prefix: ClassVar[str] = "pnp"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=24, choices=PainKind.choices)
    step = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=4000, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    effort_days = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)
    process_step = TenantForeignKey(
        ProcessStep, models.PROTECT, null=True, blank=True, related_name="pain_points"
    )
    suitability = models.JSONField(default=dict)
    suitability_note = models.TextField(max_length=2000, blank=True)
    chosen = models.BooleanField(default=False)
    urgency = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    risk_reduction = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    reach = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    impact = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant", "engagement"], name="pain_point_of_engagement")]
        constraints = [
            models.CheckConstraint(
                name="pain_point_effort_is_positive",
                condition=Q(effort_days__isnull=True) | Q(effort_days__gt=0),
            ),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(chosen=True), name="pain_point_one_chosen"
            ),
        ]


class CostComponent(TenantOwned):
    """One claimed part of a pain point's cost a year, in the engagement's currency.

    ``inputs`` are the numbers of the kind's formula as decimal text; ``likely`` is what they give.
    """

    id_prefix: ClassVar[str] = "cst"

    pain_point = TenantForeignKey(PainPoint, models.CASCADE, related_name="components")
    kind = models.CharField(max_length=12, choices=CostKind.choices)
    inputs = models.JSONField(encoder=DjangoJSONEncoder)
    low = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    likely = models.DecimalField(max_digits=18, decimal_places=4)
    high = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    grade = models.CharField(max_length=1, choices=EvidenceGrade.choices)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pain_point", "kind"], name="cost_component_kind_once"),
            models.CheckConstraint(name="cost_component_is_not_negative", condition=Q(likely__gte=0)),
            models.CheckConstraint(
                name="cost_component_low_likely_high",
                condition=Q(low__isnull=True, high__isnull=True)
                | Q(low__isnull=False, high__isnull=False, low__lte=F("likely"), high__gte=F("likely")),
            ),
        ]

    @property
    def numbers(self) -> dict[str, Decimal]:
        return {key: Decimal(value) for key, value in self.inputs.items()}
