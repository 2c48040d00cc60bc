"""What a viewer may read of the process map: steps in order, how well each number is known, bottlenecks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from assessments.models import PainPoint, ProcessStep
from assessments.rules.costs import total_cost
from assessments.rules.process import NUMBERS, WORDS, StepFacts, bottlenecks
from assessments.vocabulary import EvidenceGrade
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
class Pain:
    """A pain point that hangs on a step, and what it costs a year; None: no cost is claimed."""

    point: PainPoint
    annual_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step; ``marks`` say why it is a bottleneck, ``annual_cost`` is that of all its pain points."""

    step: ProcessStep
    numbers: dict[str, Known]
    marks: Sequence[str]
    pains: Sequence[Pain] = ()
    annual_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the map."""

    name: str
    rows: Sequence[StepRow]

    @property
    def dearest(self) -> StepRow | None:
        """The step whose pain points cost most a year; None while no cost hangs on any."""
        hurting = [row for row in self.rows if row.annual_cost]
        return max(hurting, key=lambda row: row.annual_cost or 0, default=None)


def processes_of(viewer: User, engagement: Engagement) -> list[Process]:
    """Every process with its steps in order. Three queries, whatever their number."""
    rows = access.visible(viewer, ProcessStep.objects.filter(engagement=engagement))
    steps = list(rows.order_by("process", "order").prefetch_related("pain_points__components"))
    return [_process(name, list(group)) for name, group in groupby(steps, key=lambda step: str(step.process))]


def steps_of(viewer: User, engagement: Engagement) -> list[ProcessStep]:
    """Every step that the viewer may see, process by process."""
    rows = access.visible(viewer, ProcessStep.objects.filter(engagement=engagement))
    return list(rows.order_by("process", "order"))


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
    return Process(name, [_row(step, why) for step, why in zip(steps, marks, strict=True)])


def _row(step: ProcessStep, marks: Sequence[str]) -> StepRow:
    pains = [Pain(point, _cost(point)) for point in step.pain_points.all()]
    pains.sort(key=lambda pain: (-(pain.annual_cost or 0), pain.point.title))
    costs = [pain.annual_cost for pain in pains if pain.annual_cost is not None]
    return StepRow(step, _numbers(step), marks, pains, sum(costs, Decimal(0)) if costs else None)


def _cost(point: PainPoint) -> Decimal | None:
    return total_cost((EvidenceGrade(row.grade), row.likely) for row in point.components.all())


def _numbers(step: ProcessStep) -> dict[str, Known]:
    return {
        name: Known(
            getattr(step, name),
            step.evidence.get(name, {}).get("grade", ""),
            step.evidence.get(name, {}).get("source", ""),
        )
        for name in NUMBERS
    }
