"""Pages of readiness: the weakest link, one element, one question, and what both sides say to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from assessments.forms.readiness import ClaimForm, ReasonForm, StartForm, VerifyForm
from assessments.selectors import readiness_words as words
from assessments.selectors.plan import plan_for
from assessments.selectors.readers import element_for, frameworks_for, sees_all
from assessments.selectors.standing import (
    ElementStanding,
    QuestionStanding,
    ReadinessStanding,
    asked_as,
    assessment_of,
    earlier_answers,
    history_of,
    standing_of,
)
from assessments.services import answers as service
from assessments.services.assessment import choose_target, start_assessment
from assessments.services.starting import version_of
from assessments.views.tabs import readiness_tabs
from assessments.vocabulary import AnswerStatus, VersionStatus
from engagements.models import Engagement
from engagements.selectors import engagement_for
from engagements.selectors.letterheads import presets_of
from engagements.services.evidence import side_of
from engagements.views.comments import discussion
from engagements.vocabulary import ReportKind
from portal import access
from portal.charts import Caption
from portal.errors import Forbidden, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User
from portal.radar import radar
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def readiness(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The weakest link of 15 elements, what holds it, and every level."""
    engagement = engagement_for(request.user, engagement_id)
    assessment = assessment_of(engagement_id)
    if assessment is None:
        return _start_page(request, engagement)
    if not sees_all(request.user, assessment):
        return redirect("assessments:my_sections", tenant, engagement_id)
    standing = standing_of(assessment, today=timezone.now().date())
    gate, names = assessment.target_gate, words.side_names(engagement.tenant)
    holding = _holding(standing)
    context = {
        **_common(request, engagement, standing),
        "headline": words.headline(standing, gate),
        "gap": words.gap(standing, gate),
        "gates": [(number, standing.at_target(number)) for number in _next_two(standing)],
        "all_gates": sorted(standing.framework.targets),
        "total": len(standing.vector()),
        "areas": _areas(standing, request.user, tenant),
        "holding": holding,
        "first_step": next(iter(plan_for(standing, gate, names)), None),
        "rows": _question_rows(holding.questions, names) if holding else [],
        "table": _table(standing),
        "radar": _radar(standing),
        "presets": presets_of(engagement.tenant_id, ReportKind.READINESS),
    }
    return render(request, "assessments/readiness.html", context)


