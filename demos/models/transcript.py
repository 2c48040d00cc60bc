"""What is kept of questions and answers, for how long, and the proof of what was deleted."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.models.run import Run
from demos.vocabulary import TranscriptMode
from portal.models import TenantForeignKey, TenantOwned


class TranscriptPolicy(TenantOwned):
    """The rule of one engagement. Without a row texts are kept in full. ``retention_days`` None: no end."""

    id_prefix: ClassVar[str] = "trp"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=TranscriptMode.choices)
    retention_days = models.PositiveSmallIntegerField(null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement"], name="transcript_policy_is_one_for_engagement"),
            models.CheckConstraint(
                condition=Q(retention_days__isnull=True) | Q(retention_days__gte=1),
                name="texts_are_kept_a_day_at_least",
            ),
        ]


class TextDeletion(TenantOwned):
    """The proof that the texts of a run are gone: how many rows, from when to when, and over which ids.

    ``ids_sha256`` is over the attempts' ids in order, one a line: anybody with the rows can repeat it.
    Without a run it is about tests of connections: ``exchanges`` of them, and the hash is over their ids.
    """

    id_prefix: ClassVar[str] = "txd"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="text_deletions")
    run = TenantForeignKey(Run, models.PROTECT, related_name="text_deletions", null=True)
    retention_days = models.PositiveSmallIntegerField()
    attempts = models.PositiveIntegerField()
    regrades = models.PositiveIntegerField()
    opinions = models.PositiveIntegerField()
    exchanges = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    ids_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run"], name="texts_of_a_run_are_deleted_once"),
            models.CheckConstraint(
                condition=Q(run__isnull=False, exchanges=0) | Q(run__isnull=True, exchanges__gte=1),
                name="deletion_is_of_a_run_or_of_exchanges",
            ),
        ]
