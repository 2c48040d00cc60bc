"""Pages of the pilot's figures: what they come to, report one, report a file. Parse, one service, render."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from engagements import selectors
from engagements.models import Engagement
from engagements.models.pilot import written
from engagements.pilot_forms import FigureForm, FiguresFileForm, last_week
from engagements.pilot_words import Group
from engagements.rules.effects import BREACHES_IN_A_ROW, FEWEST_PERIODS
from engagements.rules.metrics import goal_value, sentence
from engagements.rules.pilot import COLUMNS
from engagements.selectors.evidence import visible_evidence
from engagements.selectors.pilot import (
    SUCCESS,
    Series,
    metric_terms,
    newest_measurements,
    plans_of,
    points,
    rails_of,
    series_of,
    wanted_of,
)
from engagements.services.pilot import check_figures, report_figures
from engagements.services.pilot_effects import WITH_CONTROL, breached_rails
from portal import access
from portal.charts import Caption, Point, over_time
from portal.errors import Invalid
from portal.vocabulary import Visibility
from portal.web.requests import PersonRequest

REFUSED = 422
SHOWN_PERIODS, SHOWN_ROWS = 12, 4
_TABS = (
    ("pilot", "Figures"), ("pilot_use", "Use"), ("incidents", "Incidents"), ("parity", "Environment"),
    ("pilot_plan", "Plan"),
)  # fmt: skip


@login_required
@require_safe
def pilot(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What the pilot's figures come to, and each series."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    series = series_of(engagement)
    terms = metric_terms(engagement_id)
    keys = ["success_metric_change", "success_metric_progress", "guardrails_broken", "cost_over_forecast"]
    found = newest_measurements(engagement_id, keys)
    progress = found.get("success_metric_progress")
    rails = dict(rails_of(terms)) if terms else {}
    limits = {key: rail.limit for key, rail in rails.items()}
    if terms is not None and (goal := goal_value(terms)) is not None:
        limits[SUCCESS] = goal
    change = found.get("success_metric_change")
    context = {
        **frame(request, engagement, "pilot"),
        "plan": next(iter(plans_of(engagement_id)), None),
        "sentence": sentence(terms) if terms else "",
        "change": change,
        "progress": progress,
        "with_control": bool(change and change.method == WITH_CONTROL),
        "guardrails": found.get("guardrails_broken"),
        "cost": found.get("cost_over_forecast"),
        "breached": [rails[key].name for key in breached_rails(series, engagement_id)],
        "fewest": FEWEST_PERIODS,
        "in_a_row": BREACHES_IN_A_ROW,
        "series": [_shown(one, limits.get(key)) for key, one in series.items()],
    }
    return render(request, "engagements/pilot.html", context)


@login_required
@require_safe
def pilot_series(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """All that was reported under one name (``?metric=``), corrections and what they replaced included."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    wanted = wanted_of(engagement)
    asked = wanted.get(request.GET.get("metric", "")) or next(iter(wanted.values()))
    rows = engagement.observations.filter(key=asked.key).select_related("reported_by", "evidence")
    context = {
        **frame(request, engagement, "pilot"),
        "asked": asked,
        "rows": rows.order_by("-begins", "group", "segment", "-number")[:500],
    }
    return render(request, "engagements/pilot_series.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Report one figure, or correct one that was reported."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "hand_in_evidence", engagement)
    initial = {"period": last_week(), "metric": request.GET.get("metric", "")}
    form = FigureForm(
        request.POST or None, wanted=wanted_of(engagement),
        evidence=visible_evidence(request.user, engagement_id).filter(visibility=Visibility.CLIENT),
        initial=initial,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            told = report_figures(
                by=request.user, engagement_id=engagement_id, figures=[form.figure()],
                evidence=form.evidence_chosen(),
            )  # fmt: skip
        except Invalid as refused:
            for fault in refused.errors:
                name = fault.pointer.rsplit("/", 1)[-1]
                form.add_error(name if name in form.fields else None, fault.detail)
        else:
            words = "It was there already in the same words." if told.unchanged else "Stored."
            messages.success(request, words + (" What it replaces is kept." if told.corrected else ""))
            return redirect("engagements:pilot", tenant, engagement_id)
    context = {**frame(request, engagement, "pilot"), "form": form}
    return render(request, "engagements/pilot_figure_form.html", context, status=_status(form.is_bound))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_figures(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Look at a CSV file of figures, then store all of it or nothing."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "hand_in_evidence", engagement)
    form = FiguresFileForm(request.POST or None, request.FILES or None)
    preview: list[Any] = []
    if request.method == "POST" and form.is_valid():
        figures = form.cleaned_data["figures"]
        faults = check_figures(engagement, figures)
        if faults:
            form.refuse([f"Line {fault.pointer.split('/')[2]}: {fault.detail}" for fault in faults])
        elif "store" in request.POST:
            told = report_figures(
                by=request.user, engagement_id=engagement_id, figures=[figure for _, figure in figures]
            )
            messages.success(
                request,
                f"{told.stored} figures are stored, {told.corrected} of them corrections; "
                f"{told.unchanged} were there already.",
            )
            return redirect("engagements:pilot", tenant, engagement_id)
        else:
            preview = figures
    context = {
        **frame(request, engagement, "pilot"),
        "form": form,
        "preview": preview[:50],
        "more": max(len(preview) - 50, 0),
        "total": len(preview),
        "text": form.cleaned_data.get("text", "") if preview else "",
        "columns": ", ".join(COLUMNS),
        "wanted": wanted_of(engagement).values(),
    }
    status = REFUSED if form.is_bound and not preview else 200
    return render(request, "engagements/pilot_import.html", context, status=status)


def _shown(one: Series, limit: Any) -> dict[str, Any]:
    """A series with its newest periods, and a picture of the whole of it."""
    pilot = one.whole(Group.PILOT)[-SHOWN_PERIODS:]
    picture = ""
    if len(pilot) > 1:
        marks = [Point(row.period[5:], point.value) for row, point in zip(pilot, points(pilot), strict=True)]
        first, last = pilot[0], pilot[-1]
        says = f"From {first.written} in {first.period} to {last.written} in {last.period}."
        caption = Caption(f"c-{one.wanted.key}", one.wanted.name, says)
        target = None if limit is None else float(limit)
        picture = over_time(caption, marks, write=written, target=target)
    newest = sorted(one.rows, key=lambda row: (row.begins, row.group, row.segment), reverse=True)
    return {
        "wanted": one.wanted,
        "rows": newest[:SHOWN_ROWS],
        "older": max(len(newest) - SHOWN_ROWS, 0),
        "picture": picture,
    }


def frame(request: PersonRequest, engagement: Engagement, here: str) -> dict[str, Any]:
    """What every page of the pilot shows: the tabs, and whether the reader may report."""
    tabs = [
        {
            "label": label,
            "href": reverse(f"engagements:{name}", args=[engagement.tenant.slug, engagement.pk]),
            "current": name == here,
            "count": None,
        }
        for name, label in _TABS
    ]
    return {
        "engagement": engagement,
        "tabs": tabs,
        "may_report": access.of(request.user).can("hand_in_evidence", engagement),
        "may_plan": access.of(request.user).can("edit_metrics", engagement),
        "now": timezone.now(),
    }


def _status(is_bound: bool) -> int:
    return REFUSED if is_bound else 200
