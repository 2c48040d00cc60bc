"""Which rows leave in an export: attempts, cases, runs and flips, read by a cursor of the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from demos.models import Attempt, Case, Comparison, Run
from demos.selectors import comparisons as flipping
from demos.selectors.sealing import readable_attempts, readable_cases, readable_pairs
from portal.models import User
from portal.scope import tenant_scope

CHUNK = 1_000
ATTEMPT_COLUMNS = (
    "case", "category", "slices", "cluster", "repeat", "asked", "expected", "answer", "passed", "score",
    "reason", "grader_error", "grades", "error_class", "error_detail", "first_try", "retries", "http_status",
    "latency_ms", "tokens_in", "tokens_out", "cost", "currency", "sent_at",
)  # fmt: skip
_ATTEMPT_FIELDS = (
    "case__key", "case__category", "case__slices", "case__cluster", "repeat", "case__input", "case__expected",
    "answer", "passed", "score", "reason", "grader_error", "grades", "error_class", "error_detail",
    "first_try", "retries", "http_status", "latency_ms", "tokens_in", "tokens_out", "cost", "run__currency",
    "sent_at",
)  # fmt: skip
CASE_COLUMNS = ("case", "asked", "expected", "context", "category", "cluster", "slices", "review")
RUN_COLUMNS = (
    "run", "system", "cases", "status", "attempts", "passed", "failed", "errored", "ungraded", "retries",
    "cost", "currency", "started_at", "finished_at",
)  # fmt: skip
FLIP_COLUMNS = ("case", "change", "asked", "expected", "before", "now")


def attempts_of(run: Run, viewer: User, *, only_failures: bool) -> QuerySet[Attempt]:
    """The attempts of a run that the viewer may read, in the order of the cases."""
    rows = readable_attempts(viewer, Attempt.objects.filter(run=run), run.engagement)
    if only_failures:
        rows = rows.filter(Q(passed=False) | Q(passed=None))
    return rows.order_by("position", "repeat")


def attempt_rows(rows: QuerySet[Attempt], tenant_id: UUID) -> Iterator[tuple[Any, ...]]:
    """The rows of ``ATTEMPT_COLUMNS``. Opens the scope itself: it is read while the answer is being sent."""
    with tenant_scope([tenant_id]):
        yield from rows.values_list(*_ATTEMPT_FIELDS).iterator(chunk_size=CHUNK)


def case_rows(rows: QuerySet[Case], tenant_id: UUID) -> Iterator[tuple[Any, ...]]:
    """The rows of ``CASE_COLUMNS``, cases with their review."""
    fields = ("key", "input", "expected", "context", "category", "cluster", "slices", "review")
    with tenant_scope([tenant_id]):
        yield from rows.values_list(*fields).iterator(chunk_size=CHUNK)


def cases_of_version(rows: QuerySet[Case], viewer: User, engagement: Any) -> QuerySet[Case]:
    """Those of ``rows`` that the viewer may read."""
    return readable_cases(viewer, rows, engagement)


def run_rows(rows: QuerySet[Run]) -> Iterator[tuple[Any, ...]]:
    """The rows of ``RUN_COLUMNS``; a run under way does not say how many passed."""
    for run in rows:
        over = run.finished_at is not None
        yield (
            run.number, str(run.plan.target_version), str(run.plan.dataset_version), run.status, run.total,
            run.passed if over else None, run.failed if over else None, run.errored, run.ungraded,
            run.retries, run.cost, run.currency, run.started_at, run.finished_at,
        )  # fmt: skip


def flip_rows(comparison: Comparison, viewer: User) -> Iterator[tuple[Any, ...]]:
    """The rows of ``FLIP_COLUMNS``: newly wrong first."""
    for change, pairs in (("newly wrong", comparison.lost), ("put right", comparison.won)):
        for flip in flipping.flips(comparison, readable_pairs(viewer, pairs, comparison.engagement)):
            case = flip.attempt.case
            yield case.key, change, case.input, case.expected, flip.before, flip.now