@login_required
@require_POST
def start(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Begin the assessment."""
    engagement = engagement_for(request.user, engagement_id)
    form = StartForm(
        request.POST, versions=_published(request.user, engagement), named=version_of(engagement)
    )
    if form.is_valid():
        version = form.version()
        try:
            start_assessment(
                by=request.user, engagement_id=engagement_id, target_gate=form.cleaned_data["gate"],
                framework_version_id=version.pk if version else None,
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("assessments:readiness", tenant, engagement_id)
    return _start_page(request, engagement, form=form)


@login_required
@require_POST
def target(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Measure against another gate."""
    engagement_for(request.user, engagement_id)
    if assessment_of(engagement_id) is None:
        raise NotFound
    gate = request.POST.get("gate", "")
    choose_target(by=request.user, engagement_id=engagement_id, gate=int(gate) if gate.isdecimal() else -1)
    return redirect("assessments:readiness", tenant, engagement_id)


@login_required
@require_safe
def element(request: PersonRequest, tenant: str, engagement_id: UUID, element: str) -> HttpResponse:
    """One element with its questions, what limits it first."""
    engagement, standing, row = element_for(request.user, engagement_id, element)
    names = words.side_names(engagement.tenant)
    context = {
        **_common(request, engagement, standing),
        "row": row,
        "rows": _question_rows(row.questions, names),
        "gates": [
            (gate, standing.framework.target(gate, element)) for gate in sorted(standing.framework.targets)
        ],
        "may_submit": row.section is not None and row.section.person_id == request.user.pk,
    }
    return render(request, "assessments/readiness_element.html", context)


@login_required
@require_safe
def question(request: PersonRequest, tenant: str, engagement_id: UUID, question: str) -> HttpResponse:
    """One question: its five anchors, what counts and why, and what both sides can say."""
    return _question_page(request, engagement_id, question)


@login_required
@require_POST
def claim(request: PersonRequest, tenant: str, engagement_id: UUID, question: str) -> HttpResponse:
    """Answer it."""
    _, _, row = _question(request.user, engagement_id, question)
    form = ClaimForm(request.POST, question=row.question)
    if not form.is_valid():
        return _question_page(request, engagement_id, question, claim_form=form)
    data = form.cleaned_data
    given = {"level": int(data["level"]), "note": data["note"], "version": data["version"]}
    place: dict[str, Any] = {"engagement_id": engagement_id, "question": question}
    said = "Your answer is stored."
    return _do(request, ("claim_form", form), service.claim, said=said, **place, **given)


@login_required
@require_POST
def verify(request: PersonRequest, tenant: str, engagement_id: UUID, question: str) -> HttpResponse:
    """Verify it, or challenge it: one form, two buttons."""
    _, _, row = _question(request.user, engagement_id, question)
    form = VerifyForm(request.POST, question=row.question)
    if not form.is_valid():
        return _question_page(request, engagement_id, question, verify_form=form)
    shown = ("verify_form", form)
    level, reason = int(form.cleaned_data["level"]), form.cleaned_data["reason"]
    place: dict[str, Any] = {"engagement_id": engagement_id, "question": question, "level": level}
    if request.POST.get("move") == "challenge":
        said = "The lower level counts until it is settled."
        return _do(request, shown, service.challenge, said=said, **place, reason=reason)
    return _do(request, shown, service.verify, said="Verified in your name.", **place, note=reason)


@login_required
@require_POST
def not_applicable(request: PersonRequest, tenant: str, engagement_id: UUID, question: str) -> HttpResponse:
    """Say that it does not apply, agree, or say that it does."""
    _question(request.user, engagement_id, question)
    form = ReasonForm(request.POST)
    shown = ("reason_form", form)
    place: dict[str, Any] = {"engagement_id": engagement_id, "question": question}
    move = request.POST.get("move", "")
    if move in ("agree", "refuse"):
        agreed = move == "agree"
        said = "Stored in your name."
        return _do(request, shown, service.settle_not_applicable, said=said, **place, agreed=agreed)
    if not form.is_valid():
        return _question_page(request, engagement_id, question, reason_form=form)
    reason, said = form.cleaned_data["reason"], "The other side agrees or not."
    return _do(request, shown, service.propose_not_applicable, said=said, **place, reason=reason)


def _do(
    request: PersonRequest, form: tuple[str, Any], verb: Callable[..., object], *, said: str, **given: Any
) -> HttpResponse:
    """One verb on a question; what is not right is said beside its form."""
    name, shown = form
    engagement_id, question = given["engagement_id"], given["question"]
    try:
        verb(by=request.user, **given)
    except Invalid as refused:
        shown.show_refusal(refused)
        return _question_page(request, engagement_id, question, **{name: shown})
    except (WrongMoment, Forbidden, VersionConflict) as refused:
        shown.add_error(None, refused.detail)
        return _question_page(request, engagement_id, question, status=refused.status, **{name: shown})
    messages.success(request, said)
    return redirect("assessments:readiness_question", request.tenant.slug, engagement_id, question)


def _question_page(
    request: PersonRequest, engagement_id: UUID, key: str, *, status: int = 0, **forms: Any
) -> HttpResponse:
    engagement, standing, row = _question(request.user, engagement_id, key)
    parent = next(one for one in standing.elements if row in one.questions)
    names, answer, viewer = words.side_names(engagement.tenant), row.answer, request.user
    reader, side = access.of(viewer), side_of(viewer)
    claimed_side = answer.claimed_side if answer else ""
    other = bool(claimed_side) and claimed_side != side
    initial = (
        {"level": answer.claimed_level, "note": answer.note, "version": answer.version} if answer else {}
    )
    context = {
        **_common(request, engagement, standing),
        "row": row,
        "element": parent,
        **discussion(request, engagement, asked_as(standing.assessment, row.question.key).public_id),
        "claim_form": ClaimForm(question=row.question, initial=initial),
        "verify_form": VerifyForm(question=row.question, initial={"level": row.said}),
        "reason_form": ReasonForm(),
        **forms,
        "why": words.why(row, names),
        "allowed_by": words.allowed_by(row.cap),
        "until": words.good_until(row.cap),
        "step": words.next_step(row, parent.target, names) if row.is_short else None,
        "names": names,
        "anchors": list(enumerate(row.question.anchors)),
        "may_claim": _not_there(other, reader.can("answer_readiness", standing.assessment)),
        "may_verify": reader.can("verify_readiness", standing.assessment),
        "is_own_claim": bool(claimed_side) and claimed_side == side,
        "na_mine": bool(answer and answer.na_proposed_side == side),
        "na_open": bool(answer and answer.status == AnswerStatus.NA_PROPOSED),
        "history": history_of(answer),
        "earlier": earlier_answers(standing.assessment, row.question),
    }
    if not status:
        status = REFUSED if any(form.errors for form in forms.values()) else 200
    return render(request, "assessments/readiness_question.html", context, status=status)


def _not_there(other: bool, permission: access.Permission) -> access.Permission:
    if permission and other:
        return access.Permission(False, "The other side answered this. Verify its answer, or challenge it.")
    return permission


def _question(
    viewer: User, engagement_id: UUID, key: str
) -> tuple[Engagement, ReadinessStanding, QuestionStanding]:
    engagement, standing, row = element_for(viewer, engagement_id, key.partition("-")[0])
    found = next((one for one in row.questions if one.question.key == key), None)
    if found is None:
        raise NotFound
    return engagement, standing, found


def _start_page(
    request: PersonRequest, engagement: Engagement, *, form: StartForm | None = None
) -> HttpResponse:
    context = {
        "engagement": engagement,
        "form": form
        or StartForm(versions=_published(request.user, engagement), named=version_of(engagement)),
        "may_start": access.of(request.user).can("manage_readiness", engagement),
    }
    status = REFUSED if form is not None else 200
    return render(request, "assessments/readiness_start.html", context, status=status)


def _published(viewer: User, engagement: Engagement) -> list[Any]:
    rows = frameworks_for(viewer, engagement.tenant_id)
    return [row for row in rows if row.status == VersionStatus.PUBLISHED]


def _common(request: PersonRequest, engagement: Engagement, standing: ReadinessStanding) -> dict[str, Any]:
    return {
        "engagement": engagement,
        "standing": standing,
        "gate": standing.assessment.target_gate,
        "sees_all": sees_all(request.user, standing.assessment),
        "may_manage": access.of(request.user).can("manage_readiness", standing.assessment),
        "today": timezone.now().date(),
        "tabs": readiness_tabs(request.tenant.slug, engagement.pk, "readiness"),
    }


def _holding(standing: ReadinessStanding) -> ElementStanding | None:
    """The element that is shown opened: the lowest below its target, or else the weakest."""
    below = standing.below(standing.assessment.target_gate)
    if not standing.answered:
        return None
    if below:
        return next(row for row in standing.elements if row.element.key == below[0])
    return standing.weakest[0] if standing.weakest else None


def _question_rows(questions: tuple[QuestionStanding, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    """Limiting questions first, supporting ones last."""
    ordered = sorted(questions, key=lambda row: (not row.limits, not row.question.core, row.question.key))
    return [
        {
            "row": row,
            "why": words.why(row, names),
            "allowed_by": words.allowed_by(row.cap),
            "until": words.good_until(row.cap),
            "by": names.get(row.answer.claimed_side, "") if row.answer else "",
            "checked_by": names.get(row.answer.verified_side, "") if row.answer else "",
        }
        for row in ordered
    ]


def _areas(standing: ReadinessStanding, viewer: User, tenant: str) -> list[dict[str, Any]]:
    by_key = {row.element.key: row for row in standing.elements}
    place = [tenant, standing.assessment.engagement_id]
    return [
        {
            "name": area.name,
            "cells": [
                {
                    "key": part.key, "name": part.short, "level": by_key[part.key].level,
                    "needs": by_key[part.key].target, "applies": by_key[part.key].applies,
                    "href": reverse("assessments:readiness_element", args=[*place, part.key]),
                }
                for part in area.elements
            ],
        }
        for area in standing.framework.areas
    ]  # fmt: skip


def _next_two(standing: ReadinessStanding) -> list[int]:
    """The gate that comes next and the one after it."""
    return [gate for gate in sorted(standing.framework.targets) if gate >= standing.assessment.target_gate][
        :2
    ]


def _table(standing: ReadinessStanding) -> list[dict[str, Any]]:
    by_key = {row.element.key: row for row in standing.elements}
    gates = _next_two(standing)
    return [
        {
            "name": area.name,
            "rows": [
                (by_key[part.key], [standing.framework.target(gate, part.key) for gate in gates])
                for part in area.elements
            ],
        }
        for area in standing.framework.areas
    ]


def _radar(standing: ReadinessStanding) -> str:
    spokes = [(row.element.key, row.level, row.target) for row in standing.elements]
    known = sum(level is not None for _, level, _ in spokes)
    gate = standing.assessment.target_gate
    says = (
        f"{known} of {len(spokes)} elements are assessed; {len(standing.below(gate))} lie under the broken "
        f"line of gate {gate}. The table has every level."
    )
    return radar(Caption("radar", "Levels of all elements", says), spokes)
