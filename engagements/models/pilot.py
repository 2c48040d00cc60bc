"""What is reported from a pilot, period by period. A correction is a new version; nothing is overwritten."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from engagements.models.engagement import Engagement
from engagements.models.evidence import EvidenceItem
from engagements.pilot_words import GRADES, Aspect, Cause, FigureSource, Group, Parity, Severity
from engagements.rules.periods import Period
from engagements.vocabulary import Side
from portal.figures import Number, exact, plain
from portal.models import TenantForeignKey, TenantOwned


def written(value: Number) -> str:
    """Two digits from 1 upward, five below: 14.9, 0.0042."""
    return plain(value, 2 if abs(exact(value)) >= 1 else 5)


class Observation(TenantOwned):
    """One figure of one period, in the unit of its metric. The highest ``number`` of a place counts.

    ``value`` None: what was reported is taken back. ``late``: told more than two weeks after the period.
    """

    id_prefix: ClassVar[str] = "obs"

    engagement = TenantForeignKey(Engagement, related_name="observations")
    key = models.SlugField(max_length=60)
    group = models.CharField(max_length=10, choices=Group.choices)
    period = models.CharField(max_length=10)
    begins = models.DateField()
    ends = models.DateField()
    segment = models.CharField(max_length=80, blank=True)
    number = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    n = models.PositiveIntegerField(null=True)
    spread = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    source = models.CharField(max_length=16, choices=FigureSource.choices)
    note = models.CharField(max_length=200, blank=True)
    evidence = TenantForeignKey(EvidenceItem, null=True, related_name="+")
    late = models.BooleanField()
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "key", "group", "period", "segment", "number"],
                name="observation_version_once",
            ),
            models.CheckConstraint(
                name="observation_ends_after_it_begins", condition=Q(ends__gte=F("begins"))
            ),
            models.CheckConstraint(name="observation_has_cases", condition=Q(n__isnull=True) | Q(n__gt=0)),
            models.CheckConstraint(
                name="observation_spread_is_not_negative", condition=Q(spread__isnull=True) | Q(spread__gte=0)
            ),
        ]

    @property
    def grade(self) -> str:
        """A to D, from the source."""
        return GRADES[self.source]

    @property
    def written(self) -> str:
        """The value with as many digits as it takes to tell figures of its size apart."""
        return "" if self.value is None else written(self.value)

    def when(self) -> Period:
        return Period(self.period, self.begins, self.ends)


class AdoptionCount(TenantOwned):
    """Who could use it, who did, and what became of its answers in one period. Newest ``number`` counts.

    ``eligible`` and ``active`` count people, the others cases. None: not counted. ``reasons``: how many of
    the overridden for each reason code.
    """

    id_prefix: ClassVar[str] = "adc"

    engagement = TenantForeignKey(Engagement, related_name="adoption_counts")
    period = models.CharField(max_length=10)
    begins = models.DateField()
    ends = models.DateField()
    segment = models.CharField(max_length=80, blank=True)
    number = models.PositiveIntegerField()
    eligible = models.PositiveIntegerField()
    active = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField(null=True)
    overridden = models.PositiveIntegerField(null=True)
    abandoned = models.PositiveIntegerField(null=True)
    reasons = models.JSONField(default=dict)
    source = models.CharField(max_length=16, choices=FigureSource.choices)
    note = models.CharField(max_length=200, blank=True)
    late = models.BooleanField()
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "period", "segment", "number"], name="adoption_version_once"
            ),
            models.CheckConstraint(
                name="adoption_active_are_eligible", condition=Q(active__lte=F("eligible"))
            ),
            models.CheckConstraint(name="adoption_somebody_is_eligible", condition=Q(eligible__gt=0)),
        ]

    @property
    def grade(self) -> str:
        """A to D, from the source."""
        return GRADES[self.source]


class Incident(TenantOwned):
    """Something that went wrong in the pilot, with when it was seen and when it was mended.

    ``reference``: its name where it was noted first, such as a ticket; "" for one that was written here.
    """

    id_prefix: ClassVar[str] = "inc"

    engagement = TenantForeignKey(Engagement, related_name="incidents")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=80, blank=True, default="")
    title = models.CharField(max_length=160)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices)
    cause = models.CharField(max_length=12, choices=Cause.choices, default=Cause.UNKNOWN)
    started_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    mitigated_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    note = models.TextField(max_length=2000, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="incident_number_once"),
            models.UniqueConstraint(
                fields=["engagement", "reference"], condition=~Q(reference=""), name="incident_reference_once"
            ),
            models.CheckConstraint(
                name="incident_is_seen_after_it_starts", condition=Q(detected_at__gte=F("started_at"))
            ),
            models.CheckConstraint(
                name="incident_is_mended_after_it_is_seen",
                condition=(Q(mitigated_at__isnull=True) | Q(mitigated_at__gte=F("detected_at")))
                & (Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("detected_at"))),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ParityCheck(TenantOwned):
    """One respect in which the pilot's environment was compared with production."""

    id_prefix: ClassVar[str] = "par"

    engagement = TenantForeignKey(Engagement, related_name="parity_checks")
    aspect = models.CharField(max_length=10, choices=Aspect.choices)
    state = models.CharField(max_length=10, choices=Parity.choices)
    note = models.CharField(max_length=400, blank=True)
    looked_at = models.DateTimeField()
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "aspect"], name="parity_aspect_once"),
            models.CheckConstraint(
                name="parity_difference_is_described", condition=Q(state=Parity.SAME) | ~Q(note="")
            ),
        ]


class PilotPlan(TenantOwned):
    """Scope, people, environment, dates, exit rules. The highest ``number`` holds; a change is a new row."""

    id_prefix: ClassVar[str] = "plp"

    engagement = TenantForeignKey(Engagement, related_name="pilot_plans")
    number = models.PositiveIntegerField()
    scope = models.TextField(max_length=1000)
    users = models.TextField(max_length=1000)
    environment = models.TextField(max_length=1000)
    begins = models.DateField()
    ends = models.DateField()
    exit_rules = models.TextField(max_length=1000)
    reason = models.TextField(max_length=1000, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="pilot_plan_number_once"),
            models.CheckConstraint(
                name="pilot_plan_ends_after_it_begins", condition=Q(ends__gte=F("begins"))
            ),
            models.CheckConstraint(
                name="pilot_plan_change_has_a_reason", condition=Q(number=1) | ~Q(reason="")
            ),
        ]

    @property
    def version(self) -> int:
        """What the API reads as its version: a plan never changes, a newer one takes its place."""
        return self.number


class PilotPlanSeal(TenantOwned):
    """One side stands by one version of the plan. With both, its terms hold until a newer one has both."""

    id_prefix: ClassVar[str] = "pls"

    engagement = TenantForeignKey(Engagement, related_name="+")
    plan = TenantForeignKey(PilotPlan, related_name="seals")
    side = models.CharField(max_length=12, choices=Side.choices)
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, editable=False, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "side"], name="pilot_plan_sealed_once_a_side")]
