"""Reports for a board: ordered on the page of what they are about, printed by a worker, kept here."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements.models import Report
from engagements.selectors import engagement_for
from engagements.selectors.reports import file_of, report_for, reports_of
from engagements.services.reports import order_report, print_again
from portal import access, ids
from portal.errors import NotFound, WrongMoment
from portal.web.requests import PersonRequest

A_PAGE = 25


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reports(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The reports that were ordered; a POST orders one."""
    engagement = engagement_for(request.user, engagement_id)
    if request.method == "POST":
        kind, subject = request.POST.get("kind", ""), request.POST.get("subject", "")
        made = order_report(
            by=request.user, engagement_id=engagement_id, kind=kind, subject=subject,
            preset_id=preset_key(request.POST.get("preset", "")),
        )  # fmt: skip
        return redirect("engagements:report_page", tenant, engagement_id, made.pk)
    rows = Paginator(reports_of(request.user, engagement), A_PAGE)
    may_style = access.of(request.user).can("manage_templates", engagement.tenant)
    page = rows.get_page(request.GET.get("page"))
    context = {"engagement": engagement, "page_obj": page, "may_style": may_style}
    return render(request, "engagements/reports.html", context)


@login_required
@require_safe
def report_page(request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID) -> HttpResponse:
    """One report: what it says in one sentence, whether it is printed, its hashes."""
    row = _report(request, engagement_id, report_id)
    context = {
        "engagement": row.engagement,
        "report": row,
        "content": row.content(),
        "file": next(iter(row.made), None),  # type: ignore[attr-defined]  # the selector put it there
        "fault": next(iter(row.failed), None),  # type: ignore[attr-defined]  # the same
    }
    return render(request, "engagements/report.html", context)


@login_required
@require_POST
def report_again(request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID) -> HttpResponse:
    """Have a report printed that could not be."""
    row = _report(request, engagement_id, report_id)
    print_again(by=request.user, report_id=row.pk)
    return redirect("engagements:report_page", tenant, engagement_id, report_id)


@login_required
@require_safe
def report_file(request: PersonRequest, tenant: str, engagement_id: UUID, report_id: UUID) -> HttpResponse:
    """The PDF. Raises WrongMoment while no worker has made it."""
    return pdf_answer(_report(request, engagement_id, report_id))


def pdf_answer(report: Report) -> HttpResponse:
    """The stored PDF of a report as a download. Raises WrongMoment while there is none."""
    file = file_of(report)
    if file is None and getattr(report, "failed", None):
        raise WrongMoment("This report could not be printed. Its page says why, and prints it again.")
    if file is None:
        raise WrongMoment("This report is being printed. Ask again in a few seconds.")
    answer = HttpResponse(bytes(file.body), content_type="application/pdf")
    name = f"{report.engagement.code}-{report.kind.replace('_', '-')}-{report.created_at:%Y-%m-%d}.pdf"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def preset_key(written: str) -> UUID | None:
    """The id of a preset as it is written; None for none. Raises NotFound for what is no id."""
    if not written:
        return None
    try:
        return ids.decode("rps", written)
    except ValueError:
        raise NotFound("There is no such preset.") from None


def _report(request: PersonRequest, engagement_id: UUID, report_id: UUID) -> Report:
    row = report_for(request.user, report_id)
    if row.engagement_id != engagement_id:
        raise NotFound
    return row
