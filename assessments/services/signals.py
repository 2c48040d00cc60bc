"""What was measured opens risks of the catalogue by itself; a person decides what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone

from assessments.models import Risk
from assessments.services.risks import open_by_signal, pay_in, reopen_due
from assessments.vocabulary import RiskStatus
from engagements.models import CriteriaSet, Engagement, Measurement
from engagements.selectors.verdicts import Standing
from engagements.vocabulary import SourceKind, Verdict

GUESSED_TOO_MUCH: Final = Decimal("0.30")
SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "leak_events": ("R10", "R11"),
    "planted_strings_in_logs": ("R10",),
    "injection_hits": ("R12",),
    "quality_drops": ("R21",),
    "unexplained_quality_drops": ("R09",),
}
"""Measurements of which one event is one too many, and the risks that it opens."""

MISSED: Final[Mapping[str, str]] = {
    "load_p95_ms": "R01",
    "load_error_rate": "R02",
    "cost_per_success": "R03",
    "fault_behaviours_missed": "R05",
    "worst_slice_pass_rate": "R16",
    "quality_difference": "R21",
    "active_share": "R26",
    "open_parity_gaps": "R17",
}
"""Measurements whose sealed criterion is not met, and the risk that this opens."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that was seen: the risk that it opens, its own key, one sentence, and when."""

    risk: str
    key: str
    words: str
    at: datetime


def look_for_risks(engagement: Engagement, standings: Mapping[str, Standing]) -> None:
    """Open what the signals say and what an acceptance no longer covers. Call in a transaction."""
    settled = {
        row.catalogue: row.settled_at
        for row in Risk.objects.filter(engagement=engagement, status=RiskStatus.CLOSED)
    }
    for signal in signals_of(engagement, standings):
        closed = settled.get(signal.risk)
        if closed is None or signal.at > closed:  # what was known when it was closed does not open it again
            open_by_signal(engagement, signal.risk, signal=signal.key, words=signal.words)
    if reopen_due(engagement, today=timezone.now().date()):
        pay_in(engagement, by=None)


def signals_of(engagement: Engagement, standings: Mapping[str, Standing]) -> Iterator[Signal]:
    """Everything that is seen now. One query for figures, one for criteria sets and their runs."""
    keys = [*SEEN, "d_grade_share"]
    newest = (
        Measurement.objects.filter(
            engagement=engagement, key__in=keys, slice="", valid=True, value__isnull=False
        )
        .order_by("key", "-measured_at")
        .distinct("key")
    )
    for row in newest:
        value = row.value or Decimal(0)
        if row.key in SEEN and value > 0:
            for risk in SEEN[row.key]:
                yield Signal(risk, row.key, f"{row.key.replace('_', ' ')}: {value:f} seen", row.measured_at)
        if row.key == "d_grade_share" and value > GUESSED_TOO_MUCH:
            yield Signal("R24", row.key, f"{value:.0%} of the cost is a single guess", row.measured_at)
    for key, standing in standings.items():
        yield from _of_verdict(key, standing)
    yield from _moved_targets(engagement)


def _of_verdict(key: str, standing: Standing) -> Iterator[Signal]:
    if standing.measurement is None:
        return
    given, at = standing.ruling.verdict, standing.measurement.measured_at
    words = f"{standing.criterion.key}: {standing.ruling.why}"
    if given == Verdict.INCONCLUSIVE:
        yield Signal("R33", "inconclusive", words, at)
    if given == Verdict.NOT_MET and key in MISSED:
        yield Signal(MISSED[key], key, words, at)


def _moved_targets(engagement: Engagement) -> Iterator[Signal]:
    """Criteria that were sealed anew after a run had been made under the version before."""
    sets = CriteriaSet.objects.filter(gate__engagement=engagement, number__gt=1, sealed_at__isnull=False)
    rows = list(sets.select_related("gate"))
    if not rows:
        return
    first_run = (
        Measurement.objects.filter(engagement=engagement, source_kind__in=[SourceKind.RUN, SourceKind.TEST])
        .order_by("measured_at")
        .values_list("measured_at", flat=True)
        .first()
    )
    for row in rows:
        if first_run is not None and row.sealed_at is not None and first_run < row.sealed_at:
            words = f"Gate {row.gate.number}: version {row.number} of the criteria was sealed after a run"
            yield Signal("R34", "amended_after_run", words, row.sealed_at)
