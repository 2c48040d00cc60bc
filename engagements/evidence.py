"""Where other apps bring what a gate needs from them. They register a function when Django is ready.

Engagements imports no app that measures; it calls what was registered, and freezes what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Failure:
    """One wrong answer, in the client's own words. ``consequence`` "": nobody has said what follows."""

    case: str
    group: str
    question: str
    expected: str
    answered: str
    consequence: str = ""


@dataclass(frozen=True, slots=True)
class Failures:
    """The worst wrong answers of the run that feeds the gate, worst first, five at most.

    ``total`` counts all failures among ``asked`` cases; ``judges`` are people who graded any of them.
    """

    title: str
    total: int
    asked: int
    items: tuple[Failure, ...]
    judges: tuple[UUID, ...] = ()
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class BindingChoice:
    """A target, a set of cases and graders, each in one published version, that criteria can be bound to."""

    label: str
    target_sha256: str
    dataset_sha256: str
    grader_sha256s: tuple[str, ...]


Section = Mapping[str, Any]
Listener = Callable[[UUID], None]
SubjectSource = Callable[[UUID], list[tuple[str, str]]]
SectionSource = Callable[[UUID, int], Section | None]
FailureSource = Callable[[UUID], Failures | None]
BindingSource = Callable[[UUID], list[BindingChoice]]

_section_sources: dict[str, SectionSource] = {}
_failure_sources: list[FailureSource] = []
_binding_sources: list[BindingSource] = []
_listeners: list[Listener] = []
_subject_sources: list[SubjectSource] = []


def register_failure_source(source: FailureSource) -> None:
    """Add ``source(engagement_id)``; None means that it has nothing to show."""
    if source not in _failure_sources:
        _failure_sources.append(source)


def register_binding_source(source: BindingSource) -> None:
    """Add ``source(engagement_id)``."""
    if source not in _binding_sources:
        _binding_sources.append(source)


def failures_of(engagement_id: UUID) -> Failures | None:
    """The first source that has any; None when nothing was run."""
    return next((found for source in _failure_sources if (found := source(engagement_id))), None)


def binding_choices(engagement_id: UUID) -> list[BindingChoice]:
    return [choice for source in _binding_sources for choice in source(engagement_id)]


def register_section(name: str, source: SectionSource) -> None:
    """Let ``source(engagement_id, gate_number)`` give the snapshot's section ``name``; None: nothing to say.

    What it returns is frozen with the snapshot, so it holds plain values only: text, numbers, dates, lists.
    """
    _section_sources[name] = source


def sections_of(engagement_id: UUID, gate_number: int) -> dict[str, Section]:
    """Every section that has something to say, by name."""
    found = {name: source(engagement_id, gate_number) for name, source in sorted(_section_sources.items())}
    return {name: section for name, section in found.items() if section is not None}


def register_listener(listener: Listener) -> None:
    """Have ``listener(engagement_id)`` called when evidence was accepted or something was measured there.

    It runs in the transaction of what happened, so it only notes what is to be done after the commit.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def evidence_changed(engagement_id: UUID) -> None:
    """Tell every listener; called by the services that accept evidence and record measurements."""
    for listener in _listeners:
        listener(engagement_id)


def register_subject_source(source: SubjectSource) -> None:
    """Let ``source(engagement_id)`` name what evidence can speak to: ``[("E05-2", "What happens …")]``."""
    if source not in _subject_sources:
        _subject_sources.append(source)


def subjects_of(engagement_id: UUID) -> list[tuple[str, str]]:
    """Keys with their words, in the order of the sources."""
    return [row for source in _subject_sources for row in source(engagement_id)]
