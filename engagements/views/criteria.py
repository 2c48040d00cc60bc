"""Gates and what they ask for: dry run, criteria, seals, amendment, submission."""

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
from django.views.decorators.http import require_POST, require_safe

from engagements import selectors
from engagements.evidence import binding_choices
from engagements.forms import BindingForm, SubmitForm
from engagements.models import CriteriaSet, Decision, Gate, GateRound
from engagements.selectors.approvers import own_capacities
from engagements.selectors.conditions import carried_by, lapsed_stages
from engagements.selectors.engagements import gates_of
from engagements.selectors.history import criteria_history
from engagements.selectors.verdicts import GateStanding, measurements_of, stand, standing_of, steps_of
from engagements.services import criteria as service
from engagements.services import gates as gate_service
from engagements.views.comments import discussion
from engagements.vocabulary import OVER_STAGES, WITH_APPROVER, CriteriaStatus, StageStatus
from portal import access
from portal.errors import Invalid, NotFound, WrongMoment
from portal.models import User
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def gates(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """All gates of an engagement with their rounds and decisions."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    found = list(gates_of(request.user, engagement_id))
    rounds = GateRound.objects.filter(engagement=engagement).select_related("submitted_by").order_by("number")
    decisions = {
        row.round_id: row
        for row in Decision.objects.filter(engagement=engagement).select_related("decided_by")
    }
    rows = [
        {
            "gate": gate,
            "rounds": [
                {"round": one, "decision": decisions.get(one.pk)} for one in rounds if one.gate_id == gate.pk
            ],
        }
        for gate in found
    ]
    context = {
        "engagement": engagement,
        "rows": rows,
        "may_take_away": access.of(request.user).can("manage_templates", engagement),
        "lapsed": lapsed_stages([engagement.pk], today=timezone.now().date()),
    }
    return render(request, "engagements/gates.html", context)


@login_required
@require_safe
def gate(request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID) -> HttpResponse:
    """What a gate asks for, where it would stand now, and what can be done next."""
    return _gate_page(request, gate_of(request, engagement_id, gate_id))


@login_required
@require_POST
def bind(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """Name what will be measured."""
    found = gate_of(request, engagement_id, gate_id)
    access.require(request.user, "propose_criteria", found)
    set_of(found, criteria_set_id)
    form = BindingForm(request.POST, choices=binding_choices(engagement_id))
    if not form.is_valid():
        return _gate_page(request, found, bind_form=form)
    service.bind(by=request.user, criteria_set_id=criteria_set_id, binding=form.binding())
    return redirect("engagements:gate", tenant, engagement_id, gate_id)


@login_required
@require_POST
def propose(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """Offer the draft to both sides."""
    return _do(
        request, engagement_id, gate_id, criteria_set_id, service.propose, "The criteria are proposed."
    )


@login_required
@require_POST
def revise(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """Take the proposal back."""
    return _do(
        request, engagement_id, gate_id, criteria_set_id, service.revise, "The proposal is a draft again."
    )


@login_required
@require_POST
def seal(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criteria_set_id: UUID
) -> HttpResponse:
    """Seal for one's own side."""
    return _do(request, engagement_id, gate_id, criteria_set_id, service.seal, "Sealed in your name.")


@login_required
@require_POST
def amend(request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID) -> HttpResponse:
    """Begin a new version of sealed criteria."""
    found = gate_of(request, engagement_id, gate_id)
    try:
        service.amend(by=request.user, gate_id=gate_id, reason=request.POST.get("reason", ""))
    except (Invalid, WrongMoment) as refused:
        return _gate_page(request, found, refusal=refused.detail)
    return redirect("engagements:gate", tenant, engagement_id, gate_id)


@login_required
@require_POST
def submit(request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID) -> HttpResponse:
    """Hand the gate in and freeze its snapshot."""
    found = gate_of(request, engagement_id, gate_id)
    form = SubmitForm(request.POST)
    if not form.is_valid():
        return _gate_page(request, found, submit_form=form)
    try:
        row = gate_service.submit_round(by=request.user, gate_id=gate_id, **form.cleaned_data)
    except Invalid as refused:
        form.show_refusal(refused)
        return _gate_page(request, found, submit_form=form)
    messages.success(
        request, f"Gate {found.number}, round {row.number} is submitted; its snapshot is frozen."
    )
    return redirect("engagements:brief", tenant, engagement_id, row.pk)


def _do(
    request: PersonRequest,
    engagement_id: UUID,
    gate_id: UUID,
    criteria_set_id: UUID,
    verb: Callable[..., CriteriaSet],
    *said: str,
) -> HttpResponse:
    """One verb on a criteria set; what is not right is said on the gate's page."""
    found = gate_of(request, engagement_id, gate_id)
    set_of(found, criteria_set_id)
    try:
        verb(by=request.user, criteria_set_id=criteria_set_id)
    except Invalid as refused:
        details = " ".join(fault.detail for fault in refused.errors)
        return _gate_page(request, found, refusal=f"{refused.detail} {details}")
    messages.success(request, *said)
    return redirect("engagements:gate", request.tenant.slug, engagement_id, gate_id)


def _gate_page(
    request: PersonRequest,
    found: Gate,
    *,
    bind_form: BindingForm | None = None,
    submit_form: SubmitForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    now = timezone.now()
    standing = standing_of(found, now=now)
    draft = found.criteria_sets.filter(status__in=[CriteriaStatus.DRAFT, CriteriaStatus.PROPOSED]).first()
    shown = standing if draft is None else _draft_standing(found, draft)
    refused = bool(refusal or (bind_form and bind_form.errors) or (submit_form and submit_form.errors))
    context = {
        "engagement": found.engagement,
        **discussion(request, found.engagement, found.public_id),
        "gate": found,
        "is_over": found.stage.status in OVER_STAGES,
        "standing": shown,
        "steps": steps_of(shown, found.engagement.currency),
        "criteria_set": shown.criteria_set,
        "in_force": standing.criteria_set,
        "is_amendment": draft is not None and draft.number > 1,
        "open_round": found.rounds.filter(status__in=WITH_APPROVER).first(),
        "binding_label": _binding_label(shown),
        "needs_binding": any(
            row.criterion.terms(found.engagement.currency).needs_binding for row in shown.rows
        ),
        "bind_form": bind_form or BindingForm(choices=binding_choices(found.engagement_id)),
        "submit_form": submit_form
        or SubmitForm(initial={"due": now.date() + timedelta(days=gate_service.REVIEW_DAYS)}),
        "refusal": refusal,
        "history": criteria_history(found),
        **_permissions(request.user, found, shown.criteria_set),
    }
    return render(request, "engagements/gate.html", context, status=REFUSED if refused else 200)


def _draft_standing(found: Gate, draft: CriteriaSet) -> GateStanding:
    rows = list(draft.criteria.order_by("order"))
    measured = measurements_of([found.engagement_id], rows, {})[found.engagement_id]
    return stand(
        draft, rows, measured, now=timezone.now(), currency=found.engagement.currency,
        carried=carried_by([found], today=timezone.now().date())[found.pk],
    )  # fmt: skip


def _permissions(viewer: User, found: Gate, criteria_set: CriteriaSet | None) -> dict[str, Any]:
    reader = access.of(viewer)
    sealed_by_me = (
        criteria_set is not None and getattr(criteria_set, f"sealed_by_{viewer.side}_id") is not None
    )
    return {
        "may_propose": reader.can("propose_criteria", found),
        "may_seal": reader.can(f"seal_for_{viewer.side}", found),
        "may_submit": reader.can("submit_gate", found),
        "may_state": viewer.affiliation in ("consultancy", "client"),
        "sealed_by_me": sealed_by_me,
        "may_reopen": found.stage.status in (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS)
        and reader.can("reopen_gate", found),
        "may_waive": reader.can("grant_waiver", found) and bool(own_capacities(viewer, found)),
        "reopenings": found.reopenings.select_related("reopened_by"),
    }


def _binding_label(standing: GateStanding) -> str:
    return next((row.criterion.binding["label"] for row in standing.rows if row.criterion.binding), "")


def gate_of(request: PersonRequest, engagement_id: UUID, gate_id: UUID) -> Gate:
    found = selectors.gate_for(request.user, gate_id)
    if found.engagement_id != engagement_id:
        raise NotFound
    return found


def set_of(found: Gate, criteria_set_id: UUID) -> CriteriaSet:
    row = found.criteria_sets.filter(pk=criteria_set_id).first()
    if row is None:
        raise NotFound
    return row
