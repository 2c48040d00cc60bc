"""What a viewer may read of the process map: steps in order, how well each number is known, bottlenecks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from assessments.models import ProcessStep
from assessments.rules.process import NUMBERS, WORDS, StepFacts, bottlenecks
from engagements.models import Engagement
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class Known:
    """One number with its grade and source."""

    value: Decimal | None
    grade: str
    source: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step; ``marks`` say why it is a bottleneck."""

    step: ProcessStep
    numbers: dict[str, Known]
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the map."""

    name: str
    rows: Sequence[StepRow]


def processes_of(viewer: User, engagement: Engagement) -> list[Process]:
    """Every process with its steps in order. Two queries, whatever their number."""
    rows = access.visible(viewer, ProcessStep.objects.filter(engagement=engagement))
    steps = list(rows.order_by("process", "order").prefetch_related("pain_points"))
    return [_process(name, list(group)) for name, group in groupby(steps, key=lambda step: str(step.process))]


def step_for(viewer: User, engagement: Engagement, step_id: UUID) -> ProcessStep:
    """One step of the engagement. Raises NotFound."""
    rows = access.visible(viewer, ProcessStep.objects.filter(engagement=engagement, pk=step_id))
    step = rows.first()
    if step is None:
        raise NotFound
    return step


def facts_of(step: ProcessStep) -> StepFacts:
    """The values that the rules read."""
    values = {name: getattr(step, name) for name in (*WORDS, *NUMBERS)}
    return StepFacts(**values, evidence=step.evidence)


def _process(name: str, steps: list[ProcessStep]) -> Process:
    marks = bottlenecks([facts_of(step) for step in steps])
    return Process(name, [StepRow(step, _numbers(step), why) for step, why in zip(steps, marks, strict=True)])


def _numbers(step: ProcessStep) -> dict[str, Known]:
    return {
        name: Known(
            getattr(step, name),
            step.evidence.get(name, {}).get("grade", ""),
            step.evidence.get(name, {}).get("source", ""),
        )
        for name in NUMBERS
    }
