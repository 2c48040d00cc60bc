"""Who could use the pilot, who did, and what became of its answers, period by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.models import AdoptionCount, Engagement
from engagements.pilot_words import PILOT_ADOPTION_REPORTED, FigureSource, OverrideReason
from engagements.rules import intervals
from engagements.rules.effects import Estimate
from engagements.rules.periods import Period
from engagements.rules.pilot import is_late
from engagements.selectors.pilot import adoption_of
from engagements.services.pilot import Reported, engagement_to_report
from engagements.services.pilot_effects import record_series
from engagements.vocabulary import Unit
from portal import audit
from portal.errors import FieldError, Invalid
from portal.models import User

RECENT = timedelta(days=14)
MOST = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Use:
    """``eligible`` and ``active`` are people, the rest cases; None: not counted."""

    period: Period
    eligible: int
    active: int
    accepted: int | None
    overridden: int | None
    abandoned: int | None
    reasons: Mapping[str, int]
    source: FigureSource
    segment: str = ""
    note: str = ""


@transaction.atomic
def report_use(*, by: User, engagement_id: UUID, use: Use) -> AdoptionCount:
    """Store a period's counts as a new version. Raises NotFound, Forbidden, WrongMoment, Invalid."""
    engagement = engagement_to_report(engagement_id, by)
    known = adoption_of(engagement.pk)
    faults = _faults(use, known)
    if faults:
        raise Invalid("Not stored. Put right what is named.", errors=faults)
    row = _row(engagement, use, known, by)
    _store(row, by)
    _pay_in(engagement)
    return row


@transaction.atomic
def report_uses(*, by: User, engagement_id: UUID, uses: Sequence[Use]) -> Reported:
    """Store the counts of several periods, all or none. What is there in the same words is left.

    Raises NotFound, Forbidden, WrongMoment, or Invalid with every fault and its place (from 1).
    """
    engagement = engagement_to_report(engagement_id, by)
    stored = adoption_of(engagement.pk)
    newest = {(row.period, row.segment): row for row in stored}
    rows: list[AdoptionCount] = []
    faults: list[FieldError] = []
    seen: dict[tuple[str, str], int] = {}
    for line, use in enumerate(uses, 1):
        place = f"/counts/{line}"
        faults += [
            replace(one, pointer=place + one.pointer) for one in _faults(use, [*stored, *rows])
        ]  # fmt: skip
        first = seen.setdefault((use.period.text, use.segment), line)
        if first != line:
            words = f"{use.period.text} stands in line {first} already: report each period once."
            faults.append(FieldError(f"{place}/period", "twice", words))
        rows.append(_row(engagement, use, stored, by))
    if faults:
        raise Invalid("Nothing was stored: put right what is named.", errors=faults)
    fresh = [row for row in rows if not _same(row, newest.get((row.period, row.segment)))]
    for row in fresh:
        _store(row, by)
    if fresh:
        _pay_in(engagement)
    corrected, late = sum(row.number > 1 for row in fresh), sum(row.late for row in fresh)
    return Reported(len(fresh), corrected, len(rows) - len(fresh), late)


def _row(engagement: Engagement, use: Use, known: Sequence[AdoptionCount], by: User) -> AdoptionCount:
    """The next version of a period's counts, not stored yet."""
    there = next((row for row in known if (row.period, row.segment) == (use.period.text, use.segment)), None)
    return AdoptionCount(
        tenant_id=engagement.tenant_id, engagement=engagement, period=use.period.text,
        begins=use.period.begins, ends=use.period.ends, segment=use.segment,
        number=there.number + 1 if there else 1, eligible=use.eligible, active=use.active,
        accepted=use.accepted, overridden=use.overridden, abandoned=use.abandoned, reasons=dict(use.reasons),
        source=use.source, note=use.note, late=is_late(use.period, today=timezone.now().date()),
        reported_by=by,
    )  # fmt: skip


def _same(row: AdoptionCount, there: AdoptionCount | None) -> bool:
    names = (
        "eligible", "active", "accepted", "overridden", "abandoned", "reasons", "source", "note",
    )  # fmt: skip
    return there is not None and all(getattr(row, name) == getattr(there, name) for name in names)


def _store(row: AdoptionCount, by: User) -> None:
    row.save(force_insert=True)
    said = {"eligible": row.eligible, "active": row.active, "number": row.number, "late": row.late}
    audit.record(
        actor=by, event=PILOT_ADOPTION_REPORTED, subject=row, engagement_id=row.engagement_id, facts=said
    )


def _pay_in(engagement: Engagement) -> None:
    """``active_share`` of the newest two weeks that were told of the whole; an estimate is no measurement."""
    rows = [
        row for row in adoption_of(engagement.pk) if not row.segment and row.source != FigureSource.ESTIMATE
    ]
    if rows:
        rows = [row for row in rows if row.ends > rows[0].ends - RECENT]
    found = None
    if rows:
        share = sum(row.active for row in rows) / sum(row.eligible for row in rows)
        people = max(row.eligible for row in rows)
        low, high = intervals.wilson_bounds(share, people, confidence=0.975)
        least, most = intervals.wilson_bounds(share, people, confidence=0.95)
        found = Estimate(share, len(rows), people, low, high, least, most)
    record_series(
        engagement, "active_share", found, rows, unit=Unit.RATE, method="Wilson, people, last two weeks told"
    )


def share_of(count: AdoptionCount) -> Decimal:
    """Active people of the eligible, 0 to 1."""
    return Decimal(count.active) / Decimal(count.eligible)


def _faults(use: Use, known: Sequence[AdoptionCount]) -> list[FieldError]:
    faults = []
    today = timezone.now().date()
    if use.period.ends > today:
        faults.append(FieldError("/period", "period", f"{use.period.text} is not over yet."))
    if use.eligible < 1:
        faults.append(
            FieldError("/eligible", "range", "At least one person can use it, or there is no pilot.")
        )
    if use.active > use.eligible:
        faults.append(FieldError("/active", "range", "More people used it than could use it."))
    counts = [use.eligible, use.active, use.accepted or 0, use.overridden or 0, use.abandoned or 0]
    if not all(0 <= count <= MOST for count in counts):
        faults.append(FieldError("/eligible", "range", "Write counts from 0 upward."))
    coded = sum(use.reasons.values())
    if set(use.reasons) - set(OverrideReason.values) or any(count < 0 for count in use.reasons.values()):
        faults.append(FieldError("/reasons", "unknown", f"Reasons are: {', '.join(OverrideReason.values)}."))
    elif coded > (use.overridden or 0):
        faults.append(
            FieldError("/overridden", "range", "More reasons are coded than answers were overridden.")
        )
    if use.source == FigureSource.ESTIMATE and not use.note.strip():
        faults.append(FieldError("/note", "missing", "Say whose estimate it is."))
    for row in known:
        other = Period(row.period, row.begins, row.ends)
        if row.segment == use.segment and other.text != use.period.text and other.overlaps(use.period):
            words = f"{use.period.text} lies in the same time as {other.text}: keep to one length."
            faults.append(FieldError("/period", "period", words))
            break
    return faults
