"""Schedules of runs and what became of their starts, as a viewer may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from demos.models import RunSchedule, ScheduledStart
from portal import access
from portal.errors import NotFound
from portal.models import User

SHOWN_STARTS = 8
_RELATED = ("engagement", "target", "dataset_version__dataset", "accepted_run", "owner")


def visible_schedules(viewer: User, engagement_id: UUID) -> QuerySet[RunSchedule]:
    """Schedules of an engagement by name, each with ``newest``: its starts, newest first. Two queries."""
    starts = ScheduledStart.objects.select_related("run", "comparison").order_by("-due_at")
    rows = access.visible(viewer, RunSchedule.objects.filter(engagement_id=engagement_id))
    newest = Prefetch("starts", queryset=starts, to_attr="newest")
    return rows.select_related(*_RELATED).prefetch_related(newest).order_by("name")


def schedule_for(viewer: User, schedule_id: UUID) -> RunSchedule:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, RunSchedule.objects.filter(pk=schedule_id)).select_related(*_RELATED)
    found = rows.first()
    if found is None:
        raise NotFound
    return found
