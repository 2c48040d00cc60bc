"""Where a gate would stand if it were submitted now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Max, Q, When

from engagements.models import CriteriaSet, Criterion, Gate, Measurement, Waiver
from engagements.rules import sentences
from engagements.rules.conditions import open_reading, open_words
from engagements.rules.next_steps import NextStep, in_order, next_step
from engagements.rules.terms import Reading, Ruling, choose_reading
from engagements.rules.verdicts import Readiness, readiness, verdict
from engagements.selectors.conditions import Carried, carried_by, waivers_of
from engagements.vocabulary import OPEN_CONDITIONS, CriteriaStatus, Verdict

_RULED = (Verdict.MET, Verdict.NOT_MET, Verdict.INCONCLUSIVE)
_ALIKE = (
    "engagement_id", "after_seal", "key", "slice", "unit", "source_kind", "config_sha256", "valid",
    "confidence",
)  # fmt: skip
_TROUBLE_FIRST = (Verdict.NOT_MET, Verdict.INCONCLUSIVE, Verdict.NOT_EVALUATED)


@dataclass(frozen=True, slots=True)
class Standing:
    """One criterion with its verdict and the measurement behind it (None when there is none)."""

    criterion: Criterion
    ruling: Ruling
    measurement: Measurement | None
    asked: str
    measured: str
    bounds: str


@dataclass(frozen=True, slots=True)
class GateStanding:
    """All criteria of the set that counts now, what is in the way first."""

    criteria_set: CriteriaSet | None
    rows: tuple[Standing, ...]
    readiness: Readiness


def standing_of(gate: Gate, *, now: datetime) -> GateStanding:
    """The dry run of one gate, by the set in force, or else by the newest. Six queries."""
    criteria_set = set_that_counts(gate.criteria_sets.order_by("number"))
    if criteria_set is None:
        return GateStanding(None, (), readiness([]))
    criteria = list(criteria_set.criteria.order_by("order"))
    found = measurements_of([gate.engagement_id], criteria, {gate.engagement_id: criteria_set.sealed_at})
    return stand(
        criteria_set, criteria, found[gate.engagement_id], now=now, currency=gate.engagement.currency,
        waivers=waivers_of((row.pk for row in criteria), today=now.date()),
        carried=carried_by([gate], today=now.date())[gate.pk],
    )  # fmt: skip


def stand(
    criteria_set: CriteriaSet,
    criteria: Sequence[Criterion],
    measurements: Iterable[Measurement],
    *,
    now: datetime,
    currency: str,
    waivers: Mapping[UUID, Waiver] = MappingProxyType({}),
    carried: Carried | None = None,
) -> GateStanding:
    """The verdicts on ``criteria``; no query. ``waivers`` that hold today, by criterion.

    ``carried``: conditions of the gates before. They are ruled on even where the set does not ask for it.
    """
    by_reading: dict[Reading, Measurement | None] = {row.reading(): row for row in measurements}
    if carried is not None:
        by_reading[open_reading(carried.unclosed, now=now)] = None
        criteria = carried.added_to(criteria)
    by_key: dict[str, list[Reading]] = defaultdict(list)
    for known in by_reading:
        by_key[known.key].append(known)
    rows = []
    for criterion in criteria:
        terms = criterion.terms(currency)
        reading = choose_reading(terms, by_key[terms.source_key], sealed_at=criteria_set.sealed_at)
        waiver = waivers.get(criterion.pk)
        ruling = verdict(
            terms,
            reading,
            now=now,
            sealed_at=criteria_set.sealed_at,
            waiver=waiver.value() if waiver else None,
        )
        if carried and criterion.source_key == OPEN_CONDITIONS and ruling.verdict in _RULED:
            why, action = open_words(carried.unclosed, today=now.date())
            ruling = replace(ruling, why=why, next_action=action)
        words = sentences.measured(reading, terms) if reading else "not measured"
        counted = reading is not None and ruling.verdict in _RULED
        rows.append(
            Standing(
                criterion,
                ruling,
                by_reading[reading] if reading else None,
                sentences.asked(terms),
                words,
                sentences.bounds(reading, terms) if reading and counted else "",
            )
        )
    total = readiness((row.criterion.key, row.criterion.must, row.ruling.verdict) for row in rows)
    return GateStanding(criteria_set, tuple(sorted(rows, key=_need)), total)


def steps_of(standing: GateStanding, currency: str) -> list[NextStep]:
    """What would bring the gate forward, the cheapest first: one step for each criterion in its way."""
    cost = next(
        (row.ruling.observed for row in standing.rows if row.criterion.source_key == "cost_per_success"), None
    )
    steps = (
        next_step(
            row.criterion.terms(currency),
            row.ruling,
            text=row.criterion.text,
            waivable=row.criterion.waivable,
            cost_per_case=cost,
        )
        for row in standing.rows
    )
    return in_order(step for step in steps if step is not None)


def set_that_counts(sets: Iterable[CriteriaSet]) -> CriteriaSet | None:
    """The sealed set, or else the newest open one. ``sets`` ordered by number."""
    rows = list(sets)
    sealed = [row for row in rows if row.status == CriteriaStatus.SEALED]
    return sealed[-1] if sealed else (rows[-1] if rows else None)


def measurements_of(
    engagement_ids: Iterable[UUID],
    criteria: Iterable[Criterion],
    sealed_at: Mapping[UUID, datetime | None],
) -> Mapping[UUID, list[Measurement]]:
    """Measurements that these criteria can read: whole figures, worst and named slices. One query.

    Of those that no criterion can tell apart PostgreSQL gives only the newest: same figure, source, binding
    and validity, and on the same side of the seal (``sealed_at`` by engagement).
    """
    keys, slices = {""}, {""}
    for criterion in criteria:
        keys.add(criterion.source_key)
        slices.add(criterion.source_slice)
    readable = Measurement.objects.filter(
        Q(slice__in=slices) | Q(key__startswith="worst_"),
        engagement_id__in=list(engagement_ids),
        key__in=keys,
    ).annotate(after_seal=_after_seal(sealed_at))
    moments = readable.values(*_ALIKE).annotate(newest=Max("measured_at")).values("newest").order_by()
    rows = readable.filter(measured_at__in=moments).select_related("recorded_by")
    newest: dict[tuple[Any, ...], Any] = {}
    for row in rows.order_by("measured_at", "pk"):  # of those of one moment the last recorded
        newest[tuple(getattr(row, name) for name in _ALIKE)] = row
    found: dict[UUID, list[Measurement]] = defaultdict(list)
    for row in newest.values():
        found[row.engagement_id].append(row)
    return found


def _after_seal(sealed_at: Mapping[UUID, datetime | None]) -> Case:
    """Whether a measurement was started after its engagement's seal; never without a seal."""
    sealed = [
        When(engagement_id=key, started_at__gt=moment, then=True)
        for key, moment in sealed_at.items()
        if moment is not None
    ]
    return Case(*sealed, default=False, output_field=BooleanField())


def _need(row: Standing) -> tuple[bool, int, int]:
    """Must before should, trouble before peace, then the agreed order."""
    given = row.ruling.verdict
    rank = _TROUBLE_FIRST.index(given) if given in _TROUBLE_FIRST else len(_TROUBLE_FIRST)
    return (not row.criterion.must, rank, row.criterion.order)
