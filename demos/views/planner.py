"""How many cases it takes to prove a rate, settle a run, rule something out or tell two runs apart."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demos.engine import comparison
from demos.engine import statistics as st
from demos.forms import MorePlanForm, PairsPlanForm, RatePlanForm, ZeroPlanForm
from engagements.selectors import engagement_for
from portal.web.requests import PersonRequest

FORMS = {"rate": RatePlanForm, "more": MorePlanForm, "zero": ZeroPlanForm, "pairs": PairsPlanForm}


@login_required
@require_safe
def plan_cases(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Four questions, each a form of its own that works by its address alone."""
    engagement = engagement_for(request.user, engagement_id)
    asked = request.GET.get("ask", "")
    forms = {
        name: kind(request.GET if name == asked else None, auto_id=f"{name}-%s")
        for name, kind in FORMS.items()
    }
    form = forms.get(asked)
    answer = ANSWERS[asked](form.cleaned_data) if form is not None and form.is_valid() else ""
    context = {"engagement": engagement, "forms": forms, "asked": asked, "answer": answer}
    return render(request, "demos/planner.html", context)


def _rate(data: dict[str, Any]) -> str:
    expected, target = float(data["expected"]) / 100, float(data["target"]) / 100
    n = st.cases_needed(expected, target, float(data["confidence"]) / 100)
    if n is None:
        return f"No number of cases proves {data['target']:g} %: the expected rate has to lie above it."
    return f"{n:,} cases prove {data['target']:g} %, if the system gets {data['expected']:g} % right."


def _more(data: dict[str, Any]) -> str:
    more = st.more_cases_needed(data["passed"], data["n"], float(data["target"]) / 100)
    seen = f"{data['passed']:,} of {data['n']:,}"
    if more == 0:
        return f"{seen} proves {data['target']:g} % already."
    if more is None:
        return f"{seen} is not above {data['target']:g} %: more cases of the same kind would not prove it."
    return f"About {more:,} more cases at the rate of {seen} prove {data['target']:g} %."


def _zero(data: dict[str, Any]) -> str:
    n = st.zero_event_cases(float(data["upper"]) / 100, float(data["confidence"]) / 100)
    return f"{n:,} probes without a single event show that it happens in at most {data['upper']:g} %."


def _pairs(data: dict[str, Any]) -> str:
    n = comparison.pairs_needed(float(data["flips"]) / 100, float(data["difference"]) / 100)
    return (
        f"{n:,} cases asked in both runs find a difference of {data['difference']:g} points with a chance of "
        f"80 %, if {data['flips']:g} % of the cases change sides."
    )


ANSWERS = {"rate": _rate, "more": _more, "zero": _zero, "pairs": _pairs}
