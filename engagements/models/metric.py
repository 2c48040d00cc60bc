"""The one figure that has to move, and what must not suffer meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms
from engagements.vocabulary import Aggregation, Direction, TargetKind
from portal.models import TenantForeignKey, TenantOwned


class SuccessMetric(TenantOwned):
    """Frozen once both sides have sealed it. ``guardrails``: list of name, above, limit (text), unit."""

    id_prefix: ClassVar[str] = "met"

    engagement = TenantForeignKey(Engagement, related_name="success_metrics")
    name = models.CharField(max_length=160)
    unit = models.CharField(max_length=20, blank=True)
    aggregation = models.CharField(max_length=8, choices=Aggregation.choices)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    target_kind = models.CharField(max_length=10, choices=TargetKind.choices)
    target = models.DecimalField(max_digits=18, decimal_places=6)
    baseline_value = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    baseline_n = models.PositiveIntegerField(null=True, blank=True)
    baseline_from = models.DateField(null=True, blank=True)
    baseline_to = models.DateField(null=True, blank=True)
    baseline_source = models.CharField(max_length=200, blank=True)
    guardrails = models.JSONField(default=list, blank=True)
    sealed_by_consultancy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    sealed_by_client = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    sealed_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement"], name="metric_one_per_engagement"),
            models.CheckConstraint(
                name="metric_sealed_by_both_with_baseline",
                condition=Q(sealed_at__isnull=True)
                | Q(
                    sealed_by_consultancy__isnull=False,
                    sealed_by_client__isnull=False,
                    baseline_value__isnull=False,
                    baseline_n__isnull=False,
                    baseline_from__isnull=False,
                    baseline_to__isnull=False,
                )
                & ~Q(baseline_source=""),
            ),
        ]

    def terms(self) -> MetricTerms:
        """The values that the rules read."""
        return MetricTerms(
            name=self.name,
            unit=self.unit,
            aggregation=Aggregation(self.aggregation),
            direction=Direction(self.direction),
            target_kind=TargetKind(self.target_kind),
            target=self.target,
            baseline=Baseline(
                self.baseline_value,
                self.baseline_n,
                self.baseline_from,
                self.baseline_to,
                self.baseline_source,
            ),
            guardrails=tuple(
                Guardrail(rail["name"], rail["above"], Decimal(rail["limit"]), rail["unit"])
                for rail in self.guardrails
            ),
        )
