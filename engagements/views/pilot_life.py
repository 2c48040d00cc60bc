"""Pages of a pilot's use, its incidents, its environment and its plan. Parse, one service, render."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.models import Engagement, Incident, PilotPlanSeal
from engagements.pilot_forms import (
    IncidentForm,
    ParityForm,
    PlanForm,
    UseForm,
    initial_incident,
    initial_plan,
    last_week,
)
from engagements.pilot_words import Aspect, OverrideReason, Parity
from engagements.selectors.pilot import (
    adoption_of,
    agreed_plan,
    incidents_of,
    newest_measurements,
    parity_of,
    plans_of,
    sealed_sides,
)
from engagements.services import adoption, incidents, parity, pilot_plans
from engagements.services.metrics import SEAL_ACTIONS
from engagements.views.pilot import frame
from engagements.vocabulary import Side
from portal import access
from portal.errors import Invalid, NotFound, VersionConflict
from portal.web.requests import PersonRequest

REFUSED = 422
LONGEST_NUMBER = 9


@login_required
@require_safe
def use(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Who used it, and what became of its answers, period by period."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    rows = adoption_of(engagement_id)
    reasons = dict.fromkeys(OverrideReason.values, 0)
    for row in rows:
        for code, count in row.reasons.items() if not row.segment else ():
            reasons[code] += count
    context = {
        **frame(request, engagement, "pilot_use"),
        "rows": [(row, adoption.share_of(row)) for row in rows],
        "share": newest_measurements(engagement_id, ["active_share"]).get("active_share"),
        "reasons": [(OverrideReason(code).label, count) for code, count in reasons.items() if count],
    }
    return render(request, "engagements/pilot_use.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_use(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Report the counts of one period, or correct them."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "hand_in_evidence", engagement)
    form = UseForm(request.POST or None, initial={"period": last_week()})
    if request.method == "POST" and form.is_valid():
        try:
            row = adoption.report_use(by=request.user, engagement_id=engagement_id, use=form.use())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            kept = " What it replaces is kept." if row.number > 1 else ""
            messages.success(request, f"Stored for {row.period}.{kept}")
            return redirect("engagements:pilot_use", tenant, engagement_id)
    context = {**frame(request, engagement, "pilot_use"), "form": form, "form_heading": "Report its use"}
    return render(request, "engagements/pilot_form.html", context, status=_status(form.is_bound))


@login_required
@require_safe
def incident_log(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What went wrong, open ones first."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    rows = incidents_of(engagement_id)
    context = {
        **frame(request, engagement, "incidents"),
        "rows": rows,
        "confirmed": newest_measurements(engagement_id, [incidents.OPEN_SEVERE]).get(incidents.OPEN_SEVERE),
        "to_detect": _mean([row.detected_at - row.started_at for row in rows]),
        "to_mend": _mean([row.resolved_at - row.detected_at for row in rows if row.resolved_at]),
        "mended": sum(row.resolved_at is not None for row in rows),
    }
    return render(request, "engagements/incidents.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_incident(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write an incident down."""
    return _incident_form(request, tenant, engagement_id, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_incident(
    request: PersonRequest, tenant: str, engagement_id: UUID, incident_id: UUID
) -> HttpResponse:
    """Say more of an incident, or that it is mended."""
    rows = Incident.objects.filter(engagement_id=engagement_id, pk=incident_id)
    row = access.visible(request.user, rows).first()
    if row is None:
        raise NotFound
    return _incident_form(request, tenant, engagement_id, row)


def _incident_form(
    request: PersonRequest, tenant: str, engagement_id: UUID, row: Incident | None
) -> HttpResponse:
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "hand_in_evidence", engagement)
    form = IncidentForm(request.POST or None, initial=initial_incident(row) if row else None)
    if request.method == "POST" and form.is_valid():
        try:
            if row is None:
                incidents.log_incident(by=request.user, engagement_id=engagement_id, facts=form.facts())
            else:
                incidents.change_incident(
                    by=request.user, incident_id=row.pk, version=form.cleaned_data["version"],
                    facts=form.facts(),
                )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.add_error(None, f"{conflict.detail} Your text is kept below.")
        else:
            return redirect("engagements:incidents", tenant, engagement_id)
    heading = f"Incident {row.number}" if row else "Log an incident"
    context = {**frame(request, engagement, "incidents"), "form": form, "form_heading": heading}
    return render(request, "engagements/pilot_form.html", context, status=_status(form.is_bound))


