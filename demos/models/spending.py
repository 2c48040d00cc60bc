"""How much money the runs of a client may cost in a month."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.models import TenantOwned


class SpendGuard(TenantOwned):
    """The most that all runs of a client in one currency may cost in a calendar month (UTC).

    ``warned_month`` is the first day of the month in which 80 % were said aloud.
    """

    id_prefix: ClassVar[str] = "spg"

    currency = models.CharField(max_length=3)
    monthly_limit = models.DecimalField(max_digits=18, decimal_places=4)
    warned_month = models.DateField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency"], name="spend_guard_is_one_for_currency"),
            models.CheckConstraint(condition=Q(monthly_limit__gt=0), name="spend_guard_is_above_zero"),
        ]
