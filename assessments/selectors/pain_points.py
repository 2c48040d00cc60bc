"""What a viewer may read of human judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from assessments.models import CostComponent, PainPoint
from assessments.rules.costs import guess_share, too_much_guessed, total_cost, weakest_grade
from assessments.rules.ranking import Candidate, Ranked, disagreements, rank
from assessments.rules.sentences import formula, formula_in_words
from assessments.rules.suitability import Screening, screen
from assessments.vocabulary import CostKind, EvidenceGrade
from engagements.models import Engagement
from portal import access
from portal.errors import NotFound
from portal.models import User


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """One claimed cost with its formula: with its numbers, and in words."""

    component: CostComponent
    formula: str
    in_words: str


@dataclass(frozen=True, slots=True)
class PainPointRow:
    """A pain point with what it costs a year; ``share`` of all, None when nothing is claimed at all."""

    pain_point: PainPoint
    components: Sequence[ComponentRow]
    annual_cost: Decimal | None
    share: Decimal | None
    guess_share: Decimal | None
    weakest: EvidenceGrade | None
    cost_per_day: Decimal | None
    screening: Screening


@dataclass(frozen=True, slots=True)
class PainPointMap:
    """All pain points of an engagement, dearest first, and what they come to."""

    rows: Sequence[PainPointRow]
    annual_cost: Decimal | None
    guess_share: Decimal | None
    effort_days: Decimal | None
    too_much_guessed: bool
    ranked: Sequence[Ranked] = ()
    disagreements: Sequence[str] = ()


def pain_points_map(viewer: User, engagement: Engagement) -> PainPointMap:
    """What ``viewer`` may read of an engagement's pain points. Two queries, whatever their number."""
    mine = access.visible(viewer, PainPoint.objects.filter(engagement=engagement))
    points = list(mine.select_related("process_step").prefetch_related("components"))
    parts = [pair for point in points for pair in _parts(point)]
    total = total_cost(parts)
    rows = [_row(point, total, engagement.currency) for point in points]
    rows.sort(key=lambda row: (-(row.annual_cost or 0), row.pain_point.title))
    efforts = [point.effort_days for point in points]
    known = [days for days in efforts if days is not None]
    share = guess_share(parts)
    ranked = rank([_candidate(point) for point in points])
    return PainPointMap(
        rows=rows,
        annual_cost=total,
        guess_share=share,
        effort_days=sum(known, Decimal(0)) if known and len(known) == len(efforts) else None,
        too_much_guessed=too_much_guessed(share),
        ranked=ranked,
        disagreements=disagreements(ranked),
    )


def pain_point_for(viewer: User, engagement: Engagement, pain_point_id: UUID) -> PainPoint:
    """One pain point of the engagement with its components. Raises NotFound."""
    mine = access.visible(viewer, PainPoint.objects.filter(engagement=engagement, pk=pain_point_id))
    point = mine.prefetch_related("components").first()
    if point is None:
        raise NotFound
    return point


def components_of(viewer: User, engagement: Engagement) -> list[CostComponent]:
    """Every claimed cost of the engagement with its pain point, dearest first."""
    rows = access.visible(viewer, CostComponent.objects.filter(pain_point__engagement=engagement))
    return list(rows.select_related("pain_point").order_by("-likely", "pk"))


def _parts(point: PainPoint) -> list[tuple[EvidenceGrade, Decimal]]:
    return [(EvidenceGrade(row.grade), row.likely) for row in point.components.all()]


def _candidate(point: PainPoint) -> Candidate:
    return Candidate(
        key=point.public_id,
        title=point.title,
        parts=tuple(_parts(point)),
        effort_days=point.effort_days,
        urgency=point.urgency,
        risk_reduction=point.risk_reduction,
        reach=point.reach,
        impact=point.impact,
    )


def _row(point: PainPoint, total: Decimal | None, currency: str) -> PainPointRow:
    parts = _parts(point)
    cost = total_cost(parts)
    components = sorted(point.components.all(), key=lambda row: -row.likely)
    return PainPointRow(
        pain_point=point,
        components=[_component_row(row, currency) for row in components],
        annual_cost=cost,
        share=cost / total if cost is not None and total else None,
        guess_share=guess_share(parts),
        weakest=weakest_grade(grade for grade, _ in parts),
        cost_per_day=cost / point.effort_days if cost is not None and point.effort_days else None,
        screening=screen(point.suitability),
    )


def _component_row(row: CostComponent, currency: str) -> ComponentRow:
    kind = CostKind(row.kind)
    return ComponentRow(row, formula(kind, row.numbers, currency), formula_in_words(kind))
