"""One shard task: a loop of claim, ask, grade, store around the engine, which knows nothing of Django.

Any shard may die at any moment. Its leases run out, the sweeper queues another, stored attempts are skipped.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from demos import queue
from demos.egress import egress_rules
from demos.engine.plan import RunLimits, RunPlan
from demos.engine.runner import run_sync
from demos.engine.vocabulary import Claim, Control, GradedAttempt
from demos.models import Run
from demos.services import leases, results
from demos.services.graders import spec_of as grader_spec
from demos.services.leases import Lease
from demos.services.runs import change_status, drop_pending
from demos.services.targets import price_of, spec_of
from demos.vocabulary import RUN_STOPPED, RunLimit, RunMove, RunStatus
from portal import audit, ids
from portal.errors import GatehouseError
from portal.scope import tenant_scope
from portal.secrets import read_secrets

SHARD_SECONDS = 600
"""A shard hands over to a fresh one after this, well inside the time limit of its task."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What one shard is told."""

    plan: RunPlan
    secrets: dict[str, str]


@dataclass(slots=True)
class Desk:
    """The engine's source and sink: every database call runs in one thread, so that writes stay in order.

    A slow database makes ``write`` slow, and the engine then sends less: memory does not fill.
    """

    lease: Lease
    ends_at: float
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "shard-database"))
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    renewed_at: float = field(default_factory=time.monotonic)
    handed_over: bool = False

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Lease more attempts."""
        found = await self._call(lambda: leases.claim(self.lease, limit))
        self.positions.update({key: position for key, (_, position) in found.items()})
        return [claim for claim, _ in found.values()]

    async def release(self, claims: Sequence[Claim]) -> None:
        """Give attempts back."""
        await self._call(lambda: leases.release(self.lease, claims))

    async def write(self, rows: Sequence[GradedAttempt]) -> Control:
        """Store rows; learn whether the run was paused or stopped meanwhile."""
        now = time.monotonic()
        renew = now - self.renewed_at >= self.lease.seconds / leases.RENEW_EVERY
        said = await self._call(lambda: leases.store(self.lease, rows, self.positions, renew=renew))
        if renew:
            self.renewed_at = now
        for row in rows:
            self.positions.pop((row.attempt.case_id, row.attempt.repeat), None)
        if said is Control.CONTINUE and now >= self.ends_at:
            self.handed_over = True
            return Control.PAUSE
        return said

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)

    def close(self) -> None:
        """Close the thread and its database connection."""
        self.thread.submit(lambda: connection.close()).result()  # the connection of that thread
        self.thread.shutdown()


def execute_shard(*, tenant_id: UUID, run_id: UUID) -> None:
    """Work on a run until nothing is free, it is held or stopped, or a limit is reached; finish if complete.

    Does nothing for a run that is not queued or running. A run that cannot be prepared fails with its reason.
    """
    try:
        order = _prepare(tenant_id, run_id)
    except (GatehouseError, ValueError) as problem:
        _fail(tenant_id, run_id, str(problem))
        return
    if order is None:
        return
    lease = Lease(tenant_id, run_id, ids.uuid7(), settings.EVALUATION_LEASE_S)
    desk = Desk(lease, ends_at=time.monotonic() + SHARD_SECONDS)
    try:
        outcome = run_sync(order.plan, source=desk, sink=desk, secrets=order.secrets, egress=egress_rules())
    except ValueError as problem:
        _fail(tenant_id, run_id, str(problem))
        return
    finally:
        desk.close()
    logger.info(
        "shard of run %s: %s, %s attempts in %.1f s", run_id, outcome.end, outcome.finished, outcome.seconds
    )
    _settle(tenant_id, run_id, handed_over=desk.handed_over)


def _prepare(tenant_id: UUID, run_id: UUID) -> Order | None:
    """Start the run if it is queued, and gather what the engine needs. None: nothing to do."""
    with tenant_scope([tenant_id]):
        run = (
            Run.objects.select_for_update(of=("self",)).select_related("plan__target_version").get(pk=run_id)
        )
        if run.status == RunStatus.QUEUED:
            change_status(run, RunMove.START, now=timezone.now())
        if run.status != RunStatus.RUNNING or run.done == run.total:
            return None
        plan = run.plan
        target = spec_of(plan.target_version)
        graders = plan.plan_graders.select_related("grader_version__grader").order_by("position")
        return Order(
            plan=RunPlan(
                target=target,
                graders=tuple(grader_spec(row.grader_version) for row in graders),
                pass_threshold=plan.threshold,
                price=price_of(plan.target_version),
                limits=RunLimits(
                    max_calls=None
                    if plan.max_calls is None
                    else max(plan.max_calls - run.done - run.retries, 1),
                    max_cost=None if plan.max_cost is None else plan.max_cost - run.cost,
                    deadline=leases.deadline_of(run, plan),
                ),
            ),
            secrets=read_secrets(tenant_id, target.secret_names),
        )


def _settle(tenant_id: UUID, run_id: UUID, *, handed_over: bool) -> None:
    """After a shard: finish a complete run, stop one at its limit, pass on what is left."""
    with tenant_scope([tenant_id]):
        run = Run.objects.select_for_update(of=("self",)).select_related("plan").get(pk=run_id)
        if run.done == run.total:
            results.finish_run(run)
            return
        if run.status != RunStatus.RUNNING:
            return
        limit = leases.limit_hit(run, run.plan, now=timezone.now())
        if limit:
            stop_at_limit(run, limit)
        elif handed_over:
            queue.send_shards(run, waiting=1)


def stop_at_limit(run: Run, limit: RunLimit) -> None:
    """End a locked run at a limit. Its figures stay partial and feed no criterion."""
    run.limit_hit = limit
    run.save(update_fields=["limit_hit"])
    change_status(run, RunMove.LIMIT, now=timezone.now())
    drop_pending(run)
    facts: dict[str, audit.Fact] = {
        "number": run.number, "done": run.done, "attempts": run.total, "limit": str(limit),
    }  # fmt: skip
    audit.record(actor=None, event=RUN_STOPPED, subject=run, facts=facts)


def _fail(tenant_id: UUID, run_id: UUID, reason: str) -> None:
    with tenant_scope([tenant_id]):
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.status not in (RunStatus.QUEUED, RunStatus.RUNNING):
            return
        run.fault = reason
        run.save(update_fields=["fault"])
        change_status(run, RunMove.FAIL, now=timezone.now())
        drop_pending(run)
        facts: dict[str, audit.Fact] = {
            "number": run.number, "done": run.done, "attempts": run.total, "limit": "failed",
        }  # fmt: skip
        audit.record(actor=None, event=RUN_STOPPED, subject=run, facts=facts)
