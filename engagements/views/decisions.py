"""The brief, the signature, the receipt, the pack. All of it is read from the frozen snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from engagements import selectors
from engagements.forms import DecisionForm, suggested_conditions
from engagements.models import Approval, GateRound
from engagements.report.pack import render_pack
from engagements.round_forms import AnswerForm, QuestionForm
from engagements.rules.approvals import seat_for, waiting_roles
from engagements.rules.clock import days_with_client, decide_by, expires_on, has_expired
from engagements.rules.decisions import PASSING, DecisionTerms, statement
from engagements.selectors import approvers
from engagements.selectors.conditions import waivers_during
from engagements.selectors.engagements import decision_of
from engagements.services import approvals as signatures
from engagements.services import gates as service
from engagements.views.questions import questions_of
from engagements.vocabulary import POINT_COMPARATORS, WITH_APPROVER, Outcome, RoundStatus
from portal import access
from portal.errors import GatehouseError, Invalid, NotFound, ReauthenticationRequired, WrongMoment
from portal.models import User
from portal.roles import Role
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
    return brief_page(request, row, kept=QueryDict(kept) if kept else None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """Sign. What was typed is kept while the person shows who it is; the way back leads to the brief."""
    row = _round(request, engagement_id, round_id)
    if request.method != "POST":
        return redirect("engagements:brief", tenant, engagement_id, round_id)
    held = signatures.held_back(row, _content(row), now=timezone.now())
    blocking = () if approvers.approvals_of(round_id) else held.blocking
    form = DecisionForm(request.POST, blocking=blocking, owners=_owners(row))
    if not form.is_valid():
        return brief_page(request, row, form=form)
    try:
        decision = service.decide_gate(
            by=request.user, round_id=round_id, terms=form.terms(), proof=signing_proof(request)
        )
    except Invalid as refused:
        form.show_refusal(refused)
        return brief_page(request, row, form=form)
    except ReauthenticationRequired:
        kept = request.POST.copy()
        kept.pop("csrfmiddlewaretoken", None)
        request.session[_KEPT + row.public_id] = kept.urlencode()
        raise
    if decision is None:
        messages.success(request, "Signed. The decision is made when the others have signed too.")
        return redirect("engagements:brief", tenant, engagement_id, round_id)
    messages.success(request, "Signed. This decision cannot be changed any more.")
    return redirect("engagements:receipt", tenant, engagement_id, round_id)


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
        "today": timezone.now().date(),
        "approvals": approvers.approvals_of(round_id),
        "seats": row.gate.policy().seats,
        "waivers": waivers_during(row),
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


def brief_page(
    request: PersonRequest,
    row: GateRound,
    *,
    form: DecisionForm | None = None,
    kept: QueryDict | None = None,
    question_form: QuestionForm | None = None,
    answer_forms: Mapping[UUID, AnswerForm] | None = None,
) -> HttpResponse:
    """The brief with the decision form, and the forms of questions, as they were sent."""
    content, now = _content(row), timezone.now()
    held = signatures.held_back(row, content, now=now)
    given = approvers.approvals_of(row.pk)
    if form is None:
        due = now.date() + timedelta(days=CONDITION_DAYS)
        initial = suggested_conditions(content["results"], held.blocking, due)
        blocking = () if given else held.blocking
        form = DecisionForm(
            initial=initial | (kept.dict() if kept else {}), blocking=blocking, owners=_owners(row)
        )
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
        "blocking": held.blocking,
        "form": form,
        "was_kept": kept is not None,
        **_state(request, row, given, content, held, now=now),
        **questions_of(request, row, question_form, answer_forms),
    }
    refused = any(one is not None and one.is_bound and one.errors for one in (form, question_form))
    return render(
        request, "engagements/brief.html", context, status=REFUSED if refused or answer_forms else 200
    )


def _state(
    request: PersonRequest,
    row: GateRound,
    given: Sequence[Approval],
    content: dict[str, Any],
    held: signatures.Held,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Where the round stands for this viewer: open, whose signatures are there, until when."""
    review, today = row.review(), now.date()
    expired = has_expired(review, today=today)
    is_open = RoundStatus(row.status) in WITH_APPROVER and not expired
    permission = approvers.permission(request.user, row.gate, today=today)
    turn = _turn(request, row, given, today=today) if is_open and permission else ""
    waits = is_open and row.status == RoundStatus.CLARIFICATION
    return {
        "is_open": is_open,
        "expired": expired,
        "permission": permission,
        "turn": turn,
        "is_submitter": row.submitted_by_id == request.user.pk,
        "may_withdraw": row.status == RoundStatus.SUBMITTED
        and access.of(request.user).can("submit_gate", row),
        "approvals": given,
        "first": given[0] if given else None,
        "seats": row.gate.policy().seats,
        "waiting_for": [
            Role(role).label for role in waiting_roles(row.gate.policy(), approvers.signed(given))
        ],
        "waivers": waivers_during(row),
        "held": held,
        "answer_owed": waits,
        "decide_by": decide_by(review, today=today),
        "expires_on": expires_on(review, today=today),
        "with_client": days_with_client(review, today=today),
        "choices": _choices(request.user.name, row, content, held, given),
        "proof": _proof(request) if is_open and permission and not turn and not waits else None,
    }


