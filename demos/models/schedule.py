"""Runs that start by themselves, and what became of each start."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.drift_rules import is_worse, sentence
from demos.models.comparison import Comparison
from demos.models.dataset import DatasetVersion
from demos.models.run import Run
from demos.models.target import Target
from portal.models import TenantForeignKey, TenantOwned


class RunSchedule(TenantOwned):
    """The same cases asked of a system again and again, each time compared with a run that was accepted.

    The newest version of ``target`` is asked. Graders and repeats are those of ``accepted_run``: with
    others, nothing could be compared. ``due_at`` is the next start; ``owner`` is in whose name it starts.
    ``margin``: a fall of the pass rate that would not matter, as a fraction; 0: every real fall is worse.
    """

    id_prefix: ClassVar[str] = "sch"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="schedules")
    name = models.CharField(max_length=120)
    target = TenantForeignKey(Target, models.PROTECT, related_name="schedules")
    dataset_version = TenantForeignKey(DatasetVersion, models.PROTECT, related_name="schedules")
    accepted_run = TenantForeignKey(Run, models.PROTECT, related_name="schedules")
    interval_days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    max_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    margin = models.DecimalField(max_digits=6, decimal_places=4, default=0)
    is_on = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "name"], name="schedule_name_is_unique"),
            models.CheckConstraint(
                condition=Q(interval_days__gte=1, interval_days__lte=92),
                name="schedule_interval_1_to_92",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(is_on=True), name="schedule_due")]

    def __str__(self) -> str:
        return self.name


class ScheduledStart(TenantOwned):
    """One due time of a schedule: the run that it started, and the comparison or the reason for none.

    ``missed`` counts due times that passed while nothing was there to start them. Settled, it never changes.
    """

    id_prefix: ClassVar[str] = "scs"

    schedule = TenantForeignKey(RunSchedule, models.PROTECT, related_name="starts")
    due_at = models.DateTimeField()
    missed = models.PositiveIntegerField(default=0)
    run = TenantForeignKey(Run, models.PROTECT, related_name="scheduled_starts", null=True)
    comparison = TenantForeignKey(Comparison, models.PROTECT, related_name="scheduled_starts", null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "due_at"], name="schedule_starts_once_a_due_time"),
            models.UniqueConstraint(fields=["run"], name="run_comes_from_one_scheduled_start"),
            models.CheckConstraint(
                condition=Q(run__isnull=False) | ~Q(problem=""), name="start_without_a_run_says_why"
            ),
        ]

    @property
    def is_settled(self) -> bool:
        """Whether its comparison is there, or it is known that there will be none."""
        return self.comparison_id is not None or bool(self.problem)

    @property
    def is_worse(self) -> bool:
        """Whether its comparison says that quality fell, held against the margin of that time."""
        found = self.comparison
        return found is not None and is_worse(found.verdict, found.bound_low, found.margin)

    @property
    def says(self) -> str:
        """Its comparison in a sentence; "" without one."""
        found = self.comparison
        return "" if found is None else sentence(found.verdict, found.bound_low, found.margin)
