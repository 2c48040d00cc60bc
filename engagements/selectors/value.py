"""What the value case paid into an engagement last, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from engagements.models import Measurement
from engagements.vocabulary import SourceKind

KEYS = ("expected_annual_saving", "net_present_value", "payback_months")
NEVER = "never pays back"


@dataclass(frozen=True, slots=True)
class ValueLine:
    """Saving a year at full use, what the case is worth, and payback in months (None: it never does)."""

    saving: Decimal
    worth: Decimal
    payback_months: Decimal | None

    @property
    def loses(self) -> bool:
        return self.worth < 0


def value_line(engagement_id: UUID) -> ValueLine | None:
    """The newest figures of the value case; None when nobody has written one. One query."""
    rows = Measurement.objects.filter(
        engagement_id=engagement_id, key__in=KEYS, source_kind=SourceKind.VALUE_CASE, valid=True
    ).order_by("key", "-measured_at", "-created_at")
    newest = {row.key: row for row in rows.distinct("key")}
    if len(newest) < len(KEYS):
        return None
    saving, worth, payback = (newest[key] for key in KEYS)
    if saving.value is None or worth.value is None:
        return None
    return ValueLine(saving.value, worth.value, None if payback.method == NEVER else payback.value)
