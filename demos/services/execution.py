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
from demos.egress import egress_rules, note_call
from demos.engine.budget import Budget
from demos.engine.plan import RunPlan
from demos.engine.runner import run_sync
from demos.engine.vocabulary import Claim, Control, GradedAttempt, RunEnd
from demos.models import Run
from demos.services import fairness, leases, limits, results
from demos.services.graders import spec_of as grader_spec
from demos.services.leases import Lease
from demos.services.moves import change_status, drop_pending, run_path
from demos.services.prices import price_for
from demos.services.shares import TargetShares, in_thread
from demos.services.spending import MonthStanding, standing
from demos.services.targets import spec_of
from demos.vocabulary import RUN_STOPPED, PersonalDataAction, RunLimit, RunMove, RunStatus
from portal import audit, ids
from portal.errors import GatehouseError
from portal.scope import tenant_scope
from portal.secrets import read_secrets

SHARD_SECONDS = 600
"""A shard hands over to a fresh one after this, well inside the time limit of its task."""

SLICE_SECONDS = 5.0
"""A shard works at least so long before it makes way for another client's run."""
LOOK_EVERY = 0.5

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What one shard is told."""

    plan: RunPlan
    secrets: dict[str, str]
    target_id: UUID
    masks: bool


@dataclass(slots=True)
class Desk:
    """The engine's source and sink: every database call runs in one thread, so that writes stay in order.

    A slow database makes ``write`` slow, and the engine then sends less: memory does not fill.
    """

    lease: Lease
    ends_at: float
    shares: TargetShares
    budget: Budget
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "shard-database"))
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    renewed_at: float = field(default_factory=time.monotonic)
    looked_at: float = 0.0
    yields_from: float = field(default_factory=lambda: time.monotonic() + SLICE_SECONDS)
    others_wait: bool = False
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
        said = await self._call(
            lambda: leases.store(
                self.lease, rows, self.positions, renew=renew, budget=self.budget, parts=self.shares.parts
            )
        )
        if renew:
            self.renewed_at = now
        for row in rows:
            self.positions.pop((row.attempt.case_id, row.attempt.repeat), None)
        if said is Control.CONTINUE and await self._hands_over(now):
            self.handed_over = True
            return Control.DRAIN
        return said

    async def _hands_over(self, now: float) -> bool:
        """Whether the time of this shard is over, or its slice is and another client's run waits."""
        if now - self.looked_at >= LOOK_EVERY:
            self.looked_at = now
            lease = self.lease
            self.others_wait = await in_thread(
                lambda: fairness.should_hand_over(lease.tenant_id, lease.owner)
            )
        return now >= self.ends_at or (self.others_wait and now >= self.yields_from)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)

    def close(self) -> None:
        """Close the thread and its database connection."""
        self.thread.submit(lambda: connection.close()).result()  # the connection of that thread
        self.thread.shutdown()
        fairness.note_done(self.lease.tenant_id, self.lease.owner)


def execute_shard(*, tenant_id: UUID, run_id: UUID) -> None:
    """Work on a run until nothing is free, it is held or stopped, or a limit is reached; finish if complete.

    Does nothing for a run that is not queued or running. A run that cannot be prepared fails with its reason.
    """
    fairness.note_served(tenant_id, run_id)
    try:
        order = _prepare(tenant_id, run_id)
    except (GatehouseError, ValueError) as problem:
        _fail(tenant_id, run_id, str(problem))
        return
    if order is None:
        return
    note_call(order.plan.target.url, tenant_id=tenant_id, what="shard of a run")
    lease = Lease(tenant_id, run_id, ids.uuid7(), settings.EVALUATION_LEASE_S, order.masks)
    target = order.plan.target
    shares = TargetShares(order.target_id, lease.owner, target.concurrency, target.max_per_second, in_thread)
    desk = Desk(lease, time.monotonic() + SHARD_SECONDS, shares, Budget(order.plan.limits))
    try:
        outcome = run_sync(
            order.plan, source=desk, sink=desk, secrets=order.secrets, egress=egress_rules(tenant_id),
            shares=shares, budget=desk.budget,
        )  # fmt: skip
    except ValueError as problem:
        _fail(tenant_id, run_id, str(problem))
        return
    finally:
        desk.close()
    logger.info(
        "shard of run %s: %s, %s attempts in %.1f s", run_id, outcome.end, outcome.finished, outcome.seconds
    )
    _settle(tenant_id, run_id, end=outcome.end, handed_over=desk.handed_over)


def _prepare(tenant_id: UUID, run_id: UUID) -> Order | None:
    """Start the run if it is queued, and gather what the engine needs. None: nothing to do."""
    with tenant_scope([tenant_id]):
        run = (
            Run.objects.select_for_update(of=("self",))
            .select_related("plan__target_version__target", "plan__price_version")
            .get(pk=run_id)
        )
        if run.plan.target_version.target.halted_at is not None:
            return None
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
                price=price_for(plan),
                limits=limits.limits_left(run, plan, parts=settings.EVALUATION_SHARDS, month=_month(run)),
            ),
            secrets=read_secrets(tenant_id, target.secret_names),
            target_id=plan.target_version.target_id,
            masks=plan.personal_data == PersonalDataAction.MASK,
        )


def _settle(tenant_id: UUID, run_id: UUID, *, end: RunEnd, handed_over: bool) -> None:
    """After a shard: finish a complete run, stop one at its limit, pass on what is left."""
    with tenant_scope([tenant_id]):
        run = Run.objects.select_for_update(of=("self",)).select_related("plan").get(pk=run_id)
        if run.done == run.total:
            results.finish_run(run)
            return
        if run.status != RunStatus.RUNNING:
            return
        limit = limits.limit_hit(run, run.plan, now=timezone.now(), month=_month(run))
        if not limit and not leases.shards_alive(run):
            limit = limits.limit_of_end(end, run.plan)  # what is left is too little for one more case
        if limit:
            stop_at_limit(run, limit)
        elif handed_over:
            queue.send_shards(run, waiting=1)


def _month(run: Run) -> MonthStanding | None:
    return standing(run.tenant_id, run.currency, now=timezone.now())


def stop_at_limit(run: Run, limit: RunLimit) -> None:
    """End a locked run at a limit. Its figures stay partial and feed no criterion."""
    run.limit_hit = limit
    run.save(update_fields=["limit_hit"])
    change_status(run, RunMove.LIMIT, now=timezone.now())
    drop_pending(run)
    facts: dict[str, audit.Fact] = {
        "number": run.number, "done": run.done, "attempts": run.total, "limit": str(limit),
    }  # fmt: skip
    audit.record(actor=None, event=RUN_STOPPED, subject=run, facts=facts, path=run_path(run))


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
        audit.record(actor=None, event=RUN_STOPPED, subject=run, facts=facts, path=run_path(run))
