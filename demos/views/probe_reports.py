"""Reports of another tool's probes: brought in, and read pair by pair."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from demos.selectors import targets, trials
from demos.services.probe_reports import import_garak
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest


@login_required
@require_POST
def import_report(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Bring a report in for the system that was chosen."""
    access.require(request.user, "start_run", engagement_for(request.user, engagement_id))
    versions = targets.newest_target_versions(request.user, engagement_id)
    chosen = {row.public_id: row for row in versions}.get(request.POST.get("target_version", ""))
    if chosen is None:
        raise Invalid("Choose the system that the report is about.")
    file = request.FILES.get("file")
    if file is None or not file.file:
        raise Invalid("Choose the report first: the file that ends in .report.jsonl.")
    report = import_garak(
        by=request.user, engagement_id=engagement_id, target_version_id=chosen.pk, file=file
    )
    return redirect("demos:probe_report", tenant, engagement_id, report.pk)


@login_required
@require_safe
def show_probe_report(
    request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID
) -> HttpResponse:
    """What each probe came to under each detector, how little none proves, and what was left out."""
    report = trials.probe_report_for(request.user, report_id)
    if report.engagement_id != engagement_id:
        raise NotFound
    context = {
        "engagement": report.engagement,
        "report": report,
        "results": sorted(report.results, key=lambda row: (-row["hits"], row["probe"], row["detector"])),
        "kinds": sorted(report.kinds.items()),
    }
    return render(request, "demos/probe_report.html", context)
