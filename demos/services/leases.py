"""Attempts to do are claimed by lease; attempts done are stored with the run's counters, in one transaction.

Everything here is plain blocking database work; the shard calls it from a thread of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from demos.engine.vocabulary import CaseInput, Claim, Control, GradedAttempt
from demos.models import Case, EvaluationPlan, Run
from demos.services.targets import plain_text
from demos.vocabulary import RunLimit, RunStatus
from portal import ids
from portal.scope import tenant_scope

RENEW_EVERY = 4
"""A lease is renewed when this part of it is over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One shard's hold on attempts of one run."""

    tenant_id: UUID
    run_id: UUID
    owner: UUID
    seconds: float


COLUMNS = (
    "id", "tenant_id", "created_at", "run_id", "case_id", "repeat", "position", "passed", "score", "reason",
    "grader_error", "grades", "error_class", "error_detail", "first_try", "retries", "http_status", "answer",
    "sent_at", "latency_ms", "tokens_in", "tokens_out", "cost", "request_excerpt", "response_excerpt",
)  # fmt: skip
_COLUMN_LIST = ", ".join(COLUMNS)

CLAIM = """
WITH next AS (
    SELECT id FROM demos_pendingattempt
    WHERE run_id = %(run)s AND (lease_expires IS NULL OR lease_expires < clock_timestamp())
    ORDER BY position LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE demos_pendingattempt p
SET lease_owner = %(owner)s, lease_expires = clock_timestamp() + make_interval(secs => %(seconds)s)
FROM next WHERE p.id = next.id
RETURNING p.case_id, p.repeat, p.position
"""
LOCK = "SELECT 1 FROM demos_run WHERE id = %s FOR UPDATE"
"""Taken before any pending attempt is changed: whoever stops or sweeps the run takes it first too."""

RELEASE = """
UPDATE demos_pendingattempt SET lease_owner = NULL, lease_expires = NULL
WHERE run_id = %s AND lease_owner = %s AND (case_id, repeat) IN (SELECT * FROM unnest(%s::uuid[], %s::int[]))
"""
RENEW = """
UPDATE demos_pendingattempt SET lease_expires = clock_timestamp() + make_interval(secs => %s)
WHERE run_id = %s AND lease_owner = %s
"""
STORE = f"""
WITH stored AS (
    INSERT INTO demos_attempt ({_COLUMN_LIST})
    SELECT {_COLUMN_LIST} FROM demos_incoming ORDER BY case_id, repeat
    ON CONFLICT (run_id, case_id, repeat) DO NOTHING
    RETURNING passed, error_class, retries, cost
), gone AS (
    DELETE FROM demos_pendingattempt p USING demos_incoming i
    WHERE p.run_id = i.run_id AND p.case_id = i.case_id AND p.repeat = i.repeat
), sums AS (
    SELECT count(*) AS done,
        count(*) FILTER (WHERE passed) AS passed,
        count(*) FILTER (WHERE NOT passed) AS failed,
        count(*) FILTER (WHERE error_class <> '') AS errored,
        count(*) FILTER (WHERE error_class = '' AND passed IS NULL) AS ungraded,
        coalesce(sum(retries), 0) AS retries, coalesce(sum(cost), 0) AS cost,
        count(*) FILTER (WHERE cost IS NULL) AS uncosted
    FROM stored
)
UPDATE demos_run r SET done = r.done + s.done, passed = r.passed + s.passed, failed = r.failed + s.failed,
    errored = r.errored + s.errored, ungraded = r.ungraded + s.ungraded, retries = r.retries + s.retries,
    cost = r.cost + s.cost, uncosted = r.uncosted + s.uncosted
FROM sums s WHERE r.id = %s
"""  # noqa: S608  # column names are ours


def claim(lease: Lease, limit: int) -> dict[tuple[str, int], tuple[Claim, int]]:
    """Lease up to ``limit`` free attempts: claim and position by (case id, repeat). Empty: none is free."""
    with tenant_scope([lease.tenant_id]):
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM, {"run": lease.run_id, "limit": limit, "owner": lease.owner, "seconds": lease.seconds}
            )
            rows = sorted(cursor.fetchall(), key=lambda row: row[2])
        cases = Case.objects.in_bulk([row[0] for row in rows])
    return {
        (str(case_id), repeat): (Claim(case_input(cases[case_id]), repeat), position)
        for case_id, repeat, position in rows
    }


