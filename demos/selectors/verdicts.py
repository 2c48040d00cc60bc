"""What each attempt of a run counts as in a given version of its result."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from demos.models import Attempt, Dispute, Regrade, ResultVersion, Run
from portal import access
from portal.errors import NotFound
from portal.models import User


class Verdict(NamedTuple):
    """What an attempt counts as: ``passed`` None when nobody could judge it."""

    passed: bool | None
    score: float | None


def changed_verdicts(run: Run, *, version: int) -> dict[UUID, Verdict]:
    """Attempts whose verdict is no longer that of the run itself, by id. One query; {} for version 1."""
    if version <= 1:
        return {}
    rows = Regrade.objects.filter(result_version__run=run, result_version__number__lte=version)
    rows = rows.order_by("attempt_id", "-result_version__number").distinct("attempt_id")
    found = rows.values_list("attempt_id", "passed", "score")
    return {attempt: Verdict(passed, score) for attempt, passed, score in found.iterator(chunk_size=5_000)}


def turned(run: Run, *, version: int) -> tuple[list[UUID], list[UUID]]:
    """Attempts that a later result counts otherwise than the run did: those now right, those now not."""
    newest = changed_verdicts(run, version=version)
    own = dict(Attempt.objects.filter(pk__in=list(newest)).values_list("pk", "passed")) if newest else {}
    right = [key for key, now in newest.items() if now.passed is True and own[key] is not True]
    wrong = [key for key, now in newest.items() if now.passed is not True and own[key] is True]
    return right, wrong


def versions_of(run: Run) -> list[ResultVersion]:
    """The later results of a run, newest first; [] when only its own exists."""
    return list(ResultVersion.objects.filter(run=run).select_related("created_by").order_by("-number"))


def grades_over_time(attempt: Attempt) -> list[Regrade]:
    """How an attempt was graded after the run, oldest first."""
    rows = Regrade.objects.filter(attempt=attempt).select_related("result_version__created_by")
    return list(rows.order_by("result_version__number"))


def dispute_for(viewer: User, dispute_id: UUID) -> Dispute:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, Dispute.objects.filter(pk=dispute_id))
    found = rows.select_related("attempt", "engagement", "tenant").first()
    if found is None:
        raise NotFound
    return found


def disputes_of(attempt: Attempt) -> list[Dispute]:
    """Disputes on an attempt with their rulings, oldest first."""
    rows = Dispute.objects.filter(attempt=attempt).select_related("raised_by")
    return list(rows.prefetch_related("rulings__ruled_by").order_by("created_at"))
