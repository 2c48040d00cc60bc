"""Working on readiness: plan, contradictions, who answers, the interview, the crosswalk."""

from __future__ import annotations

import csv
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
from assessments.selectors import readiness_words as words
from assessments.selectors.contradictions import Contradiction, contradictions_of
from assessments.selectors.plan import PlanRow, plan_for
from assessments.selectors.readers import assessment_for, is_asked, sees_all, standing_for
from assessments.selectors.standing import ReadinessStanding, by_reference, standing_of
from assessments.services.interview import hold_interview
from assessments.services.sections import assign_section, settle_section, submit_section
from assessments.views.tabs import readiness_tabs
from engagements.models import Engagement
from portal import access
from portal.errors import Invalid, NotFound
from portal.spreadsheets import safe_cell
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def plan(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every core question under the target, by its effect on the minimum. ``?gate=`` looks further."""
    engagement, standing = standing_for(request.user, engagement_id)
    gate, rows = _plan(request, engagement, standing)
    context = {
        "engagement": engagement, "standing": standing, "gate": gate, "rows": rows,
        "gates": [
            {"label": f"Gate {number}", "href": f"?gate={number}", "current": number == gate, "count": None}
            for number in sorted(standing.framework.targets)
        ],
        "tabs": readiness_tabs(tenant, engagement_id, "readiness_plan"),
        "names": words.side_names(engagement.tenant),
    }  # fmt: skip
    return render(request, "assessments/readiness_plan.html", context)


@login_required
@require_safe
def plan_csv(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The plan as a spreadsheet, safe to open."""
    engagement, standing = standing_for(request.user, engagement_id)
    gate, rows = _plan(request, engagement, standing)
    names = words.side_names(engagement.tenant)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="readiness-plan-gate-{gate}.csv"'
    writer = csv.writer(answer)
    writer.writerow(["question", "text", "level", "needs", "why", "next step", "in whose court", "effect"])
    for one in rows:
        level = "not answered" if one.row.level is None else one.row.level
        court = names.get(one.step.court, "") if one.step.court else "either side"
        cells = [
            one.row.question.key,
            one.row.question.text,
            level,
            one.target,
            one.why,
            one.step.words,
            court,
        ]
        writer.writerow([safe_cell(str(cell)) for cell in [*cells, one.effect]])
    return answer


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
    """What the viewer was asked to answer, and nothing else."""
    engagement, assessment = assessment_for(request.user, engagement_id)
    standing = standing_of(assessment, today=timezone.now().date())
    rows = [row for row in standing.elements if is_asked(request.user, row)]
    context = {
        "engagement": engagement, "rows": rows, "today": timezone.now().date(),
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


def _plan(
    request: PersonRequest, engagement: Engagement, standing: ReadinessStanding
) -> tuple[int, list[PlanRow]]:
    asked = request.GET.get("gate", "")
    gate = int(asked) if asked.isdecimal() else standing.assessment.target_gate
    if gate not in standing.framework.targets:
        gate = standing.assessment.target_gate
    return gate, plan_for(standing, gate, words.side_names(engagement.tenant))


def _mended_at(row: Contradiction, tenant: str, engagement_id: UUID) -> str:
    place = {"tenant": tenant, "engagement_id": engagement_id, **row.place}
    return reverse(row.page, kwargs=place) + (f"?{row.query}" if row.query else "")
