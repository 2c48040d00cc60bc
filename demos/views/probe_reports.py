"""Reports of another tool's probes: brought in, and read pair by pair."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from demos.selectors import trials
from demos.services.probe_reports import import_garak
from demos.views.sent import sent_report
from portal.errors import NotFound
from portal.web.requests import PersonRequest


@login_required
@require_POST
def import_report(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Bring a report in for the system that was chosen."""
    version, file = sent_report(
        request, engagement_id, no_system="Choose the system that the report is about.",
        no_file="Choose the report first: the file that ends in .report.jsonl.",
    )  # fmt: skip
    report = import_garak(
        by=request.user, engagement_id=engagement_id, target_version_id=version.pk, file=file
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
