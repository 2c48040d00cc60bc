"""Taking in what was measured or stated. Nothing here is ever changed: a correction is a new row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.evidence import evidence_changed
from engagements.models import Engagement, Measurement
from engagements.rules.sentences import SPACE
from engagements.vocabulary import MEASUREMENT_RECORDED, SourceKind, Unit
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, NotFound
from portal.models import User

_PLACES = Decimal("1e-12")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_COUNT_AGAIN = timedelta(days=7)


@transaction.atomic
def record_measurement(
    *,
    by: User | None,
    engagement_id: UUID,
    key: str,
    value: Decimal | None,
    unit: str,
    n: int | None,
    low: Decimal | None,
    high: Decimal | None,
    bound_low: Decimal | None,
    bound_high: Decimal | None,
    confidence: Decimal,
    method: str,
    seed: int | None,
    slice: str,  # the word of the domain
    source_kind: str,
    source_id: UUID,
    config_sha256: str,
    started_at: datetime,
    measured_at: datetime,
    valid: bool,
) -> Measurement:
    """Store one figure. ``value`` None is "no data" and takes no interval; rates are 0 to 1.

    ``low``/``high`` are two-sided, ``bound_low``/``bound_high`` one-sided, all at ``confidence``. ``by`` None
    is the system. A person needs ``start_run`` there. Raises NotFound, Forbidden, Invalid.
    """
    engagement = Engagement.objects.get(pk=engagement_id)
    if by is not None:
        access.require(by, "start_run", engagement)
    figures = {"value": value, "low": low, "high": high, "bound_low": bound_low, "bound_high": bound_high}
    _check_figures(unit, figures, started_at=started_at, measured_at=measured_at)
    row = Measurement.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, key=key, unit=unit, n=n, confidence=confidence,
        method=method, seed=seed, slice=slice, source_kind=source_kind, source_id=source_id,
        config_sha256=config_sha256, started_at=started_at, measured_at=measured_at, valid=valid,
        recorded_by=by,
        **{name: None if figure is None else figure.quantize(_PLACES) for name, figure in figures.items()},
    )  # fmt: skip
    _announce(row, by)
    evidence_changed(engagement_id)
    return row


@transaction.atomic
def record_statement(*, by: User, engagement_id: UUID, key: str, holds: bool) -> Measurement:
    """A named person states that something holds, or that it does not. Evidence of the strength "document".

    Either side may state; the name stands beside it. Raises NotFound, also for a key that can be none, or
    Forbidden for auditors and machines.
    """
    engagement = Engagement.objects.get(pk=engagement_id)
    access.require(by, "see_engagement", engagement)
    if not _KEY.fullmatch(key):
        raise NotFound
    if by.affiliation not in ("consultancy", "client"):
        raise Forbidden("Only people who do the work or decide on it make statements.")
    now = timezone.now()
    row = Measurement.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, key=key, value=Decimal(int(holds)),
        unit=Unit.STATEMENT, n=1, confidence=Decimal(1), method="statement",
        source_kind=SourceKind.ATTESTATION, source_id=by.pk, started_at=now, measured_at=now, valid=True,
        recorded_by=by,
    )  # fmt: skip
    _announce(row, by)
    return row


def record_fact(
    *, by: User, engagement: Engagement, key: str, source_kind: str, source_id: UUID
) -> Measurement:
    """That something now exists, as a step of the verb that made it exist: no event of its own."""
    now = timezone.now()
    return Measurement.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, key=key, value=Decimal(1), unit=Unit.STATEMENT,
        n=1, confidence=Decimal(1), method="exists", source_kind=source_kind, source_id=source_id,
        started_at=now, measured_at=now, valid=True, recorded_by=by,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure that is counted or computed, so that its bounds are itself. ``value`` None: not known."""

    key: str
    value: Decimal | None
    unit: Unit
    slice: str = ""
    n: int | None = None


def record_counted(
    *, by: User | None, engagement: Engagement, figures: Iterable[Counted], source_kind: SourceKind,
    source_id: UUID, method: str,
) -> list[Counted]:  # fmt: skip
    """Store those figures that are not as they were, or were last stored a week ago, and return them.

    A step of the verb that changed them: no event of their own.
    """
    now = timezone.now()
    newest = {
        (row.key, row.slice): row
        for row in Measurement.objects.filter(engagement=engagement, source_kind=source_kind)
        .order_by("key", "slice", "-measured_at")
        .distinct("key", "slice")
    }
    changed = [
        figure
        for figure in figures
        if (last := newest.get((figure.key, figure.slice))) is None
        or last.value != figure.value
        or now - last.measured_at > _COUNT_AGAIN
    ]
    Measurement.objects.bulk_create(
        Measurement(
            tenant_id=engagement.tenant_id, engagement=engagement, key=figure.key, value=figure.value,
            unit=figure.unit, n=figure.n, bound_low=figure.value, bound_high=figure.value,
            confidence=Decimal(1), method=method, slice=figure.slice, source_kind=source_kind,
            source_id=source_id, started_at=now, measured_at=now, valid=figure.value is not None,
            recorded_by=by,
        )
        for figure in changed
    )  # fmt: skip
    return changed


def _announce(row: Measurement, by: User | None) -> None:
    audit.record(
        actor=by,
        event=MEASUREMENT_RECORDED,
        subject=row,
        engagement_id=row.engagement_id,
        facts={"key": row.key, "source": row.source_kind, "valid": row.valid, "n": row.n},
    )


def _check_figures(
    unit: str, figures: dict[str, Decimal | None], *, started_at: datetime, measured_at: datetime
) -> None:
    errors = []
    if unit not in Unit.values:
        errors.append(FieldError("/unit", "unknown", f"Use one of: {', '.join(Unit.values)}."))
    known = {name: figure for name, figure in figures.items() if figure is not None}
    if figures["value"] is None and known:
        errors.append(FieldError("/value", "missing", "An interval without a value says nothing."))
    for name, figure in known.items():
        if not figure.is_finite():
            errors.append(FieldError(f"/{name}", "not_a_number", "Leave out what was not measured."))
        elif unit == Unit.RATE and not 0 <= figure <= 1:
            errors.append(
                FieldError(f"/{name}", "range", f"A rate lies between 0 and 1, not 0 and 100{SPACE}%.")
            )
        elif unit == Unit.DIFFERENCE and not -1 <= figure <= 1:
            errors.append(
                FieldError(f"/{name}", "range", "A difference of rates lies between −1 and 1, not in points.")
            )
    if measured_at < started_at:
        errors.append(FieldError("/measured_at", "order", "It was measured before it began."))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)
