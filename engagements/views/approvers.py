"""Who decides: whose signatures each gate needs, who signs for whom, and whether judges may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from engagements import selectors
from engagements.models import Delegation, Engagement
from engagements.round_forms import DelegationForm, PolicyForm
from engagements.selectors import approvers
from engagements.selectors.engagements import gates_of
from engagements.services import delegations as service
from engagements.views.decisions import REFUSED
from engagements.vocabulary import StageStatus
from portal import access
from portal.errors import GatehouseError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.roles import Role
from portal.services.clients import let_judges_sign
from portal.web.requests import PersonRequest

FOR_DAYS = 14
_DONE = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS, StageStatus.STOPPED)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def who_decides(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Whose signatures each gate needs, and delegations; a post delegates."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    if request.method != "POST":
        return _page(request, engagement)
    access.require(request.user, "delegate_decision", engagement)
    form = _delegation_form(request.user, engagement, data=request.POST)
    if not form.is_valid():
        return _page(request, engagement, form=form)
    try:
        row = service.delegate_decision(by=request.user, engagement_id=engagement_id, **form.chosen())
    except Invalid as refused:
        form.show_refusal(refused)
        return _page(request, engagement, form=form)
    except GatehouseError as refused:
        form.add_error(None, refused.detail)
        return _page(request, engagement, form=form)
    messages.success(request, f"{row.receiver.name} can sign for you now, {row}.")
    return redirect("engagements:approvers", tenant, engagement_id)


@login_required
@require_POST
def revoke(request: PersonRequest, tenant: str, engagement_id: UUID, delegation_id: UUID) -> HttpResponse:
    """Take a delegation back."""
    selectors.engagement_for(request.user, engagement_id)
    if not Delegation.objects.filter(pk=delegation_id, engagement_id=engagement_id).exists():
        raise NotFound
    row = service.revoke_delegation(by=request.user, delegation_id=delegation_id)
    messages.success(request, f"Revoked. {row.receiver.name} does not sign for you any more.")
    return redirect("engagements:approvers", tenant, engagement_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID) -> HttpResponse:
    """Say whose signatures a gate needs."""
    gate = selectors.gate_for(request.user, gate_id)
    if gate.engagement_id != engagement_id:
        raise NotFound
    access.require(request.user, "seal_for_client", gate)
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm(gate=gate)
    if request.method == "POST" and form.is_valid():
        try:
            service.change_policy(by=request.user, gate_id=gate_id, policy=form.policy())
        except Invalid as refused:
            form.show_refusal(refused)
        except WrongMoment as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, f"Gate {gate.number} has other approvers now.")
            return redirect("engagements:approvers", tenant, engagement_id)
    context = {"engagement": gate.engagement, "gate": gate, "form": form}
    return render(request, "engagements/policy.html", context, status=REFUSED if form.is_bound else 200)


@login_required
@require_POST
def separation(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Say for the client whether who judged evidence of a round may sign it."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    allowed = request.POST.get("judges_may_sign") == "yes"
    let_judges_sign(by=request.user, tenant_id=engagement.tenant_id, allowed=allowed)
    messages.success(request, "Kept, and written into the ledger.")
    return redirect("engagements:approvers", tenant, engagement_id)


def _page(
    request: PersonRequest, engagement: Engagement, *, form: DelegationForm | None = None
) -> HttpResponse:
    reader, today = access.of(request.user), timezone.now().date()
    gates = list(gates_of(request.user, engagement.pk))
    people = access.holders("decide_gate", tenant_id=engagement.tenant_id, engagement_id=engagement.pk)
    named = {person.pk: access.of(person).roles(engagement.tenant_id) for person in people}
    rows = [
        {
            "gate": gate,
            "roles": [
                (Role(role).label, [person for person in people if role in named[person.pk]])
                for role in gate.approver_roles
            ],
            "may_change": gate.stage.status not in _DONE,
        }
        for gate in gates
    ]
    found = Delegation.objects.filter(engagement=engagement).select_related("giver", "receiver", "gate")
    may_delegate = reader.can("delegate_decision", engagement)
    context = {
        "engagement": engagement,
        "gates": rows,
        "delegations": [(row, _state(row, today=today)) for row in found],
        "may_delegate": may_delegate,
        "may_change": reader.can("seal_for_client", engagement),
        "form": form or (_delegation_form(request.user, engagement) if may_delegate else None),
        "now": timezone.now(),
    }
    refused = form is not None
    return render(request, "engagements/approvers.html", context, status=REFUSED if refused else 200)


def _state(row: Delegation, *, today: Any) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "holds" if row.term().holds(today) else "ended"


def _delegation_form(viewer: User, engagement: Engagement, *, data: Any = None) -> DelegationForm:
    everybody = access.holders("comment", tenant_id=engagement.tenant_id, engagement_id=engagement.pk)
    people = [one for one in everybody if one.affiliation == "client" and one.pk != viewer.pk]
    gates = [
        gate
        for gate in gates_of(viewer, engagement.pk)
        if gate.stage.status not in _DONE and approvers.own_capacities(viewer, gate)
    ]
    initial = {"until": timezone.now().date() + timedelta(days=FOR_DAYS), "scope": "all"}
    return DelegationForm(data, people=people, gates=gates, initial=initial)
