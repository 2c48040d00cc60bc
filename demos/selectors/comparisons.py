"""Comparisons of runs, and the cases that flipped, as a viewer may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from demos.models import Attempt, Comparison, Run
from demos.selectors.runs import result_version, visible_runs
from demos.selectors.verdicts import changed_verdicts
from demos.vocabulary import RunStatus
from portal import access
from portal.errors import NotFound
from portal.models import User

RELATED = ("before__plan__target_version__target", "before__plan__dataset_version__dataset")


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that changed sides, with what each run answered."""

    attempt: Attempt
    before: str
    now: str


def visible_comparisons(viewer: User, engagement_id: UUID) -> QuerySet[Comparison]:
    """Comparisons of an engagement, newest first."""
    rows = access.visible(viewer, Comparison.objects.filter(engagement_id=engagement_id))
    return rows.select_related("before", "now", "created_by").order_by("-created_at")


def comparison_for(viewer: User, comparison_id: UUID) -> Comparison:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, Comparison.objects.filter(pk=comparison_id)).select_related(
        "engagement", "created_by", *RELATED, *(name.replace("before__", "now__", 1) for name in RELATED)
    )
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def comparable_runs(viewer: User, engagement_id: UUID) -> QuerySet[Run]:
    """The finished runs of an engagement, newest first."""
    return visible_runs(viewer, engagement_id).filter(status=RunStatus.FINISHED)


def flips(comparison: Comparison, pairs: Sequence[tuple[str, str]]) -> list[Flip]:
    """One page of flipped cases, in the given order, with the answer of each side. Two queries."""
    before = _answers(comparison.before_id, [first for first, _ in pairs])
    now = _answers(comparison.now_id, [second for _, second in pairs])
    return [
        Flip(now[second], said(before.get(first)), said(now[second]))
        for first, second in pairs
        if second in now
    ]


def said(attempt: Attempt | None) -> str:
    """What came back, in words."""
    if attempt is None:
        return "not asked"
    if attempt.answer is None:
        return attempt.error_class or attempt.why_no_text
    return attempt.answer or "an empty text"


def _answers(run_id: UUID, case_ids: list[str]) -> dict[str, Attempt]:
    """For each case the attempt that decided: a failed one where there is any."""
    rows = (
        Attempt.objects.filter(run_id=run_id, case_id__in=case_ids)
        .select_related("case")
        .order_by("case_id", F("passed").asc(nulls_first=True), "repeat")
        .distinct("case_id")
    )
    return {str(row.case_id): row for row in rows}


def paired_rows(run: Run, *, by_content: bool) -> list[dict[str, Any]]:
    """Every attempt of a run with ``pair``: the case, or what it asks when the versions differ."""
    rows = (
        Attempt.objects.filter(run=run)
        .order_by("position", "repeat")
        .values(
            "pk", "case_id", "passed", "score", "error_class", "latency_ms", "cost", "case__key",
            "case__input", "case__expected", "case__context", slices=F("case__slices"),
            cluster=F("case__cluster"),
        )
    )  # fmt: skip
    changed = changed_verdicts(run, version=result_version(run))
    found = []
    for row in rows.iterator(chunk_size=2_000):
        asked = "\0".join((row["case__key"], row["case__input"], row["case__expected"], row["case__context"]))
        if (verdict := changed.get(row["pk"])) is not None:
            row["passed"], row["score"] = verdict.passed, verdict.score
        kept = {name: value for name, value in row.items() if not name.startswith("case__")}
        found.append({**kept, "pair": asked if by_content else str(row["case_id"])})
    return found
