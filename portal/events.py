"""What an event is: its name, the facts it may carry, and who is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of event, written to ledger and outbox together.

    ``facts`` is the allow-list of keys; a fact is a scalar and never a name, an address or a client's words.
    ``audience`` is the action whose holders are told in inbox and mail; "" tells nobody. ``person`` names the
    fact with the one person who is told, if that person still holds the action; "" tells all holders.
    ``also`` names the fact with one person more, who is told as long as they see the place.
    ``side`` keeps the telling to one side, "client" or "consultancy"; "" is both.
    """

    name: str
    title: str
    facts: tuple[str, ...] = ()
    audience: str = ""
    person: str = ""
    also: str = ""
    side: str = ""

    def __post_init__(self) -> None:
        registered = CATALOGUE.setdefault(self.name, self)
        if registered != self:
            raise ValueError(f"two events are called {self.name}")


CATALOGUE: dict[str, EventType] = {}
