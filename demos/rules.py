"""What may follow what in a run, and how its outcome is judged. Pure: no database, no clock, no settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from demos.vocabulary import CaseCategory, RunMove, RunStatus
from engagements.rules.terms import binding_sha256
from portal.errors import FieldError, Invalid, WrongMoment

MOVES: dict[tuple[RunStatus, RunMove], RunStatus] = {
    (RunStatus.QUEUED, RunMove.START): RunStatus.RUNNING,
    (RunStatus.QUEUED, RunMove.PAUSE): RunStatus.PAUSED,
    (RunStatus.QUEUED, RunMove.STOP): RunStatus.STOPPED_USER,
    (RunStatus.QUEUED, RunMove.FAIL): RunStatus.FAILED,
    (RunStatus.RUNNING, RunMove.PAUSE): RunStatus.PAUSED,
    (RunStatus.RUNNING, RunMove.FINISH): RunStatus.FINISHED,
    (RunStatus.RUNNING, RunMove.STOP): RunStatus.STOPPED_USER,
    (RunStatus.RUNNING, RunMove.LIMIT): RunStatus.STOPPED_BUDGET,
    (RunStatus.RUNNING, RunMove.FAIL): RunStatus.FAILED,
    (RunStatus.RUNNING, RunMove.INVALIDATE): RunStatus.INVALID,
    (RunStatus.PAUSED, RunMove.RESUME): RunStatus.RUNNING,
    (RunStatus.PAUSED, RunMove.STOP): RunStatus.STOPPED_USER,
    (RunStatus.PAUSED, RunMove.FINISH): RunStatus.FINISHED,
    (RunStatus.PAUSED, RunMove.INVALIDATE): RunStatus.INVALID,
    (RunStatus.PAUSED, RunMove.LIMIT): RunStatus.STOPPED_BUDGET,
    (RunStatus.FINISHED, RunMove.INVALIDATE): RunStatus.INVALID,
}

MOST_GRADER_ERRORS = 0.02
"""Share of answers that no grader could judge above which a run proves nothing."""


def next_status(status: RunStatus, move: RunMove) -> RunStatus:
    """The status after ``move``. Raises WrongMoment with a sentence when the move does not exist there."""
    try:
        return MOVES[status, move]
    except KeyError:
        raise WrongMoment(f"A run that is {status.label.lower()} cannot {_verb(move)}.") from None


def _verb(move: RunMove) -> str:
    return {
        RunMove.START: "be started",
        RunMove.PAUSE: "be paused",
        RunMove.RESUME: "be resumed",
        RunMove.FINISH: "finish",
        RunMove.STOP: "be stopped",
        RunMove.LIMIT: "reach a limit",
        RunMove.FAIL: "fail",
        RunMove.INVALIDATE: "be marked invalid",
    }[move]


def finishing_move(*, ungraded: int, total: int) -> RunMove:
    """How a run whose attempts are all in ends: a run with too many grader errors is invalid."""
    if total and ungraded / total > MOST_GRADER_ERRORS:
        return RunMove.INVALIDATE
    return RunMove.FINISH


def checked_quotas(quotas: Mapping[str, int]) -> dict[str, int]:
    """Least numbers by category. Raises Invalid for an unknown category or a negative number."""
    for category, least in quotas.items():
        if category not in CaseCategory.values or least < 0:
            detail = "A quota is a number that is not negative, for a category that exists."
            raise Invalid(detail, errors=[FieldError("/quotas", "invalid", detail)])
    return {category: least for category, least in quotas.items() if least}


def quota_warnings(counts: Mapping[str, int], quotas: Mapping[str, int]) -> list[str]:
    """A sentence for each category with too few accepted cases, or none at all."""
    found = []
    for category in CaseCategory:
        n, least = counts.get(category, 0), quotas.get(category, 0)
        if n < least:
            found.append(f"{category.label}: {n} of at least {least} cases.")
        elif n == 0:
            found.append(f"{category.label}: no case. What the system does there is not measured.")
    return found


def plan_sha256(
    *, target: str, dataset: str, graders: Iterable[str], repeats: int, threshold: float = 1.0
) -> str:
    """What a criterion is bound to: the hashes of target, cases and graders.

    Asking more than once, or passing with less than the full score, is another test and another hash.
    """
    judged_by = list(graders)
    if repeats != 1:
        judged_by.append(f"repeats:{repeats}")
    if threshold != 1.0:
        judged_by.append(f"threshold:{threshold!r}")
    return binding_sha256(target=target, dataset=dataset, graders=judged_by)


def asked_sha256(*, content: str, accepted: Iterable[UUID]) -> str:
    """The hash of what a run asks: the frozen content of a version, and which of its cases are accepted.

    Criteria are sealed on it, so a case that is accepted or rejected afterwards makes another test.
    """
    chosen = "".join(sorted(key.hex for key in accepted))
    return hashlib.sha256(f"{content}|{chosen}".encode()).hexdigest()


def shards_wanted(*, waiting: int, claim_size: int, most: int) -> int:
    """Shard tasks worth queueing for ``waiting`` attempts: no more than claims, no more than ``most``."""
    return max(1, min(most, -(-waiting // claim_size))) if waiting else 0


def next_due(due_at: datetime, interval_days: int, *, now: datetime) -> tuple[datetime, int]:
    """The first due time after ``now`` in steps from ``due_at``, and how many between were missed.

    Nothing piles up: after a stand-still of three weeks a weekly schedule starts once and has missed two.
    """
    if due_at > now:
        return due_at, 0
    steps = (now - due_at) // timedelta(days=interval_days) + 1
    return due_at + steps * timedelta(days=interval_days), steps - 1
