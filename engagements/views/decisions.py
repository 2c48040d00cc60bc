"""The brief, the signature, the receipt, the pack. All of it is read from the frozen snapshot."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.forms import DecisionForm, suggested_conditions
from engagements.models import GateRound
from engagements.report.pack import render_pack
from engagements.rules.decisions import DecisionTerms, statement
from engagements.selectors import approvers
from engagements.selectors.engagements import decision_of
from engagements.services import gates as service
from engagements.vocabulary import POINT_COMPARATORS, WITH_APPROVER, Outcome, RoundStatus
from portal import access
from portal.errors import GatehouseError, Invalid, NotFound, ReauthenticationRequired
from portal.services.signing import signing_proof
from portal.web.requests import PersonRequest

REFUSED = 422
CONDITION_DAYS = 30
_KEPT = "decision:"


@login_required
@require_safe
def brief(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """The decision brief: promised, measured, not proven, what comes next, what you sign."""
    row = _round(request, engagement_id, round_id)
    kept = request.session.pop(_KEPT + row.public_id, None)
    return _brief_page(request, row, kept=QueryDict(kept) if kept else None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """Sign. What was typed is kept while the person shows who it is; the way back leads to the brief."""
    row = _round(request, engagement_id, round_id)
    if request.method != "POST":
        return redirect("engagements:brief", tenant, engagement_id, round_id)
    form = DecisionForm(request.POST, blocking=_content(row)["readiness"]["blocking"])
    if not form.is_valid():
        return _brief_page(request, row, form=form)
    try:
        service.decide_gate(
            by=request.user, round_id=round_id, terms=form.terms(), proof=signing_proof(request)
        )
    except Invalid as refused:
        form.show_refusal(refused)
        return _brief_page(request, row, form=form)
    except ReauthenticationRequired:
        kept = request.POST.copy()
        kept.pop("csrfmiddlewaretoken", None)
        request.session[_KEPT + row.public_id] = kept.urlencode()
        raise
    messages.success(request, "Signed. This decision cannot be changed any more.")
    return redirect("engagements:receipt", tenant, engagement_id, round_id)


@login_required
@require_POST
def withdraw(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """Take a submitted round back."""
    row = _round(request, engagement_id, round_id)
    service.withdraw(by=request.user, round_id=round_id)
    messages.success(request, f"Round {row.number} is withdrawn; nothing was decided.")
    return redirect("engagements:gate", tenant, engagement_id, row.gate_id)


@login_required
@require_safe
def receipt(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """What was signed, by whom, how, and where it stands in the ledger."""
    row = _round(request, engagement_id, round_id)
    decision = decision_of(request.user, round_id)
    if decision is None:
        raise NotFound
    context = {
        "engagement": row.engagement,
        "round": row,
        "decision": decision,
        "snapshot": row.snapshot,
        "content": _content(row),
        "conditions": decision.conditions.select_related("owner").order_by("due"),
    }
    return render(request, "engagements/receipt.html", context)


@login_required
@require_safe
def pack(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """The gate pack as PDF. The same round gives the same bytes."""
    row = _round(request, engagement_id, round_id)
    _content(row)
    answer = HttpResponse(
        render_pack(row, decision_of(request.user, round_id)), content_type="application/pdf"
    )
    name = f"{row.engagement.code}-gate-{row.gate.number}-round-{row.number}.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _round(request: PersonRequest, engagement_id: UUID, round_id: UUID) -> GateRound:
    row = selectors.round_for(request.user, round_id)
    if row.engagement_id != engagement_id:
        raise NotFound
    return row


def _content(row: GateRound) -> dict[str, Any]:
    if row.snapshot is None:
        raise NotFound
    content: dict[str, Any] = row.snapshot.content()
    return content


def _brief_page(
    request: PersonRequest,
    row: GateRound,
    *,
    form: DecisionForm | None = None,
    kept: QueryDict | None = None,
) -> HttpResponse:
    content = _content(row)
    blocking = content["readiness"]["blocking"]
    is_open = RoundStatus(row.status) in WITH_APPROVER
    permission = approvers.permission(request.user, row.gate, today=timezone.now().date())
    if form is None:
        due = timezone.now().date() + timedelta(days=CONDITION_DAYS)
        initial = suggested_conditions(content["results"], blocking, due)
        form = DecisionForm(initial=initial | (kept.dict() if kept else {}), blocking=blocking)
    musts = [result for result in content["results"] if result["must"]]
    context = {
        "engagement": row.engagement,
        "round": row,
        "snapshot": row.snapshot,
        "content": content,
        "text": content["brief"],
        "verdicts": [result["verdict"] for result in content["results"]],
        "results": [_numbers(result) for result in content["results"]],
        "musts": musts,
        "musts_met": sum(result["verdict"] == "met" for result in musts),
        "blocking": blocking,
        "is_open": is_open,
        "permission": permission,
        "is_submitter": row.submitted_by_id == request.user.pk,
        "may_withdraw": row.status == RoundStatus.SUBMITTED
        and access.of(request.user).can("submit_gate", row),
        "form": form,
        "choices": _choices(request.user.name, row, content),
        "proof": _proof(request) if is_open and permission else None,
        "was_kept": kept is not None,
    }
    status = REFUSED if form.is_bound and form.errors else 200
    return render(request, "engagements/brief.html", context, status=status)


def _choices(name: str, row: GateRound, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Each outcome with the words that it signs; what is not possible stays, with its reason."""
    blocking = content["readiness"]["blocking"]
    found = []
    for outcome in Outcome:
        terms = DecisionTerms(outcome, signed_name=name, conditions=[None] * len(blocking))  # type: ignore[list-item]  # counted, never read
        found.append(
            {
                "value": outcome.value,
                "label": outcome.label,
                "words": statement(
                    terms, signer=name, gate=row.gate.number, client=content["client"]["name"],
                    blocking=blocking, next_stage=content["stage"]["next"] or "",
                ),
                "off": _why_off(outcome, blocking),
            }
        )  # fmt: skip
    return found


def _numbers(result: dict[str, Any]) -> dict[str, Any]:
    """A result of the snapshot with its figures as decimals; None stays None."""
    names = ("value", "bound_low", "bound_high", "target")
    shown = {name: None if result[name] is None else Decimal(result[name]) for name in names}
    if result["comparator"] in POINT_COMPARATORS:
        shown |= {"bound_low": None, "bound_high": None}
    return result | shown


def _why_off(outcome: Outcome, blocking: list[str]) -> str:
    if outcome == Outcome.APPROVE and blocking:
        verb = "is" if len(blocking) == 1 else "are"
        return f"Not possible: {', '.join(blocking)} {verb} not met."
    if outcome == Outcome.APPROVE_WITH_CONDITIONS and not blocking:
        return "Not needed: every must-criterion is met."
    return ""


def _proof(request: PersonRequest) -> dict[str, Any]:
    """Whether the person may sign at once, or has to show first who it is."""
    try:
        proof = signing_proof(request)
    except GatehouseError as needed:
        return {"fresh": False, "detail": needed.detail}
    return {"fresh": True, "detail": f"Shown by {proof.method}, {proof.age_s} seconds ago."}
