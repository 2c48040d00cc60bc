"""What to do next, ordered by its effect on the weakest link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assessments.selectors.readiness_words import Step, next_step, why
from assessments.selectors.standing import ElementStanding, QuestionStanding, ReadinessStanding


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One question under the target of a gate: what is in the way, the next step, what it brings."""

    element: ElementStanding
    row: QuestionStanding
    target: int
    why: str
    step: Step
    effect: str


def plan_for(standing: ReadinessStanding, gate: int, names: Mapping[str, str]) -> list[PlanRow]:
    """Every core question under the target, first what lifts the minimum with the fewest other steps."""
    found = []
    for element in standing.elements:
        target = standing.framework.target(gate, element.element.key)
        for row in element.questions:
            if row.question.core and row.applies and (row.level is None or row.level < target):
                step = next_step(row, target, names)
                effect = _effect(standing, element, row)
                found.append(PlanRow(element, row, target, why(row, names), step, effect))
    return sorted(found, key=_rank)


def _rank(plan: PlanRow) -> tuple[int, int, int, str]:
    element, row = plan.element, plan.row
    level = -1 if element.level is None else element.level
    return (level, len(element.limiting), -1 if row.level is None else row.level, row.question.key)


def _effect(standing: ReadinessStanding, element: ElementStanding, row: QuestionStanding) -> str:
    key = element.element.key
    if not row.limits:
        return f"needed for {key}, which others hold lower"
    if element.level is None:
        count = len(element.limiting)
        return f"{key} has a level" if count == 1 else f"one of {count} answers that {key} lacks"
    if len(element.limiting) > 1:
        return f"one of {len(element.limiting)} that hold {key} at {element.level}"
    others = [
        one.level
        for one in element.questions
        if one.question.core and one.applies and one is not row and one.level is not None
    ]
    reach = min([*others, element.target if element.target > element.level else element.level + 1])
    if len(standing.weakest) == 1 and standing.level is not None:
        return f"lifts {key}, and with it readiness, from {element.level} to {reach}"
    return f"lifts {key} from {element.level} to {reach}"
