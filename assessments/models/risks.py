"""What can go wrong here, who sees to it, and what the client has accepted until when."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assessments.vocabulary import RiskResponse, RiskStatus
from portal.models.owned import TenantForeignKey, TenantOwned


def _one_to_five(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": 1, f"{name}__lte": 5})


class Risk(TenantOwned):
    """One risk of an engagement. ``catalogue`` is its key there, "" for one of its own.

    ``residual_*``: what is left after the response, None while nobody has said so.
    """

    id_prefix: ClassVar[str] = "rsk"

    engagement = TenantForeignKey("engagements.Engagement", related_name="+")
    catalogue = models.CharField(max_length=4, blank=True)
    title = models.CharField(max_length=200)
    elements = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    response = models.CharField(max_length=8, choices=RiskResponse.choices, blank=True, default="")
    plan = models.TextField(max_length=2000, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    due = models.DateField(null=True, blank=True)
    residual_likelihood = models.PositiveSmallIntegerField(null=True, blank=True)
    residual_impact = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=RiskStatus.choices, default=RiskStatus.OPEN)
    signal = models.CharField(max_length=40, blank=True)
    signal_words = models.CharField(max_length=300, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    accepted_until = models.DateField(null=True)
    acceptance_reason = models.TextField(max_length=2000, blank=True)
    settled_at = models.DateTimeField(null=True)
    closed_reason = models.TextField(max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant", "engagement"], name="risk_of_engagement")]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "catalogue"], condition=~Q(catalogue=""), name="risk_of_catalogue_once"
            ),
            *(
                models.CheckConstraint(name=f"risk_{name}_1_to_5", condition=_one_to_five(name))
                for name in ("likelihood", "impact", "residual_likelihood", "residual_impact")
            ),
            models.CheckConstraint(
                name="risk_residual_is_whole",
                condition=Q(residual_likelihood__isnull=True, residual_impact__isnull=True)
                | Q(residual_likelihood__isnull=False, residual_impact__isnull=False),
            ),
            models.CheckConstraint(
                name="risk_accepted_iff_dated",
                condition=(
                    Q(status=RiskStatus.ACCEPTED, accepted_by__isnull=False, accepted_until__isnull=False)
                    & ~Q(acceptance_reason="")
                )
                | ~Q(status=RiskStatus.ACCEPTED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.catalogue} {self.title}".strip()

    @property
    def gross_score(self) -> int:
        """Likelihood times impact before any control, 1 to 25."""
        return self.likelihood * self.impact

    @property
    def score(self) -> int:
        """What is left after the response, or all of it while nobody has said what is left."""
        if self.residual_likelihood is None or self.residual_impact is None:
            return self.gross_score
        return self.residual_likelihood * self.residual_impact
