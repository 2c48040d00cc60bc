"""A judge model compares the answers of two runs: sent from the page of the comparison, and shown on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from demos.forms import PairJudgeForm
from demos.models import Comparison
from demos.selectors import comparisons, judges
from demos.selectors import pairwise as reading
from demos.services.pairwise import start_pair_judging
from portal import ids
from portal.errors import Invalid, NotFound, WrongMoment
from portal.models import User
from portal.web.requests import PersonRequest


@login_required
@require_POST
def send_judge(request: PersonRequest, tenant: str, engagement_id: UUID, comparison_id: UUID) -> HttpResponse:
    """Send a judge over a comparison."""
    comparison = comparisons.comparison_for(request.user, comparison_id)
    if comparison.engagement_id != engagement_id:
        raise NotFound
    try:
        judge_id = ids.decode("jdv", request.POST.get("judge", ""))
    except ValueError:
        judge_id = None
    try:
        if judge_id is None:
            raise Invalid("Choose a judge. One is set up on the page of a run, under “Judge model”.")
        start_pair_judging(by=request.user, comparison_id=comparison_id, judge_id=judge_id)
    except (Invalid, WrongMoment) as refused:
        messages.error(request, refused.detail)
    return redirect("demos:comparison", tenant, engagement_id, comparison_id)


def pairs_on(viewer: User, comparison: Comparison) -> dict[str, Any]:
    """What judges said of the two runs' answers, and the form that sends another."""
    form = PairJudgeForm()
    choices = [(row.public_id, str(row)) for row in judges.visible_judges(viewer, comparison.engagement_id)]
    form.fields["judge"].choices = choices  # type: ignore[attr-defined]  # a choice field
    return {"pair_judgings": reading.judgings_of(comparison), "pair_form": form, "has_judges": bool(choices)}
