"""Pages of the value case. Parse, one service or selector, render."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from assessments.forms.value_case import ValueCaseForm, initial_case
from assessments.report.value_workbook import workbook_bytes
from assessments.selectors.forecasts import forecasts_for
from assessments.selectors.pain_points import components_of
from assessments.selectors.value_case import ValuePage, newest_case, value_page
from assessments.services.value_case import save_value_case
from assessments.views.forecasts import by_gate, line_of
from engagements.selectors import engagement_for
from engagements.selectors.letterheads import presets_of
from engagements.views.comments import discussion
from engagements.vocabulary import ReportKind
from portal import access, charts, figures
from portal.errors import Invalid, NotFound, VersionConflict
from portal.web.requests import PersonRequest

REFUSED = 422
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_safe
def value_case(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What the system is worth: benefits, costs, what they come to, and how sure that is."""
    engagement = engagement_for(request.user, engagement_id)
    page = value_page(request.user, engagement)
    context = {
        "engagement": engagement,
        "page": page,
        "chart": _tornado(page, engagement.currency) if page and page.drivers else "",
        "gates_chart": by_gate([row.case for row in page.versions], engagement.currency) if page else "",
        "forecasts": [line_of(row, engagement.currency) for row in forecasts_for(request.user, engagement)],
        "has_costs": bool(components_of(request.user, engagement)),
        "may_edit": access.of(request.user).can("edit_value_case", engagement),
        "presets": presets_of(engagement.tenant_id, ReportKind.VALUE_CASE),
        **(discussion(request, engagement, page.case.public_id) if page else {}),
    }
    return render(request, "assessments/value_case.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_value_case(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write the draft; after a gate has frozen it, the next version."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_value_case", engagement)
    components = components_of(request.user, engagement)
    case = newest_case(request.user, engagement)
    form = ValueCaseForm(
        request.POST or None, components=components, currency=engagement.currency,
        initial=initial_case(case, components),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_value_case(
                by=request.user, engagement_id=engagement_id, version=form.cleaned_data["version"],
                facts=form.facts(), costs=form.costs(), benefits=form.benefits(),
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.keep_after(conflict.detail, version=0 if case is None or case.is_frozen else case.version)
        else:
            messages.success(request, f"Version {saved.number} of the value case is saved.")
            return redirect("assessments:value_case", tenant, engagement_id)
    context = {"engagement": engagement, "form": form, "case": case}
    status = REFUSED if form.is_bound else 200
    return render(request, "assessments/value_case_form.html", context, status=status)


@login_required
@require_safe
def value_case_workbook(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The newest version as a workbook whose formulas recompute its numbers."""
    engagement = engagement_for(request.user, engagement_id)
    page = value_page(request.user, engagement)
    if page is None:
        raise NotFound("There is no value case yet.")
    body = workbook_bytes(page, title=engagement.title, currency=engagement.currency)
    name = f"value-case-{page.case.number}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type=XLSX, headers=headers)


def _tornado(page: ValuePage, currency: str) -> str:
    rows = [
        (
            row.name if len(row.name) <= 30 else row.name.rsplit(", ", 1)[-1],
            float(row.swing),
            figures.money_in_prose(row.swing, currency),
        )
        for row in page.drivers
    ]
    first = page.drivers[0]
    says = f"{first.name} moves it most, by {figures.money(first.swing, currency)}."
    return charts.bars(charts.Caption("drivers", "What moves the net present value most", says), rows)
