"""Runs on a schedule: listed with what became of them, planned, changed, paused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.models import RunSchedule, ScheduledStart
from demos.schedule_forms import ScheduleForm
from demos.selectors import comparisons, datasets, schedules, targets
from demos.services import schedules as services
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest

REFUSED = 422
SWITCHES = {"pause": services.pause_schedule, "resume": services.resume_schedule}


@login_required
@require_safe
def list_schedules(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every schedule with its last starts."""
    engagement = engagement_for(request.user, engagement_id)
    rows = list(schedules.visible_schedules(request.user, engagement_id))
    mine = access.of(request.user)
    context = {
        "engagement": engagement,
        "schedules": [{"schedule": row, "often": often(row), "starts": _starts(row)} for row in rows],
        "may_start": mine.can("start_run", engagement),
        "may_stop": mine.can("stop_run", engagement),
    }
    return render(request, "demos/schedules.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_schedule(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Plan runs."""
    return _form(request, tenant, engagement_id, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_schedule(
    request: PersonRequest, tenant: str, engagement_id: UUID, schedule_id: UUID
) -> HttpResponse:
    """Change what is planned."""
    return _form(request, tenant, engagement_id, _schedule(request, engagement_id, schedule_id))


@login_required
@require_POST
def switch_schedule(
    request: PersonRequest, tenant: str, engagement_id: UUID, schedule_id: UUID
) -> HttpResponse:
    """Pause or resume."""
    _schedule(request, engagement_id, schedule_id)
    move = SWITCHES.get(request.POST.get("move", ""))
    if move is None:
        raise Invalid("A schedule can be paused or resumed.")
    move(by=request.user, schedule_id=schedule_id)
    return redirect("demos:schedules", tenant, engagement_id)


def often(schedule: RunSchedule) -> str:
    """How often and when, in words."""
    match schedule.interval_days:
        case 1:
            return f"every day at {schedule.due_at:%H:%M} UTC"
        case days if days % 7 == 0:
            weeks = "" if days == 7 else f" of every {days // 7} weeks"
            return f"every {schedule.due_at:%A}{weeks} at {schedule.due_at:%H:%M} UTC"
        case days:
            return f"every {days} days at {schedule.due_at:%H:%M} UTC"


def _starts(schedule: RunSchedule) -> list[ScheduledStart]:
    found: list[ScheduledStart] = schedule.newest[: schedules.SHOWN_STARTS]  # type: ignore[attr-defined]  # prefetched
    return found


def _form(
    request: PersonRequest, tenant: str, engagement_id: UUID, schedule: RunSchedule | None
) -> HttpResponse:
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "start_run", engagement)
    offers = _offers(request, engagement_id)
    form = ScheduleForm(request.POST or None, offers=offers, schedule=schedule)
    if request.method == "POST" and form.is_valid():
        try:
            if schedule is None:
                services.create_schedule(by=request.user, engagement_id=engagement_id, order=form.order())
            else:
                services.change_schedule(by=request.user, schedule_id=schedule.pk, order=form.order())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:schedules", tenant, engagement_id)
    context = {
        "engagement": engagement, "form": form, "schedule": schedule, "has_run": bool(offers["accepted_run"]),
    }  # fmt: skip
    return render(request, "demos/schedule_form.html", context, status=REFUSED if form.errors else 200)


def _offers(request: PersonRequest, engagement_id: UUID) -> dict[str, list[tuple[str, str]]]:
    versions = datasets.visible_versions(request.user).filter(dataset__engagement_id=engagement_id)[:50]
    runs = comparisons.comparable_runs(request.user, engagement_id)[:100]
    return {
        "target": [(t.public_id, t.name) for t in targets.visible_targets(request.user, engagement_id)],
        "dataset_version": [(version.public_id, str(version)) for version in versions],
        "accepted_run": [(run.public_id, f"{run}: {_about(run)}") for run in runs],
    }


def _about(run: Any) -> str:
    return f"{run.plan.target_version}, {run.plan.dataset_version}"


def _schedule(request: PersonRequest, engagement_id: UUID, schedule_id: UUID) -> RunSchedule:
    schedule = schedules.schedule_for(request.user, schedule_id)
    if schedule.engagement_id != engagement_id:
        raise NotFound
    return schedule
