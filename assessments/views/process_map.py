"""Pages of the process map. Parse, one service or selector, render."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms.process_map import StepForm, StepsFileForm, initial_step
from assessments.rules.process import COLUMNS
from assessments.selectors.process_map import Process, processes_of, step_for
from assessments.services.process_map import add_step, import_steps, remove_step, revise_step
from engagements.models import Engagement
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid, VersionConflict, WrongMoment
from portal.flow_chart import FlowStep, flow
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def process_map(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """How the work is done today, step by step, and where it waits."""
    engagement = engagement_for(request.user, engagement_id)
    found = processes_of(request.user, engagement)
    context = {
        "engagement": engagement,
        "processes": [(process, _flow(process)) for process in found],
        "columns": ", ".join(COLUMNS),
        "may_edit": access.of(request.user).can("edit_pain_points", engagement),
    }
    return render(request, "assessments/process_map.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_step(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write a step down."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    form = StepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_step(by=request.user, engagement_id=engagement_id, facts=form.facts())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("assessments:process_map", tenant, engagement_id)
    return _form_page(request, engagement, form, heading="Add a step")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_step(request: PersonRequest, tenant: str, engagement_id: UUID, step_id: UUID) -> HttpResponse:
    """Change a step; what somebody else changed meanwhile is not overwritten."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    step = step_for(request.user, engagement, step_id)
    form = StepForm(request.POST or None, initial=initial_step(step))
    if request.method == "POST" and form.is_valid():
        try:
            revise_step(
                by=request.user, step_id=step_id, version=form.cleaned_data["version"], facts=form.facts()
            )
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.data = {**dict(form.data.items()), "version": str(step.version)}
            form.add_error(None, f"{conflict.detail} Your text is kept below.")
        else:
            return redirect("assessments:process_map", tenant, engagement_id)
    return _form_page(request, engagement, form, heading=f"Change “{step.name}”", step=step)


@login_required
@require_POST
def take_step_out(request: PersonRequest, tenant: str, engagement_id: UUID, step_id: UUID) -> HttpResponse:
    """Take a step out of the map."""
    step_for(request.user, engagement_for(request.user, engagement_id), step_id)
    try:
        remove_step(by=request.user, step_id=step_id)
    except WrongMoment as refused:
        messages.error(request, refused.detail)
    return redirect("assessments:process_map", tenant, engagement_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_process(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Read steps from a CSV file; one wrong line and nothing is stored."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    form = StepsFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = import_steps(
                by=request.user, engagement_id=engagement_id, steps=form.cleaned_data["file"]
            )
        except Invalid as refused:
            form.add_error("file", refused.detail)
        else:
            messages.success(request, f"{count} steps are on the map.")
            return redirect("assessments:process_map", tenant, engagement_id)
    context = {"engagement": engagement, "form": form, "columns": ", ".join(COLUMNS)}
    status = REFUSED if form.is_bound else 200
    return render(request, "assessments/process_import.html", context, status=status)


def _flow(process: Process) -> str:
    steps = [
        FlowStep(
            str(row.step.name),
            str(row.step.actor),
            None if row.step.touch_minutes is None else float(row.step.touch_minutes),
            None if row.step.wait_minutes is None else float(row.step.wait_minutes),
            bool(row.marks),
        )
        for row in process.rows
    ]
    marked = [step.name for step in steps if step.marked]
    says = f"Bottleneck: {', '.join(marked)}." if marked else "No bottleneck can be told yet."
    return flow(f"Steps of {process.name}. {says}", steps)


def _form_page(
    request: PersonRequest, engagement: Engagement, form: StepForm, *, heading: str, step: object = None
) -> HttpResponse:
    context = {"engagement": engagement, "form": form, "form_heading": heading, "step": step}
    status = REFUSED if form.is_bound else 200
    return render(request, "assessments/process_step_form.html", context, status=status)
