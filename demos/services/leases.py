"""Attempts to do are claimed by lease; attempts done are stored with the run's counters, in one transaction.

Everything here is plain blocking database work; the shard calls it from a thread of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone

from demos.engine.budget import Budget
from demos.engine.personal_data import masked
from demos.engine.vocabulary import (
    NOTHING_FOUND,
    AttemptResult,
    CaseInput,
    Claim,
    Control,
    GradedAttempt,
    Turn,
)
from demos.models import Case, EvaluationPlan, PendingAttempt, Run
from demos.services import spending
from demos.services.limits import limit_hit, limits_left, warn_if_near
from demos.services.spending import MonthStanding
from demos.services.targets import plain_text
from demos.services.transcripts import mode_of_run
from demos.transcripts import kept_answer, kept_json, kept_text
from demos.vocabulary import RunStatus, TranscriptMode
from portal import ids
from portal.scope import tenant_scope

RENEW_EVERY = 4
"""A lease is renewed when this part of it is over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One shard's hold on attempts of one run. ``masks``: personal data is blacked out before it is sent."""

    tenant_id: UUID
    run_id: UUID
    owner: UUID
    seconds: float
    masks: bool = False


COLUMNS = (
    "id", "tenant_id", "created_at", "run_id", "case_id", "repeat", "position", "passed", "score", "reason",
    "grader_error", "grades", "error_class", "error_detail", "first_try", "retries", "http_status", "answer",
    "sent_at", "latency_ms", "tokens_in", "tokens_out", "cost", "request_excerpt", "response_excerpt",
    "calls", "ttft_ms", "tokens_cached", "found", "kept", "answer_sha256", "answer_chars",
)  # fmt: skip
_COLUMN_LIST = ", ".join(COLUMNS)

CLAIM = """
WITH next AS (
    SELECT id FROM demos_pendingattempt
    WHERE run_id = %(run)s AND (lease_expires IS NULL OR lease_expires < clock_timestamp())
    ORDER BY position LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
, taken AS (
    UPDATE demos_pendingattempt p
    SET lease_owner = %(owner)s, lease_expires = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM next WHERE p.id = next.id
    RETURNING p.case_id, p.repeat, p.position
)
SELECT t.position, t.repeat, c.id::text, c.input, c.expected, c.context, c.category, c.cluster,
    c.slices::text, c.turns::text, c.checks::text
FROM taken t JOIN demos_case c ON c.id = t.case_id ORDER BY t.position
"""
"""One query, no model rows: a case costs its share of a claim and little more."""
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
INCOMING = """
CREATE TEMP TABLE IF NOT EXISTS demos_incoming (LIKE demos_attempt) ON COMMIT DELETE ROWS
"""
COPY = f"COPY demos_incoming ({_COLUMN_LIST}) FROM STDIN"
SMALLEST = Decimal("0.00000001")
STORE = f"""
WITH stored AS (
    INSERT INTO demos_attempt ({_COLUMN_LIST})
    SELECT {_COLUMN_LIST} FROM demos_incoming ORDER BY case_id, repeat
    ON CONFLICT (run_id, case_id, repeat) DO NOTHING
    RETURNING passed, error_class, retries, cost, calls, tokens_in, tokens_out
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
        count(*) FILTER (WHERE cost IS NULL) AS uncosted, coalesce(sum(calls), 0) AS calls,
        coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), 0) AS tokens
    FROM stored
)
UPDATE demos_run r SET done = r.done + s.done, passed = r.passed + s.passed, failed = r.failed + s.failed,
    errored = r.errored + s.errored, ungraded = r.ungraded + s.ungraded, retries = r.retries + s.retries,
    cost = r.cost + s.cost, uncosted = r.uncosted + s.uncosted, calls = r.calls + s.calls,
    tokens = r.tokens + s.tokens
FROM sums s WHERE r.id = %s
"""  # noqa: S608  # column names are ours


def claim(lease: Lease, limit: int) -> dict[tuple[str, int], tuple[Claim, int]]:
    """Lease up to ``limit`` free attempts: claim and position by (case id, repeat). Empty: none is free."""
    with tenant_scope([lease.tenant_id]), connection.cursor() as cursor:
        cursor.execute(
            CLAIM, {"run": lease.run_id, "limit": limit, "owner": lease.owner, "seconds": lease.seconds}
        )
        rows = cursor.fetchall()
    return {(row[2], row[1]): (Claim(_case_of(row[2:], masks=lease.masks), row[1]), row[0]) for row in rows}


def release(lease: Lease, claims: Sequence[Claim]) -> None:
    """Give back what was not done; another shard may take it at once."""
    if not claims:
        return
    with tenant_scope([lease.tenant_id]), connection.cursor() as cursor:
        cases, repeats = [UUID(c.case.id) for c in claims], [c.repeat for c in claims]
        cursor.execute(LOCK, [lease.run_id])
        cursor.execute(RELEASE, [lease.run_id, lease.owner, cases, repeats])