def _owners(row: GateRound) -> list[User]:
    """Who can answer for a condition: everybody of both sides who takes part."""
    return access.holders("comment", tenant_id=row.tenant_id, engagement_id=row.engagement_id)


def _turn(request: PersonRequest, row: GateRound, given: Sequence[Approval], *, today: date) -> str:
    """Why this approver cannot sign now; "" when it is their turn."""
    mine = approvers.capacities(request.user, row.gate, today=today)
    try:
        seat_for(row.gate.policy(), approvers.signed(given), mine, request.user.pk)
    except WrongMoment as refused:
        return refused.detail
    return ""


def _choices(
    name: str, row: GateRound, content: dict[str, Any], held: signatures.Held, given: Sequence[Approval]
) -> list[dict[str, Any]]:
    """Each outcome with the words that it signs; what is not possible stays, with its reason."""
    found = []
    for outcome in Outcome:
        laid_down = len(given[0].conditions) if given else len(held.blocking)
        terms = DecisionTerms(outcome, signed_name=name, conditions=[None] * laid_down)  # type: ignore[list-item]  # counted, never read
        found.append(
            {
                "value": outcome.value,
                "label": outcome.label,
                "words": statement(
                    terms, signer=name, gate=row.gate.number, client=content["client"]["name"],
                    blocking=held.blocking, next_stage=content["stage"]["next"] or "",
                ),
                "off": _why_off(outcome, held, given),
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


def _why_off(outcome: Outcome, held: signatures.Held, given: Sequence[Approval]) -> str:
    if outcome in PASSING and given and given[0].outcome != outcome:
        return f"{given[0].signed_by.name} signed something else: sign the same, or send it back."
    if outcome == Outcome.APPROVE and held.blocking:
        verb = "is" if len(held.blocking) == 1 else "are"
        return f"Not possible: {', '.join(held.blocking)} {verb} not met."
    if outcome == Outcome.APPROVE_WITH_CONDITIONS and held.unyielding:
        return f"Not possible: {', '.join(held.unyielding)} can only be met, not promised."
    if outcome == Outcome.APPROVE_WITH_CONDITIONS and not held.blocking and not given:
        return "Not needed: every must-criterion is met."
    return ""


def _proof(request: PersonRequest) -> dict[str, Any]:
    """Whether the person may sign at once, or has to show first who it is."""
    try:
        proof = signing_proof(request)
    except GatehouseError as needed:
        return {"fresh": False, "detail": needed.detail}
    return {"fresh": True, "detail": f"Shown by {proof.method}, {proof.age_s} seconds ago."}
