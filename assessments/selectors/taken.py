"""The lists of human judgement as rows: pain points, process steps, readiness answers, risks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assessments.rules.process import NUMBERS
from assessments.selectors import readiness_words as words
from assessments.selectors.pain_points import PainPointRow, pain_points_map
from assessments.selectors.process_map import processes_of
from assessments.selectors.readers import risks_for, standing_for
from assessments.selectors.standing import ReadinessStanding
from engagements.lists import Rows
from engagements.models import Engagement
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
