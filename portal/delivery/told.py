"""Who else is told, and what a mail says to each reader, read when it goes out. Apps register them."""

from __future__ import annotations

from collections.abc import Callable

from portal.events import EventType
from portal.models import OutboxEvent, User

Lines = Callable[[OutboxEvent, User], list[str]]
"""``lines(event, person)``: short phrases of the product's own, no client's words; [] concerns nobody."""

_lines: dict[str, Lines] = {}


def register_lines(event: EventType, lines: Lines) -> None:
    """Give the mails of an event their own lines for each reader."""
    _lines[event.name] = lines


def lines_for(event: OutboxEvent, person: User) -> list[str]:
    """The lines for one reader; [] for an event that has none."""
    found = _lines.get(event.event)
    return found(event, person) if found else []


def concerns(event: OutboxEvent, person: User) -> bool:
    """False where an event with lines of its own has none for this person."""
    return event.event not in _lines or bool(lines_for(event, person))


Deputies = Callable[[OutboxEvent], list[User]]
"""``deputies(event)``: people to whom somebody has lent the action that the event is about."""

_deputies: dict[str, Deputies] = {}


def register_deputies(action: str, deputies: Deputies) -> None:
    """Tell those too who hold ``action`` only because it was lent to them."""
    _deputies[action] = deputies


def deputies_for(event: OutboxEvent, action: str) -> list[User]:
    """Who holds the action by somebody else's leave; [] where nobody lends it."""
    found = _deputies.get(action)
    return found(event) if found else []
