"""How the work is done today, step by step, with how well each number is known."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from portal.models.owned import TenantForeignKey, TenantOwned


def _not_negative(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 0})


class ProcessStep(TenantOwned):
    """One step of a process, in its order. Written by services.process_map only.

    A number that is None was not measured. ``evidence`` holds grade and source of each number by its name.
    """

    id_prefix: ClassVar[str] = "stp"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    process = models.CharField(max_length=120)
    order = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    actor = models.CharField(max_length=120, blank=True)
    system = models.CharField(max_length=120, blank=True)
    volume_per_year = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    touch_minutes = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    wait_minutes = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    error_rate = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    hours_per_year = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    evidence = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["process", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "process", "order"],
                name="process_step_order_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="process_step_is_not_negative",
                condition=_not_negative("volume_per_year")
                & _not_negative("touch_minutes")
                & _not_negative("wait_minutes")
                & _not_negative("hours_per_year"),
            ),
            models.CheckConstraint(
                name="process_step_error_rate_is_0_to_1",
                condition=Q(error_rate__isnull=True) | Q(error_rate__gte=0, error_rate__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name
