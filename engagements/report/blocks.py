"""The parts that a report is made of, as plain values: what an app says, engagements freezes and prints.

Numbers come in as they are to be read (``portal.figures`` writes them); places on a scale are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

Block = Mapping[str, Any]
LONGEST_WORDS: Final = 900
LONGEST_RUN: Final = 36
_BREAK: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class Content:
    """What one report says. ``headline`` is the sentence, ``basis`` names what it rests on with its hash.

    ``frozen_at`` is the moment of what it shows, never that of the printing.
    """

    subject: str
    title: str
    headline: str
    lead: str
    frozen_at: datetime
    blocks: Sequence[Block]
    basis: Sequence[tuple[str, str]] = field(default_factory=tuple)


def heading(text: str, *, key: str) -> Block:
    """The title of a section; ``key`` is what a preset leaves it out by."""
    return {"type": "heading", "text": text, "key": key}


def words(text: str, *, quiet: bool = False) -> Block:
    """A paragraph; ``quiet`` sets it back."""
    return {"type": "words", "text": text, "quiet": quiet}


def callout(text: str, *, tone: str) -> Block:
    """One statement beside a coloured edge; ``tone`` is a verdict or "ink"."""
    return {"type": "callout", "text": text, "tone": tone}


def figures(*rows: tuple[str, str, str]) -> Block:
    """Key figures: name, value, and the small words under it."""
    return {"type": "figures", "rows": [list(row) for row in rows]}


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, shares: Sequence[int], right: Sequence[int] = ()
) -> Block:
    """Rows of text. ``shares`` of the width by column, 0 for as wide as its text; ``right``: numbers."""
    return {
        "type": "table",
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "shares": list(shares),
        "align": ["right" if place in right else "left" for place in range(len(columns))],
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """One rate in front of the scale 0 to 1. None: not measured, or no interval."""

    name: str
    n: str
    value_words: str
    interval_words: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    target: Decimal | None = None


def bars(column: str, rows: Iterable[Bar]) -> Block:
    """Rates with their intervals, drawn beside the numbers; the first column is called ``column``."""
    made = []
    for row in rows:
        words_of = {name: getattr(row, name) for name in ("name", "n", "value_words", "interval_words")}
        places = {name: _place(getattr(row, name)) for name in ("value", "low", "high", "target")}
        made.append(words_of | places)
    return {"type": "bars", "column": column, "rows": made}


def levels(rows: Iterable[tuple[str, str, int | None, int]]) -> Block:
    """Levels 0 to 4 as a strip: key, name, level (None: not assessed), what is needed."""
    found = [{"key": key, "name": name, "level": level, "needs": needs} for key, name, level, needs in rows]
    return {"type": "levels", "rows": found}


def swings(middle: Decimal, rows: Iterable[tuple[str, Decimal, Decimal, str, str]]) -> Block:
    """What a figure is at the low and the high end of each driver, around its likely value."""
    found = list(rows)
    ends = [end for _, low, high, _, _ in found for end in (low, high)] or [middle]
    least, most = min(*ends, middle), max(*ends, middle)
    span = (most - least) or Decimal(1)

    def at(value: Decimal) -> str:
        return _place((value - least) / span) or "0"

    made = [
        {"name": name, "at_low": at(low), "at_high": at(high), "low_words": at_low, "high_words": at_high}
        for name, low, high, at_low, at_high in found
    ]
    return {"type": "swings", "middle": at(middle), "rows": made}


def answer(*, case: str, group: str, question: str, expected: str, answered: str) -> Block:
    """One wrong answer in the client's own words."""
    parts = {"question": question, "expected": expected, "answered": answered}
    return {"type": "answer", "case": case, "group": group} | {key: told(text) for key, text in parts.items()}


def told(text: str) -> str:
    """A client's words so that they fit on paper: long ones say how much is left out, runs can break."""
    cut = text[:LONGEST_WORDS].rstrip()
    if len(text) > LONGEST_WORDS:
        cut += f" (the first {LONGEST_WORDS} of {len(text):,} characters)"
    return " ".join(_breakable(word) for word in cut.split(" "))


def _breakable(word: str) -> str:
    pieces = [word[start : start + LONGEST_RUN] for start in range(0, len(word), LONGEST_RUN)]
    return _BREAK.join(pieces)


def _place(value: Decimal | None) -> str | None:
    """A place on a scale with four decimals: text, because canonical JSON has no floats."""
    return None if value is None else f"{value:.4f}"
