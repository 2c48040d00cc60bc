"""What is handed in to show that something is so: an item, and its versions one after the other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from engagements.models.engagement import Engagement
from engagements.vocabulary import EvidenceKind, EvidenceStatus, EvidenceStrength, ScanState, Unit
from portal.models import TenantForeignKey, TenantOwned
from portal.vocabulary import Visibility


class EvidenceFile(TenantOwned):
    """The bytes of one file. In the database, so that the wall, the hash and the backup hold for them too."""

    id_prefix: ClassVar[str] = "evf"

    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()


class EvidenceItem(TenantOwned):
    """One thing that is shown, over all its versions. ``proves`` is the key that criteria can ask for."""

    id_prefix: ClassVar[str] = "evi"

    engagement = TenantForeignKey(Engagement, related_name="evidence_items")
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=EvidenceKind.choices)
    proves = models.SlugField(max_length=50, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices)

    class Meta:
        indexes = [models.Index(fields=["tenant", "engagement"], name="evidence_of_engagement")]


class EvidenceVersion(TenantOwned):
    """What was handed in at one moment. Its content never changes; it is accepted or sent back once.

    ``value`` in ``unit``: the figure that it shows, None for what shows no figure.
    ``effective_from``: the day that it speaks of; it holds until ``effective_to``, or until a reader's own
    age limit. ``about``: keys of the questions and criteria that it speaks to.
    """

    id_prefix: ClassVar[str] = "evv"

    item = TenantForeignKey(EvidenceItem, related_name="versions")
    number = models.PositiveIntegerField()
    about = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    strength = models.CharField(max_length=16, choices=EvidenceStrength.choices)
    period_days = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    url = models.URLField(max_length=500, blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    unit = models.CharField(max_length=12, choices=Unit.choices, blank=True)
    drill = models.JSONField(default=dict, blank=True)
    file = TenantForeignKey(EvidenceFile, related_name="+", null=True, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    received_at = models.DateTimeField()
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handed_in_side = models.CharField(max_length=12)
    scan_state = models.CharField(max_length=12, choices=ScanState.choices, default=ScanState.NOT_SCANNED)
    status = models.CharField(max_length=10, choices=EvidenceStatus.choices, default=EvidenceStatus.RECEIVED)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    judged_side = models.CharField(max_length=12, blank=True)
    judged_at = models.DateTimeField(null=True)
    judgement = models.TextField(max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="evidence_version_number_once"),
            models.CheckConstraint(
                name="evidence_judged_iff_not_received",
                condition=Q(status=EvidenceStatus.RECEIVED, judged_by__isnull=True, judged_at__isnull=True)
                | (~Q(status=EvidenceStatus.RECEIVED) & Q(judged_by__isnull=False, judged_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="evidence_judged_by_the_other_side",
                condition=Q(judged_side="") | ~Q(judged_side=models.F("handed_in_side")),
            ),
            models.CheckConstraint(
                name="evidence_recurring_has_a_period",
                condition=Q(strength=EvidenceStrength.RECURRING, period_days__gt=0)
                | (~Q(strength=EvidenceStrength.RECURRING) & Q(period_days__isnull=True)),
            ),
            models.CheckConstraint(
                name="evidence_value_has_a_unit",
                condition=Q(value__isnull=True, unit="") | (Q(value__isnull=False) & ~Q(unit="")),
            ),
            models.CheckConstraint(
                name="evidence_ends_after_it_begins",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=models.F("effective_from")),
            ),
        ]

    def expires_on(self, max_age_days: int | None = None) -> date | None:
        """The day on which it stops counting, under an age limit of the reader; None: it does not."""
        ends = [] if self.effective_to is None else [self.effective_to]
        if max_age_days is not None:
            ends.append(self.effective_from + timedelta(days=max_age_days))
        return min(ends, default=None)
