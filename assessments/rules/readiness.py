"""How ready: what evidence allows, what an answer counts, and the weakest link. Nothing here takes a mean.

    cap         1 without accepted evidence, 2 a document, 3 measured once, 4 measured again and again;
                evidence past its age allows nothing
    an answer   the lowest of claimed, verified, challenged and cap
    an element  the lowest of its core questions that apply
    readiness   the lowest element

None is "not assessed": it is never taken for a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

UNSHOWN: Final = 1
"""The most that a claim is worth when nothing was accepted that shows it."""

ALLOWS: Final[Mapping[str, int]] = {"document": 2, "measured_once": 3, "recurring": 4}


@dataclass(frozen=True, slots=True)
class Piece:
    """One accepted piece of evidence. It counts from ``effective_from`` to the day before ``ends``."""

    strength: str
    effective_from: date
    ends: date | None = None
    period_days: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """The highest level that evidence allows today, by which piece, and when that piece stops counting."""

    level: int
    piece: Piece | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AnswerTerms:
    """What was said about a question. ``measured``: what a measurement shows."""

    claimed: int | None = None
    verified: int | None = None
    challenged: int | None = None
    measured: int | None = None
    fell_short: bool = False
    not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of an element: ``level`` None is not answered; what does not apply has no level."""

    key: str
    core: bool
    level: int | None
    applies: bool = True


def ends_on(effective_from: date, effective_to: date | None, max_age_days: int) -> date:
    """The day on which a piece stops counting: its own end, or the age limit of the question."""
    aged = effective_from + timedelta(days=max_age_days)
    return aged if effective_to is None else min(aged, effective_to)


def cap_of(pieces: Iterable[Piece], *, today: date) -> Cap:
    """What the evidence allows. What is not yet or no longer in force counts nothing."""
    best = Cap(UNSHOWN)
    for piece in pieces:
        if piece.effective_from > today or (piece.ends is not None and piece.ends <= today):
            continue
        found = Cap(_allows(piece, today), piece, _until(piece, today))
        if (found.level, found.until or date.max) > (
            best.level,
            best.until or date.max,
        ) or best.piece is None:
            best = found
    return best


def _allows(piece: Piece, today: date) -> int:
    if piece.strength == "recurring" and not _on_time(piece, today):
        return ALLOWS["measured_once"]
    return ALLOWS[piece.strength]


def _on_time(piece: Piece, today: date) -> bool:
    """The last result lies within one period."""
    return piece.period_days is not None and today < piece.effective_from + timedelta(days=piece.period_days)


def _until(piece: Piece, today: date) -> date | None:
    if piece.strength == "recurring" and piece.period_days is not None and _on_time(piece, today):
        next_due = piece.effective_from + timedelta(days=piece.period_days)
        return next_due if piece.ends is None else min(next_due, piece.ends)
    return piece.ends


def counted(terms: AnswerTerms, cap: Cap) -> int | None:
    """The level that counts; None when nobody and nothing has answered, or when it does not apply."""
    if terms.not_applicable:
        return None
    said = terms.measured if terms.claimed is None else terms.claimed
    if said is None:
        return None
    limits = [said, cap.level]
    limits += [level for level in (terms.verified, terms.challenged) if level is not None]
    if terms.fell_short and terms.measured is not None:
        limits.append(terms.measured)
    return min(limits)


def element_level(questions: Iterable[Answered]) -> int | None:
    """The lowest core question that applies; None while one of them is not answered, or none applies."""
    core = [question.level for question in questions if question.core and question.applies]
    return lowest(core)


def applies(questions: Iterable[Answered]) -> bool:
    """Whether any core question of an element applies."""
    return any(question.core and question.applies for question in questions)


def lowest(levels: Iterable[int | None]) -> int | None:
    """The weakest link; None when there is none, or when one is not known."""
    known: list[int] = []
    for level in levels:
        if level is None:
            return None
        known.append(level)
    return min(known, default=None)


def limiting(questions: Iterable[Answered]) -> tuple[str, ...]:
    """The core questions that hold an element down: those not answered, or else those at its level."""
    core = [question for question in questions if question.core and question.applies]
    unknown = tuple(question.key for question in core if question.level is None)
    if unknown:
        return unknown
    level = element_level(core)
    return tuple(question.key for question in core if question.level == level)


def below_target(levels: Mapping[str, int | None], targets: Mapping[str, int]) -> tuple[str, ...]:
    """Elements under their target, lowest first. What is not assessed is not shown to be there."""
    short = [key for key, level in levels.items() if targets.get(key, 0) > (-1 if level is None else level)]
    return tuple(sorted(short, key=lambda key: (-1 if levels[key] is None else levels[key], key)))
