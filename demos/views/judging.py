"""Second opinions on a run: graded again, a grade disputed, a dispute ruled on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from demos.forms import RegradeForm
from demos.models import Attempt
from demos.selectors import runs, targets, verdicts
from demos.services.disputes import dispute_grade, rule_on_dispute
from demos.services.regrading import regrade_run
from demos.vocabulary import DisputeOutcome, ReviewLabel
from portal import access, ids
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def regrade(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """Grade the stored answers with other graders, as a further result."""
    run = runs.run_for(request.user, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    access.require(request.user, "start_run", run.engagement)
    choices = list(targets.newest_grader_versions(request.user, engagement_id))
    form = RegradeForm(request.POST or None, initial={"graders": [row.public_id for row in choices]})
    form.fields["graders"].choices = [(row.public_id, str(row)) for row in choices]  # type: ignore[attr-defined]  # a choice field
    if request.method == "POST" and form.is_valid():
        try:
            version = regrade_run(
                by=request.user, run_id=run_id, note=form.cleaned_data["note"],
                grader_version_ids=[ids.decode("grv", key) for key in form.cleaned_data["graders"]],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"Result {version.number} is there. Nothing was asked again.")
            return redirect("demos:run", tenant, engagement_id, run_id)
    context = {"engagement": run.engagement, "run": run, "form": form}
    return render(request, "demos/regrade_form.html", context, status=STATUS_REFUSED if form.errors else 200)


@login_required
@require_POST
def dispute(request: PersonRequest, tenant: str, engagement_id: UUID, attempt_id: UUID) -> HttpResponse:
    """Say that a grade is not right, and why."""
    attempt = runs.attempt_for(request.user, attempt_id)
    if attempt.run.engagement_id != engagement_id:
        raise NotFound
    says = request.POST.get("says", "")
    try:
        label = ReviewLabel(says) if says in ReviewLabel.values else ReviewLabel.CANNOT_SAY
        dispute_grade(
            by=request.user, attempt_id=attempt_id, says=label, reason=request.POST.get("reason", "")
        )
    except Invalid as refused:
        messages.error(request, refused.detail)
    return redirect("demos:attempt", tenant, engagement_id, attempt_id)


@login_required
@require_POST
def rule(request: PersonRequest, tenant: str, engagement_id: UUID, dispute_id: UUID) -> HttpResponse:
    """Uphold or reject a dispute."""
    found = verdicts.dispute_for(request.user, dispute_id)
    if found.engagement_id != engagement_id:
        raise NotFound
    outcome = request.POST.get("outcome", "")
    if outcome not in DisputeOutcome.values:
        raise Invalid("A dispute is upheld or rejected.")
    try:
        rule_on_dispute(
            by=request.user, dispute_id=dispute_id, outcome=DisputeOutcome(outcome),
            reason=request.POST.get("reason", ""),
        )  # fmt: skip
    except Invalid as refused:
        messages.error(request, refused.detail)
    return redirect("demos:attempt", tenant, engagement_id, found.attempt_id)


def opinions_on(request: PersonRequest, attempt: Attempt) -> dict[str, Any]:
    """What was said of an answer after its run, and what the viewer may say."""
    mine, engagement = access.of(request.user), attempt.run.engagement
    disputes = verdicts.disputes_of(attempt)
    is_open = any(not row.rulings.all() for row in disputes)
    over = attempt.run.finished_at is not None
    return {
        "disputes": disputes,
        "regrades": verdicts.grades_over_time(attempt),
        "may_dispute": mine.can("dispute_grades", engagement),
        "may_resolve": mine.can("resolve_disputes", engagement),
        "can_be_disputed": over and attempt.answer is not None and not is_open,
    }
