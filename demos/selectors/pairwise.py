"""Answers of two runs in pairs, and what judge models said of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, QuerySet

from demos.engine.pairwise import PairWords, tally
from demos.models import Attempt, Comparison, PairJudging, PairOpinion, Run
from demos.selectors.sealing import may_read_sealed
from demos.vocabulary import PairOrder
from portal import access
from portal.errors import NotFound
from portal.models import User

COUNTS = ("prefers_now", "prefers_before", "ties", "position_biased", "failed")


class Pair(NamedTuple):
    """The first answers of two runs to one case, by the id of the attempt."""

    before: UUID
    now: UUID
    cluster: str


def pairs_of(comparison: Comparison) -> list[Pair]:
    """Cases that both runs answered when first asked, in the order of the later run. Two queries."""
    before, now = (
        _first_answers(run, by_content=not comparison.same_cases)
        for run in (comparison.before, comparison.now)
    )
    return [Pair(before[key][0], answer, cluster) for key, (answer, cluster) in now.items() if key in before]


def result_of(judging: PairJudging) -> dict[str, Any]:
    """The count over every pair as stored: numbers of cases, rate with interval, verdict."""
    words: dict[UUID, dict[str, str | None]] = {}
    rows = PairOpinion.objects.filter(judging=judging).values_list("now_id", "order", "word")
    for now, order, word in rows:
        words.setdefault(now, {})[order] = word or None
    found = tally(
        (
            PairWords(
                words.get(pair.now, {}).get(PairOrder.BEFORE_FIRST),
                words.get(pair.now, {}).get(PairOrder.NOW_FIRST), pair.cluster,
            )
            for pair in pairs_of(judging.comparison)
        ),
        seed=judging.comparison.seed,
    )  # fmt: skip
    rate = found.rate
    return {
        "cases": found.cases, **{key: getattr(found, key) for key in COUNTS}, "n": rate.n,
        "rate": rate.value, "low": rate.low, "high": rate.high, "method": rate.method, "seed": rate.seed,
        "verdict": found.verdict,
    }  # fmt: skip


def judgings_of(comparison: Comparison) -> QuerySet[PairJudging]:
    """Passes over a comparison, newest first, with ``said``: questions that have a word."""
    rows = PairJudging.objects.filter(comparison=comparison).select_related("judge", "started_by")
    return rows.annotate(said=Count("opinions")).order_by("-created_at")


def pair_judging_for(viewer: User, judging_id: UUID) -> PairJudging:
    """Raises NotFound if there is none that the viewer may see."""
    seen = access.visible(viewer, Comparison.objects.all())
    rows = PairJudging.objects.filter(pk=judging_id, comparison__in=seen)
    found = rows.select_related("judge", "comparison__engagement", "comparison__now").first()
    if found is None:
        raise NotFound
    return found


def opinions_of(
    judging: PairJudging, viewer: User, *, without: Collection[UUID] = ()
) -> QuerySet[PairOpinion]:
    """What the judge said, without cases that the viewer may not read and without answers in ``without``."""
    rows = PairOpinion.objects.filter(judging=judging)
    rows = rows.exclude(now_id__in=without).exclude(before_id__in=without)
    if not may_read_sealed(viewer, judging.comparison.engagement):
        rows = rows.filter(now__case__sealed=False, before__case__sealed=False)
    return rows


def _first_answers(run: Run, *, by_content: bool) -> dict[str, tuple[UUID, str]]:
    rows = Attempt.objects.filter(run=run, repeat=1, error_class="").exclude(answer=None)
    fields = ("pk", "case_id", "case__cluster", "case__key", "case__input", "case__expected", "case__context")
    found = {}
    for pk, case_id, cluster, *asked in rows.order_by("position").values_list(*fields):
        found["\0".join(asked) if by_content else str(case_id)] = (pk, cluster)
    return found
