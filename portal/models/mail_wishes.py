"""How one person wants to be told of things."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from portal.wishes import Wishes


class MailWishes(models.Model):
    """One row a person who chose something; who has none hears of everything by mail, at any hour.

    ``channels``: topic to channel, for those that differ from mail at once. ``quiet_from`` and
    ``quiet_until`` are both None or both set, and are times of ``zone``.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_wishes"
    )
    channels = models.JSONField(default=dict)
    zone = models.CharField(max_length=60, default="UTC")
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_at = models.TimeField(default=time(8))

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_begin_and_end",
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~models.Q(quiet_from=models.F("quiet_until"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user_id)

    def wishes(self) -> Wishes:
        """The same without the database."""
        quiet = None
        if self.quiet_from is not None and self.quiet_until is not None:
            quiet = (self.quiet_from, self.quiet_until)
        return Wishes(self.channels, ZoneInfo(self.zone), quiet, self.digest_at)
