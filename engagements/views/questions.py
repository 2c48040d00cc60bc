"""The questions of a round, as its brief shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from engagements.models import GateRound
from engagements.round_forms import AnswerForm, QuestionForm
from engagements.selectors import approvers
from engagements.vocabulary import WITH_APPROVER
from portal import access
from portal.web.requests import PersonRequest


def questions_of(
    request: PersonRequest,
    row: GateRound,
    question_form: QuestionForm | None,
    answer_forms: Mapping[UUID, AnswerForm] | None,
) -> dict[str, Any]:
    """Open ones first; each open one with its form for who may answer."""
    is_open = row.status in WITH_APPROVER
    may_answer = is_open and bool(access.of(request.user).can("submit_gate", row))
    today = timezone.now().date()
    rows = row.questions.select_related("asked_by", "answered_by").order_by("closed_at", "asked_at")
    lines = [
        {
            "row": one,
            "is_open": one.closed_at is None and is_open,
            "may_take_back": one.closed_at is None and is_open and one.asked_by_id == request.user.pk,
            "form": (answer_forms or {}).get(one.pk) or AnswerForm(auto_id=f"ans_{one.public_id}_%s"),
        }
        for one in rows
    ]
    lines.sort(key=lambda line: not line["is_open"])
    return {
        "questions": lines,
        "may_answer": may_answer,
        "may_ask": is_open and bool(approvers.permission(request.user, row.gate, today=today)),
        "question_form": question_form or QuestionForm(auto_id="ask_%s"),
    }
