"""What a run cost, what a month will cost, and what all runs of a client may cost in a month."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from demos.explanations import explanation_of
from demos.forms import RefusableForm
from demos.models import Run
from demos.selectors import costs, runs
from demos.services.spending import set_guard, spent_in_month, standing
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid
from portal.web.requests import PersonRequest

REFUSED = 422


class ForecastForm(forms.Form):
    """How many cases a month, and how much it may cost."""

    run = forms.ChoiceField(required=False, label="Cost per case from", help_text="Else the newest run.")
    volume = forms.IntegerField(min_value=1, max_value=costs.MOST_CASES_A_MONTH, label="Cases a month")
    spread = forms.IntegerField(
        required=False, min_value=0, max_value=100, label="Give or take", initial=10,
        help_text="How far the volume may lie above or below.",
    )  # fmt: skip
    budget = forms.DecimalField(
        required=False, min_value=Decimal("0.01"), max_digits=18, decimal_places=4, label="Budget a month"
    )


class GuardForm(RefusableForm):
    """The most that all runs of the client may cost in a month."""

    pointers = {"/monthly_limit": "monthly_limit"}

    monthly_limit = forms.DecimalField(
        required=False, max_digits=18, decimal_places=4, label="Most money a month",
        help_text="For all runs of the client together. Empty: no limit.",
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_costs(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Cost figures of a run, a forecast from it, the month; who may, sets the limit of the month."""
    engagement = engagement_for(request.user, engagement_id)
    month = standing(engagement.tenant_id, engagement.currency, now=timezone.now())
    first = {"monthly_limit": month.guard.monthly_limit if month else None}
    guard = GuardForm(request.POST or None, initial=first)
    if request.method == "POST":
        access.require(request.user, "manage_hosts", engagement.tenant)
        if guard.is_valid():
            try:
                set_guard(
                    by=request.user, tenant_id=engagement.tenant_id, currency=engagement.currency,
                    monthly_limit=guard.cleaned_data["monthly_limit"],
                )  # fmt: skip
            except Invalid as refused:
                guard.show_refusal(refused)
            else:
                return redirect("demos:costs", tenant, engagement_id)
    context = {
        "engagement": engagement, "month": month, "guard": guard,
        "spent": spent_in_month(engagement.tenant_id, engagement.currency, now=timezone.now()),
        "may_set": access.of(request.user).can("manage_hosts", engagement.tenant),
        **_forecast(request, engagement_id),
    }  # fmt: skip
    return render(request, "demos/costs.html", context, status=REFUSED if guard.errors else 200)


def _forecast(request: PersonRequest, engagement_id: UUID) -> dict[str, Any]:
    """The run that is looked at, its cost figures, and the forecast when one was asked for."""
    found = costs.costed_runs(request.user, engagement_id)
    if not found:
        return {"run": None}
    form = ForecastForm(request.GET if "volume" in request.GET else None)
    field = form.fields["run"]
    if isinstance(field, forms.ChoiceField):
        field.choices = [(run.public_id, f"{run}: {run.plan.target_version}") for run in found]
    run = next((run for run in found if run.public_id == request.GET.get("run")), found[0])
    form.initial["run"] = run.public_id
    known = costs.case_costs(run)
    predicted = None
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        spread = (data["spread"] or 0) / 100
        predicted = costs.forecast_of(run, known, volume=data["volume"], spread=spread, budget=data["budget"])
    return {
        "run": run, "known": known, "figures": _figures(run), "form": form, "forecast": predicted,
        "asked": form.cleaned_data if form.is_bound and form.is_valid() else None,
    }  # fmt: skip


def _figures(run: Run) -> list[dict[str, Any]]:
    rows = {row.key: row for row in runs.metrics(run).filter(slice="")}
    keys = ("cost_per_case", "cost_per_success")
    return [{"row": rows[key], "words": explanation_of(key)} for key in keys if key in rows]
