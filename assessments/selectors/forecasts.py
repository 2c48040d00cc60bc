"""Forecasts of frozen value cases beside what was measured since: of one engagement, or of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Final, TypeVar
from uuid import UUID

from assessments.models import ValueCase
from assessments.rules.forecasts import Calibration, Forecast, Quantity, calibrate
from engagements.models import Engagement, Measurement, Observation, SuccessMetric
from engagements.pilot_words import FigureSource, Group
from engagements.rules.metrics import goal_value
from engagements.selectors.engagements import visible_engagements
from engagements.selectors.pilot import COST
from portal import access
from portal.models import User

AFTER_THE_PILOT: Final = 2
"""A version that this gate or a later one froze knows what the pilot measured."""
CHANGE: Final = "success_metric_change"
MEASURED: Final = (CHANGE, "cost_per_success", "pass_rate")
Row = TypeVar("Row", ValueCase, Observation)
PLACES: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Known:
    """Everything about one engagement that forecasts are read from."""

    cases: Sequence[ValueCase]
    metric: SuccessMetric | None
    measured: dict[str, Measurement]
    costs: Sequence[Observation]


@dataclass(frozen=True, slots=True)
class Record:
    """The forecasts of every engagement that a person sees, and how far those with an outcome were off."""

    calibrations: tuple[Calibration, ...]
    rows: tuple[tuple[Engagement, tuple[Forecast, ...]], ...]


def forecasts_for(viewer: User, engagement: Engagement) -> list[Forecast]:
    """What was foretold for one engagement, with what came of it. Five queries."""
    return _forecasts(_known(viewer, [engagement])[engagement.pk])


def record_for(viewer: User) -> Record:
    """Over all engagements that the viewer sees. Six queries, whatever their number."""
    engagements = list(visible_engagements(viewer))
    known = _known(viewer, engagements)
    rows = [(row, tuple(_forecasts(known[row.pk]))) for row in engagements]
    every = [forecast for _, found in rows for forecast in found]
    told = [
        (row, tuple(one for one in found if one.actual is not None))
        for row, found in rows
        if any(one.actual is not None for one in found)
    ]
    return Record(tuple(calibrate(quantity, every) for quantity in Quantity), tuple(told))


def _known(viewer: User, engagements: Sequence[Engagement]) -> dict[UUID, Known]:
    keys = [row.pk for row in engagements]
    frozen = ValueCase.objects.filter(engagement_id__in=keys, frozen_at__isnull=False)
    cases = _grouped(access.visible(viewer, frozen).prefetch_related("benefits").order_by("number"))
    metrics = SuccessMetric.objects.filter(engagement_id__in=keys, sealed_at__isnull=False)
    by_engagement = {row.engagement_id: row for row in access.visible(viewer, metrics)}
    figures = Measurement.objects.filter(engagement_id__in=keys, key__in=MEASURED, slice="", valid=True)
    newest = figures.order_by("engagement_id", "key", "-measured_at", "-pk").distinct("engagement_id", "key")
    measured: defaultdict[UUID, dict[str, Measurement]] = defaultdict(dict)
    for row in newest:
        measured[row.engagement_id][row.key] = row
    reported = Observation.objects.filter(engagement_id__in=keys, key=COST, group=Group.PILOT, segment="")
    periods = reported.order_by("engagement_id", "period", "-number").distinct("engagement_id", "period")
    costs = _grouped(row for row in periods if row.value is not None and row.source != FigureSource.ESTIMATE)
    return {
        key: Known(cases.get(key, []), by_engagement.get(key), measured[key], costs.get(key, []))
        for key in keys
    }


def _forecasts(known: Known) -> list[Forecast]:
    found = [_cost(known), _effect(known), _saving(known), _worth(known)]
    return [row for row in found if row is not None]


def _cost(known: Known) -> Forecast | None:
    """What a case was expected to cost before it was measured, against the pilot or the newest run."""
    case = next((row for row in known.cases if row.model_cost is not None), None)
    if case is None or case.model_cost is None:
        return None
    actual: Decimal | None = None
    on: date | None = None
    source = "no run and no pilot has measured it yet"
    values = [row.value for row in known.costs if row.value is not None]
    success, passed = known.measured.get("cost_per_success"), known.measured.get("pass_rate")
    if values:
        count = f"{len(values)} period{'' if len(values) == 1 else 's'}"
        actual, source = median(values), f"median of the pilot, {count}"
        on = max(row.ends for row in known.costs)
    elif success and passed and success.value is not None and passed.value is not None:
        actual = (success.value * passed.value).quantize(PLACES)
        source, on = "the newest run", success.measured_at.date()
    return Forecast(
        Quantity.COST, case.model_cost, source, gate=case.gate_number, foretold_on=_day(case), actual=actual,
        actual_on=on,
    )  # fmt: skip


def _effect(known: Known) -> Forecast | None:
    """The agreed change of the success metric against the change that the pilot measured."""
    if known.metric is None or known.metric.sealed_at is None:
        return None
    terms = known.metric.terms()
    goal, start = goal_value(terms), terms.baseline.value
    if goal is None or not start:
        return None
    row = known.measured.get(CHANGE)
    there = row is not None and row.value is not None
    return Forecast(
        Quantity.EFFECT,
        (goal / start - 1).quantize(PLACES),
        "measured in the pilot" if there else "no pilot has measured it yet",
        foretold_on=known.metric.sealed_at.date(),
        actual=row.value if row else None,
        actual_on=row.measured_at.date() if row and there else None,
    )


def _saving(known: Known) -> Forecast | None:
    first, last = _ends(known)
    if first is None:
        return None
    low, high = _saving_range(first)
    return _restated(Quantity.SAVING, "saving", first, last, low=low, high=high)


def _worth(known: Known) -> Forecast | None:
    first, last = _ends(known)
    if first is None:
        return None
    spread = first.totals["spread"]
    low, high = Decimal(spread["p10"]), Decimal(spread["p90"])
    return _restated(Quantity.WORTH, "npv", first, last, low=low, high=high)


def _restated(
    quantity: Quantity, name: str, first: ValueCase, last: ValueCase | None, *, low: Decimal, high: Decimal
) -> Forecast:
    """A figure of the first frozen version against the same figure restated after the pilot."""
    return Forecast(
        quantity,
        Decimal(first.totals[name]),
        f"version {last.number}, frozen at gate {last.gate_number}"
        if last
        else "not restated since the pilot",
        low=low,
        high=high,
        gate=first.gate_number,
        foretold_on=_day(first),
        actual=Decimal(last.totals[name]) if last else None,
        actual_on=_day(last) if last else None,
    )


def _ends(known: Known) -> tuple[ValueCase | None, ValueCase | None]:
    """The first version that a gate before the pilot's end froze, and the newest that knows the pilot."""
    first = next((row for row in known.cases if (row.gate_number or 0) < AFTER_THE_PILOT), None)
    after = [row for row in known.cases if (row.gate_number or 0) >= AFTER_THE_PILOT]
    return first, (after[-1] if after else None)


def _saving_range(case: ValueCase) -> tuple[Decimal, Decimal]:
    """The saving with every cost and reduction at its low, and at its high."""
    components = case.totals["basis"]["components"]
    low = high = Decimal(0)
    for row in case.benefits.all():
        part = components.get(f"{row.pain_point_id}/{row.kind}")
        if part is not None:
            share = row.adoption * case.coverage
            low += Decimal(part["low"]) * row.reduction_low * share
            high += Decimal(part["high"]) * row.reduction_high * share
    return low, high


def _day(case: ValueCase) -> date | None:
    return case.frozen_at.date() if case.frozen_at else None


def _grouped(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.engagement_id].append(row)
    return found
