"""Work out what the draft of a value case comes to, and pay it into the engagement."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessments.models import ValueCase
from assessments.rules.simulation import simulate
from assessments.rules.value import tornado, totals
from assessments.selectors.value_terms import basis_of, terms_of
from assessments.services.paid_in import record_value
from portal.audit import canonical


def compute(case: ValueCase) -> None:
    """Work out the totals, keep them on the row, and pay them into the engagement."""
    terms = terms_of(case)
    found = totals(terms)
    spread = simulate(terms, seed=case.seed)
    case.totals = {
        **as_text(asdict(found)),
        "spread": as_text(asdict(spread)),
        "drivers": [as_text(asdict(driver)) for driver in tornado(terms)],
        "basis": basis_of(case.engagement_id),
    }
    case.save(update_fields=["totals"])
    record_value(case=case, found=found, terms=terms, fingerprint=_fingerprint(case))


def refresh(engagement_id: UUID) -> None:
    """Work the draft out again when what it rests on has changed since: a cost of today, a new run."""
    case = ValueCase.objects.filter(engagement_id=engagement_id, frozen_at__isnull=True).first()
    if case is not None and case.totals.get("basis") != basis_of(engagement_id):
        compute(case)


def as_text(values: Mapping[str, Any]) -> dict[str, Any]:
    """Exact decimals as text, so that a version reads back as it was saved."""
    return {key: str(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def _fingerprint(case: ValueCase) -> str:
    return hashlib.sha256(canonical([str(case.pk), case.version, case.totals]).encode()).hexdigest()
