"""What a waiver needs, how long it holds, and which criteria still hold a gate back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from engagements.vocabulary import OPEN_CONDITIONS, Verdict
from portal.errors import FieldError, Invalid

LONGEST_DAYS: Final = 180
SOON_DAYS: Final = 14
_CLEAR: Final = (Verdict.MET, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class WaiverTerms:
    """What the client's approver writes. ``compensating``: what is done instead, until ``expires``."""

    reason: str
    compensating: str
    expires: date


def check_waiver(terms: WaiverTerms, *, key: str, waivable: bool, today: date) -> None:
    """Raises Invalid with one error per field."""
    if not waivable:
        detail = f"{key} cannot be waived: it has to be met."
        raise Invalid(detail, errors=[FieldError("/criterion", "not_waivable", detail)])
    errors = []
    if not terms.reason.strip():
        errors.append(FieldError("/reason", "missing", "Write why it is waived."))
    if not terms.compensating.strip():
        errors.append(FieldError("/compensating", "missing", "Write what is done instead meanwhile."))
    if not today < terms.expires <= today + timedelta(days=LONGEST_DAYS):
        detail = f"Choose a date after today, at most {LONGEST_DAYS} days ahead."
        errors.append(FieldError("/expires", "range", detail))
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def still_blocking(
    results: Sequence[Mapping[str, Any]], *, waived: Collection[str], open_conditions: int
) -> tuple[str, ...]:
    """Must-criteria of a snapshot that hold the gate back today.

    Figures are the frozen ones. What the client itself does during a round counts as it stands now:
    ``waived`` are the keys with a waiver that holds today, and conditions of earlier gates may be closed.
    """
    found = []
    for row in results:
        if not row["must"] or row["verdict"] in _CLEAR or row["key"] in waived:
            continue
        if row["source_key"] == OPEN_CONDITIONS and not open_conditions:
            continue
        found.append(str(row["key"]))
    return tuple(found)
