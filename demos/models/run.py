"""A run: its frozen plan, its attempts to do, its attempts done, its results.

Grades are a JSON list in the attempt's row, not rows of their own: attempt and grades come into being in
one COPY, are never changed, and are read together. A second opinion (a human review, a new grader) will be
rows beside them that name the attempt; nothing here is rewritten.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from demos.models.dataset import Case, Dataset, DatasetVersion
from demos.models.grader import GraderVersion
from demos.models.price import PriceVersion
from demos.models.target import TargetVersion
from demos.vocabulary import (
    ACTIVE_STATUSES,
    OPEN_STATUSES,
    KeptText,
    PersonalDataAction,
    RunLimit,
    RunStatus,
)
from portal.models import TenantForeignKey, TenantOwned


class EvaluationPlan(TenantOwned):
    """What is asked of whom, judged how, within which limits. Written once, with the run.

    ``quotas``: least number of cases by category. ``price_version`` None: the price is that of the target.
    """

    id_prefix: ClassVar[str] = "pln"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="plans")
    target_version = TenantForeignKey(TargetVersion, models.PROTECT, related_name="plans")
    dataset_version = TenantForeignKey(DatasetVersion, models.PROTECT, related_name="plans")
    repeats = models.PositiveSmallIntegerField(default=1)
    threshold = models.FloatField(default=1.0)
    max_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    max_calls = models.PositiveIntegerField(null=True)
    max_seconds = models.PositiveIntegerField(null=True)
    max_tokens = models.PositiveBigIntegerField(null=True)
    quotas = models.JSONField(default=dict)
    personal_data = models.CharField(
        max_length=8, choices=PersonalDataAction.choices, default=PersonalDataAction.BLOCK
    )
    price_version = TenantForeignKey(PriceVersion, models.PROTECT, related_name="plans", null=True)
    seed = models.PositiveBigIntegerField()
    config_sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(repeats__gte=1, repeats__lte=10), name="plan_repeats_1_to_10")
        ]


class PlanGrader(TenantOwned):
    """One grader of a plan."""

    id_prefix: ClassVar[str] = "plg"

    plan = TenantForeignKey(EvaluationPlan, models.PROTECT, related_name="plan_graders")
    grader_version = TenantForeignKey(GraderVersion, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_grader_position_is_unique")
        ]


class Run(TenantOwned):
    """One execution of a plan. Its counters change in the transaction that stores the rows they count.

    ``total`` = accepted cases × repeats. done = passed + failed + errored + ungraded.
    ``cost`` and ``tokens`` count what is known; ``uncosted`` is the number of attempts whose cost is unknown.
    ``calls`` counts every call of stored attempts. ``warned_at``: when 80 % of a limit were reached.
    """

    id_prefix: ClassVar[str] = "run"

    engagement = TenantForeignKey("engagements.Engagement", models.PROTECT, related_name="runs")
    plan = TenantForeignKey(EvaluationPlan, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED)
    limit_hit = models.CharField(max_length=8, choices=RunLimit.choices, default=RunLimit.NONE, blank=True)
    fault = models.TextField(blank=True)
    case_count = models.PositiveIntegerField()
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    errored = models.PositiveIntegerField(default=0)
    ungraded = models.PositiveIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=8, default=0)
    uncosted = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    shards_queued_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "number"], name="run_number_is_unique_in_engagement"
            ),
            models.CheckConstraint(
                name="run_counters_agree",
                condition=Q(
                    done=models.F("passed") + models.F("failed") + models.F("errored") + models.F("ungraded")
                )
                & Q(done__lte=models.F("total")),
            ),
            models.CheckConstraint(
                name="run_finished_at_iff_over",
                condition=Q(status__in=OPEN_STATUSES, finished_at__isnull=True)
                | (~Q(status__in=OPEN_STATUSES) & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="run_that_finished_is_complete",
                condition=~Q(status__in=[RunStatus.FINISHED, RunStatus.INVALID]) | Q(done=models.F("total")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant"], condition=Q(status__in=ACTIVE_STATUSES), name="run_active_in_tenant"
            )
        ]

    def __str__(self) -> str:
        return f"Run {self.number}"


class PendingAttempt(TenantOwned):
    """One (case, repeat) to do. Claimed by lease, deleted in the transaction that stores its attempt."""

    id_prefix: ClassVar[str] = "pat"

    run = TenantForeignKey(Run, models.PROTECT, related_name="pending")
    case = TenantForeignKey(Case, models.PROTECT, related_name="+")
    repeat = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    lease_owner = models.UUIDField(null=True)
    lease_expires = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "case", "repeat"], name="pending_attempt_is_unique"),
        ]
        indexes = [models.Index(fields=["run", "position"], name="pending_in_order")]


class Attempt(TenantOwned):
    """What came of one (case, repeat). Never changed, but that its texts may go when their time is over.

    ``passed`` None: not graded, because there was no answer or no grader could judge it.
    ``grades``: list of {grader, score, passed, reason, error}. Money and tokens None: the target did not say.
    ``answer`` None with ``kept`` hash or deleted: an answer came, and its text is not kept (any more).
    ``ttft_ms`` None: not streamed. ``found``: citations, tool calls, session and turns, where there are any.
    """

    id_prefix: ClassVar[str] = "att"

    run = TenantForeignKey(Run, models.PROTECT, related_name="attempts")
    case = TenantForeignKey(Case, models.PROTECT, related_name="attempts")
    repeat = models.PositiveSmallIntegerField()
    position = models.PositiveIntegerField()
    passed = models.BooleanField(null=True)
    score = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    grader_error = models.TextField(blank=True)
    grades = models.JSONField(default=list)
    error_class = models.CharField(max_length=20, blank=True)
    error_detail = models.TextField(blank=True)
    first_try = models.CharField(max_length=20)
    retries = models.PositiveSmallIntegerField(default=0)
    http_status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(null=True)  # noqa: DJ001  # None: no answer came; "" is an answer
    sent_at = models.DateTimeField()
    latency_ms = models.FloatField()
    tokens_in = models.PositiveIntegerField(null=True)
    tokens_out = models.PositiveIntegerField(null=True)
    cost = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    request_excerpt = models.TextField(blank=True)
    response_excerpt = models.TextField(blank=True)
    calls = models.PositiveSmallIntegerField(default=1)
    ttft_ms = models.FloatField(null=True)
    tokens_cached = models.PositiveIntegerField(null=True)
    found = models.JSONField(null=True)
    kept = models.CharField(max_length=8, choices=KeptText.choices, default=KeptText.FULL)
    answer_sha256 = models.CharField(max_length=64, blank=True, default="")
    answer_chars = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "case", "repeat"], name="attempt_is_unique"),
        ]
        indexes = [
            models.Index(
                fields=["run", "position"],
                condition=Q(passed=False) | Q(passed=None),
                name="attempt_not_passed",
            ),
            models.Index(fields=["run", "-sent_at"], name="attempt_newest"),
        ]

    @property
    def why_no_text(self) -> str:
        """Why there is no answer to read, in words."""
        if self.kept == KeptText.DELETED:
            return "deleted: its time was over"
        if self.kept == KeptText.HASH and self.answer_chars is not None:
            return f"not kept: {self.answer_chars} characters, SHA-256 {self.answer_sha256[:12]}…"
        return "no answer" if self.answer is None else "nothing"


class MetricResult(TenantOwned):
    """One figure of a finished run. ``value`` None: not measured. Rates are fractions.

    low and high are two-sided 95 %, the bounds one-sided 95 %. ``slice`` is "" or "name=value".
    ``result_version`` 1 is the result as the run graded it; a re-grade adds the next, and both stay.
    ``rules``: which version of the rules computed it (figures.RULES); None: before that was stored.
    """

    id_prefix: ClassVar[str] = "mtr"

    run = TenantForeignKey(Run, models.PROTECT, related_name="metrics")
    result_version = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=40)
    slice = models.CharField(max_length=300, blank=True)
    value = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    unit = models.CharField(max_length=16)
    n = models.PositiveIntegerField()
    events = models.PositiveIntegerField(null=True)
    low = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    high = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    bound_low = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    bound_high = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    method = models.CharField(max_length=60)
    seed = models.PositiveBigIntegerField(null=True)
    rules = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "result_version", "key", "slice"], name="metric_result_is_unique"
            ),
        ]


class SealedLook(TenantOwned):
    """The first time that a result on sealed cases was shown to the consultancy. One for a run, for ever."""

    id_prefix: ClassVar[str] = "slk"

    run = TenantForeignKey(Run, models.PROTECT, related_name="looks")
    dataset = TenantForeignKey(Dataset, models.PROTECT, related_name="looks")
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run"], name="sealed_look_is_counted_once_a_run")]
