"""What people say of answers, and what follows for a result: reviews, disputes, later versions of a result.

Nothing here rewrites an attempt. A second opinion is a row beside it; a changed result is a further version,
and the first one stays.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.models.run import Attempt, Run
from demos.vocabulary import DisputeOutcome, ResultReason, ReviewLabel
from portal.models import TenantForeignKey, TenantOwned


class ReviewRound(TenantOwned):
    """A sample of a run's answers, drawn with ``seed``, that two people judge without seeing the graders."""

    id_prefix: ClassVar[str] = "rvr"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="review_rounds")
    run = TenantForeignKey(Run, models.PROTECT, related_name="review_rounds")
    number = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    seed = models.PositiveBigIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "number"], name="review_round_number_is_unique_in_engagement"
            )
        ]

    def __str__(self) -> str:
        return f"Review {self.number}"


class ReviewItem(TenantOwned):
    """One answer of the sample, in the order in which it is read."""

    id_prefix: ClassVar[str] = "rvi"

    round = TenantForeignKey(ReviewRound, models.PROTECT, related_name="items")
    attempt = TenantForeignKey(Attempt, models.PROTECT, related_name="review_items")
    position = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "attempt"], name="answer_is_once_in_a_review_round"),
            models.UniqueConstraint(fields=["round", "position"], name="review_item_position_is_unique"),
        ]


class HumanReview(TenantOwned):
    """The word of one person on one answer, given blind. ``severe``: wrong, and bad things would follow."""

    id_prefix: ClassVar[str] = "hrv"

    item = TenantForeignKey(ReviewItem, models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    label = models.CharField(max_length=12, choices=ReviewLabel.choices)
    severe = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "reviewer"], name="person_reviews_an_answer_once"),
            models.CheckConstraint(
                condition=Q(severe=False) | Q(label=ReviewLabel.WRONG), name="only_a_wrong_answer_is_severe"
            ),
        ]


class ResultVersion(TenantOwned):
    """A later result of a run: the same answers, other grades. 1 is the run's own and has no row.

    ``calibration``: by which a judge's rate was corrected; None: nothing was corrected.
    """

    id_prefix: ClassVar[str] = "rsv"

    run = TenantForeignKey(Run, models.PROTECT, related_name="result_versions")
    number = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=12, choices=ResultReason.choices)
    graders = models.JSONField(default=list)
    config_sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    calibration = TenantForeignKey(
        "demos.JudgeCalibration", models.PROTECT, null=True, related_name="result_versions"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="result_version_number_is_unique"),
            models.CheckConstraint(condition=Q(number__gte=2), name="result_version_follows_the_first"),
        ]

    def __str__(self) -> str:
        return f"Result {self.number}"


class Regrade(TenantOwned):
    """What an attempt counts as from a result version on. Fields as in Attempt."""

    id_prefix: ClassVar[str] = "rgr"

    result_version = TenantForeignKey(ResultVersion, models.PROTECT, related_name="regrades")
    attempt = TenantForeignKey(Attempt, models.PROTECT, related_name="regrades")
    passed = models.BooleanField(null=True)
    score = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    grader_error = models.TextField(blank=True)
    grades = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["result_version", "attempt"], name="attempt_is_regraded_once")
        ]


class Dispute(TenantOwned):
    """A person says that a grade is not right. ``says``: what the answer should count as."""

    id_prefix: ClassVar[str] = "dsp"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="disputes")
    attempt = TenantForeignKey(Attempt, models.PROTECT, related_name="disputes")
    says = models.CharField(max_length=12, choices=ReviewLabel.choices)
    reason = models.CharField(max_length=1000)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")


class DisputeRuling(TenantOwned):
    """How a dispute ended. Both values stay: the grade, and what the answer counts as since."""

    id_prefix: ClassVar[str] = "dsr"

    dispute = TenantForeignKey(Dispute, models.PROTECT, related_name="rulings")
    outcome = models.CharField(max_length=8, choices=DisputeOutcome.choices)
    reason = models.CharField(max_length=1000)
    result_version = TenantForeignKey(ResultVersion, models.PROTECT, null=True, related_name="rulings")
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispute"], name="dispute_is_ruled_on_once"),
            models.CheckConstraint(
                condition=Q(outcome=DisputeOutcome.UPHELD, result_version__isnull=False)
                | Q(outcome=DisputeOutcome.REJECTED, result_version__isnull=True),
                name="dispute_that_is_upheld_changes_the_result",
            ),
        ]
