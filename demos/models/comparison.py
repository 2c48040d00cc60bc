"""Two runs over the same cases, compared once and kept."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from demos.models.run import Run
from demos.vocabulary import ComparisonVerdict
from portal.models import TenantForeignKey, TenantOwned


class Comparison(TenantOwned):
    """What changed from one run to another, on the cases that both asked. Never changed.

    ``difference`` is now minus before as a fraction; low and high two-sided 95 %, the bounds one-sided.
    ``lost`` and ``won`` list [case of before, case of now]. ``others`` and ``slices`` are the tables beside
    the pass rate, corrected by Holm. ``noninferior`` None: no margin was given.
    """

    id_prefix: ClassVar[str] = "cmp"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="comparisons")
    before = TenantForeignKey(Run, models.PROTECT, related_name="compared_before")
    now = TenantForeignKey(Run, models.PROTECT, related_name="compared_now")
    before_version = models.PositiveSmallIntegerField()
    now_version = models.PositiveSmallIntegerField()
    margin = models.DecimalField(max_digits=6, decimal_places=4)
    n = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField()
    b = models.PositiveIntegerField()
    c = models.PositiveIntegerField()
    passed_before = models.PositiveIntegerField()
    difference = models.DecimalField(max_digits=12, decimal_places=10)
    low = models.DecimalField(max_digits=12, decimal_places=10)
    high = models.DecimalField(max_digits=12, decimal_places=10)
    bound_low = models.DecimalField(max_digits=12, decimal_places=10)
    bound_high = models.DecimalField(max_digits=12, decimal_places=10)
    p = models.FloatField()
    p_mid = models.FloatField()
    verdict = models.CharField(max_length=24, choices=ComparisonVerdict.choices)
    noninferior = models.BooleanField(null=True)
    more_cases = models.PositiveIntegerField(null=True)
    same_target = models.BooleanField()
    same_cases = models.BooleanField()
    same_graders = models.BooleanField()
    method = models.CharField(max_length=120)
    seed = models.PositiveBigIntegerField()
    others = models.JSONField()
    slices = models.JSONField()
    lost = models.JSONField()
    won = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["before", "now", "before_version", "now_version", "margin"],
                name="runs_are_compared_once",
            ),
            models.CheckConstraint(condition=~Q(before=F("now")), name="comparison_is_of_two_runs"),
            models.CheckConstraint(
                condition=Q(n__gte=F("b") + F("c")), name="comparison_has_no_more_flips_than_cases"
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.now.number} against run {self.before.number}"

    @property
    def failed_before(self) -> int:
        """Cases wrong in the older run."""
        return self.n - self.passed_before

    @property
    def both_right(self) -> int:
        """Cases right in both runs."""
        return self.passed_before - self.b

    @property
    def both_wrong(self) -> int:
        """Cases wrong in both runs."""
        return self.n - self.passed_before - self.c

    @property
    def passed_now(self) -> int:
        """Cases right in the newer run."""
        return self.passed_before - self.b + self.c
