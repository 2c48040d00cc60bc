"""Reports that a viewer may read: those of the kinds whose page is open to the viewer."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from engagements.models import Engagement, Report, ReportFile
from engagements.reports import readable_kinds, source_of
from portal import access
from portal.errors import NotFound
from portal.models import User

_FILES = Prefetch("files", ReportFile.objects.defer("body"), to_attr="made")


def reports_of(viewer: User, engagement: Engagement) -> QuerySet[Report]:
    """Reports of an engagement with whether each is made, newest first."""
    rows = Report.objects.filter(engagement=engagement, kind__in=readable_kinds(viewer, engagement))
    rows = access.visible(viewer, rows).select_related("ordered_by").defer("body")
    return rows.prefetch_related(_FILES).order_by("-pk")


def report_for(viewer: User, report_id: UUID) -> Report:
    """One report. Raises NotFound."""
    rows = access.visible(viewer, Report.objects.filter(pk=report_id))
    found = rows.select_related("engagement__tenant", "ordered_by").prefetch_related(_FILES).first()
    if found is None or not source_of(found.kind).may_read(viewer, found.engagement):
        raise NotFound
    return found


def file_of(report: Report) -> ReportFile | None:
    """The PDF; None while no worker has made it."""
    return ReportFile.objects.filter(report=report).first()
