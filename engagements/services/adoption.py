"""Who could use the pilot, who did, and what became of its answers, period by period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from engagements.services.pilot import engagement_to_report
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
    today = timezone.now().date()
    known = adoption_of(engagement.pk)
    _check(use, known)
    there = next((row for row in known if (row.period, row.segment) == (use.period.text, use.segment)), None)
    row = AdoptionCount.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, period=use.period.text,
        begins=use.period.begins, ends=use.period.ends, segment=use.segment,
        number=there.number + 1 if there else 1, eligible=use.eligible, active=use.active,
        accepted=use.accepted, overridden=use.overridden, abandoned=use.abandoned, reasons=dict(use.reasons),
        source=use.source, note=use.note, late=is_late(use.period, today=today), reported_by=by,
    )  # fmt: skip
    said = {"eligible": row.eligible, "active": row.active, "number": row.number, "late": row.late}
    audit.record(
        actor=by, event=PILOT_ADOPTION_REPORTED, subject=row, engagement_id=engagement.pk, facts=said
    )
    _pay_in(engagement)
    return row


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


def _check(use: Use, known: list[AdoptionCount]) -> None:
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
    if faults:
        raise Invalid("Not stored. Put right what is named.", errors=faults)