def release(lease: Lease, claims: Sequence[Claim]) -> None:
    """Give back what was not done; another shard may take it at once."""
    if not claims:
        return
    with tenant_scope([lease.tenant_id]), connection.cursor() as cursor:
        cases, repeats = [UUID(c.case.id) for c in claims], [c.repeat for c in claims]
        cursor.execute(LOCK, [lease.run_id])
        cursor.execute(RELEASE, [lease.run_id, lease.owner, cases, repeats])


def store(
    lease: Lease, rows: Sequence[GradedAttempt], positions: Mapping[tuple[str, int], int], *, renew: bool
) -> Control:
    """Store rows, counters and lease in one transaction, and say how the shard goes on.

    A row that another shard stored first is skipped and not counted.
    """
    with tenant_scope([lease.tenant_id]), connection.cursor() as cursor:
        if rows:
            cursor.execute("CREATE TEMP TABLE demos_incoming (LIKE demos_attempt) ON COMMIT DROP")
            with cursor.copy(f"COPY demos_incoming ({_COLUMN_LIST}) FROM STDIN") as sink:
                for row in rows:
                    key = (row.attempt.case_id, row.attempt.repeat)
                    sink.write_row(_values(lease, row, positions[key]))
        if rows or renew:
            cursor.execute(LOCK, [lease.run_id])
        if rows:
            cursor.execute(STORE, [lease.run_id])
        if renew:
            cursor.execute(RENEW, [lease.seconds, lease.run_id, lease.owner])
        run = Run.objects.select_related("plan").get(pk=lease.run_id)
        return control(run, run.plan, now=timezone.now())


def control(run: Run, plan: EvaluationPlan, *, now: datetime) -> Control:
    """How a shard of ``run`` goes on."""
    if run.status == RunStatus.PAUSED:
        return Control.PAUSE
    if run.status != RunStatus.RUNNING:
        return Control.STOP
    return Control.BUDGET if limit_hit(run, plan, now=now) else Control.CONTINUE


def limit_hit(run: Run, plan: EvaluationPlan, *, now: datetime) -> RunLimit:
    """The limit that a run has reached, NONE if none. Calls count every try."""
    if plan.max_cost is not None and run.cost >= plan.max_cost:
        return RunLimit.COST
    if plan.max_calls is not None and run.done + run.retries >= plan.max_calls:
        return RunLimit.CALLS
    deadline = deadline_of(run, plan)
    return RunLimit.TIME if deadline is not None and now >= deadline else RunLimit.NONE


def deadline_of(run: Run, plan: EvaluationPlan) -> datetime | None:
    """When the time limit strikes; None without one, or before the start."""
    if plan.max_seconds is None or run.started_at is None:
        return None
    return run.started_at + timedelta(seconds=plan.max_seconds)


def case_input(case: Case) -> CaseInput:
    """A stored case as the engine asks it."""
    slices = tuple(f"{name}={value}" for name, value in sorted(case.slices.items()))
    return CaseInput(
        str(case.pk), case.input, case.expected, case.context, case.category, slices, case.cluster
    )


def _values(lease: Lease, row: GradedAttempt, position: int) -> tuple[Any, ...]:
    attempt, verdict = row.attempt, row.verdict
    grades = [
        {"grader": g.grader, "score": g.score, "passed": g.passed, "reason": g.reason, "error": g.error}
        for g in row.grades
    ]
    return (
        ids.uuid7(), lease.tenant_id, timezone.now(), lease.run_id, UUID(attempt.case_id), attempt.repeat,
        position,
        verdict.passed if verdict else None,
        verdict.score if verdict else None,
        plain_text(verdict.reason) if verdict else "",
        plain_text(verdict.error) if verdict else "",
        plain_text(orjson.dumps(grades).decode()).replace("\\u0000", "\\ufffd"),
        str(attempt.error_class or ""),
        plain_text(attempt.error_detail),
        attempt.first_try, attempt.retries, attempt.http_status,
        None if attempt.answer is None else plain_text(attempt.answer),
        attempt.sent_at, attempt.latency_ms, attempt.tokens_in, attempt.tokens_out, _money(attempt.cost),
        plain_text(attempt.request_excerpt), plain_text(attempt.response_excerpt),
    )  # fmt: skip


def _money(cost: Decimal | None) -> Decimal | None:
    return None if cost is None else cost.quantize(Decimal("0.00000001"))
