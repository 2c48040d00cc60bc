"""What is kept of questions and answers, and the proof of what was deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from demos.forms import RefusableForm
from demos.selectors.transcripts import visible_deletions
from demos.services import transcripts as services
from demos.vocabulary import TranscriptMode
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Forbidden, Invalid
from portal.web.requests import PersonRequest

REFUSED = 422
SHOWN = 100


class PolicyForm(RefusableForm):
    """What is kept, and how long."""

    pointers = {"/retention_days": "retention_days"}

    mode = forms.ChoiceField(
        label="What is kept of questions and answers",
        choices=TranscriptMode.choices,
        widget=forms.RadioSelect,
    )
    retention_days = forms.IntegerField(
        required=False, min_value=1, max_value=services.MOST_DAYS, label="Deleted after",
        help_text="Counted from the end of a run. Empty: kept without an end.",
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Read the rule and the proofs; who may, sets the rule."""
    engagement = engagement_for(request.user, engagement_id)
    policy = services.policy_of(engagement)
    first: dict[str, Any] = {"mode": policy.mode, "retention_days": policy.retention_days}
    form = PolicyForm(request.POST or None, initial=first)
    may_set = access.of(request.user).can(services.deciding_action(request.user, engagement), engagement)
    if request.method == "POST":
        access.require(request.user, services.deciding_action(request.user, engagement), engagement)
        if form.is_valid():
            try:
                services.set_policy(
                    by=request.user, engagement_id=engagement_id,
                    mode=TranscriptMode(form.cleaned_data["mode"]),
                    retention_days=form.cleaned_data["retention_days"],
                )  # fmt: skip
            except Invalid as refused:
                form.show_refusal(refused)
            except Forbidden as refused:
                form.add_error(None, refused.detail)
            else:
                return redirect("demos:texts", tenant, engagement_id)
    context = {
        "engagement": engagement, "policy": policy, "form": form, "may_set": may_set,
        "deletions": visible_deletions(request.user, engagement_id)[:SHOWN],
    }  # fmt: skip
    return render(request, "demos/texts.html", context, status=REFUSED if form.errors else 200)
