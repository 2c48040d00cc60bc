"""A draft of criteria as a page: add from the catalogue or an own one, change, move, take out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from engagements.catalogue import CriterionDraft
from engagements.models import CriteriaSet, Criterion, Gate
from engagements.rules import sentences
from engagements.selectors.templates import template_of
from engagements.services import criteria as service
from engagements.views.criteria import REFUSED, gate_of, set_of
from engagements.views.criterion_form import CriterionForm, NewCriterionForm, unit_words
from engagements.vocabulary import CriteriaStatus
from portal import access
from portal.errors import Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """The criteria of a draft in their order; a POST adds one of one's own."""
    found, criteria_set = _draft(request, engagement_id, gate_id, criteria_set_id)
    template = template_of(found.engagement)
    currency = found.engagement.currency
    form = NewCriterionForm(
        request.POST or None,
        measured=template.measured(),
        currency=currency,
        initial={"key": _next_key(found)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = service.add_criterion(by=request.user, criteria_set_id=criteria_set_id, draft=form.draft())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{made.key} is in the draft.")
            return redirect("engagements:draft", tenant, engagement_id, gate_id, criteria_set_id)
    criteria = list(criteria_set.criteria.order_by("order", "key"))
    rows = [{"criterion": row, "asked": sentences.asked(row.terms(currency))} for row in criteria]
    there = {row.key for row in criteria}
    context = {
        "engagement": found.engagement,
        "gate": found,
        "criteria_set": criteria_set,
        "rows": rows,
        "suggestions": [
            {"draft": one, "asked": sentences.asked(one.terms())}
            for one in template.criteria(found.number)
            if one.key not in there
        ],
        "form": form,
    }
    return render(request, "engagements/draft.html", context, status=REFUSED if form.errors else 200)


@login_required
@require_POST
def suggest(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """Add one that the template suggests."""
    found, _ = _draft(request, engagement_id, gate_id, criteria_set_id)
    suggested = _suggested(found, request.POST.get("key", ""))
    made = service.add_criterion(by=request.user, criteria_set_id=criteria_set_id, draft=suggested)
    messages.success(request, f"{made.key} is in the draft.")
    return redirect("engagements:draft", tenant, engagement_id, gate_id, criteria_set_id)


@login_required
@require_POST
def move_criterion(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criterion_id: UUID
) -> HttpResponse:
    """One place up or down."""
    found = gate_of(request, engagement_id, gate_id)
    row = _criterion(found, criterion_id)
    places = -1 if request.POST.get("to") == "up" else 1
    service.move_criterion(by=request.user, criterion_id=criterion_id, places=places)
    return redirect("engagements:draft", tenant, engagement_id, gate_id, row.criteria_set_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_criterion(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criterion_id: UUID
) -> HttpResponse:
    """Change one criterion of a draft."""
    found = gate_of(request, engagement_id, gate_id)
    access.require(request.user, "propose_criteria", found)
    criterion = _criterion(found, criterion_id)
    form = CriterionForm(request.POST or None, criterion=criterion)
    if request.method == "POST" and form.is_valid():
        try:
            service.change_criterion(by=request.user, criterion_id=criterion_id, changes=form.changes())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("engagements:draft", tenant, engagement_id, gate_id, criterion.criteria_set_id)
    context: dict[str, Any] = {
        "engagement": found.engagement,
        "gate": found,
        "criterion": criterion,
        "form": form,
        "target_words": sentences.key_words(criterion.target_source_key),
        "unit": unit_words(criterion.unit, found.engagement.currency),
    }
    return render(
        request, "engagements/criterion_form.html", context, status=REFUSED if form.is_bound else 200
    )


@login_required
@require_POST
def remove_criterion(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criterion_id: UUID
) -> HttpResponse:
    """Take one criterion out of a draft."""
    row = _criterion(gate_of(request, engagement_id, gate_id), criterion_id)
    service.remove_criterion(by=request.user, criterion_id=criterion_id)
    messages.success(request, f"{row.key} is no longer asked for.")
    return redirect("engagements:draft", tenant, engagement_id, gate_id, row.criteria_set_id)


def _draft(
    request: PersonRequest, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> tuple[Gate, CriteriaSet]:
    found = gate_of(request, engagement_id, gate_id)
    access.require(request.user, "propose_criteria", found)
    criteria_set = set_of(found, criteria_set_id)
    if criteria_set.status != CriteriaStatus.DRAFT:
        words = criteria_set.get_status_display().lower()
        raise WrongMoment(f"Criteria {criteria_set.number} are {words}; only a draft is changed.")
    return found, criteria_set


def _suggested(found: Gate, key: str) -> CriterionDraft:
    suggested = template_of(found.engagement).criterion(found.number, key)
    if suggested is None:
        raise NotFound
    return suggested


def _next_key(found: Gate) -> str:
    """The next free number of this gate: ``G1-12``."""
    taken = Criterion.objects.filter(criteria_set__gate=found).values_list("key", flat=True)
    stem = f"G{found.number}-"
    numbers = [int(rest) for key in taken if (rest := key.removeprefix(stem).rstrip("abc")).isdigit()]
    suggested = template_of(found.engagement).criteria(found.number)
    numbers += [
        int(rest) for row in suggested if (rest := row.key.removeprefix(stem).rstrip("abc")).isdigit()
    ]
    return f"{stem}{max(numbers, default=0) + 1}"


def _criterion(found: Gate, criterion_id: UUID) -> Criterion:
    row = Criterion.objects.filter(pk=criterion_id, criteria_set__gate=found).first()
    if row is None:
        raise NotFound
    return row
