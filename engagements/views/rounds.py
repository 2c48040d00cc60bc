"""Around a round: questions and answers, taking it back, opening a passed gate again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from engagements import selectors
from engagements.models import GateRound, Question
from engagements.round_forms import AnswerForm, QuestionForm, ReasonForm
from engagements.services import gates, questions, rounds
from engagements.views.decisions import REFUSED, brief_page
from engagements.vocabulary import RoundStatus
from portal import access
from portal.errors import Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest


@login_required
@require_POST
def ask(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """Ask the consultancy about a round."""
    row = _round(request, engagement_id, round_id)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return brief_page(request, row, question_form=form)
    questions.ask_question(by=request.user, round_id=round_id, **form.cleaned_data)
    messages.success(request, "Asked. You are told when the answer is there.")
    return redirect("engagements:brief", tenant, engagement_id, round_id)


@login_required
@require_POST
def answer(
    request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID, question_id: UUID
) -> HttpResponse:
    """Answer a question."""
    row = _round(request, engagement_id, round_id)
    _question(row, question_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return brief_page(request, row, answer_forms={question_id: form})
    questions.answer_question(by=request.user, question_id=question_id, answer=form.cleaned_data["answer"])
    messages.success(request, "Answered.")
    return redirect("engagements:brief", tenant, engagement_id, round_id)


@login_required
@require_POST
def take_back(
    request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID, question_id: UUID
) -> HttpResponse:
    """Decide without the answer."""
    _question(_round(request, engagement_id, round_id), question_id)
    questions.take_back_question(by=request.user, question_id=question_id)
    messages.success(request, "The question is taken back; the decision can be signed without it.")
    return redirect("engagements:brief", tenant, engagement_id, round_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """Take a submitted round back, with a reason if one wants to."""
    row = _round(request, engagement_id, round_id)
    access.require(request.user, "submit_gate", row)
    form = ReasonForm(request.POST if request.method == "POST" else None, label="Why it is withdrawn")
    if request.method == "POST" and form.is_valid():
        gates.withdraw(by=request.user, round_id=round_id, reason=form.cleaned_data["reason"])
        messages.success(request, f"Round {row.number} is withdrawn; nothing was decided.")
        return redirect("engagements:gate", tenant, engagement_id, row.gate_id)
    context = {
        "engagement": row.engagement, "round": row, "form": form,
        "can_be": row.status == RoundStatus.SUBMITTED,
    }  # fmt: skip
    return render(request, "engagements/withdraw.html", context, status=REFUSED if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID) -> HttpResponse:
    """Decide a passed gate again."""
    found = selectors.gate_for(request.user, gate_id)
    if found.engagement_id != engagement_id:
        raise NotFound
    access.require(request.user, "reopen_gate", found)
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        label="Why it has to be decided again",
        missing="Write why it has to be decided again.",
        most=1000,
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = rounds.reopen_gate(by=request.user, gate_id=gate_id, reason=form.cleaned_data["reason"])
        except Invalid as refused:
            form.show_refusal(refused)
        except WrongMoment as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, f"Gate {found.number} is open again, for round {row.round_number}.")
            return redirect("engagements:gate", tenant, engagement_id, gate_id)
    context = {"engagement": found.engagement, "gate": found, "form": form}
    return render(request, "engagements/reopen.html", context, status=REFUSED if form.is_bound else 200)


def _round(request: PersonRequest, engagement_id: UUID, round_id: UUID) -> GateRound:
    row = selectors.round_for(request.user, round_id)
    if row.engagement_id != engagement_id:
        raise NotFound
    return row


def _question(row: GateRound, question_id: UUID) -> Question:
    found: Question | None = row.questions.filter(pk=question_id).first()
    if found is None:
        raise NotFound
    return found
