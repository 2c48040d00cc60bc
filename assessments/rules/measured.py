"""What a measurement says about a question: the level that it shows, and whether it fell short."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from assessments.rules.framework import Binding
from engagements.vocabulary import Verdict

SHOWN: Final = 3
"""A measurement on this system with a date is level 3; level 4 is said by people who watch it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The newest valid measurement of a key."""

    id: UUID
    value: Decimal
    bound_low: Decimal | None
    bound_high: Decimal | None
    measured_on: date
    words: str


@dataclass(frozen=True, slots=True)
class Shows:
    """What the measurements of one question say together: the lowest of them."""

    level: int
    short: bool
    on: date
    words: str
    ids: tuple[UUID, ...]


def shows(
    bindings: Iterable[Binding], figures: Mapping[str, Figure], verdict_on: Callable[[str], Verdict | None]
) -> Shows | None:
    """None unless every bound measurement is there and says something.

    ``verdict_on(key)`` is the verdict of the sealed criterion that reads this measurement, None without one.
    """
    found: list[Shows] = []
    for binding in bindings:
        figure = figures.get(binding.key)
        met = None if figure is None else _met(binding, figure, verdict_on)
        if figure is None or met is None:
            return None
        level = SHOWN if met else binding.otherwise
        found.append(Shows(level, not met, figure.measured_on, figure.words, (figure.id,)))
    if not found:
        return None
    return Shows(
        level=min(one.level for one in found),
        short=any(one.short for one in found),
        on=min(one.on for one in found),
        words="; ".join(one.words for one in found)[:400],
        ids=tuple(key for one in found for key in one.ids),
    )


def _met(binding: Binding, figure: Figure, verdict_on: Callable[[str], Verdict | None]) -> bool | None:
    """Whether it shows what level 3 asks for; None where it cannot be told."""
    match binding.needs:
        case "measured":
            return True
        case "interval":
            return figure.bound_low is not None and figure.bound_high is not None
        case "zero_events":
            if figure.value > 0:
                return False
            enough = figure.bound_high is not None and binding.target is not None
            return (
                True
                if enough and (figure.bound_high or Decimal(0)) <= (binding.target or Decimal(0))
                else None
            )
        case "target":
            return _by_verdict(verdict_on(binding.key))
        case _:
            raise ValueError(f"no measurement needs {binding.needs}")


def _by_verdict(given: Verdict | None) -> bool | None:
    if given == Verdict.MET:
        return True
    return False if given in (Verdict.NOT_MET, Verdict.INCONCLUSIVE) else None
