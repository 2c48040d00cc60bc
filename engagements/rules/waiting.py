"""How long something has waited, what comes first, and when a week's mail goes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

SENT_AT: Final = time(6)
"""Monday, UTC. Quiet hours and the day's mail of each reader come on top."""


def days_waiting(since: datetime | None, *, now: datetime) -> int | None:
    """Whole days since then, 0 for today; None where nobody noted when it began."""
    return None if since is None else max((now.date() - since.astimezone(UTC).date()).days, 0)


def age_in_words(days: int | None) -> str:
    """``today``, ``for 1 day``, ``for 12 days``; "" for None."""
    if days is None:
        return ""
    return "since today" if days == 0 else f"for {days} day{'' if days == 1 else 's'}"


def late_in_words(due: date | None, *, today: date) -> str:
    """``due in 3 days``, ``due today``, ``4 days late``; "" without a date."""
    if due is None:
        return ""
    days = (due - today).days
    if days == 0:
        return "due today"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"due in {count}" if days > 0 else f"{count} late"


def first_comes(since: datetime | None, due: date | None, *, today: date) -> tuple[bool, date, datetime]:
    """Sort key: what is late, then the nearest date, then what has waited longest."""
    far = date.max
    return (not (due is not None and due < today), due or far, since or datetime.max.replace(tzinfo=UTC))


def week_begins(now: datetime) -> datetime:
    """The moment at which the mail of this week goes out: Monday, 06:00 UTC. It may lie ahead."""
    day = now.astimezone(UTC).date()
    return datetime.combine(day - timedelta(days=day.weekday()), SENT_AT, UTC)
