"""Taking in what a pilot reports, and paying it into the gates. A correction is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.models import Engagement, EvidenceItem, Observation
from engagements.pilot_words import GUARDRAIL_BREACHED, PILOT_FIGURES_REPORTED
from engagements.rules.pilot import Figure, clashes, faults_of, is_late
from engagements.selectors.pilot import current, series_of, wanted_of
from engagements.services.pilot_effects import breached_rails, pay_in
from engagements.vocabulary import EngagementStatus
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.vocabulary import Visibility

OVER = (EngagementStatus.STOPPED, EngagementStatus.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report. ``unchanged`` figures were there already, word for word."""

    stored: int
    corrected: int
    unchanged: int
    late: int


def engagement_to_report(engagement_id: UUID, by: User) -> Engagement:
    """The locked engagement of a report. Raises NotFound, Forbidden, WrongMoment once it is over."""
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "hand_in_evidence", engagement)
    if engagement.status in OVER:
        raise WrongMoment("The engagement is over: nothing is reported any more.")
    return engagement


def check_figures(engagement: Engagement, figures: Sequence[tuple[int, Figure]]) -> list[FieldError]:
    """Everything that keeps these figures, each with its line from 1, from being stored."""
    wanted, today = wanted_of(engagement), timezone.now().date()
    faults = [
        FieldError(f"/figures/{line}/{field}", "figure", sentence)
        for line, figure in figures
        for field, sentence in faults_of(figure, wanted, today=today)
    ]
    stored = [((row.key, row.group, row.segment), row.when()) for row in current(engagement.pk)]
    faults += [
        FieldError(f"/figures/{line}/period", "period", sentence)
        for line, sentence in clashes(figures, stored)
    ]
    return faults


@transaction.atomic
def report_figures(
    *, by: User, engagement_id: UUID, figures: Sequence[Figure], evidence: EvidenceItem | None = None
) -> Reported:
    """Store all figures or none. What is there already in the same words is left; else it is a new version.

    Raises NotFound, Forbidden, WrongMoment, or Invalid with every fault and its place (from 1).
    """
    engagement = engagement_to_report(engagement_id, by)
    numbered = list(enumerate(figures, 1))
    faults = check_figures(engagement, numbered)
    if evidence is not None and evidence.engagement_id != engagement.pk:
        faults.append(FieldError("/evidence", "unknown", "This evidence belongs to another engagement."))
    elif evidence is not None and evidence.visibility != Visibility.CLIENT:
        faults.append(
            FieldError("/evidence", "internal", "Both sides read figures: name evidence that both read.")
        )
    if faults:
        raise Invalid("Nothing was stored: put right what is named.", errors=faults)
    before = breached_rails(series_of(engagement), engagement.pk)
    newest = {(row.key, row.group, row.period, row.segment): row for row in current(engagement.pk)}
    rows, unchanged = [], 0
    for figure in figures:
        there = newest.get(figure.place)
        if there is not None and _same(there, figure, evidence):
            unchanged += 1
        else:
            rows.append(_row(engagement, figure, there.number + 1 if there else 1, evidence, by))
    Observation.objects.bulk_create(rows)
    told = Reported(len(rows), sum(row.number > 1 for row in rows), unchanged, sum(row.late for row in rows))
    if rows:
        _announce(engagement, told, before, by)
    return told


def _announce(engagement: Engagement, told: Reported, before: dict[str, int], by: User) -> None:
    said = {"figures": told.stored, "corrected": told.corrected, "late": told.late}
    audit.record(
        actor=by, event=PILOT_FIGURES_REPORTED, subject=engagement, engagement_id=engagement.pk, facts=said
    )
    series = series_of(engagement)
    for key, periods in breached_rails(series, engagement.pk).items():
        if key not in before:
            audit.record(
                actor=by, event=GUARDRAIL_BREACHED, subject=engagement, engagement_id=engagement.pk,
                facts={"guardrail": key, "periods": periods},
            )  # fmt: skip
    pay_in(engagement, series)


def _row(
    engagement: Engagement, figure: Figure, number: int, evidence: EvidenceItem | None, by: User
) -> Observation:
    return Observation(
        tenant_id=engagement.tenant_id, engagement=engagement, key=figure.key, group=figure.group,
        period=figure.period.text, begins=figure.period.begins, ends=figure.period.ends,
        segment=figure.segment, number=number, value=figure.value, n=figure.n, spread=figure.spread,
        source=figure.source, note=figure.note, evidence=evidence,
        late=is_late(figure.period, today=timezone.now().date()), reported_by=by,
    )  # fmt: skip


def _same(row: Observation, figure: Figure, evidence: EvidenceItem | None) -> bool:
    return (row.value, row.n, row.spread, row.source, row.note, row.evidence_id) == (
        figure.value, figure.n, figure.spread, figure.source, figure.note, evidence.pk if evidence else None,
    )  # fmt: skip
