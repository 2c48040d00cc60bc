"""Handing a decision to somebody for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from portal.errors import FieldError, Forbidden, Invalid

LONGEST_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Term:
    """From when until when, both days included. ``revoked_at`` None: it was not taken back."""

    starts_on: date
    until: date
    revoked_at: datetime | None = None

    def holds(self, today: date) -> bool:
        """Whether it can be signed with today, whether or not a job has said that it ended."""
        return self.revoked_at is None and self.starts_on <= today <= self.until


def check_delegation(*, affiliation: str, is_self: bool, until: date, today: date) -> None:
    """Raises Forbidden for anybody but the client's own people, Invalid for a date that does not fit."""
    if affiliation != "client":
        raise Forbidden("A decision can be delegated to the client's own people only.")
    if is_self:
        raise Invalid(
            "You decide anyway; choose somebody else.",
            errors=[FieldError("/receiver", "self", "Choose somebody else.")],
        )
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        detail = f"Choose a date from today on, at most {LONGEST_DAYS} days ahead."
        raise Invalid(detail, errors=[FieldError("/until", "range", detail)])
