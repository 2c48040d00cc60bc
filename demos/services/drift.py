"""The tick of schedules: starts what is due, compares what ended, says so when quality fell.

A start is settled by what is stored, never by what a worker remembers: any tick may die, the next goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from demos.drift_rules import is_worse
from demos.models import Comparison, Run, RunSchedule, ScheduledStart, TargetVersion
from demos.rules import next_due
from demos.services.comparisons import CONFIDENCE, compare_runs, comparison_path
from demos.services.looks import note_look
from demos.services.runs import Limits, start_run
from demos.services.schedules import schedules_path
from demos.vocabulary import (
    OPEN_STATUSES,
    QUALITY_DROPPED,
    SCHEDULE_FAILED,
    RunStatus,
)
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal import audit
from portal.errors import GatehouseError, RunLimitReached, WrongMoment
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TenantStatus

METHOD = "paired comparison with the accepted run"
DROPS = "quality_drops"
UNEXPLAINED = "unexplained_quality_drops"

logger = logging.getLogger(__name__)


def tick() -> None:
    """Walk tenant by tenant, job by job. The trouble of one does not stop the others."""
    for tenant_id in Tenant.objects.filter(status=TenantStatus.ACTIVE).values_list("pk", flat=True):
        for work, key in jobs_of(tenant_id):
            try:
                with tenant_scope([tenant_id]):
                    work(key)
            except RunLimitReached:
                logger.info("schedule %s waits: too many runs are on", key)
            except Exception:  # the boundary of one job: logged, and the next has its turn
                logger.exception("%s of %s in tenant %s failed", work.__name__, key, tenant_id)


def jobs_of(tenant_id: UUID) -> list[tuple[Callable[[UUID], ScheduledStart | None], UUID]]:
    """What there is to do now: ended runs to compare first, then schedules that are due."""
    with tenant_scope([tenant_id]):
        waiting = ScheduledStart.objects.filter(comparison=None, problem="", run__isnull=False)
        ended = waiting.exclude(run__status__in=OPEN_STATUSES).values_list("pk", flat=True)
        due = RunSchedule.objects.filter(is_on=True, due_at__lte=timezone.now()).values_list("pk", flat=True)
        return [*((settle, key) for key in ended), *((start_due, key) for key in due)]


def start_due(schedule_id: UUID) -> ScheduledStart | None:
    """Start the run of a due schedule, once, and move its due time on. None: another tick was faster.

    What is refused is kept with its reason. Raises RunLimitReached, with nothing stored: it stays due.
    """
    now = timezone.now()
    rows = RunSchedule.objects.select_for_update(skip_locked=True, of=("self",))
    schedule = (
        rows.select_related("engagement", "tenant", "target", "owner", "accepted_run__plan")
        .filter(pk=schedule_id, is_on=True, due_at__lte=now)
        .first()
    )
    if schedule is None:
        return None
    due_at = schedule.due_at
    schedule.due_at, missed = next_due(due_at, schedule.interval_days, now=now)
    schedule.save(update_fields=["due_at"])
    start = ScheduledStart(tenant_id=schedule.tenant_id, schedule=schedule, due_at=due_at, missed=missed)
    try:
        with transaction.atomic():
            start.run = _start(schedule)
    except RunLimitReached:
        raise
    except GatehouseError as refused:
        start.problem = refused.detail[:500]
    start.save(force_insert=True)
    if start.problem:
        _say_failed(start)
    return start


def settle(start_id: UUID) -> ScheduledStart:
    """Compare the run of a start with the accepted one, or say why not. Safe twice: settled is settled."""
    start = (
        ScheduledStart.objects.select_for_update(of=("self",))
        .select_related(
            "schedule__owner",
            "schedule__accepted_run",
            "schedule__engagement",
            "schedule__tenant",
            "run__plan",
        )
        .get(pk=start_id)
    )
    run, schedule = start.run, start.schedule
    if start.is_settled or run is None or run.status in OPEN_STATUSES:
        return start
    if run.status != RunStatus.FINISHED:
        start.problem = f"{run} is {run.get_status_display().lower()}: only whole runs compare."
    else:
        try:
            with transaction.atomic():
                start.comparison = compare_runs(
                    by=schedule.owner, before_id=schedule.accepted_run_id, now_id=run.pk,
                    margin=schedule.margin,
                )  # fmt: skip
                note_look(by=schedule.owner, run=run)  # what it says is about sealed cases too
        except GatehouseError as refused:
            start.problem = refused.detail[:500]
    start.save(update_fields=["comparison", "problem"])
    if start.comparison is None:
        _say_failed(start)
    else:
        _report(run, start.comparison)
    return start


def _start(schedule: RunSchedule) -> Run:
    before = ScheduledStart.objects.filter(schedule=schedule, run__status__in=OPEN_STATUSES)
    if (still := before.select_related("run").first()) and still.run:
        raise WrongMoment(f"{still.run} of this schedule is still on, so no other was started.")
    newest = TargetVersion.objects.filter(target=schedule.target).order_by("-number")[0]
    plan = schedule.accepted_run.plan
    graders = plan.plan_graders.order_by("position").values_list("grader_version_id", flat=True)
    return start_run(
        by=schedule.owner,
        engagement_id=schedule.engagement_id,
        target_version_id=newest.pk,
        dataset_version_id=schedule.dataset_version_id,
        grader_version_ids=list(graders),
        repeats=plan.repeats,
        limits=Limits(max_cost=schedule.max_cost),
    )


def _report(run: Run, comparison: Comparison) -> None:
    """Bring to the register of risks whether quality fell, and tell people when it did."""
    worse = is_worse(comparison.verdict, comparison.bound_low, comparison.margin)
    _measure(run, comparison, DROPS, seen=worse)
    _measure(run, comparison, UNEXPLAINED, seen=worse and comparison.same_target)
    if not worse:
        return
    audit.record(
        actor=None, event=QUALITY_DROPPED, subject=comparison, path=comparison_path(comparison),
        facts={
            "run": run.number, "accepted_run": comparison.before.number, "cases": comparison.n,
            "newly_wrong": comparison.b, "put_right": comparison.c, "same_system": comparison.same_target,
            "margin": comparison.margin,
        },
    )  # fmt: skip


def _measure(run: Run, comparison: Comparison, key: str, *, seen: bool) -> None:
    if run.started_at is None or run.finished_at is None:
        raise ValueError("a run that finished has a beginning and an end")
    record_measurement(
        by=None, engagement_id=run.engagement_id, key=key, value=Decimal(int(seen)), unit=Unit.COUNT,
        n=comparison.n, low=None, high=None, bound_low=None, bound_high=None, confidence=CONFIDENCE,
        method=METHOD, seed=comparison.seed, slice="", source_kind=SourceKind.COMPARISON,
        source_id=comparison.pk, config_sha256=run.plan.config_sha256, started_at=run.started_at,
        measured_at=run.finished_at, valid=comparison.same_graders,
    )  # fmt: skip


def _say_failed(start: ScheduledStart) -> None:
    schedule = start.schedule
    audit.record(
        actor=None, event=SCHEDULE_FAILED, subject=schedule, path=schedules_path(schedule),
        facts={"due_at": start.due_at, "run": start.run.number if start.run else None},
    )  # fmt: skip
