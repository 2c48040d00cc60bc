"""The right to decide, lent to somebody for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from engagements.models.engagement import Engagement, Gate
from engagements.rules.delegations import LONGEST_DAYS, Term
from portal.models import TenantForeignKey, TenantOwned


class Delegation(TenantOwned):
    """``giver`` lets ``receiver`` sign one gate (``gate`` None: each gate of the engagement).

    It is never widened or prolonged, only revoked; what it gives is what the giver may do at the signing.
    """

    id_prefix: ClassVar[str] = "dlg"

    engagement = TenantForeignKey(Engagement, related_name="delegations")
    gate = TenantForeignKey(Gate, null=True, related_name="delegations")
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    starts_on = models.DateField()
    until = models.DateField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(name="delegation_to_somebody_else", condition=~Q(giver=F("receiver"))),
            models.CheckConstraint(
                name="delegation_at_most_90_days",
                condition=Q(
                    until__gte=F("starts_on"), until__lte=F("starts_on") + timedelta(days=LONGEST_DAYS)
                ),
            ),
            models.CheckConstraint(
                name="delegation_revoked_by_somebody",
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"until {self.until}"

    def term(self) -> Term:
        """Its dates, as the rules read them."""
        return Term(self.starts_on, self.until, self.revoked_at)
