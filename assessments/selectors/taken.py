"""The lists of human judgement as rows: pain points, process steps, readiness answers, risks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from assessments.rules.forecasts import MONEY, QUANTITY_WORDS, Forecast
from assessments.rules.process import NUMBERS
from assessments.selectors import readiness_words as words
from assessments.selectors.contradictions import contradictions_of
from assessments.selectors.forecasts import forecasts_for
from assessments.selectors.pain_points import PainPointRow, pain_points_map
from assessments.selectors.process_map import processes_of
from assessments.selectors.readers import risks_for, standing_for
from assessments.selectors.standing import ElementStanding, ReadinessStanding
from engagements.models import Engagement
from portal.lists import Rows
from portal.models import User

PAIN_POINTS = (
    "pain_point", "kind", "process_step", "step", "owner", "cost_a_year", "currency", "share_of_all",
    "share_guessed", "weakest_grade", "effort_days", "cost_per_day", "calls_for", "chosen", "note",
)  # fmt: skip
STEPS = (
    "process", "order", "step", "actor", "system",
    *(column for name in NUMBERS for column in (name, f"{name}_grade", f"{name}_source")),
    "bottleneck", "pain_points", "cost_a_year", "currency",
)  # fmt: skip
ANSWERS = (
    "element", "question", "text", "core", "claimed", "claimed_by", "measured", "verified", "verified_by",
    "challenged", "evidence_allows", "counts", "needs", "limits", "why", "note",
)  # fmt: skip
RISKS = (
    "risk", "catalogue", "likelihood", "impact", "score_before", "score", "status", "response", "plan",
    "owner", "due", "accepted_by", "accepted_until", "acceptance_reason", "elements",
)  # fmt: skip

SECTIONS = ("element", "name", "person", "due", "state", "note", "asked_by")
CONTRADICTIONS = ("what_was_found", "mend_it")
FORECASTS = (
    "what", "foretold", "low", "high", "unit", "gate", "foretold_on", "came_out", "came_out_on", "from",
    "off_by", "in_its_range",
)  # fmt: skip


def pain_point_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every pain point, dearest first."""
    found = pain_points_map(viewer, engagement).rows
    return (_pain(row, engagement.currency) for row in found)


def _pain(row: PainPointRow, currency: str) -> tuple[Any, ...]:
    point = row.pain_point
    return (
        point.title, point.get_kind_display(), point.process_step.name if point.process_step else None,
        point.step, point.owner, row.annual_cost, currency, row.share, row.guess_share,
        row.weakest.value if row.weakest else None, point.effort_days, row.cost_per_day,
        row.screening.word, point.chosen, point.description,
    )  # fmt: skip


def step_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every step of the process map in its order."""
    for process in processes_of(viewer, engagement):
        for row in process.rows:
            known = (
                cell
                for name in NUMBERS
                for cell in (row.numbers[name].value, row.numbers[name].grade, row.numbers[name].source)
            )
            yield (
                process.name, row.step.order, row.step.name, row.step.actor, row.step.system, *known,
                " ".join(row.marks), ", ".join(pain.point.title for pain in row.pains), row.annual_cost,
                engagement.currency,
            )  # fmt: skip


def answer_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Every question with what counts and why. Raises NotFound for who sees the own sections only."""
    _, standing = standing_for(viewer, engagement.pk)
    return _answers(standing, words.side_names(engagement.tenant))


def _answers(standing: ReadinessStanding, names: dict[str, str]) -> Iterator[tuple[Any, ...]]:
    for element in standing.elements:
        for row in element.questions:
            said, terms = row.answer, row.terms
            yield (
                element.element.key, row.question.key, row.question.text, row.question.core, terms.claimed,
                said.claimed_by.name if said and said.claimed_by else None, terms.measured, terms.verified,
                said.verified_by.name if said and said.verified_by else None, terms.challenged,
                row.cap.level, row.level if row.applies else "not applicable", row.target, row.limits,
                words.why(row, names), said.note if said else None,
            )  # fmt: skip


def risk_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """The register, highest open score first."""
    for row in risks_for(viewer, engagement.pk):
        yield (
            row.title, row.catalogue, row.likelihood, row.impact, row.gross_score, row.score,
            row.get_status_display(), row.get_response_display(), row.plan,
            row.owner.name if row.owner else None, row.due.isoformat() if row.due else None,
            row.accepted_by.name if row.accepted_by else None,
            row.accepted_until.isoformat() if row.accepted_until else None, row.acceptance_reason,
            ", ".join(row.elements),
        )  # fmt: skip


def section_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """Who answers which element until when. Raises NotFound for who sees the own sections only."""
    _, standing = standing_for(viewer, engagement.pk)
    return (_section(row) for row in standing.elements)


def _section(row: ElementStanding) -> tuple[Any, ...]:
    asked = row.section
    told = (asked.person.name, asked.due, asked.get_status_display(), asked.note,
            asked.assigned_by.name) if asked else (None,) * 5  # fmt: skip
    return (row.element.key, row.element.short, *told)


def contradiction_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What does not go together now. Raises NotFound for who sees the own sections only."""
    _, standing = standing_for(viewer, engagement.pk)
    return [(row.words, row.mend) for row in contradictions_of(standing, today=timezone.now().date())]


def forecast_rows(viewer: User, engagement: Engagement, filters: Mapping[str, str]) -> Rows:
    """What gates froze beside what came of it; shares are fractions."""
    return [forecast_row(row, engagement.currency) for row in forecasts_for(viewer, engagement)]


def forecast_row(row: Forecast, currency: str) -> tuple[Any, ...]:
    """One forecast as the row of ``FORECASTS``."""
    return (
        QUANTITY_WORDS[row.quantity], row.foretold, row.low, row.high,
        currency if row.quantity in MONEY else "share", row.gate, row.foretold_on, row.actual, row.actual_on,
        row.source, row.error, row.is_inside,
    )  # fmt: skip
