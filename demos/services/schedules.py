"""Runs on a schedule: planned, changed, paused, resumed. What is due is started in ``drift``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from demos.models import DatasetVersion, Run, RunSchedule, Target
from demos.rules import next_due
from demos.selectors.datasets import dataset_version_for
from demos.selectors.runs import run_for
from demos.selectors.schedules import schedule_for
from demos.selectors.targets import target_for
from demos.services.comparisons import MOST_MARGIN
from demos.vocabulary import SCHEDULE_SAVED, SCHEDULE_SWITCHED, RunStatus
from engagements.models import Engagement
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
from portal.models import User

MOST_DAYS = 92
MOST_SCHEDULES = 20


@dataclass(frozen=True, slots=True)
class ScheduleOrder:
    """What is asked of which system, from when, how often, against which run. Money: of one run at most.

    ``margin``: a fall of the pass rate that would not matter, as a fraction.
    """

    name: str
    target_id: UUID
    dataset_version_id: UUID
    accepted_run_id: UUID
    first_at: datetime
    interval_days: int
    max_cost: Decimal | None = None
    margin: Decimal = Decimal(0)


@transaction.atomic
def create_schedule(*, by: User, engagement_id: UUID, order: ScheduleOrder) -> RunSchedule:
    """Plan runs. They start in the name of ``by``. Raises NotFound, Forbidden, Invalid."""
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    if RunSchedule.objects.filter(engagement=engagement).count() >= MOST_SCHEDULES:
        raise _invalid("/name", f"An engagement has at most {MOST_SCHEDULES} schedules. Change one instead.")
    schedule = RunSchedule(tenant_id=engagement.tenant_id, engagement=engagement)
    return _save(by, schedule, order)


@transaction.atomic
def change_schedule(
    *, by: User, schedule_id: UUID, order: ScheduleOrder, version: int | None = None
) -> RunSchedule:
    """Change what is planned; from now on it starts in the name of ``by``. Raises VersionConflict too."""
    schedule = _locked(by, schedule_id, "start_run")
    if version is not None and schedule.version != version:
        raise VersionConflict("Somebody changed this schedule meanwhile. Read it again.")
    schedule.version += 1
    return _save(by, schedule, order)


@transaction.atomic
def pause_schedule(*, by: User, schedule_id: UUID) -> RunSchedule:
    """Let nothing start until it is resumed. A run that is on goes on. Doing it twice changes nothing."""
    return _switch(by, _locked(by, schedule_id, "stop_run"), on=False)


@transaction.atomic
def resume_schedule(*, by: User, schedule_id: UUID) -> RunSchedule:
    """Let it start again, at the next due time that is still to come: what was missed is not made up for."""
    schedule = _locked(by, schedule_id, "start_run")
    if not schedule.is_on:
        schedule.due_at, _ = next_due(schedule.due_at, schedule.interval_days, now=timezone.now())
        schedule.owner = by
    return _switch(by, schedule, on=True)


def schedules_path(schedule: RunSchedule) -> str:
    """Where schedules are read in the browser."""
    return f"/{schedule.tenant.slug}/engagements/{schedule.engagement.public_id}/schedules/"


def _save(by: User, schedule: RunSchedule, order: ScheduleOrder) -> RunSchedule:
    target, dataset, accepted = _parts(by, schedule.engagement, order)
    name = order.name.strip()
    if not name:
        raise _invalid("/name", "A schedule needs a name.")
    same = RunSchedule.objects.filter(engagement=schedule.engagement, name=name).exclude(pk=schedule.pk)
    if same.exists():
        raise _invalid("/name", f"There is a schedule called “{name}” already. Choose another name.")
    if not 1 <= order.interval_days <= MOST_DAYS:
        raise _invalid("/interval_days", f"It runs every 1 to {MOST_DAYS} days.")
    if order.first_at <= timezone.now():
        raise _invalid("/first_at", "The next run lies in the future: choose a later time.")
    if order.max_cost is not None and order.max_cost <= 0:
        raise _invalid("/max_cost", "The most money that a run may cost is above zero.")
    if not 0 <= order.margin <= MOST_MARGIN:
        raise _invalid("/margin", "The margin lies between 0 and 50 points, such as 3.")
    schedule.margin = order.margin.quantize(Decimal("0.0001"))
    schedule.name, schedule.target, schedule.dataset_version = name, target, dataset
    schedule.accepted_run, schedule.interval_days = accepted, order.interval_days
    schedule.due_at, schedule.max_cost, schedule.owner = order.first_at, order.max_cost, by
    schedule.save()
    audit.record(
        actor=by, event=SCHEDULE_SAVED, subject=schedule, path=schedules_path(schedule),
        facts={
            "version": schedule.version, "interval_days": schedule.interval_days, "due_at": schedule.due_at,
            "accepted_run": accepted.number, "margin": schedule.margin,
        },
    )  # fmt: skip
    return schedule


def _parts(by: User, engagement: Engagement, order: ScheduleOrder) -> tuple[Target, DatasetVersion, Run]:
    target = target_for(by, order.target_id)
    dataset = dataset_version_for(by, order.dataset_version_id)
    accepted = run_for(by, order.accepted_run_id)
    for found in (target.engagement_id, dataset.dataset.engagement_id, accepted.engagement_id):
        if found != engagement.pk:
            raise NotFound
    if accepted.status != RunStatus.FINISHED:
        raise _invalid(
            "/accepted_run",
            f"{accepted} is {accepted.get_status_display().lower()}: compare with a run that finished.",
        )
    return target, dataset, accepted


def _switch(by: User, schedule: RunSchedule, *, on: bool) -> RunSchedule:
    if schedule.is_on == on:
        return schedule
    schedule.is_on = on
    schedule.version += 1
    schedule.save(update_fields=["is_on", "due_at", "owner", "version"])
    audit.record(
        actor=by, event=SCHEDULE_SWITCHED, subject=schedule, path=schedules_path(schedule),
        facts={"version": schedule.version, "is_on": on},
    )  # fmt: skip
    return schedule


def _locked(by: User, schedule_id: UUID, action: str) -> RunSchedule:
    schedule_for(by, schedule_id)
    rows = RunSchedule.objects.select_for_update(of=("self",)).select_related("engagement", "tenant")
    schedule = rows.get(pk=schedule_id)
    access.require(by, action, schedule.engagement)
    return schedule


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
