"""The report of readiness as it stands: the weakest link first, every element, the next steps, the risks."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from assessments.models import Risk
from assessments.selectors import readiness_words as say
from assessments.selectors.plan import plan_for
from assessments.selectors.readers import assessment_for, risks_for, sees_all, standing_for
from assessments.selectors.standing import ReadinessStanding
from assessments.vocabulary import RiskStatus
from engagements.models import Engagement
from engagements.report import blocks
from engagements.report.blocks import Block, Content
from engagements.rules.letterhead import Section
from engagements.rules.sentences import day
from portal.errors import NotFound
from portal.models import User

STEPS: Final = 10
"""Steps of the plan that are printed; the paper says how many there are."""


SECTIONS = (
    Section("elements", "The elements", kept=True),
    Section("limits", "What holds each of them where it is"),
    Section("steps", "What to do next"),
    Section("risks", "Risks"),
)


def write_readiness(viewer: User, engagement: Engagement, subject: str) -> Content:
    """Readiness as it stands now. Raises NotFound for who sees sections only, and before it has begun."""
    _, standing = standing_for(viewer, engagement.pk)
    assessment = standing.assessment
    gate, now = assessment.target_gate, timezone.now()
    return Content(
        subject=assessment.public_id,
        title="Readiness report",
        headline=say.headline(standing, gate),
        lead=f"{say.gap(standing, gate)} {standing.framework.title} {standing.framework.version}, as of "
        f"{day(now)}.",
        frozen_at=now,
        blocks=[
            *_vector(standing, gate),
            *_elements(standing, gate),
            *_steps(standing, gate, engagement),
            *_risks(risks_for(viewer, engagement.pk)),
        ],
        basis=[("Text of the framework", assessment.framework_version.content_sha256)],
    )


def may_read_readiness(viewer: User, engagement: Engagement) -> bool:
    """Who sees the whole assessment sees its report."""
    try:
        _, assessment = assessment_for(viewer, engagement.pk)
    except NotFound:
        return False
    return sees_all(viewer, assessment)


def _vector(standing: ReadinessStanding, gate: int) -> list[Block]:
    total = len(standing.vector())
    level = "not assessed" if standing.level is None else f"Level {standing.level}"
    return [
        blocks.figures(
            ("Readiness", level, f"the lowest of {total} elements; there is no average"),
            (f"At the level that gate {gate} needs", f"{standing.at_target(gate)} of {total}", "elements"),
            ("Answered", f"{standing.answered} of {sum(1 for _ in standing.questions)}", "questions"),
        ),
        blocks.heading("The elements", key="elements"),
        blocks.levels(
            (row.element.key, row.element.short, row.level, standing.framework.target(gate, row.element.key))
            for row in standing.elements
            if row.applies
        ),
    ]


def _elements(standing: ReadinessStanding, gate: int) -> list[Block]:
    below = standing.below(gate)
    order = {key: place for place, key in enumerate(below)}
    rows = sorted(
        standing.elements, key=lambda row: (order.get(row.element.key, len(order)), row.element.key)
    )
    names = say.side_names(standing.assessment.engagement.tenant)
    return [
        blocks.heading("What holds each of them where it is", key="limits"),
        blocks.table(
            ("Element", "Level", "Needs", "The lowest question"),
            [
                (
                    f"{row.element.key} {row.element.name}",
                    _level(row.level, applies=row.applies),
                    str(standing.framework.target(gate, row.element.key)) if row.applies else "none",
                    " ".join(f"{one.question.key}: {say.why(one, names)}" for one in row.limiting[:2])
                    or "Both sides agreed that it does not apply.",
                )
                for row in rows
            ],
            shares=(2, 0, 0, 5),
        ),
    ]


def _level(level: int | None, *, applies: bool) -> str:
    if not applies:
        return "not applicable"
    return "not assessed" if level is None else str(level)


def _steps(standing: ReadinessStanding, gate: int, engagement: Engagement) -> list[Block]:
    plan = plan_for(standing, gate, say.side_names(engagement.tenant))
    if not plan:
        return [blocks.words(f"Nothing is left to do for gate {gate}.")]
    more = f"The first {STEPS} of {len(plan)}" if len(plan) > STEPS else "All"
    return [
        blocks.heading("What to do next", key="steps"),
        blocks.words(f"{more} steps, the one that lifts the weakest link first.", quiet=True),
        blocks.table(
            ("Question", "Step", "What it brings"),
            [
                (f"{row.row.question.key} {row.row.question.text}", row.step.words, row.effect)
                for row in plan[:STEPS]
            ],
            shares=(3, 3, 2),
        ),
    ]


def _risks(risks: list[Risk]) -> list[Block]:
    if not risks:
        return []
    return [
        blocks.heading("Risks", key="risks"),
        blocks.words("Score = likelihood × impact after the response, 1 to 25.", quiet=True),
        blocks.table(
            ("Risk", "Score", "State", "Response"),
            [
                (row.title, str(row.score), _state(row), row.plan or row.get_response_display())
                for row in risks
            ],
            right=(1,),
            shares=(3, 0, 2, 4),
        ),
    ]


def _state(row: Risk) -> str:
    label = str(RiskStatus(row.status).label).lower()
    if row.status == RiskStatus.ACCEPTED and row.accepted_until:
        return f"{label} until {day(row.accepted_until)}"
    return label
