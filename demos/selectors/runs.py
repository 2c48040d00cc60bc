"""Runs, their attempts and figures, as a viewer may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, Max, Q, QuerySet
from django.utils import timezone

from demos.engine.vocabulary import ErrorClass
from demos.models import Attempt, MetricResult, PendingAttempt, Run
from demos.selectors.verdicts import turned
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Progress:
    """A run under way. It never says how many passed. ``p50_ms`` None: nothing answered yet."""

    done: int
    total: int
    in_flight: int
    waiting: int
    errors: Mapping[str, int]
    retried: int
    p50_ms: float | None
    seconds_left: float | None


def visible_runs(viewer: User, engagement_id: UUID) -> QuerySet[Run]:
    """Runs of an engagement with plan, target and cases, newest first. One query."""
    rows = access.visible(viewer, Run.objects.filter(engagement_id=engagement_id))
    return rows.select_related(
        "plan__target_version__target", "plan__dataset_version__dataset", "started_by"
    ).order_by("-number")


def run_for(viewer: User, run_id: UUID) -> Run:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, Run.objects.filter(pk=run_id)).select_related(
        "engagement", "plan__target_version__target", "plan__dataset_version__dataset", "started_by"
    )
    run = rows.first()
    if run is None:
        raise NotFound
    return run


def require_in(viewer: User, run_id: UUID, engagement_id: UUID) -> Run:
    """A run of this engagement. Raises NotFound if there is none that the viewer may see."""
    run = run_for(viewer, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    return run


def progress(run: Run) -> Progress:
    """Where a run under way stands. Four queries."""
    now = timezone.now()
    leased = PendingAttempt.objects.filter(run=run, lease_expires__gt=now).count()
    errors = dict(
        Attempt.objects.filter(run=run)
        .exclude(error_class="")
        .values_list("error_class")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    waited = Attempt.objects.filter(run=run, error_class="").aggregate(p50=MedianOf(F("latency_ms")))["p50"]
    left = None
    if run.started_at and run.done and run.status == "running":
        left = (now - run.started_at).total_seconds() / run.done * (run.total - run.done)
    waiting = run.total - run.done - leased
    retried = Attempt.objects.filter(run=run, retries__gt=0).count()
    return Progress(run.done, run.total, leased, max(waiting, 0), errors, retried, waited, left)


class MedianOf(Func):
    """The 50th percentile by nearest rank, in the database."""

    function = "percentile_disc"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    contains_aggregate = True


def failures(run: Run) -> QuerySet[Attempt]:
    """Attempts that do not pass as the result stands now, wrong answers before errors, in order of cases."""
    right, wrong = turned(run, version=result_version(run))
    missed = Q(passed=False) | Q(passed=None)
    rows = Attempt.objects.filter(run=run).filter(missed | Q(pk__in=wrong) if wrong else missed)
    rows = rows.exclude(pk__in=right) if right else rows
    return rows.select_related("case").order_by(F("passed").asc(nulls_last=True), "position", "repeat")


def newest_attempts(run: Run) -> QuerySet[Attempt]:
    """Attempts as they came in, newest first."""
    return Attempt.objects.filter(run=run).select_related("case").order_by("-sent_at")


def all_attempts(run: Run) -> QuerySet[Attempt]:
    """Every attempt in the order of the cases."""
    return Attempt.objects.filter(run=run).select_related("case").order_by("position", "repeat")


def attempt_for(viewer: User, attempt_id: UUID) -> Attempt:
    """Raises NotFound if there is none that the viewer may see."""
    runs = access.visible(viewer, Run.objects.all())
    attempt = (
        Attempt.objects.filter(pk=attempt_id, run__in=runs)
        .select_related("case", "run__engagement", "run__plan__target_version__target")
        .first()
    )
    if attempt is None:
        raise NotFound
    return attempt


def metrics(run: Run) -> QuerySet[MetricResult]:
    """Every figure of a run as it stands now, whole before slices."""
    return MetricResult.objects.filter(run=run, result_version=result_version(run)).order_by("slice", "key")


def result_version(run: Run) -> int:
    """The newest version of a run's result: 1 unless it was graded again or a dispute changed a grade."""
    newest = MetricResult.objects.filter(run=run).aggregate(n=Max("result_version"))["n"]
    return newest or 1


def unstable_cases(run: Run) -> QuerySet[Attempt, Any]:
    """Cases whose repeats disagree, the least stable first: case, key, question, times asked and passed."""
    rows = Attempt.objects.filter(run=run).values("case_id", "case__key", "case__input")
    counted = rows.annotate(asked=Count("pk"), right=Count("pk", filter=Q(passed=True)))
    return counted.filter(right__gt=0, right__lt=F("asked")).order_by("right", "case__position")


def waits(run: Run) -> list[float]:
    """Milliseconds of every answer and of every time-out, for drawing; sorted."""
    rows = Attempt.objects.filter(run=run, error_class__in=["", ErrorClass.TIMEOUT.value])
    return list(rows.order_by("latency_ms").values_list("latency_ms", flat=True))


def error_counts(run: Run) -> Mapping[str, int]:
    """Errored attempts by class, most first. Empty when every attempt got an answer."""
    rows = Attempt.objects.filter(run=run).exclude(error_class="").values_list("error_class")
    return dict(rows.annotate(n=Count("pk")).order_by("-n"))
