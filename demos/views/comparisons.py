"""Two runs side by side: chosen, compared, read flips first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from demos.forms import ComparisonForm
from demos.models import Comparison
from demos.selectors import comparisons
from demos.selectors.sealing import readable_pairs
from demos.services.comparisons import compare_runs
from demos.views.pairwise import pairs_on
from demos.vocabulary import ComparisonVerdict
from engagements.selectors import engagement_for
from portal import access, charts, figures, ids
from portal.charts import Caption
from portal.errors import Invalid, NotFound
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422
FLIPS_A_PAGE = 6
TITLES = {"score": "Mean score", "wait": "Mean wait", "cost": "Cost of asking once"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_comparison(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Choose two finished runs and compare them; the same pair again shows what is kept."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "start_run", engagement)
    runs = list(comparisons.comparable_runs(request.user, engagement_id)[:100])
    form = ComparisonForm(request.POST or None, initial=_initial(request, [run.public_id for run in runs]))
    names = ((run.public_id, f"{run}: {run.plan.target_version}, {run.plan.dataset_version}") for run in runs)
    form.offer(list(names))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            found = compare_runs(
                by=request.user,
                before_id=ids.decode("run", data["before"]),
                now_id=ids.decode("run", data["now"]),
                margin=(data["margin"] or Decimal(0)) / 100,
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:comparison", tenant, engagement_id, found.pk)
    context = {"engagement": engagement, "form": form, "enough": len(runs) > 1}
    status = STATUS_REFUSED if form.errors else 200
    return render(request, "demos/comparison_form.html", context, status=status)


@login_required
@require_safe
def show_comparison(
    request: PersonRequest, tenant: str, engagement_id: UUID, comparison_id: UUID
) -> HttpResponse:
    """What changed: the sentence, then the newly wrong, then the put right, then the rest."""
    found = comparisons.comparison_for(request.user, comparison_id)
    if found.engagement_id != engagement_id:
        raise NotFound
    context = {
        "engagement": found.engagement,
        "comparison": found,
        "head": head_of(found),
        "picture": _picture(found),
        "margin_points": figures.plain(found.margin * 100),
        "lost": _flips(request, found, "lost"),
        "won": _flips(request, found, "won"),
        "others": [{**row, "title": TITLES.get(row["key"], row["key"])} for row in found.others],
        **pairs_on(request.user, found),
        "may_compare": access.of(request.user).can("start_run", found.engagement),
    }
    return render(request, "demos/comparison.html", context)


def head_of(found: Comparison) -> str:
    """The one sentence of the page."""
    system = "the same system" if found.same_target else str(found.now.plan.target_version)
    runs = f"cases right in run {found.now.number} than in run {found.before.number}"
    match found.verdict:
        case ComparisonVerdict.BETTER:
            return f"Real, not noise: {system} got more {runs}."
        case ComparisonVerdict.WORSE:
            return f"Real, not noise: {system} got fewer {runs}."
        case ComparisonVerdict.NO_RELEVANT_DIFFERENCE:
            return f"No difference that matters: it lies within {figures.plain(found.margin * 100)} points."
    if found.more_cases:
        more = f"{found.more_cases:,} more {'case' if found.more_cases == 1 else 'cases'}"
        return f"Cannot tell yet: about {more}, changing at the same rate, would tell."
    if not found.b and not found.c:
        return "Cannot tell them apart: no case changed sides."
    return "Cannot tell yet: as many cases got worse as got better, or the cases belong too closely together."


def _picture(found: Comparison) -> SafeString:
    low, value, high = (float(end) * 100 for end in (found.low, found.difference, found.high))
    zero = "inside" if low <= 0 <= high else "outside"
    span = figures.points_interval(found.low, found.high)
    says = f"Difference {figures.points(found.difference)}, interval {span}, zero is {zero}"
    words = (f"run {found.now.number} worse", f"run {found.now.number} better")
    return charts.difference(Caption("difference", str(found), says), (low, value, high), words=words)


def _flips(request: PersonRequest, found: Comparison, side: str) -> Any:
    pairs = readable_pairs(request.user, getattr(found, side), found.engagement)
    page = Paginator(pairs, FLIPS_A_PAGE).get_page(request.GET.get(side))
    hidden = len(getattr(found, side)) - len(pairs)
    return {"page": page, "rows": comparisons.flips(found, list(page.object_list)), "hidden": hidden}


def _initial(request: PersonRequest, keys: list[str]) -> dict[str, Any]:
    """What the address names, else the two newest runs."""
    now = request.GET.get("now") or (keys[0] if keys else "")
    before = request.GET.get("before") or next((key for key in keys if key != now), "")
    if now in keys and not request.GET.get("before"):
        older = keys[keys.index(now) + 1 :]
        before = older[0] if older else before
    return {"now": now, "before": before}
