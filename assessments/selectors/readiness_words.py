"""Why a question counts what it counts, and the next step that would raise it: one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from assessments.rules.readiness import Cap
from assessments.selectors.standing import ElementStanding, QuestionStanding, ReadinessStanding
from engagements.rules.sentences import day
from portal.models import Tenant

PROOFS: Final = {2: "a document", 3: "one dated measurement", 4: "a measurement that repeats itself"}
KINDS_OF_PROOF: Final = {2: "Write it down and hand it in", 3: "Do it once and hand in the dated result"}


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next on a question: in words, in whose court (a side, or "" for either), and where."""

    words: str
    court: str
    page: str = "question"


def side_names(tenant: Tenant) -> dict[str, str]:
    """How each side is called on a page."""
    return {
        "consultancy": settings.CONSULTANCY_NAME or "The consultancy",
        "client": tenant.name,
        "service": "A machine",
        "": "a measurement",
    }


def allowed_by(cap: Cap) -> str:
    """What allows the level: "a document", or that nothing was accepted."""
    return "nothing accepted" if cap.piece is None else PROOFS.get(cap.level, "accepted evidence")


def why(row: QuestionStanding, names: Mapping[str, str] | None = None) -> str:
    """What holds the question where it is."""
    named = names or {}
    if not row.applies:
        return "Both sides agreed that it does not apply."
    if row.level is None or row.said is None:
        return "Nobody has answered it yet."
    who = named.get(row.answer.claimed_side if row.answer else "", "The answer")
    if row.terms.challenged is not None and row.terms.challenged == row.level:
        other = named.get(row.answer.challenged_side if row.answer else "", "The other side")
        return f"{other} challenges it: only level {row.level} holds until that is settled."
    if row.terms.fell_short and row.terms.measured == row.level and row.level < (row.terms.claimed or 0):
        return f"Measured short: {row.answer.measured_words if row.answer else ''}."
    if row.terms.verified is not None and row.terms.verified == row.level and row.level < row.said:
        other = named.get(row.answer.verified_side if row.answer else "", "The other side")
        return f"{who} says level {row.said}; {other} verified level {row.level}."
    if row.cap.level < row.said:
        if row.cap.piece is None:
            return f"{who} says level {row.said}. Without accepted evidence a claim counts as level 1."
        return f"{who} says level {row.said}; {allowed_by(row.cap)} allows {row.cap.level}."
    if row.terms.claimed is None:
        return f"Set by a measurement: {row.answer.measured_words if row.answer else ''}."
    return f"{who} says level {row.said}: {row.question.anchors[row.said]}."


def next_step(row: QuestionStanding, target: int, names: Mapping[str, str]) -> Step:
    """The cheapest thing that brings the question towards ``target``."""
    wanted = row.question.anchors[target]
    answer = row.answer
    if row.said is None or answer is None:
        return Step("Answer it.", "")
    if row.terms.challenged is not None and row.terms.challenged < target:
        side = answer.challenged_side
        return Step(f"{names.get(side, 'The other side')} says what would settle its challenge.", side)
    if row.terms.fell_short and (row.terms.measured or 0) < target:
        return Step(f"Mend what was measured and measure again: {wanted}.", "consultancy")
    if row.said < target:
        side = answer.claimed_side
        return Step(f"Get to level {target}: {wanted}.", side)
    if row.cap.level < target:
        if row.waiting:
            side = "client" if row.waiting[0].handed_in_side != "client" else "consultancy"
            return Step(
                f"{names[side]} accepts “{row.waiting[0].item.title}” or sends it back.", side, "evidence"
            )
        proof = KINDS_OF_PROOF.get(target, "Let it measure itself and hand in the newest result")
        return Step(f"{proof}: {wanted}.", answer.claimed_side, "hand_in")
    side = "client" if answer.claimed_side == "consultancy" else "consultancy"
    return Step(f"{names[side]} verifies level {target}.", side)


def headline(standing: ReadinessStanding, gate: int) -> str:
    """What readiness means for the gate that comes next, in one sentence."""
    unknown = [row for row in standing.elements if row.applies and row.level is None]
    below = standing.below(gate)
    if len(unknown) == len(standing.vector()):
        return "Nothing is assessed yet."
    if not below:
        return f"Every element is at the level that gate {gate} asks for."
    names = {row.element.key: row.element.short for row in standing.elements}
    if len(below) == 1:
        return f"{names[below[0]]} holds gate {gate} back."
    if len(below) == 2:
        return f"{names[below[0]]} and {_small(names[below[1]])} hold gate {gate} back."
    return f"{len(below)} of {len(standing.vector())} elements hold gate {gate} back."


def _small(name: str) -> str:
    """A name inside a sentence; UX and the like keep their capitals."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def gap(standing: ReadinessStanding, gate: int) -> str:
    """How many are there, and the lowest one that is not."""
    below, total = standing.below(gate), len(standing.vector())
    there = f"{total - len(below)} of {total} elements are at the level that gate {gate} asks for."
    if not below:
        return f"{there} The lowest is at level {standing.level}."
    first = next(row for row in standing.elements if row.element.key == below[0])
    short = _short(first, standing.framework.target(gate, below[0]))
    return f"{there} {short} No other element can make up for it."


def _short(row: ElementStanding, target: int) -> str:
    if row.level is None:
        open_questions = len(row.limiting)
        noun = "core question has" if open_questions == 1 else "core questions have"
        return f"{row.element.key} is not assessed, {open_questions} {noun} no answer, and it needs {target}."
    return f"{row.element.key} is at {row.level} and needs {target}."


def good_until(cap: Cap) -> str:
    """The day on which the evidence stops counting; "" when none counts or it has no end."""
    return "" if cap.until is None else day(cap.until)
