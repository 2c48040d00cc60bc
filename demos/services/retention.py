"""Texts of runs and of connection tests go when their time is over; the rest stays; a proof says what went.

The database allows this one change to rows that otherwise never change: the listed columns may become
exactly these expressions, once the run is older than the retention of its engagement.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from demos.models import Judging, PairJudging, Run, TextDeletion, TranscriptPolicy
from demos.services.transcripts import policy_path
from demos.vocabulary import EXCHANGES_DELETED, OPEN_STATUSES, TEXTS_DELETED, JudgingStatus
from portal import audit
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TenantStatus

EMPTY_GRADES: Final = (
    "SELECT coalesce(jsonb_agg(g || jsonb_build_object('reason', '', 'error', "
    "CASE WHEN coalesce(g->>'error', '') = '' THEN '' ELSE 'deleted' END) ORDER BY n), '[]'::jsonb) "
    "FROM jsonb_array_elements({row}grades) WITH ORDINALITY AS e(g, n)"
)
EMPTY_WORDS: Final = "CASE WHEN {row}%s = '' THEN '' ELSE 'deleted' END"
ATTEMPTS: Final = f"""
WITH gone AS (
    UPDATE demos_attempt a SET answer = NULL, reason = '', request_excerpt = '', response_excerpt = '',
        found = NULL, kept = 'deleted', grades = ({EMPTY_GRADES.format(row="a.")}),
        grader_error = {(EMPTY_WORDS % "grader_error").format(row="a.")},
        error_detail = {(EMPTY_WORDS % "error_detail").format(row="a.")}
    WHERE a.run_id = %s AND a.kept <> 'deleted' RETURNING a.id, a.sent_at
)
SELECT count(*), min(sent_at), max(sent_at),
    encode(sha256(convert_to(coalesce(string_agg(id::text, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex')
FROM gone
"""  # noqa: S608  # columns are ours
REGRADES: Final = f"""
UPDATE demos_regrade r SET reason = '', grades = ({EMPTY_GRADES.format(row="r.")}),
    grader_error = {(EMPTY_WORDS % "grader_error").format(row="r.")}
FROM demos_resultversion v WHERE v.id = r.result_version_id AND v.run_id = %s
"""  # noqa: S608  # columns are ours
OPINIONS: Final = f"""
UPDATE demos_judgeopinion o SET reason = '', error = {(EMPTY_WORDS % "error").format(row="o.")}
FROM demos_judging j WHERE j.id = o.judging_id AND j.run_id = %s
"""  # noqa: S608  # columns are ours

EXCHANGES: Final = """
WITH gone AS (
    UPDATE demos_targetexchange e SET answer = '', request_excerpt = '', response_excerpt = '',
        texts_deleted = true
    FROM demos_targetversion v JOIN demos_target t ON t.id = v.target_id
    WHERE v.id = e.target_version_id AND t.engagement_id = %s AND NOT e.texts_deleted
        AND e.created_at < %s RETURNING e.id, e.created_at
)
SELECT count(*), min(created_at), max(created_at),
    encode(sha256(convert_to(coalesce(string_agg(id::text, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex')
FROM gone
"""

logger = logging.getLogger(__name__)


def delete_due() -> None:
    """Walk tenant by tenant, run by run: each in a transaction of its own."""
    for tenant_id in Tenant.objects.filter(status=TenantStatus.ACTIVE).values_list("pk", flat=True):
        with tenant_scope([tenant_id]):
            due = runs_due()
            policies = list(
                TranscriptPolicy.objects.filter(retention_days__isnull=False).values_list("pk", flat=True)
            )
        for policy_id in policies:
            try:
                with tenant_scope([tenant_id]):
                    delete_exchanges_of(policy_id)
            except Exception:  # the boundary of one engagement: logged, and the next has its turn
                logger.exception("deleting the connection tests under policy %s failed", policy_id)
        for run_id, days in due:
            try:
                with tenant_scope([tenant_id]):
                    delete_texts_of(run_id, retention_days=days)
            except Exception:  # the boundary of one run: logged, and the next has its turn
                logger.exception("deleting the texts of run %s failed", run_id)


def runs_due() -> list[tuple[UUID, int]]:
    """Runs that ended before the retention of their engagement, with its days, and whose texts are there."""
    found: list[tuple[UUID, int]] = []
    proof = TextDeletion.objects.filter(run=OuterRef("pk"))
    for policy in TranscriptPolicy.objects.filter(retention_days__isnull=False):
        days = policy.retention_days or 0
        ended = Run.objects.filter(
            engagement_id=policy.engagement_id, finished_at__lt=timezone.now() - timedelta(days=days)
        )
        keys = ended.filter(~Exists(proof)).order_by("finished_at").values_list("pk", flat=True)
        found += [(key, days) for key in keys]
    return found


def delete_texts_of(run_id: UUID, *, retention_days: int) -> TextDeletion | None:
    """Empty the texts of a run and write the proof. None: another worker was faster, or the run is on."""
    rows = Run.objects.select_for_update(of=("self",)).select_related("engagement__tenant")
    run = rows.get(pk=run_id)
    if run.status in OPEN_STATUSES or TextDeletion.objects.filter(run=run).exists():
        return None
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, [run.pk])
        attempts, first_at, last_at, sha256 = cursor.fetchone()
        cursor.execute(REGRADES, [run.pk])
        regrades = cursor.rowcount
        cursor.execute(OPINIONS, [run.pk])
        opinions = cursor.rowcount
    over = {"status": JudgingStatus.FAILED, "fault": "The texts of the run were deleted."}
    Judging.objects.filter(run=run, status=JudgingStatus.WAITING).update(finished_at=timezone.now(), **over)
    either = Q(comparison__before=run) | Q(comparison__now=run)
    PairJudging.objects.filter(either, status=JudgingStatus.WAITING).update(
        finished_at=timezone.now(), **over
    )
    proof = TextDeletion.objects.create(
        tenant_id=run.tenant_id, engagement=run.engagement, run=run, retention_days=retention_days,
        attempts=attempts, regrades=regrades, opinions=opinions, first_at=first_at, last_at=last_at,
        ids_sha256=sha256,
    )  # fmt: skip
    audit.record(
        actor=None, event=TEXTS_DELETED, subject=proof, path=policy_path(run.engagement),
        facts={
            "run": run.number, "attempts": attempts, "regrades": regrades, "opinions": opinions,
            "retention_days": retention_days, "first_at": first_at, "last_at": last_at, "ids_sha256": sha256,
        },
    )  # fmt: skip
    return proof


def delete_exchanges_of(policy_id: UUID) -> TextDeletion | None:
    """Empty what was sent and came back in tests of connections past the retention; None: nothing is due."""
    rows = TranscriptPolicy.objects.select_for_update(of=("self",)).select_related("engagement__tenant")
    policy = rows.get(pk=policy_id)
    days = policy.retention_days
    if days is None:
        return None
    before = timezone.now() - timedelta(days=days)
    with connection.cursor() as cursor:
        cursor.execute(EXCHANGES, [policy.engagement_id, before])
        exchanges, first_at, last_at, sha256 = cursor.fetchone()
    if not exchanges:
        return None
    proof = TextDeletion.objects.create(
        tenant_id=policy.tenant_id, engagement=policy.engagement, run=None, retention_days=days, attempts=0,
        regrades=0, opinions=0, exchanges=exchanges, first_at=first_at, last_at=last_at, ids_sha256=sha256,
    )  # fmt: skip
    audit.record(
        actor=None, event=EXCHANGES_DELETED, subject=proof, path=policy_path(policy.engagement),
        facts={
            "exchanges": exchanges, "retention_days": days, "first_at": first_at, "last_at": last_at,
            "ids_sha256": sha256,
        },
    )  # fmt: skip
    return proof
