"""What each attempt of a run counts as in a given version of its result."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from demos.models import Attempt, Dispute, Regrade, ResultVersion, Run
from demos.selectors.blindness import withheld_from
from demos.selectors.sealing import may_read_sealed
from engagements.models import Engagement
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


def visible_versions(run: Run) -> QuerySet[ResultVersion]:
    """The later results of a run that the viewer may see."""
    return ResultVersion.objects.filter(run=run).select_related("created_by")


def version_for(viewer: User, version_id: UUID) -> ResultVersion:
    """Raises NotFound if there is none that the viewer may see."""
    runs = access.visible(viewer, Run.objects.all())
    rows = ResultVersion.objects.filter(pk=version_id, run__in=runs)
    found = rows.select_related("created_by").first()
    if found is None:
        raise NotFound
    return found


def grades_over_time(attempt: Attempt) -> list[Regrade]:
    """How an attempt was graded after the run, oldest first."""
    rows = Regrade.objects.filter(attempt=attempt).select_related("result_version__created_by")
    return list(rows.order_by("result_version__number"))


def dispute_for(viewer: User, dispute_id: UUID) -> Dispute:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, Dispute.objects.filter(pk=dispute_id))
    found = rows.select_related("attempt__run", "attempt__case", "engagement", "tenant", "raised_by").first()
    if found is None:
        raise NotFound
    return found


def visible_disputes(viewer: User, engagement: Engagement) -> QuerySet[Dispute]:
    """Disputes of an engagement with their rulings; without those whose answer the viewer may not read.

    An answer that waits for the viewer's own word is left out too: a dispute tells how it was graded.
    """
    rows = access.visible(viewer, Dispute.objects.filter(engagement=engagement))
    if not may_read_sealed(viewer, engagement):
        rows = rows.filter(attempt__case__sealed=False)
    disputed = Run.objects.filter(pk__in=rows.values("attempt__run_id")).select_related("engagement")
    waiting = [key for run in disputed for key in withheld_from(viewer, run)]
    rows = rows.exclude(attempt_id__in=waiting).select_related("attempt", "raised_by")
    return rows.prefetch_related("rulings__ruled_by")


def disputes_of(attempt: Attempt) -> list[Dispute]:
    """Disputes on an attempt with their rulings, oldest first."""
    rows = Dispute.objects.filter(attempt=attempt).select_related("raised_by")
    return list(rows.prefetch_related("rulings__ruled_by").order_by("created_at"))
