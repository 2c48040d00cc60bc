"""A judge model: how it is set up, what it was asked, and how far it can be believed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from demos.models.review import ResultVersion
from demos.models.run import Attempt, Run
from demos.models.target import TargetVersion
from demos.vocabulary import JudgingStatus
from portal.models import TenantForeignKey, TenantOwned


class JudgeVersion(TenantOwned):
    """One frozen judge: a target, asked by a rubric. Another rubric or target is another version."""

    id_prefix: ClassVar[str] = "jdv"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="judges")
    name = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="judges")
    rubric = models.TextField()
    config_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "name", "number"], name="judge_version_number_is_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"


class Judging(TenantOwned):
    """One pass of a judge over the stored answers of a run. Its cost is its own, not the run's.

    One worker at a time holds the lease; when it has run out, the task is sent again. ``sent_at``: last sent.
    """

    id_prefix: ClassVar[str] = "jdg"

    run = TenantForeignKey(Run, models.PROTECT, related_name="judgings")
    judge = TenantForeignKey(JudgeVersion, models.PROTECT, related_name="judgings")
    status = models.CharField(max_length=10, choices=JudgingStatus.choices, default=JudgingStatus.WAITING)
    fault = models.TextField(blank=True)
    total = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    uncosted = models.PositiveIntegerField(default=0)
    result_version = TenantForeignKey(ResultVersion, models.PROTECT, null=True, related_name="judgings")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)
    lease_expires = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "judge"], name="judge_judges_a_run_once")]

    @property
    def currency(self) -> str:
        """In which its cost counts for the month: that of its run."""
        return str(self.run.currency)


class JudgeOpinion(TenantOwned):
    """What a judge said of one answer. ``passed`` None: it abstained, or ``error`` says why not."""

    id_prefix: ClassVar[str] = "jdo"

    judging = TenantForeignKey(Judging, models.PROTECT, related_name="opinions")
    attempt = TenantForeignKey(Attempt, models.PROTECT, related_name="opinions")
    passed = models.BooleanField(null=True)
    reason = models.TextField(blank=True)
    error = models.TextField(blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=8, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judging", "attempt"], name="judge_says_one_word_on_an_answer")
        ]


class JudgeCalibration(TenantOwned):
    """A judge against what people settled on. ``counts``: until the date it may feed a must-criterion."""

    id_prefix: ClassVar[str] = "jdc"

    judge = TenantForeignKey(JudgeVersion, models.PROTECT, related_name="calibrations")
    judging = TenantForeignKey(Judging, models.PROTECT, related_name="calibrations")
    both_pass = models.PositiveIntegerField()
    judge_only = models.PositiveIntegerField()
    people_only = models.PositiveIntegerField()
    both_fail = models.PositiveIntegerField()
    agreement = models.FloatField(null=True)
    kappa = models.FloatField(null=True)
    sensitivity = models.FloatField(null=True)
    specificity = models.FloatField(null=True)
    counts = models.BooleanField()
    valid_until = models.DateField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
