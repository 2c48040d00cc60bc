"""The one currency in which runs, assessments and pilots pay into gates."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from engagements.models.engagement import Engagement
from engagements.rules.terms import Reading
from engagements.vocabulary import SourceKind, Unit
from portal.models import TenantForeignKey, TenantOwned

_RATES = ("value", "low", "high", "bound_low", "bound_high")


def _between_0_and_1(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0, f"{name}__lte": 1})


def _rates() -> Q:
    condition = Q()
    for name in _RATES:
        condition &= _between_0_and_1(name)
    return ~Q(unit=Unit.RATE) | condition


class Measurement(TenantOwned):
    """One figure with its interval, or that there is none (``value`` None). Append-only.

    ``low``/``high``: two-sided; ``bound_low``/``bound_high``: the one-sided bounds, both at ``confidence``.
    ``valid`` False: the source was partial or broken, and no criterion may use it.
    """

    id_prefix: ClassVar[str] = "msm"

    engagement = TenantForeignKey(Engagement, related_name="measurements")
    key = models.SlugField(max_length=60)
    value = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    unit = models.CharField(max_length=12, choices=Unit.choices)
    n = models.PositiveIntegerField(null=True)
    low = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    high = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    bound_low = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    bound_high = models.DecimalField(max_digits=30, decimal_places=12, null=True)
    confidence = models.DecimalField(max_digits=5, decimal_places=4)
    method = models.CharField(max_length=60)
    seed = models.BigIntegerField(null=True)
    slice = models.CharField(max_length=120, blank=True)
    source_kind = models.CharField(max_length=16, choices=SourceKind.choices)
    source_id = models.UUIDField()
    config_sha256 = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField()
    measured_at = models.DateTimeField()
    valid = models.BooleanField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "engagement", "key", "-measured_at"], name="measurement_newest")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "key", "slice"],
                condition=Q(source_kind__in=[SourceKind.RUN, SourceKind.TEST]),
                name="measurement_once_per_run",
            ),
            models.CheckConstraint(name="measurement_rate_is_0_to_1", condition=_rates()),
            models.CheckConstraint(
                name="measurement_no_value_no_interval",
                condition=Q(value__isnull=False)
                | Q(low__isnull=True, high__isnull=True, bound_low__isnull=True, bound_high__isnull=True),
            ),
            models.CheckConstraint(
                name="measurement_ends_after_it_starts", condition=Q(measured_at__gte=F("started_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def reading(self) -> Reading:
        """The values that the rules read."""
        return Reading(
            key=self.key,
            value=self.value,
            unit=Unit(self.unit),
            n=self.n,
            bound_low=self.bound_low,
            bound_high=self.bound_high,
            confidence=self.confidence,
            method=self.method,
            seed=self.seed,
            slice=self.slice,
            source_kind=SourceKind(self.source_kind),
            config_sha256=self.config_sha256,
            started_at=self.started_at,
            measured_at=self.measured_at,
            valid=self.valid,
        )
