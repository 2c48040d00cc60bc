"""The clock of a review: until when it is decided, when it stands still, when it has run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from engagements.vocabulary import RoundStatus

GRACE_DAYS: Final = 14
"""How long a round that nobody decided in time stays open before it expires."""

_RUNS_OUT: Final = (RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW)


@dataclass(frozen=True, slots=True)
class Review:
    """The dates of a round. ``paused_since`` None: the clock runs; ``paused_days`` counts earlier pauses."""

    status: RoundStatus
    submitted_on: date
    due: date
    paused_since: datetime | None = None
    paused_days: int = 0


def pause_days(review: Review, *, today: date) -> int:
    """Days of the pause that goes on now; 0 while the clock runs."""
    return (today - review.paused_since.date()).days if review.paused_since else 0


def decide_by(review: Review, *, today: date) -> date:
    """The date to decide by: each day that the other side owes an answer is added."""
    return review.due + timedelta(days=pause_days(review, today=today))


def expires_on(review: Review, *, today: date) -> date:
    """The last day on which the round can be decided."""
    return decide_by(review, today=today) + timedelta(days=GRACE_DAYS)


def has_expired(review: Review, *, today: date) -> bool:
    """Whether the round ran out, whether or not a job has said so yet. A paused round does not."""
    return review.status in _RUNS_OUT and today > expires_on(review, today=today)


def days_with_client(review: Review, *, today: date) -> int:
    """How long the client has had it, without the days on which an answer was owed."""
    away = review.paused_days + pause_days(review, today=today)
    return max((today - review.submitted_on).days - away, 0)
