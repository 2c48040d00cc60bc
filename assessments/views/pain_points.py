"""Pages of the map of pain points. Parse, one service or selector, render."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms.pain_points import PainPointForm, initial_of
from assessments.models import ProcessStep
from assessments.rules.costs import GUESS_LIMIT
from assessments.selectors import pain_points as selectors
from assessments.selectors.process_map import steps_of
from assessments.services.pain_points import map_pain_point, remove_pain_point, revise_pain_point
from engagements.models import Engagement
from engagements.selectors import engagement_for
from engagements.selectors.history import histories_of
from portal import access, charts
from portal.errors import Invalid, VersionConflict, WrongMoment
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_safe
def pain_points(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """All pain points of an engagement, dearest first, each with how its cost comes about."""
    engagement = engagement_for(request.user, engagement_id)
    found = selectors.pain_points_map(request.user, engagement)
    told = histories_of(engagement.pk, [row.pain_point.public_id for row in found.rows])
    context = {
        "rows": [(row, told.get(row.pain_point.public_id, [])) for row in found.rows],
        "engagement": engagement,
        "map": found,
        "chart": _quadrant(found),
        "limit": GUESS_LIMIT,
        "may_edit": access.of(request.user).can("edit_pain_points", engagement),
    }
    return render(request, "assessments/pain_points.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_pain_point(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write down a new pain point with its costs."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    steps = steps_of(request.user, engagement)
    form = PainPointForm(
        request.POST or None, currency=engagement.currency, steps=steps, initial=_from_map(request, steps)
    )
    if request.method == "POST" and form.is_valid():
        try:
            point = map_pain_point(
                by=request.user,
                engagement_id=engagement_id,
                facts=form.facts(),
                components=form.components(),
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"“{point.title}” is on the map.")
            return redirect("assessments:pain_points", tenant, engagement_id)
    return _form_page(request, engagement, form, heading="Add a pain point")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_pain_point(
    request: PersonRequest, tenant: str, engagement_id: UUID, pain_point_id: UUID
) -> HttpResponse:
    """Change a pain point; what somebody else changed meanwhile is not overwritten."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    point = selectors.pain_point_for(request.user, engagement, pain_point_id)
    form = PainPointForm(
        request.POST or None, currency=engagement.currency, steps=steps_of(request.user, engagement),
        initial=initial_of(point),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            revise_pain_point(
                by=request.user,
                pain_point_id=pain_point_id,
                version=form.cleaned_data["version"],
                facts=form.facts(),
                components=form.components(),
            )
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.keep_after(conflict.detail, version=point.version)
        else:
            messages.success(request, f"“{point.title}” is changed.")
            return redirect("assessments:pain_points", tenant, engagement_id)
    return _form_page(request, engagement, form, heading=f"Change “{point.title}”", point=point)


@login_required
@require_POST
def take_pain_point_out(
    request: PersonRequest, tenant: str, engagement_id: UUID, pain_point_id: UUID
) -> HttpResponse:
    """Take a pain point off the map, unless something counts on it."""
    engagement = engagement_for(request.user, engagement_id)
    point = selectors.pain_point_for(request.user, engagement, pain_point_id)
    read = request.POST.get("version", "")
    try:
        remove_pain_point(
            by=request.user, pain_point_id=pain_point_id, version=int(read) if read.isdecimal() else 0
        )
    except (WrongMoment, VersionConflict) as refused:
        messages.error(request, refused.detail)
        return redirect("assessments:edit_pain_point", tenant, engagement_id, pain_point_id)
    messages.success(request, f"“{point.title}” is off the map.")
    return redirect("assessments:pain_points", tenant, engagement_id)


def _from_map(request: PersonRequest, steps: Sequence[ProcessStep]) -> dict[str, str]:
    """The step that the process map named in the address, if it is one of this engagement."""
    asked = request.GET.get("step", "")
    return {"process_step": asked} if any(step.public_id == asked for step in steps) else {}


def _quadrant(found: selectors.PainPointMap) -> str:
    """Cost against effort, least effort to the right; only what has both."""
    rows = [
        (place, row.pain_point, float(row.annual_cost), float(row.pain_point.effort_days))
        for place, row in enumerate(found.rows, start=1)
        if row.annual_cost and row.pain_point.effort_days
    ]
    if len(rows) < 2:
        return ""
    dearest, longest = max(row[2] for row in rows), max(row[3] for row in rows)
    bubbles = [
        charts.Bubble(str(place), 1 - days / longest * 0.92, cost / dearest * 0.92, 13, on=point.chosen)
        for place, point, cost, days in rows
    ]
    says = f"“{rows[0][1].title}” costs most a year. The numbers are those of the table."
    return charts.quadrant(
        charts.Caption("cost-effort", "Cost against effort", says), bubbles,
        across="less effort", upward="cost a year",
        corners=("Worth a plan", "Start here", "Leave", "When there is time"),
    )  # fmt: skip


def _form_page(
    request: PersonRequest, engagement: Engagement, form: PainPointForm, *, heading: str, point: object = None
) -> HttpResponse:
    form.mark_needed()
    status = STATUS_REFUSED if form.is_bound else 200
    context = {"engagement": engagement, "form": form, "form_heading": heading, "point": point}
    return render(request, "assessments/pain_point_form.html", context, status=status)
