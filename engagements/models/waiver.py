"""A criterion that the client's approver lets pass for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from engagements.models.criteria import Criterion
from engagements.models.engagement import Engagement
from engagements.models.round import GateRound
from engagements.rules.terms import Waiver as WaiverValue
from engagements.rules.waivers import LONGEST_DAYS
from portal.models import TenantForeignKey, TenantOwned


class Waiver(TenantOwned):
    """Of one criterion of a sealed set, until and on ``expires``. Never changed; another may follow.

    ``round`` is the one that was open when it was granted, None if there was none.
    """

    id_prefix: ClassVar[str] = "wvr"

    engagement = TenantForeignKey(Engagement, related_name="waivers")
    criterion = TenantForeignKey(Criterion, related_name="waivers")
    round = TenantForeignKey(GateRound, null=True, related_name="waivers")
    reason = models.CharField(max_length=600)
    compensating = models.CharField(max_length=600)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_on = models.DateField()
    expires = models.DateField()
    warned_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="waiver_at_most_180_days",
                condition=Q(
                    expires__gt=F("granted_on"), expires__lte=F("granted_on") + timedelta(days=LONGEST_DAYS)
                ),
            ),
            models.CheckConstraint(
                name="waiver_has_reason_and_measure", condition=~Q(reason="") & ~Q(compensating="")
            ),
        ]

    def __str__(self) -> str:
        return f"until {self.expires}"

    def value(self) -> WaiverValue:
        """The values that the rules read. ``granted_by`` has to be loaded."""
        return WaiverValue(by=self.granted_by.name, until=self.expires, why=self.reason.rstrip(". "))
