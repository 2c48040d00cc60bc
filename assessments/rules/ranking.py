"""Which pain point first? Three lenses, and a sentence where they disagree. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from assessments.rules.value import FACTORS
from assessments.vocabulary import EvidenceGrade

LENSES: Final = ("value", "wsjf", "rice")
LENS_WORDS: Final[Mapping[str, str]] = {"value": "value over effort", "wsjf": "WSJF", "rice": "RICE"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the lenses read of one pain point. None: nobody said. Urgency and risk are 0 to 10."""

    key: str
    title: str
    parts: tuple[tuple[EvidenceGrade, Decimal], ...]
    effort_days: Decimal | None
    urgency: Decimal | None = None
    risk_reduction: Decimal | None = None
    reach: Decimal | None = None
    impact: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """Score and rank under each lens; a lens without its inputs gives neither."""

    key: str
    title: str
    scores: Mapping[str, Decimal | None]
    ranks: Mapping[str, int | None]


def adjusted_value(parts: Iterable[tuple[EvidenceGrade, Decimal]]) -> Decimal:
    """Cost a year, each part discounted by how well it is known."""
    return sum((cost * FACTORS[grade] for grade, cost in parts), Decimal(0))


def confidence(parts: Sequence[tuple[EvidenceGrade, Decimal]]) -> Decimal | None:
    """Share of the cost that is left after that discount; None without a cost."""
    whole = sum((cost for _, cost in parts), Decimal(0))
    return adjusted_value(parts) / whole if whole else None


def rank(candidates: Sequence[Candidate]) -> list[Ranked]:
    """Every candidate, best by value over effort first; those that cannot be ranked come last."""
    dearest = max((adjusted_value(c.parts) for c in candidates), default=Decimal(0))
    scores = {c.key: _scores(c, dearest) for c in candidates}
    ranks = {lens: _order({key: row[lens] for key, row in scores.items()}) for lens in LENSES}
    rows = [
        Ranked(c.key, c.title, scores[c.key], {lens: ranks[lens].get(c.key) for lens in LENSES})
        for c in candidates
    ]
    return sorted(rows, key=lambda row: (row.ranks["value"] or len(rows) + 1, row.title))


def disagreements(rows: Sequence[Ranked]) -> list[str]:
    """One sentence for each lens that puts another pain point first."""
    first = _first(rows, "value")
    if first is None:
        return []
    sentences = []
    for lens in ("wsjf", "rice"):
        other = _first(rows, lens)
        if other is not None and other.key != first.key:
            sentences.append(
                f"{LENS_WORDS[lens]} puts “{other.title}” first, value over effort “{first.title}”."
            )
    return sentences


def _scores(candidate: Candidate, dearest: Decimal) -> dict[str, Decimal | None]:
    value, effort = adjusted_value(candidate.parts), candidate.effort_days
    sure = confidence(candidate.parts)
    scores: dict[str, Decimal | None] = dict.fromkeys(LENSES)
    if not effort or sure is None:
        return scores
    scores["value"] = value / effort
    if candidate.urgency is not None and candidate.risk_reduction is not None and dearest:
        points = value / dearest * 10
        scores["wsjf"] = (points + candidate.urgency + candidate.risk_reduction) / effort
    if candidate.reach is not None and candidate.impact is not None:
        scores["rice"] = candidate.reach * candidate.impact * sure / effort
    return scores


def _order(scores: Mapping[str, Decimal | None]) -> dict[str, int]:
    """Rank by score, highest first; equal scores share the better rank."""
    known = sorted((score for score in scores.values() if score is not None), reverse=True)
    return {key: known.index(score) + 1 for key, score in scores.items() if score is not None}


def _first(rows: Sequence[Ranked], lens: str) -> Ranked | None:
    return next((row for row in rows if row.ranks[lens] == 1), None)
