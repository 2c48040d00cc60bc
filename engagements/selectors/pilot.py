"""What a pilot reported: what is asked for, the figures that count, and their story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Prefetch

from engagements.evidence import Section
from engagements.models import (
    AdoptionCount,
    Criterion,
    Engagement,
    Incident,
    Measurement,
    Observation,
    ParityCheck,
    PilotPlan,
    PilotPlanSeal,
    SuccessMetric,
)
from engagements.pilot_words import FigureSource, Group
from engagements.rules.effects import Point
from engagements.rules.metrics import Guardrail, MetricTerms
from engagements.rules.pilot import Wanted
from engagements.vocabulary import CriteriaStatus, Side, SourceKind, Unit

SUCCESS: Final = "success_metric"
COST: Final = "cost_per_case"
COMPUTED: Final = frozenset({
    "success_metric_progress", "success_metric_change", "guardrails_broken", "active_share",
    "open_severe_incidents", "open_parity_gaps",
})  # fmt: skip
"""Figures of the pilot that are computed from others, so nobody reports them."""

_SHOWN_UNITS: Final = {
    Unit.RATE: "%", Unit.MS: "ms", Unit.MINUTES: "min", Unit.MONTHS: "months", Unit.COUNT: "",
    Unit.RATIO: "×", Unit.OTHER: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """Everything reported under one key, newest version of each place, oldest period first."""

    wanted: Wanted
    rows: tuple[Observation, ...]

    def whole(self, group: Group) -> list[Observation]:
        """The figures of the whole that count: measured, not taken back, no segment."""
        return [
            row
            for row in self.rows
            if row.group == group and not row.segment and row.value is not None
            and row.source != FigureSource.ESTIMATE
        ]  # fmt: skip


def wanted_of(engagement: Engagement) -> dict[str, Wanted]:
    """What is reported by period: metric, guardrails, cost, what criteria ask for. Two queries."""
    found: dict[str, Wanted] = {}
    terms = metric_terms(engagement.pk)
    if terms is not None:
        found[SUCCESS] = Wanted(SUCCESS, terms.name, terms.unit, "the success metric")
        for key, rail in rails_of(terms):
            found[key] = Wanted(key, rail.name.rstrip(" ,"), rail.unit, "a guardrail")
    found[COST] = Wanted(COST, "what one case costs", engagement.currency, "cost against the forecast")
    rows = Criterion.objects.filter(criteria_set__engagement=engagement, source=SourceKind.SERIES).exclude(
        criteria_set__status=CriteriaStatus.SUPERSEDED
    )
    for row in rows.order_by("criteria_set__gate__number", "order"):
        if row.source_key not in COMPUTED:
            unit = engagement.currency if row.unit == Unit.MONEY else _SHOWN_UNITS.get(Unit(row.unit), "")
            found.setdefault(row.source_key, Wanted(row.source_key, row.text, unit, f"criterion {row.key}"))
    return found


def metric_terms(engagement_id: UUID) -> MetricTerms | None:
    """The success metric as rules read it; None until both sides have sealed it: before, it may change."""
    row = SuccessMetric.objects.filter(engagement_id=engagement_id, sealed_at__isnull=False).first()
    return row.terms() if row else None


def rails_of(terms: MetricTerms) -> list[tuple[str, Guardrail]]:
    """The guardrails with the keys under which they are reported."""
    return [(f"guardrail_{place}", rail) for place, rail in enumerate(terms.guardrails, 1)]


def current(engagement_id: UUID, *, keys: Iterable[str] | None = None) -> list[Observation]:
    """The newest version of each figure, oldest period first. One query."""
    rows = Observation.objects.filter(engagement_id=engagement_id)
    if keys is not None:
        rows = rows.filter(key__in=list(keys))
    places = ("key", "group", "period", "segment")
    newest = rows.order_by(*places, "-number").distinct(*places).select_related("reported_by", "evidence")
    return sorted(newest, key=lambda row: (row.key, row.begins, row.group, row.segment))


def series_of(engagement: Engagement) -> dict[str, Series]:
    """All series by key, those without a figure too."""
    wanted = wanted_of(engagement)
    by_key: dict[str, list[Observation]] = {}
    for row in current(engagement.pk):
        by_key.setdefault(row.key, []).append(row)
    return {key: Series(asked, tuple(by_key.get(key, ()))) for key, asked in wanted.items()}


def points(rows: Sequence[Observation]) -> list[Point]:
    """As the rules of effects read them."""
    return [Point(float(row.value), row.n) for row in rows if row.value is not None]


def versions_of(engagement_id: UUID, place: tuple[str, str, str, str]) -> list[Observation]:
    """All that was ever reported for one place, newest first."""
    key, group, period, segment = place
    rows = Observation.objects.filter(
        engagement_id=engagement_id, key=key, group=group, period=period, segment=segment
    )
    return list(rows.select_related("reported_by", "evidence").order_by("-number"))


def newest_measurements(engagement_id: UUID, keys: Iterable[str]) -> Mapping[str, Measurement]:
    """The newest figure that gates read under each of ``keys``. One query."""
    rows = Measurement.objects.filter(engagement_id=engagement_id, key__in=list(keys), slice="")
    newest = rows.order_by("key", "-measured_at", "-pk").distinct("key")
    return {row.key: row for row in newest}


def adoption_of(engagement_id: UUID) -> list[AdoptionCount]:
    """The newest count of each period and group of people, newest period first. One query."""
    rows = AdoptionCount.objects.filter(engagement_id=engagement_id)
    places = ("period", "segment")
    newest = rows.order_by(*places, "-number").distinct(*places).select_related("reported_by")
    return sorted(newest, key=lambda row: (row.begins, row.segment), reverse=True)


def incidents_of(engagement_id: UUID) -> list[Incident]:
    """Open ones first, the gravest first."""
    rows = Incident.objects.filter(engagement_id=engagement_id).select_related("reported_by")
    return sorted(rows, key=lambda row: (row.resolved_at is not None, row.severity, -row.number))


def parity_of(engagement_id: UUID) -> dict[str, ParityCheck]:
    """What was compared, by aspect."""
    rows = ParityCheck.objects.filter(engagement_id=engagement_id).select_related("looked_by")
    return {row.aspect: row for row in rows}


def plans_of(engagement_id: UUID) -> list[PilotPlan]:
    """Every version with its seals, newest first. Two queries."""
    rows = PilotPlan.objects.filter(engagement_id=engagement_id).select_related("written_by")
    seals = Prefetch("seals", PilotPlanSeal.objects.select_related("sealed_by").order_by("created_at"))
    return list(rows.prefetch_related(seals).order_by("-number"))


def sealed_sides(plan: PilotPlan) -> dict[Side, PilotPlanSeal]:
    """Who stands by this version."""
    return {Side(seal.side): seal for seal in plan.seals.all()}


def agreed_plan(plans: Sequence[PilotPlan]) -> PilotPlan | None:
    """The newest version that both sides have sealed: its terms hold. None while there is none."""
    return next((plan for plan in plans if len(sealed_sides(plan)) == len(Side)), None)


def snapshot_section(engagement_id: UUID, gate_number: int) -> Section | None:
    """The pilot as a gate freezes it: the newest plan with who stands by it, which version both sides
    have sealed (None: none), and what was compared with production.
    """
    plans = plans_of(engagement_id)
    plan, agreed = next(iter(plans), None), agreed_plan(plans)
    compared = parity_of(engagement_id)
    if plan is None and not compared:
        return None
    return {
        "plan": plan and {
            "number": plan.number, "scope": plan.scope, "users": plan.users, "environment": plan.environment,
            "begins": plan.begins, "ends": plan.ends, "exit_rules": plan.exit_rules,
            "seals": {side.value: seal.sealed_by.name for side, seal in sorted(sealed_sides(plan).items())},
        },
        "agreed": agreed and agreed.number,
        "environment": [
            {"aspect": row.get_aspect_display(), "state": row.get_state_display(), "note": row.note}
            for _, row in sorted(compared.items())
        ],
    }  # fmt: skip