@login_required
@require_POST
def confirm_log(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Say by name that the log is complete today."""
    selectors.engagement_for(request.user, engagement_id)
    severe = incidents.confirm_log(by=request.user, engagement_id=engagement_id)
    messages.success(request, f"Stated in your name: {severe} of the highest severity are open.")
    return redirect("engagements:incidents", tenant, engagement_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def environment(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """How the pilot's environment compares with production, respect by respect."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    sent = ParityForm(request.POST) if request.method == "POST" else None
    if sent is not None:
        access.require(request.user, "hand_in_evidence", engagement)
        if sent.is_valid() and _compared(request, engagement_id, sent):
            return redirect("engagements:parity", tenant, engagement_id)
    known = parity_of(engagement_id)
    rows = []
    for aspect in Aspect:
        row = known.get(aspect)
        form = ParityForm(
            auto_id=f"{aspect.value}_%s",
            initial={"aspect": aspect, "state": row.state if row else None, "note": row.note if row else "",
                     "version": row.version if row else 0},
        )  # fmt: skip
        if sent is not None and sent.data.get("aspect") == aspect:
            sent.auto_id = f"{aspect.value}_%s"
            form = sent
        rows.append({"aspect": aspect, "row": row, "form": form, "is_open": form is sent})
    context = {
        **frame(request, engagement, "parity"),
        "rows": rows,
        "missing": len(Aspect) - len(known),
        "gaps": sum(row.state == Parity.BLOCKING for row in known.values()),
    }
    return render(request, "engagements/parity.html", context, status=_status(sent is not None))


def _compared(request: PersonRequest, engagement_id: UUID, form: ParityForm) -> bool:
    data = form.cleaned_data
    try:
        parity.compare_aspect(
            by=request.user, engagement_id=engagement_id, aspect=Aspect(data["aspect"]),
            state=Parity(data["state"]), note=data["note"], version=data["version"],
        )  # fmt: skip
    except Invalid as refused:
        form.add_error("note", refused.detail)
        return False
    except VersionConflict as conflict:
        form.add_error(None, conflict.detail)
        return False
    messages.success(request, f"{Aspect(data['aspect']).label} is compared.")
    return True


@login_required
@require_safe
def plan(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The newest plan with its seals, and those before it."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    rows = plans_of(engagement_id)
    newest, agreed = next(iter(rows), None), agreed_plan(rows)
    held = sealed_sides(newest) if newest else {}
    context = {
        **frame(request, engagement, "pilot_plan"),
        "plan": newest,
        "agreed": agreed,
        "seals": [(side, held.get(side)) for side in Side],
        "may_seal": _may_seal(request, engagement, held),
        "earlier": rows[1:],
    }
    return render(request, "engagements/pilot_plan.html", context)


def _may_seal(request: PersonRequest, engagement: Engagement, held: dict[Side, PilotPlanSeal]) -> bool:
    """Whether the page offers a seal: to who may seal for a side that has not."""
    side = request.user.side
    if side not in Side.values or Side(side) in held:
        return False
    return bool(access.of(request.user).can(SEAL_ACTIONS[Side(side)], engagement))


@login_required
@require_POST
def seal_plan(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Stand by the plan that was read, for one's own side."""
    selectors.engagement_for(request.user, engagement_id)
    read = request.POST.get("version", "")
    version = int(read) if read.isdecimal() and len(read) < LONGEST_NUMBER else 0
    try:
        pilot_plans.seal_plan(by=request.user, engagement_id=engagement_id, version=version)
    except VersionConflict as conflict:
        messages.error(request, conflict.detail)
    else:
        messages.success(request, "Sealed in your name.")
    return redirect("engagements:pilot_plan", tenant, engagement_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_plan(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write the plan, or amend it with a reason."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_metrics", engagement)
    held = next(iter(plans_of(engagement_id)), None)
    form = PlanForm(
        request.POST or None, is_change=held is not None, initial=initial_plan(held) if held else None
    )
    if request.method == "POST" and form.is_valid():
        try:
            pilot_plans.plan_pilot(
                by=request.user, engagement_id=engagement_id, facts=form.facts(),
                version=form.cleaned_data["version"],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.add_error(None, f"{conflict.detail} Your text is kept below.")
        else:
            return redirect("engagements:pilot_plan", tenant, engagement_id)
    heading = "Change the plan" if held else "Plan the pilot"
    context: dict[str, Any] = {
        **frame(request, engagement, "pilot_plan"),
        "form": form,
        "form_heading": heading,
    }
    return render(request, "engagements/pilot_form.html", context, status=_status(form.is_bound))


def _mean(spans: list[timedelta]) -> int | None:
    """In milliseconds; None without any."""
    return round(sum(span.total_seconds() for span in spans) / len(spans) * 1000) if spans else None


def _status(is_bound: bool) -> int:
    return REFUSED if is_bound else 200
