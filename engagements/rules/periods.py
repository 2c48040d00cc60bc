"""A week, a month or a day as it is written: 2026-W46, 2026-11, 2026-11-16."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_WEEK: Final = re.compile(r"^(\d{4})-W(\d{2})$")
_MONTH: Final = re.compile(r"^(\d{4})-(\d{2})$")
_DAY: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$")
HOW: Final = "Write a week as 2026-W46, a month as 2026-11, a day as 2026-11-16."


@dataclass(frozen=True, slots=True)
class Period:
    """``begins`` and ``ends`` both belong to it."""

    text: str
    begins: date
    ends: date

    def overlaps(self, other: Period) -> bool:
        return self.begins <= other.ends and other.begins <= self.ends


def read_period(text: str) -> Period:
    """The period that ``text`` names. Raises ValueError with a sentence."""
    given = text.strip().upper()
    try:
        if found := _WEEK.match(given):
            begins = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period(given, begins, begins + timedelta(days=6))
        if found := _MONTH.match(given):
            begins = date(int(found[1]), int(found[2]), 1)
            following = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1)
            return Period(given, begins, following - timedelta(days=1))
        if _DAY.match(given):
            day = date.fromisoformat(given)
            return Period(given, day, day)
    except ValueError:
        pass
    raise ValueError(f"“{text[:20]}” is no period. {HOW}")
