"""Whose turn it is with a gate, what for, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engagements.vocabulary import CriteriaStatus, EngagementStatus, RoundStatus, Side

_WITH_THE_CLIENT = (RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Where a gate stands. A status None means that there is no such thing yet.

    ``criteria_since`` is when the criteria came to their status; without criteria, when the work began.
    """

    engagement: EngagementStatus
    criteria: CriteriaStatus | None
    criteria_since: datetime | None
    sealed_by_client: bool
    round: RoundStatus | None
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Court:
    """``side`` None: nobody's turn."""

    side: Side | None
    what: str
    since: datetime | None


def court(facts: GateFacts) -> Court:
    """Who has to act next."""
    if facts.engagement != EngagementStatus.ACTIVE:
        return Court(None, facts.engagement.label, None)
    if facts.round in _WITH_THE_CLIENT:
        return Court(Side.CLIENT, "Sign the decision", facts.submitted_at)
    if facts.round == RoundStatus.CLARIFICATION:
        return Court(Side.CONSULTANCY, "Answer a question", facts.submitted_at)
    if facts.criteria == CriteriaStatus.SEALED:
        return Court(Side.CONSULTANCY, "Measure and submit", facts.criteria_since)
    if facts.criteria == CriteriaStatus.PROPOSED:
        side = Side.CONSULTANCY if facts.sealed_by_client else Side.CLIENT
        return Court(side, "Seal the criteria", facts.criteria_since)
    return Court(Side.CONSULTANCY, "Propose the criteria", facts.criteria_since)
