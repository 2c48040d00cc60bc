"""Working on readiness: contradictions, who answers, the interview, the crosswalk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms.readiness import InterviewForm, SectionForm
from assessments.models import SectionAssignment
from assessments.selectors.actions import actions_of, may_close
from assessments.selectors.contradictions import Contradiction, contradictions_of
from assessments.selectors.readers import assessment_for, is_asked, sees_all, standing_for
from assessments.selectors.standing import by_reference, standing_of
from assessments.services.interview import hold_interview
from assessments.services.sections import assign_section, settle_section, submit_section
from assessments.views.tabs import readiness_tabs
from portal import access
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def consistency(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What does not go together, each with the form that mends it."""
    engagement, standing = standing_for(request.user, engagement_id)
    rows = contradictions_of(standing, today=timezone.now().date())
    context = {
        "engagement": engagement,
        "rows": [(row, _mended_at(row, tenant, engagement_id)) for row in rows],
        "tabs": readiness_tabs(tenant, engagement_id, "consistency"),
    }
    return render(request, "assessments/consistency.html", context)


@login_required
@require_safe
def crosswalk(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Which clauses of other frameworks the questions touch, by identifier, and what was answered there."""
    engagement, standing = standing_for(request.user, engagement_id)
    levels = {row.question.key: row for row in standing.questions}
    bodies = [
        (body, [(clause, [levels[one.key] for one in questions]) for clause, questions in clauses.items()])
        for body, clauses in by_reference(standing.framework).items()
    ]
    context = {
        "engagement": engagement, "bodies": bodies,
        "tabs": readiness_tabs(tenant, engagement_id, "crosswalk"),
    }  # fmt: skip
    return render(request, "assessments/crosswalk.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def interview(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Seven questions, twenty minutes; then which of the others to ask next."""
    engagement, standing = standing_for(request.user, engagement_id)
    access.require(request.user, "answer_readiness", engagement)
    sent = request.POST if request.method == "POST" else None
    form = InterviewForm(sent, framework=standing.framework)
    to_ask: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            to_ask = hold_interview(by=request.user, engagement_id=engagement_id, heard=form.heard())
        except Invalid as refused:
            form.add_error(None, refused.detail)
    context = {"engagement": engagement, "form": form, "to_ask": to_ask}
    status = REFUSED if form.is_bound and not to_ask else 200
    return render(request, "assessments/interview.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sections(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Who answers which element until when; handing them out."""
    engagement, standing = standing_for(request.user, engagement_id)
    people = access.holders("answer_readiness", tenant_id=engagement.tenant_id, engagement_id=engagement_id)
    form = SectionForm(
        request.POST or None, framework=standing.framework, people=people,
        initial={"element": request.GET.get("element", "")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            assign_section(
                by=request.user, engagement_id=engagement_id, element=form.cleaned_data["element"],
                person=form.person_chosen(), due=form.cleaned_data["due"],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{form.person_chosen().name} is asked.")
            return redirect("assessments:readiness_sections", tenant, engagement_id)
    context = {
        "engagement": engagement, "standing": standing, "form": form,
        "may_manage": access.of(request.user).can("manage_readiness", standing.assessment),
        "tabs": readiness_tabs(tenant, engagement_id, "readiness_sections"),
        "today": timezone.now().date(),
    }  # fmt: skip
    return render(request, "assessments/sections.html", context, status=REFUSED if form.is_bound else 200)


@login_required
@require_safe
def my_sections(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What the viewer was asked to answer, and the steps that they took on; nothing else."""
    engagement, assessment = assessment_for(request.user, engagement_id)
    standing = standing_of(assessment, today=timezone.now().date())
    rows = [row for row in standing.elements if is_asked(request.user, row)]
    mine = actions_of(request.user, engagement).filter(owner=request.user).order_by("due", "question")
    context = {
        "engagement": engagement, "rows": rows, "today": timezone.now().date(),
        "items": [(one, may_close(request.user, one)) for one in mine],
        "sees_all": sees_all(request.user, assessment),
    }  # fmt: skip
    return render(request, "assessments/my_sections.html", context)


@login_required
@require_POST
def submit(request: PersonRequest, tenant: str, engagement_id: UUID, section_id: UUID) -> HttpResponse:
    """Hand a section in."""
    section = _section(request, engagement_id, section_id)
    submit_section(by=request.user, section_id=section.pk)
    messages.success(request, f"{section.element} is handed in.")
    return redirect("assessments:my_sections", tenant, engagement_id)


@login_required
@require_POST
def settle(request: PersonRequest, tenant: str, engagement_id: UUID, section_id: UUID) -> HttpResponse:
    """Take a section, or ask for changes."""
    section = _section(request, engagement_id, section_id)
    done = request.POST.get("move") == "done"
    try:
        settle_section(by=request.user, section_id=section.pk, done=done, note=request.POST.get("note", ""))
    except Invalid as refused:
        messages.error(request, refused.detail)
    return redirect("assessments:readiness_sections", tenant, engagement_id)


def _section(request: PersonRequest, engagement_id: UUID, section_id: UUID) -> SectionAssignment:
    rows = SectionAssignment.objects.filter(pk=section_id, engagement_id=engagement_id)
    found = access.visible(request.user, rows).first()
    if found is None:
        raise NotFound
    return found


def _mended_at(row: Contradiction, tenant: str, engagement_id: UUID) -> str:
    place = {"tenant": tenant, "engagement_id": engagement_id, **row.place}
    return reverse(row.page, kwargs=place) + (f"?{row.query}" if row.query else "")