def store(
    lease: Lease, rows: Sequence[GradedAttempt], positions: Mapping[tuple[str, int], int], *, renew: bool,
    budget: Budget | None = None, parts: int = 1,
) -> Control:  # fmt: skip
    """Store rows, counters and lease in one transaction, and say how the shard goes on.

    A row that another shard stored first is skipped and not counted. ``budget`` is granted what is left, of
    which ``parts`` shards take equal shares.
    """
    now = timezone.now()
    with tenant_scope([lease.tenant_id]), connection.cursor() as cursor:
        if rows:
            mode = mode_of_run(lease.run_id)  # as it is at the moment of storing
            cursor.execute(INCOMING)
            with cursor.copy(COPY) as sink:
                for key, row in zip(ids.uuid7s(len(rows)), rows, strict=True):
                    place = positions[row.attempt.case_id, row.attempt.repeat]
                    sink.write_row((key, *_values(lease, row, place, now, mode)))
        if rows or renew:
            cursor.execute(LOCK, [lease.run_id])
        if rows:
            cursor.execute(STORE, [lease.run_id])
        if renew:
            cursor.execute(RENEW, [lease.seconds, lease.run_id, lease.owner])
        run = Run.objects.select_related("plan").get(pk=lease.run_id)
        month = spending.standing(run.tenant_id, run.currency, now=now)
        if rows:
            warn_if_near(run, run.plan, now=now)
            if month is not None:
                spending.warn_if_near(month, now=now)
        if budget is not None and budget.bounded:
            left = limits_left(run, run.plan, parts=parts, month=month)
            budget.grant(calls=left.max_calls, cost=left.max_cost, tokens=left.max_tokens)
        return control(run, run.plan, now=now, month=month)


def shards_alive(run: Run) -> int:
    """Shards that hold attempts of ``run`` by a lease that has not run out."""
    held = PendingAttempt.objects.filter(run=run, lease_expires__gt=timezone.now())
    return held.values("lease_owner").distinct().count()


def control(run: Run, plan: EvaluationPlan, *, now: datetime, month: MonthStanding | None = None) -> Control:
    """How a shard of ``run`` goes on."""
    if run.status == RunStatus.PAUSED:
        return Control.PAUSE
    if run.status != RunStatus.RUNNING:
        return Control.STOP
    return Control.BUDGET if limit_hit(run, plan, now=now, month=month) else Control.CONTINUE


def case_input(case: Case) -> CaseInput:
    """A stored case as a grader sees it."""
    stored = (orjson.dumps(part).decode() for part in (case.slices, case.turns, case.checks))
    row = (str(case.pk), case.input, case.expected, case.context, case.category, case.cluster, *stored)
    return _case_of(row, masks=False)


def _case_of(row: Sequence[Any], *, masks: bool) -> CaseInput:
    """A claimed row as the engine asks it. The expected answer, which only graders see, is never masked."""
    key, question, expected, context, category, cluster, slices, turns, checks = row
    said = orjson.loads(turns) if turns != "[]" else []
    if masks:
        question, context = masked(question), masked(context)
        said = [{**turn, "say": masked(turn["say"])} for turn in said]
    return CaseInput(
        key, question, expected, context, category,
        tuple(f"{name}={value}" for name, value in sorted(orjson.loads(slices).items()))
        if slices != "{}" else (),
        cluster,
        tuple(Turn(turn["say"], tuple(turn.get("checks", ()))) for turn in said) if said else (),
        tuple(orjson.loads(checks)) if checks != "[]" else (),
    )  # fmt: skip


def _values(
    lease: Lease, row: GradedAttempt, position: int, now: datetime, mode: TranscriptMode
) -> tuple[Any, ...]:
    attempt, verdict = row.attempt, row.verdict
    answer, answer_sha256, answer_chars = kept_answer(mode, attempt.answer)

    def text(said: str) -> str:
        return plain_text(kept_text(mode, said))

    grades = [
        {
            "grader": g.grader, "score": g.score, "passed": g.passed, "reason": kept_text(mode, g.reason),
            "error": kept_text(mode, g.error),
        }
        for g in row.grades
    ]  # fmt: skip
    return (
        lease.tenant_id, now, lease.run_id, attempt.case_id, attempt.repeat,
        position,
        verdict.passed if verdict else None,
        verdict.score if verdict else None,
        text(verdict.reason) if verdict else "",
        text(verdict.error) if verdict else "",
        _json(grades),
        attempt.error_class.value if attempt.error_class else "",
        text(attempt.error_detail),
        attempt.first_try, attempt.retries, attempt.http_status,
        None if answer is None else plain_text(answer),
        attempt.sent_at, attempt.latency_ms, attempt.tokens_in, attempt.tokens_out, _money(attempt.cost),
        text(attempt.request_excerpt), text(attempt.response_excerpt),
        attempt.calls, attempt.ttft_ms, attempt.tokens_cached,
        None
        if attempt.found is NOTHING_FOUND and not attempt.turns
        else _json(kept_json(mode, _found(attempt))),
        mode.value, answer_sha256, answer_chars,
    )  # fmt: skip


def _found(attempt: AttemptResult) -> dict[str, Any]:
    """What came with the answer, as stored: only what there is."""
    found = attempt.found
    stored: dict[str, Any] = {}
    if found.citations is not None:
        stored["citations"] = list(found.citations)
    if found.tool_calls is not None:
        stored["tool_calls"] = [{"name": c.name, "arguments": dict(c.arguments)} for c in found.tool_calls]
    if found.session_id:
        stored["session_id"] = found.session_id
    if attempt.turns:
        stored["turns"] = [
            {"say": t.say, "answer": t.answer, "passed": t.passed, "reason": t.reason, "error": t.error}
            for t in attempt.turns
        ]
    return stored


def _json(value: Any) -> str:
    """JSON that PostgreSQL can hold: no zero characters."""
    return plain_text(orjson.dumps(value).decode()).replace("\\u0000", "\\ufffd")


def _money(cost: Decimal | None) -> Decimal | None:
    return cost.quantize(SMALLEST) if cost else cost
