"""Conditions of approvals, and waivers of criteria."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.models import Condition, Criterion, Waiver
from engagements.round_forms import ClosingForm, ReasonForm, WaiverForm
from engagements.selectors import approvers
from engagements.selectors.conditions import condition_for, conditions_of, waivers_of
from engagements.services import conditions as service
from engagements.services.waivers import grant_waiver
from engagements.views.decisions import REFUSED
from engagements.vocabulary import UNCLOSED, ConditionStatus
from portal import access
from portal.errors import Invalid, NotFound, WrongMoment
from portal.models import User
from portal.web.requests import PersonRequest

WAIVED_DAYS = 60


@login_required
@require_safe
def conditions(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What was promised with approvals: by whom, until when, and whether it is kept."""
    return _page(request, engagement_id)


@login_required
@require_POST
def hand_in(request: PersonRequest, tenant: str, engagement_id: UUID, condition_id: UUID) -> HttpResponse:
    """Hand in what shows that a condition is met."""
    row = _condition(request, engagement_id, condition_id)
    form = ClosingForm(request.POST, prefix=row.public_id)
    if form.is_valid():
        try:
            service.propose_closing(by=request.user, condition_id=condition_id, **form.cleaned_data)
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, "Handed in. The client accepts it, or sends it back.")
            return redirect("engagements:conditions", tenant, engagement_id)
    return _page(request, engagement_id, bound={condition_id: form})


@login_required
@require_POST
def accept(request: PersonRequest, tenant: str, engagement_id: UUID, condition_id: UUID) -> HttpResponse:
    """Accept that a condition is met."""
    _condition(request, engagement_id, condition_id)
    service.accept_closing(by=request.user, condition_id=condition_id)
    messages.success(request, "Accepted. The condition is met.")
    return redirect("engagements:conditions", tenant, engagement_id)


@login_required
@require_POST
def send_back(request: PersonRequest, tenant: str, engagement_id: UUID, condition_id: UUID) -> HttpResponse:
    """Say that a condition is not met yet."""
    return _with_reason(request, engagement_id, condition_id, service.return_closing, "Sent back.")


@login_required
@require_POST
def let_go(request: PersonRequest, tenant: str, engagement_id: UUID, condition_id: UUID) -> HttpResponse:
    """Waive a lapsed condition."""
    return _with_reason(request, engagement_id, condition_id, service.waive_condition, "Waived.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def waive(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criterion_id: UUID
) -> HttpResponse:
    """Waive one criterion of a gate until a date."""
    gate = selectors.gate_for(request.user, gate_id)
    criterion = Criterion.objects.filter(pk=criterion_id, criteria_set__gate=gate).first()
    if gate.engagement_id != engagement_id or criterion is None:
        raise NotFound
    today = timezone.now().date()
    form = WaiverForm(
        request.POST if request.method == "POST" else None,
        initial={"expires": today + timedelta(days=WAIVED_DAYS)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = grant_waiver(by=request.user, criterion_id=criterion_id, terms=form.terms())
        except Invalid as refused:
            form.show_refusal(refused)
        except WrongMoment as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, f"{criterion.key} is waived {row}.")
            return redirect("engagements:gate", tenant, engagement_id, gate_id)
    rows = Waiver.objects.filter(criterion=criterion).select_related("granted_by")
    own = bool(approvers.own_capacities(request.user, gate))
    context = {
        "engagement": gate.engagement, "gate": gate, "criterion": criterion, "form": form, "waivers": rows,
        "holds": waivers_of([criterion.pk], today=today).get(criterion.pk), "may": own,
    }  # fmt: skip
    return render(request, "engagements/waive.html", context, status=REFUSED if form.is_bound else 200)


def _with_reason(
    request: PersonRequest,
    engagement_id: UUID,
    condition_id: UUID,
    verb: Callable[..., Condition],
    said: str,
) -> HttpResponse:
    _condition(request, engagement_id, condition_id)
    try:
        verb(by=request.user, condition_id=condition_id, reason=request.POST.get("reason", ""))
    except Invalid as refused:
        return _page(request, engagement_id, refusal=refused.detail)
    messages.success(request, said)
    return redirect("engagements:conditions", request.tenant.slug, engagement_id)


def _page(
    request: PersonRequest,
    engagement_id: UUID,
    *,
    bound: dict[UUID, ClosingForm] | None = None,
    refusal: str = "",
) -> HttpResponse:
    engagement = selectors.engagement_for(request.user, engagement_id)
    today = timezone.now().date()
    rows = [
        _line(request.user, row, today=today, form=(bound or {}).get(row.pk))
        for row in conditions_of(request.user, engagement_id)
    ]
    waiting = [row for row in rows if row["open"]]
    waivers = Waiver.objects.filter(engagement=engagement).select_related(
        "criterion__criteria_set__gate", "granted_by"
    )
    context = {
        "engagement": engagement, "waiting": waiting, "closed": [row for row in rows if not row["open"]],
        "lapsed": sum(row["status"] == ConditionStatus.LAPSED for row in waiting), "refusal": refusal,
        "waivers": [(row, row.expires >= today) for row in waivers.order_by("expires")],
        "now": timezone.now(),
    }  # fmt: skip
    return render(
        request, "engagements/conditions.html", context, status=REFUSED if bound or refusal else 200
    )


def _line(viewer: User, row: Condition, *, today: Any, form: ClosingForm | None) -> dict[str, Any]:
    reader = access.of(viewer)
    status = row.status_on(today)
    is_open = row.status in UNCLOSED
    mine = row.owner_id == viewer.pk or bool(reader.can("submit_gate", row))
    accepts = bool(reader.can("close_condition", row))
    label = "What is still missing"
    return {
        "row": row,
        "gate": row.decision.round.gate,
        "status": status,
        "mark": {"met": "met", "lapsed": "not_met", "waived": "waived"}.get(status, "not_evaluated"),
        "open": is_open,
        "days": (row.due - today).days,
        "may_hand_in": is_open and mine and row.proposed_by_id is None,
        "may_accept": is_open and accepts and row.proposed_by_id not in (None, viewer.pk),
        "may_waive": status == ConditionStatus.LAPSED and bool(reader.can("grant_waiver", row)),
        "closing_form": form or ClosingForm(prefix=row.public_id),
        "form_open": form is not None,
        "return_form": ReasonForm(label=label, missing=label, auto_id=f"ret_{row.public_id}_%s"),
        "waive_form": ReasonForm(
            label="Why it is not needed any more", missing="Why", auto_id=f"wv_{row.public_id}_%s"
        ),
    }


def _condition(request: PersonRequest, engagement_id: UUID, condition_id: UUID) -> Condition:
    row = condition_for(request.user, condition_id)
    if row.engagement_id != engagement_id:
        raise NotFound
    return row
