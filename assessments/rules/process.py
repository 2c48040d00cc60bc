"""Where the work waits: the arithmetic behind a marked step, and a CSV of steps. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from assessments.vocabulary import EvidenceGrade
from portal.figures import percent, plain

NUMBERS: Final[Mapping[str, str]] = {
    "volume_per_year": "Cases a year",
    "touch_minutes": "Minutes of work",
    "wait_minutes": "Minutes of waiting",
    "error_rate": "Share with an error",
    "hours_per_year": "Hours of people a year",
}
WORDS: Final = ("process", "name", "actor", "system")
COLUMNS: Final = (*WORDS, *NUMBERS, "grade", "source")
MOST_STEPS: Final = 500
LONGEST_WORD: Final = 120


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step. A number that is None was not measured; ``evidence`` is grade and source of each number."""

    process: str
    name: str
    actor: str = ""
    system: str = ""
    volume_per_year: Decimal | None = None
    touch_minutes: Decimal | None = None
    wait_minutes: Decimal | None = None
    error_rate: Decimal | None = None
    hours_per_year: Decimal | None = None
    evidence: Mapping[str, Mapping[str, str]] | None = None


def utilisation(step: StepFacts) -> Decimal | None:
    """Work of a year over the hours that people have for it; None while either is not known."""
    if step.volume_per_year is None or step.touch_minutes is None or not step.hours_per_year:
        return None
    return step.volume_per_year * step.touch_minutes / 60 / step.hours_per_year


def bottlenecks(steps: Sequence[StepFacts]) -> list[list[str]]:
    """For each step of one process why it is a bottleneck, with the arithmetic; an empty list: it is none."""
    marks: list[list[str]] = [[] for _ in steps]
    waits = [step.wait_minutes or Decimal(0) for step in steps]
    whole = sum(waits, Decimal(0))
    if whole and len(steps) > 1:
        place = waits.index(max(waits))
        marks[place].append(
            f"Most waiting: {plain(waits[place], 0)} of {plain(whole, 0)} min, "
            f"{percent(waits[place] / whole)} of all waiting."
        )
    loads = [utilisation(step) for step in steps]
    known = [load for load in loads if load is not None]
    if len(known) > 1:
        place = loads.index(max(known))
        step = steps[place]
        marks[place].append(
            f"Busiest: {plain(step.volume_per_year or 0, 0)} × {plain(step.touch_minutes or 0, 1)} min ÷ 60 "
            f"÷ {plain(step.hours_per_year or 0, 0)} h = {percent(max(known))} of the hours there are."
        )
    return marks


def read_csv(text: str) -> tuple[list[StepFacts], list[str]]:
    """Steps of a CSV file in its order, and every fault with its line. Shares are 0 to 1 or end in %."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [name for name in ("process", "name") if name not in (reader.fieldnames or ())]
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
    if missing or unknown:
        says = f"The first line has to name the columns: {', '.join(COLUMNS)}."
        return [], [says, *(f"Not known: {name}." for name in unknown if name)]
    steps: list[StepFacts] = []
    faults: list[str] = []
    try:
        for row in reader:
            step, wrong = _step(row)
            faults += [f"Line {reader.line_num}: {sentence}" for sentence in wrong]
            steps.append(step)
    except csv.Error:
        return [], [f"Line {reader.line_num}: this is not CSV."]
    if not steps and not faults:
        faults.append("The file has no step below its first line.")
    if len(steps) > MOST_STEPS:
        faults.append(f"The file has {len(steps)} steps; at most {MOST_STEPS} fit.")
    return steps, faults


def _step(row: Mapping[str | None, object]) -> tuple[StepFacts, list[str]]:
    cells = {str(key): str(value or "").strip() for key, value in row.items() if key}
    faults = [f"“{name}” is empty." for name in ("process", "name") if not cells.get(name)]
    faults += [f"“{name}” is too long." for name in WORDS if len(cells.get(name, "")) > LONGEST_WORD]
    if None in row:
        faults.append("There are more cells than columns.")
    numbers: dict[str, Decimal | None] = {}
    for name in NUMBERS:
        numbers[name], fault = number_of(name, cells.get(name, ""))
        faults += [fault] if fault else []
    grade, source = cells.get("grade", "") or "D", cells.get("source", "")[:200]
    if grade not in EvidenceGrade.values:
        faults.append("“grade” is A, B, C or D.")
    elif grade != EvidenceGrade.D and not source:
        faults.append("say in “source” where the numbers come from, or use grade D.")
    known = {name: {"grade": grade, "source": source} for name, value in numbers.items() if value is not None}
    words = {name: cells.get(name, "") for name in WORDS}
    return StepFacts(**words, **numbers, evidence=known), faults  # type: ignore[arg-type]  # the two sorts of fields by name


def number_of(name: str, text: str) -> tuple[Decimal | None, str]:
    """A cell's number, or the sentence that says what is wrong with it."""
    if not text:
        return None, ""
    is_share = text.endswith("%")
    try:
        value = Decimal(text.removesuffix("%").strip().replace(",", ""))
    except InvalidOperation:
        return None, f"“{name}” is no number: {text[:40]}."
    value = value / 100 if is_share else value
    if not value.is_finite() or not 0 <= value < Decimal(10) ** 9:
        return None, f"“{name}” has to be from 0 to one billion."
    if name == "error_rate" and value > 1:
        return None, "“error_rate” is a share: 0.07 or 7%."
    return value, ""
