"""The improvement plan: what would raise the weakest link, who took which step on, and closing it."""

from __future__ import annotations

import csv
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms.readiness import StepForm
from assessments.selectors import readiness_words as words
from assessments.selectors.actions import action_for, actions_of, may_close
from assessments.selectors.plan import PlanRow, plan_for
from assessments.selectors.readers import sees_all, standing_for
from assessments.selectors.standing import ReadinessStanding
from assessments.services.actions import close_action, take_on
from assessments.views.tabs import readiness_tabs
from assessments.vocabulary import ActionStatus
from engagements.models import Engagement
from portal import access
from portal.errors import Invalid, NotFound
from portal.models import User
from portal.spreadsheets import safe_cell
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every core question under the target, by its effect on the minimum; taking a step on.

    ``?gate=`` looks further; ``?question=`` fills in the form with that question's next step.
    """
    engagement, standing = standing_for(request.user, engagement_id)
    gate, rows = _plan(request, engagement, standing)
    items = list(actions_of(request.user, engagement).order_by("due", "question"))
    open_steps = {one.question: one for one in items if one.status == ActionStatus.OPEN}
    form = _form(request, standing, [row for row in rows if row.row.question.key not in open_steps])
    if request.method == "POST" and form.is_valid():
        try:
            item = take_on(
                by=request.user, engagement_id=engagement_id, owner=form.owner_chosen(), step=form.step(gate)
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{item.owner.name} has taken on the step for {item.question}.")
            return redirect("assessments:readiness_plan", tenant, engagement_id)
    context = {
        "engagement": engagement, "standing": standing, "gate": gate, "form": form,
        "rows": [(row, open_steps.get(row.row.question.key)) for row in rows],
        "items": [(one, may_close(request.user, one)) for one in items],
        "may_take": access.of(request.user).can("answer_readiness", standing.assessment),
        "today": timezone.now().date(),
        "gates": [
            {"label": f"Gate {number}", "href": f"?gate={number}", "current": number == gate, "count": None}
            for number in sorted(standing.framework.targets)
        ],
        "tabs": readiness_tabs(tenant, engagement_id, "readiness_plan"),
        "names": words.side_names(engagement.tenant),
    }  # fmt: skip
    status = REFUSED if form.is_bound else 200
    return render(request, "assessments/readiness_plan.html", context, status=status)


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
@require_POST
def close_step(request: PersonRequest, tenant: str, engagement_id: UUID, action_id: UUID) -> HttpResponse:
    """Say that a step is done or dropped, and what came of it."""
    item = action_for(request.user, action_id)
    if item.engagement_id != engagement_id:
        raise NotFound
    status = ActionStatus.DONE if request.POST.get("move") == "done" else ActionStatus.DROPPED
    try:
        close_action(
            by=request.user, action_id=item.pk, status=status, outcome=request.POST.get("outcome", "")
        )
    except Invalid as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"The step for {item.question} is {status.label.lower()}.")
    page = "readiness_plan" if sees_all(request.user, item.engagement) else "my_sections"
    return redirect(f"assessments:{page}", tenant, engagement_id)


def _plan(
    request: PersonRequest, engagement: Engagement, standing: ReadinessStanding
) -> tuple[int, list[PlanRow]]:
    asked = request.GET.get("gate", "")
    gate = int(asked) if asked.isdecimal() else standing.assessment.target_gate
    if gate not in standing.framework.targets:
        gate = standing.assessment.target_gate
    return gate, plan_for(standing, gate, words.side_names(engagement.tenant))


def _form(request: PersonRequest, standing: ReadinessStanding, rows: list[PlanRow]) -> StepForm:
    """Offers the questions for which nobody has a step yet."""
    place = standing.assessment
    chosen = request.GET.get("question", "")
    step = next((row.step.words for row in rows if row.row.question.key == chosen), "")
    people: list[User] = [request.user]
    if access.of(request.user).can("manage_readiness", place):
        people = access.holders(
            "answer_readiness", tenant_id=place.tenant_id, engagement_id=place.engagement_id
        )
    return StepForm(
        request.POST or None, questions=[row.row.question for row in rows], people=people,
        initial={"question": chosen, "text": step, "owner": request.user.public_id},
    )  # fmt: skip
