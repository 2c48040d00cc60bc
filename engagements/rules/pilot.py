"""Figures of a pilot as they are reported: what fits together, and a CSV file of them. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from engagements.pilot_words import FigureSource, Group
from engagements.rules.periods import HOW, Period, read_period

COLUMNS: Final = ("metric", "period", "value", "n", "spread", "group", "segment", "source", "note")
NEEDED: Final = ("metric", "period", "value", "source")
MOST_FIGURES: Final = 2_000
LATE_AFTER: Final = timedelta(days=14)
LARGEST: Final = Decimal(10) ** 11
_MOST_N: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that is reported period by period. ``unit`` stands beside its values; "%" means 0 to 100."""

    key: str
    name: str
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One period's value. ``value`` None takes back what was reported; ``spread``: standard deviation."""

    key: str
    period: Period
    value: Decimal | None
    source: FigureSource
    n: int | None = None
    spread: Decimal | None = None
    group: Group = Group.PILOT
    segment: str = ""
    note: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What a later report of the same thing has in common with it."""
        return (self.key, self.group, self.period.text, self.segment)


def faults_of(figure: Figure, wanted: Mapping[str, Wanted], *, today: date) -> list[tuple[str, str]]:
    """``(field, sentence)`` for everything that keeps a figure from being stored."""
    faults: list[tuple[str, str]] = []
    asked = wanted.get(figure.key)
    if asked is None:
        known = ", ".join(wanted) or "none yet"
        faults.append(("metric", f"“{figure.key[:40]}” is not reported here. Known: {known}."))
    if figure.period.ends > today:
        faults.append(("period", f"{figure.period.text} is not over yet. Report it when it has ended."))
    if figure.value is not None:
        if not figure.value.is_finite() or abs(figure.value) > LARGEST:
            faults.append(("value", "Write a number that is not larger than 100 billion."))
        elif asked is not None and asked.unit == "%" and not 0 <= figure.value <= 100:
            faults.append(("value", "A share lies between 0 and 100 %."))
    if figure.n is not None and not 0 < figure.n <= _MOST_N:
        faults.append(("n", "Write over how many cases it was taken, or leave it empty."))
    if figure.spread is not None and not 0 <= figure.spread <= LARGEST:
        faults.append(("spread", "A standard deviation is not below zero."))
    if figure.source == FigureSource.ESTIMATE and not figure.note.strip():
        faults.append(("note", "Say whose estimate it is."))
    return faults


def is_late(period: Period, *, today: date) -> bool:
    """Whether it is told more than two weeks after its end."""
    return today - period.ends > LATE_AFTER


def read_csv(text: str) -> tuple[list[tuple[int, Figure]], list[str]]:
    """Figures of a CSV file with their lines, and every fault with its line."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    names = [name.strip().lower() for name in reader.fieldnames or () if name]
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    if missing or unknown:
        others = ", ".join(name for name in COLUMNS if name not in NEEDED)
        says = f"The first line names the columns {', '.join(NEEDED)}; also known: {others}."
        return [], [says, *(f"Not known: {name[:40]}." for name in unknown)]
    reader.fieldnames = names
    found: list[tuple[int, Figure]] = []
    faults: list[str] = []
    try:
        for row in reader:
            figure, wrong = figure_of({key: str(cell or "") for key, cell in row.items() if key})
            if None in row:
                wrong.append(("", "There are more cells than columns."))
            faults += [f"Line {reader.line_num}: {sentence}" for _, sentence in wrong]
            if figure is not None:
                found.append((reader.line_num, figure))
    except csv.Error:
        return [], [f"Line {reader.line_num}: this is not CSV."]
    if not found and not faults:
        faults.append("The file has no figure below its first line.")
    if len(found) > MOST_FIGURES:
        faults.append(f"The file has {len(found)} figures; at most {MOST_FIGURES} fit.")
    return found, faults


def figure_of(cells: Mapping[str, str]) -> tuple[Figure | None, list[tuple[str, str]]]:
    """A figure from its written parts, or what is wrong with them as ``(field, sentence)``."""
    said = {name: cells.get(name, "").strip() for name in COLUMNS}
    faults = [(name, f"“{name}” is empty.") for name in NEEDED if not said[name] and name != "value"]
    period = None
    if said["period"]:
        try:
            period = read_period(said["period"])
        except ValueError as wrong:
            faults.append(("period", str(wrong)))
    source = said["source"].lower().replace(" ", "_")
    if source and source not in FigureSource.values:
        faults.append(("source", f"“source” is one of: {', '.join(FigureSource.values)}."))
    group = said["group"].lower() or Group.PILOT.value
    if group not in Group.values:
        faults.append(("group", f"“group” is one of: {', '.join(Group.values)}."))
    for name, most in (("segment", 80), ("note", 200)):
        if len(said[name]) > most:
            faults.append((name, f"“{name}” has at most {most} characters."))
    numbers: dict[str, Decimal | None] = {}
    for name in ("value", "n", "spread"):
        numbers[name] = None
        if said[name]:
            try:
                numbers[name] = _number(said[name])
            except ArithmeticError:
                faults.append((name, f"“{name}” is no number: {said[name][:40]}."))
    n = numbers["n"]
    if n is not None and n != n.to_integral_value():
        faults.append(("n", "“n” is a whole number."))
    if faults or period is None:
        return None, faults
    figure = Figure(
        key=said["metric"], period=period, value=numbers["value"], source=FigureSource(source),
        n=None if n is None else int(n), spread=numbers["spread"], group=Group(group),
        segment=said["segment"], note=said["note"],
    )  # fmt: skip
    return figure, []


def _number(text: str) -> Decimal:
    """With the six places that are stored. Raises ArithmeticError for what is none, or is too large."""
    value = Decimal(text.replace(",", ""))
    if not value.is_finite() or abs(value) > LARGEST:
        raise InvalidOperation
    return round(value, 6)


def clashes(
    figures: Sequence[tuple[int, Figure]], stored: Sequence[tuple[tuple[str, str, str], Period]]
) -> list[tuple[int, str]]:
    """``(line, sentence)`` where two figures tell of the same time in periods of different length."""
    faults: list[tuple[int, str]] = []
    seen: dict[tuple[str, str, str], dict[str, Period]] = {}
    for place, period in stored:
        seen.setdefault(place, {})[period.text] = period
    told: set[tuple[str, str, str, str]] = set()
    for line, figure in figures:
        place = (figure.key, figure.group.value, figure.segment)
        others = seen.setdefault(place, {})
        if figure.place in told:
            faults.append((line, f"{figure.key} for {figure.period.text} is there twice."))
        told.add(figure.place)
        other = next(
            (
                one
                for one in others.values()
                if one.text != figure.period.text and one.overlaps(figure.period)
            ),
            None,
        )
        if other is not None:
            faults.append(
                (
                    line,
                    f"{figure.period.text} lies in the same time as {other.text}: keep to one length. {HOW}",
                )
            )
        others[figure.period.text] = figure.period
    return faults
