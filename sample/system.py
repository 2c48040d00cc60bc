"""The sample AI system: sorts a claims desk's mail into line and kind, or hands it over to a person.

It has read one page, policy.md, and nothing else. The same mail always gets the same answer. A second system
of the same make, the meter desk, has read eleven lines only: it is there to be found not good enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

from sample.bayes import NaiveBayes

FOLDER = Path(__file__).parent
HAND_OVER = "hand over"
SMOOTHING = 0.2
LINE_WEIGHT = 0.5  # how much the line (motor, property …) says about the kind; 0 would ignore it


class Case(TypedDict):
    """One row of cases.jsonl, as it is imported into a dataset."""

    id: str
    input: str
    expected: str
    category: str
    line: str
    urgency: str
    cluster: str


SLICES = ("line", "urgency")
"""Columns of a case by which results are split; an empty value belongs to no slice."""


@dataclass(frozen=True)
class ClaimsDesk:
    """Two views of the same page, added: which kind, and which line."""

    kinds: NaiveBayes
    lines: NaiveBayes

    def answer(self, mail: str) -> str:
        """``line/kind`` such as ``travel/baggage``, or ``hand over``; the latter too if no word is known."""
        kinds, lines = self.kinds.scores(mail), self.lines.scores(mail)
        if not any(kinds.values()):
            return HAND_OVER
        return max(self.kinds.labels, key=lambda kind: kinds[kind] + LINE_WEIGHT * lines[line_of(kind)])


def line_of(kind: str) -> str:
    """``travel`` for ``travel/baggage``; ``hand over`` is its own line."""
    return kind.split("/", maxsplit=1)[0]


def sentences(page: str) -> Iterator[tuple[str, str]]:
    """(sentence, kind) for everything below a third-level heading of the policy page."""
    kind = ""
    for raw in page.splitlines():
        line = raw.strip()
        if line.startswith("#"):
            kind = line[4:] if line.startswith("### ") else ""
        elif line and kind:
            yield line.removeprefix("- "), kind


@cache
def claims_desk() -> ClaimsDesk:
    """The system, trained once per process from policy.md."""
    examples = list(sentences((FOLDER / "policy.md").read_text(encoding="utf-8")))
    by_line = [(text, line_of(kind)) for text, kind in examples]
    return ClaimsDesk(
        kinds=NaiveBayes(examples, smoothing=SMOOTHING), lines=NaiveBayes(by_line, smoothing=SMOOTHING)
    )


@dataclass(frozen=True)
class MeterDesk:
    """Says why a meter reading is implausible, from eleven lines of notes."""

    reasons: NaiveBayes

    def answer(self, letter: str) -> str:
        """The likeliest reason; ``hand over`` when no word is known."""
        return self.reasons.label(letter) if any(self.reasons.scores(letter).values()) else HAND_OVER


@cache
def meter_desk() -> MeterDesk:
    """The second system, trained once per process from readings.md."""
    examples = list(sentences((FOLDER / "readings.md").read_text(encoding="utf-8")))
    return MeterDesk(NaiveBayes(examples, smoothing=SMOOTHING))


METER_MODEL = "meter-desk-1"
"""The model name under which the second system answers; any other name is the claims desk."""


def answerer_of(model: str) -> Callable[[str], str]:
    """The system that a request's model names."""
    return meter_desk().answer if model == METER_MODEL else claims_desk().answer


def letters() -> list[Case]:
    """The letters of readings.jsonl with the reasons that Brightwater's billing desk expects."""
    text = (FOLDER / "readings.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def cases() -> list[Case]:
    """The mail of cases.jsonl with the answers that Harbor Mutual's adjuster expects."""
    text = (FOLDER / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
