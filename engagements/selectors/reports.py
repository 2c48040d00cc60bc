"""Reports that a viewer may read: those of the kinds whose page is open to the viewer."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from engagements.models import Engagement, Report, ReportFault, ReportFile
from engagements.reports import readable_kinds, source_of
from portal import access
from portal.errors import NotFound
from portal.models import User

_STATE = (
    Prefetch("files", ReportFile.objects.defer("body"), to_attr="made"),
    Prefetch("faults", ReportFault.objects.filter(again_at__isnull=True), to_attr="failed"),
)
"""``made``: [the file] or []. ``failed``: [why it could not be printed] or [], while nobody took it up."""


def reports_of(viewer: User, engagement: Engagement) -> QuerySet[Report]:
    """Reports of an engagement with whether each is made, newest first."""
    rows = Report.objects.filter(engagement=engagement, kind__in=readable_kinds(viewer, engagement))
    rows = access.visible(viewer, rows).select_related("ordered_by").defer("body")
    return rows.prefetch_related(*_STATE).order_by("-pk")


def report_for(viewer: User, report_id: UUID) -> Report:
    """One report. Raises NotFound."""
    rows = access.visible(viewer, Report.objects.filter(pk=report_id))
    found = rows.select_related("engagement__tenant", "ordered_by").prefetch_related(*_STATE).first()
    if found is None or not source_of(found.kind).may_read(viewer, found.engagement):
        raise NotFound
    return found


def file_of(report: Report) -> ReportFile | None:
    """The PDF; None while no worker has made it."""
    return ReportFile.objects.filter(report=report).first()
