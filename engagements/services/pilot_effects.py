"""What the figures of a pilot come to, as measurements that gates read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone

from engagements.models import AdoptionCount, Engagement, Measurement, Observation
from engagements.pilot_words import Group
from engagements.rules import effects, intervals
from engagements.rules.canonical import canonical
from engagements.rules.effects import Estimate, Point
from engagements.rules.metrics import MetricTerms, goal_value
from engagements.selectors.pilot import (
    COST,
    SUCCESS,
    Series,
    metric_terms,
    newest_measurements,
    points,
    rails_of,
)
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit

CONFIDENCE: Final = Decimal("0.95")
SEED: Final = 20_260_101
FORECAST: Final = "forecast_cost_per_case"
BEFORE_AFTER: Final = "before and after, bootstrap over periods"
WITH_CONTROL: Final = "difference in differences, bootstrap over periods"
NONE_COUNTS: Final = "none counts: a guardrail was broken twice in a row"
_PLACES: Final = Decimal("1e-10")


def pay_in(engagement: Engagement, series: Mapping[str, Series]) -> None:
    """Record what has changed of progress, guardrails, cost, and figures that criteria ask for by name."""
    terms = metric_terms(engagement.pk)
    if terms is not None and SUCCESS in series:
        _pay_progress(engagement, series, terms)
        _pay_guardrails(engagement, series, terms)
    _pay_cost(engagement, series[COST])
    named = {key for key, _ in rails_of(terms)} | {SUCCESS, COST} if terms else {COST}
    for key, one in series.items():
        if key not in named:
            _pay_plain(engagement, one)


def breached_rails(series: Mapping[str, Series], engagement_id: UUID) -> dict[str, int]:
    """Guardrails that lie outside in the newest two periods, with how many periods there are."""
    terms = metric_terms(engagement_id)
    found: dict[str, int] = {}
    for key, rail in rails_of(terms) if terms else ():
        rows = series[key].whole(Group.PILOT) if key in series else []
        values = [point.value for point in points(rows)]
        if effects.breached_in_a_row(values, above=rail.above, limit=float(rail.limit)):
            found[key] = len(values)
    return found


def change_of(terms: MetricTerms, one: Series) -> tuple[Estimate | None, list[Observation], bool]:
    """The relative change of the success metric, the figures behind it, whether a group stood beside it."""
    pilot = one.whole(Group.PILOT)
    if not pilot or terms.baseline.value is None:
        return None, pilot, False
    begins = pilot[0].begins
    before = [row for row in one.whole(Group.BASELINE) if row.ends < begins]
    beside = [row for row in one.whole(Group.CONTROL) if row.begins >= begins]
    beside_before = [row for row in one.whole(Group.CONTROL) if row.ends < begins]
    with_control = bool(beside and beside_before)
    base = points(before) if len(before) >= effects.FEWEST_PERIODS else [Point(float(terms.baseline.value))]
    found = effects.change(
        points(pilot), base, beside=points(beside), beside_before=points(beside_before), seed=SEED
    )
    used = [*pilot, *before, *(beside + beside_before if with_control else [])]
    return found, used, with_control


def _pay_progress(engagement: Engagement, series: Mapping[str, Series], terms: MetricTerms) -> None:
    found, used, with_control = change_of(terms, series[SUCCESS])
    method = WITH_CONTROL if with_control else BEFORE_AFTER
    record_series(engagement, "success_metric_change", found, used, unit=Unit.RATIO, method=method)
    wanted = _wanted_change(terms)
    progress = found.scaled(1 / wanted) if found is not None and wanted else None
    rails = [row for key, _ in rails_of(terms) for row in series[key].whole(Group.PILOT)]
    if progress is not None and breached_rails(series, engagement.pk):
        nothing = Estimate(0.0, progress.periods, progress.n, 0.0, 0.0, 0.0, 0.0)
        record_series(
            engagement, "success_metric_progress", nothing, used + rails, unit=Unit.RATIO, method=NONE_COUNTS
        )
        return
    record_series(
        engagement, "success_metric_progress", progress, used + rails, unit=Unit.RATIO, method=method
    )


def _wanted_change(terms: MetricTerms) -> float:
    goal, start = goal_value(terms), terms.baseline.value
    return float(goal / start - 1) if goal is not None and start else 0.0


def _pay_guardrails(engagement: Engagement, series: Mapping[str, Series], terms: MetricTerms) -> None:
    """How many guardrails have their worst bound outside; no data as long as one of them cannot be told."""
    used: list[Observation] = []
    states: list[bool | None] = []
    for key, rail in rails_of(terms):
        rows = series[key].whole(Group.PILOT)
        used += rows
        states.append(None)
        if rows:
            found = _level(rows, is_share=rail.unit == "%")
            states[-1] = effects.is_broken(found, above=rail.above, limit=float(rail.limit))
    broken = sum(state is True for state in states)
    known = bool(states) and (broken > 0 or None not in states)
    count = Estimate(float(broken), 0, len(states)) if known else None
    record_series(
        engagement, "guardrails_broken", count, used, unit=Unit.COUNT, confidence=Decimal(1),
        method="worst bound against its limit",
    )  # fmt: skip


def _pay_cost(engagement: Engagement, one: Series) -> None:
    rows = one.whole(Group.PILOT)
    forecast = newest_measurements(engagement.pk, [FORECAST]).get(FORECAST)
    if forecast is None or not forecast.value:
        return
    found = effects.level(points(rows), seed=SEED).scaled(1 / float(forecast.value)) if rows else None
    record_series(
        engagement, "cost_over_forecast", found, rows, unit=Unit.RATIO, source=SourceKind.VALUE_CASE,
        method="cost of a case in the pilot over the forecast",
    )  # fmt: skip


def _pay_plain(engagement: Engagement, one: Series) -> None:
    """A figure that a criterion names: its newest period, with the bounds that its n or spread gives."""
    rows = one.whole(Group.PILOT)[-1:]
    unit = _unit_of(one.wanted.unit, engagement.currency)
    found = None
    if rows:
        found = _sampled(rows[0], is_share=unit == Unit.RATE)
        found = found.scaled(0.01) if unit == Unit.RATE else found
    record_series(engagement, one.wanted.key, found, rows, unit=unit, method="newest period")


def _unit_of(shown: str, currency: str) -> Unit:
    known = {
        "%": Unit.RATE, "ms": Unit.MS, "min": Unit.MINUTES, "months": Unit.MONTHS, "×": Unit.RATIO,
        currency: Unit.MONEY,
    }  # fmt: skip
    return known.get(shown, Unit.COUNT)


def _level(rows: Sequence[Observation], *, is_share: bool) -> Estimate:
    """Where a guardrail stood: over four periods or more by bootstrap, a single period by its own n."""
    if len(rows) >= effects.FEWEST_PERIODS:
        return effects.level(points(rows), seed=SEED)
    if len(rows) == 1:
        return _sampled(rows[0], is_share=is_share)
    return effects.level(points(rows), seed=SEED)


def _sampled(row: Observation, *, is_share: bool) -> Estimate:
    """One figure with the bounds of its sample: Wilson for shares (0 to 100), else by its spread."""
    value = float(row.value or 0)
    found = Estimate(value, 1, row.n)
    if row.n is None:
        return found
    if is_share:
        low, high = intervals.wilson_bounds(value / 100, row.n, confidence=0.975)
        least, most = intervals.wilson_bounds(value / 100, row.n, confidence=0.95)
        return Estimate(value, 1, row.n, low * 100, high * 100, least * 100, most * 100)
    if row.spread is None or row.n < effects.FEWEST_PERIODS:
        return found
    one, two = effects.half_widths(float(row.spread), row.n)
    return Estimate(value, 1, row.n, value - two, value + two, value - one, value + one)


def record_series(
    engagement: Engagement, key: str, found: Estimate | None,
    used: Iterable[Observation | AdoptionCount], *, unit: Unit,
    method: str, confidence: Decimal = CONFIDENCE, source: SourceKind = SourceKind.SERIES,
) -> None:  # fmt: skip
    """Store what is new, as of the end of the newest period; later than what is there, so that it counts."""
    rows = sorted(used, key=lambda row: (row.ends, row.pk))
    stored = Measurement.objects.filter(engagement=engagement, key=key, source_kind=source)
    last = stored.order_by("-measured_at", "-pk").first()
    if not rows and last is None:
        return
    fingerprint = hashlib.sha256(canonical([row.pk.hex for row in rows]).encode()).hexdigest()
    value = None if found is None else _decimal(found.value)
    if last is not None and (last.config_sha256, last.method, last.value) == (fingerprint, method, value):
        return
    now = timezone.now()
    ended = now
    if rows:
        ended = min(now, _midnight(rows[-1].ends + timedelta(days=1)))
    if last is not None:
        ended = max(ended, last.measured_at + timedelta(microseconds=1))
    began = min(_midnight(min(row.begins for row in rows)), ended) if rows else ended
    exact = found is not None and confidence == 1
    low, high = (value, value) if exact else _ends(found)
    record_measurement(
        by=None, engagement_id=engagement.pk, key=key, value=value, unit=unit,
        n=found.n if found else None, low=_decimal(found.low) if found else None,
        high=_decimal(found.high) if found else None, bound_low=low, bound_high=high, confidence=confidence,
        method=method, seed=SEED if found and found.bound_low is not None else None, slice="",
        source_kind=source, source_id=rows[-1].pk if rows else engagement.pk, config_sha256=fingerprint,
        started_at=began, measured_at=ended, valid=True,
    )  # fmt: skip


def _ends(found: Estimate | None) -> tuple[Decimal | None, Decimal | None]:
    return (None, None) if found is None else (_decimal(found.bound_low), _decimal(found.bound_high))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_PLACES)
