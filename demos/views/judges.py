"""A judge model on a run: set up, sent, compared with people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from demos.forms import JudgeForm
from demos.models import Judging
from demos.selectors import judges, runs, targets
from demos.services.judging import calibrate_judge, resume_judging, start_judging, store_judge
from portal import access, ids
from portal.errors import Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def judge_run(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """What judges said of a run; another one set up and sent."""
    run = runs.run_for(request.user, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    access.require(request.user, "start_run", run.engagement)
    form = JudgeForm(request.POST or None)
    systems = targets.newest_target_versions(request.user, engagement_id)
    form.fields["target_version"].choices = [(row.public_id, str(row)) for row in systems]  # type: ignore[attr-defined]  # a choice field
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            judge = store_judge(
                by=request.user, engagement_id=engagement_id, name=data["name"], rubric=data["rubric"],
                target_version_id=ids.decode("tgv", data["target_version"]),
            )  # fmt: skip
            start_judging(by=request.user, run_id=run_id, judge_id=judge.pk)
        except Invalid as refused:
            form.show_refusal(refused)
        except WrongMoment as late:
            form.add_error(None, late.detail)
        else:
            return redirect("demos:judge_run", tenant, engagement_id, run_id)
    rows = [_row(judging) for judging in judges.judgings_of(run)]
    context = {"engagement": run.engagement, "run": run, "form": form, "rows": rows}
    return render(request, "demos/judge.html", context, status=STATUS_REFUSED if form.errors else 200)


@login_required
@require_POST
def move_judging(request: PersonRequest, tenant: str, engagement_id: UUID, judging_id: UUID) -> HttpResponse:
    """Compare a judge with people, or send one again whose task got lost."""
    judging = judges.judging_for(request.user, judging_id)
    if judging.run.engagement_id != engagement_id:
        raise NotFound
    try:
        if request.POST.get("move") == "resume":
            resume_judging(by=request.user, judging_id=judging_id)
        else:
            found = calibrate_judge(by=request.user, judging_id=judging_id)
            words = "It may feed a must-criterion now." if found.counts else "It stays indicative."
            messages.success(request, f"The judge was compared with people. {words}")
    except (Invalid, WrongMoment) as refused:
        messages.error(request, refused.detail)
    return redirect("demos:judge_run", tenant, engagement_id, judging.run_id)


def _row(judging: Judging) -> dict[str, Any]:
    calibration = judges.calibration_of(judging.judge, on=timezone.localdate())
    skill = judges.skill_now(judging, on=timezone.localdate())
    rates = judges.rates_of(judging)
    return {
        "judging": judging,
        "calibration": calibration,
        "skill": skill,
        "reasons": skill.reasons(),
        "raw": rates.get("pass_rate"),
        "corrected": rates.get("corrected_pass_rate"),
    }
