"""The text of a framework as values: areas, elements, questions with their anchors, targets per gate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from portal.errors import FieldError, Invalid

HIGHEST: Final = 4


@dataclass(frozen=True, slots=True)
class Binding:
    """A measurement that can answer a question. ``needs`` is what it must show for level 3.

    ``target`` None: the one that both sides sealed. ``otherwise``: the level when it fell short.
    """

    key: str
    needs: str
    target: Decimal | None
    otherwise: int


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    element: str
    text: str
    why: str
    core: bool
    anchors: tuple[str, ...]
    evidence: tuple[str, ...]
    max_age_days: int
    revealing: tuple[str, ...]
    references: tuple[str, ...]
    bindings: tuple[Binding, ...]
    replaces: str
    may_be_not_applicable: bool

    @property
    def answered_by(self) -> str:
        """The key under which an earlier version asked it."""
        return self.replaces or self.key


@dataclass(frozen=True, slots=True)
class Element:
    key: str
    name: str
    short: str
    may_be_not_applicable: bool
    references: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Area:
    key: str
    name: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Revealing:
    """One of the questions that start a conversation; ``risks`` are opened when nobody can answer."""

    key: str
    text: str
    listen_for: str
    risks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    key: str
    title: str
    version: str
    levels: tuple[str, ...]
    areas: tuple[Area, ...]
    targets: Mapping[int, Mapping[str, int]]
    revealing: tuple[Revealing, ...]

    def elements(self) -> Iterator[Element]:
        return (element for area in self.areas for element in area.elements)

    def questions(self) -> Iterator[Question]:
        return (question for element in self.elements() for question in element.questions)

    def element(self, key: str) -> Element | None:
        return next((element for element in self.elements() if element.key == key), None)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions() if question.key == key), None)

    def target(self, gate: int, element: str) -> int:
        """The level that a gate asks of an element; 0 where the framework names no target for it."""
        return self.targets.get(gate, {}).get(element, 0)


@lru_cache(maxsize=64)
def read_framework(body: str) -> Framework:
    """The framework in its canonical JSON text. ``body`` was checked when it was imported."""
    return framework_of(json.loads(body))


def framework_of(raw: Mapping[str, Any]) -> Framework:
    """Values of a framework that follows its schema. Raises Invalid where its parts contradict each other."""
    _check_meaning(raw)
    areas = tuple(_area(area) for area in raw["areas"])
    keys = [element.key for area in areas for element in area.elements]
    return Framework(
        key=raw["key"],
        title=raw["title"],
        version=raw["version"],
        levels=tuple(raw["levels"]),
        areas=areas,
        targets={row["gate"]: _target(row, keys) for row in raw["targets"]},
        revealing=tuple(
            Revealing(row["key"], row["text"], row.get("listen_for", ""), tuple(row.get("risks", ())))
            for row in raw.get("revealing_questions", ())
        ),
    )


def _target(row: Mapping[str, Any], elements: list[str]) -> dict[str, int]:
    return {key: row.get("elements", {}).get(key, row["every_element"]) for key in elements}


def _area(raw: Mapping[str, Any]) -> Area:
    return Area(raw["key"], raw["name"], tuple(_element(element) for element in raw["elements"]))


def _element(raw: Mapping[str, Any]) -> Element:
    return Element(
        key=raw["key"],
        name=raw["name"],
        short=raw["short"],
        may_be_not_applicable=raw["may_be_not_applicable"],
        references=tuple(raw.get("references", ())),
        questions=tuple(
            _question(question, raw["key"], raw["may_be_not_applicable"]) for question in raw["questions"]
        ),
    )


def _question(raw: Mapping[str, Any], element: str, may_be_not_applicable: bool) -> Question:
    return Question(
        key=raw["key"],
        element=element,
        text=raw["text"],
        why=raw.get("why", ""),
        core=raw["core"],
        anchors=tuple(raw["anchors"]),
        evidence=tuple(raw["evidence"]),
        max_age_days=raw["max_age_days"],
        revealing=tuple(raw.get("revealing", ())),
        references=tuple(raw.get("references", ())),
        bindings=tuple(_binding(row) for row in raw.get("measurements", ())),
        replaces=raw.get("replaces", ""),
        may_be_not_applicable=may_be_not_applicable,
    )


def _binding(raw: Mapping[str, Any]) -> Binding:
    target = None if "target" not in raw else Decimal(raw["target"])
    return Binding(raw["key"], raw["needs"], target, raw.get("otherwise", 1))


def _check_meaning(raw: Mapping[str, Any]) -> None:
    """What a schema cannot say: keys once, questions below their element, a core question in each."""
    faults: list[FieldError] = []
    elements = [element for area in raw["areas"] for element in area["elements"]]
    questions = [question for element in elements for question in element["questions"]]
    for kind, keys in (
        ("element", [row["key"] for row in elements]),
        ("question", [row["key"] for row in questions]),
        ("gate", [str(row["gate"]) for row in raw["targets"]]),
    ):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        faults += [
            FieldError(f"/{kind}/{key}", "twice", f"The {kind} {key} is there twice.") for key in twice
        ]
    for element in elements:
        key = element["key"]
        if not any(question["core"] for question in element["questions"]):
            faults.append(FieldError(f"/{key}", "core", f"{key} has no core question, so it has no level."))
        faults += [
            FieldError(f"/{key}/{question['key']}", "place", f"{question['key']} stands under {key}.")
            for question in element["questions"]
            if not question["key"].startswith(f"{key}-")
        ]
    known = {row["key"] for row in elements}
    for row in raw["targets"]:
        unknown = sorted(set(row.get("elements", {})) - known)
        faults += [
            FieldError(f"/targets/{row['gate']}", "unknown", f"There is no element {key}.") for key in unknown
        ]
    tags = {row["key"] for row in raw.get("revealing_questions", ())}
    used = {tag for question in questions for tag in question.get("revealing", ())}
    faults += [
        FieldError("/revealing_questions", "unknown", f"{tag} is used and not written.")
        for tag in sorted(used - tags)
    ]
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
