"""What every pass of a judge model shares: one worker at a time by a lease, and the limits of its system.

A worker may die at any moment. Its lease runs out, the sweeper sends the task again, and what has a word is
not asked again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from demos.egress import egress_rules, note_call
from demos.engine.plan import RunLimits, RunPlan
from demos.engine.runner import run_sync
from demos.engine.vocabulary import Claim, Control, GradedAttempt
from demos.models import JudgeVersion, Judging, PairJudging, Target
from demos.services.shares import TargetShares, in_thread
from demos.services.spending import standing
from demos.services.targets import price_of, spec_of
from demos.vocabulary import JudgingStatus
from portal import ids
from portal.scope import tenant_scope
from portal.secrets import read_secrets

CALLS_PER_ANSWER = 3
WORK_SECONDS = 600
"""A worker hands over to a fresh task after this, well inside the time limit of its task."""
RENEW_EVERY = 4
LOOK_EVERY = 0.5

Pass = Judging | PairJudging
T = TypeVar("T")


@dataclass(slots=True)
class JudgeDesk:
    """The engine's source and sink of one pass. Subclasses say what is asked and how a word is stored."""

    tenant_id: UUID
    model: type[Pass]
    key: UUID
    target_id: UUID
    currency: str
    owner: UUID = field(default_factory=ids.uuid7)
    ends_at: float = field(default_factory=lambda: time.monotonic() + WORK_SECONDS)
    renewed_at: float = field(default_factory=time.monotonic)
    looked_at: float = field(default_factory=time.monotonic)
    handed_over: bool = False
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "judging-database"))

    def ask(self, limit: int) -> list[Claim]:
        """Questions without a word that this worker has not taken yet. Called inside the scope."""
        raise NotImplementedError

    def store(self, rows: Sequence[GradedAttempt]) -> None:
        """Keep what was said. Called inside the scope."""
        raise NotImplementedError

    async def claim(self, limit: int) -> Sequence[Claim]:
        return await self._call(lambda: self._inside(lambda: self.ask(limit)))

    async def release(self, claims: Sequence[Claim]) -> None:
        """Nothing is kept for a question: what has no word is asked again."""

    async def write(self, rows: Sequence[GradedAttempt]) -> Control:
        now = time.monotonic()
        renew = now - self.renewed_at >= settings.EVALUATION_LEASE_S / RENEW_EVERY
        look = now - self.looked_at >= LOOK_EVERY
        if rows or renew or look:
            said = await self._call(lambda: self._inside(lambda: self._write(rows, renew=renew)))
            self.renewed_at = now if renew else self.renewed_at
            self.looked_at = now
            if said is not Control.CONTINUE:
                return said
        if now >= self.ends_at:
            self.handed_over = True
            return Control.DRAIN
        return Control.CONTINUE

    def close(self) -> None:
        """Give the lease back; close the thread and its database connection."""
        self.thread.submit(lambda: self._inside(self._leave)).result()
        self.thread.submit(lambda: connection.close()).result()  # the connection of that thread
        self.thread.shutdown()

    def _write(self, rows: Sequence[GradedAttempt], *, renew: bool) -> Control:
        if rows:
            self.store(rows)
            cost = sum((row.attempt.cost or Decimal(0) for row in rows), Decimal(0))
            self._mine().update(cost=F("cost") + cost)
        if renew and not self._mine().update(lease_expires=_lease_end()):
            return Control.STOP
        if not self._mine().exists() or not may_go_on(self.tenant_id, self.target_id, self.currency):
            return Control.STOP
        return Control.CONTINUE

    def _mine(self) -> Any:
        return self.model.objects.filter(pk=self.key, status=JudgingStatus.WAITING, lease_owner=self.owner)

    def _leave(self) -> None:
        self.model.objects.filter(pk=self.key, lease_owner=self.owner).update(
            lease_owner=None, lease_expires=None
        )

    def _inside(self, work: Callable[[], T]) -> T:
        with tenant_scope([self.tenant_id]):
            return work()

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)


def carry_out(desk: JudgeDesk, judge: JudgeVersion, *, total: int, what: str) -> None:
    """Ask what has no word yet, within the limits that all workers share for the judge's system."""
    with tenant_scope([desk.tenant_id]):
        spec, price = spec_of(judge.target_version), price_of(judge.target_version)
        secrets, rules = read_secrets(desk.tenant_id, spec.secret_names), egress_rules(desk.tenant_id)
    limits = RunLimits(max_calls=max(1, total * CALLS_PER_ANSWER))
    plan = RunPlan(target=spec, price=price, limits=limits, keep_excerpts=False)
    shares = TargetShares(desk.target_id, desk.owner, spec.concurrency, spec.max_per_second, in_thread)
    note_call(spec.url, tenant_id=desk.tenant_id, what=what)
    try:
        run_sync(plan, source=desk, sink=desk, secrets=secrets, egress=rules, shares=shares)
    finally:
        desk.close()


def take(desk: JudgeDesk) -> bool:
    """Take the lease of an unfinished pass. False: it is over, another worker has it, or it has to wait."""
    now = timezone.now()
    free = Q(lease_expires=None) | Q(lease_expires__lt=now)
    rows = desk.model.objects.filter(free, pk=desk.key, status=JudgingStatus.WAITING)
    if not may_go_on(desk.tenant_id, desk.target_id, desk.currency):
        return False
    return bool(rows.update(lease_owner=desk.owner, lease_expires=_lease_end()))


def may_go_on(tenant_id: UUID, target_id: UUID, currency: str) -> bool:
    """Whether a judge may be asked now: its system is not stopped, and the month has money left."""
    if Target.objects.filter(pk=target_id, halted_at__isnull=False).exists():
        return False
    month = standing(tenant_id, currency, now=timezone.now())
    return month is None or not month.is_reached


def send(task: str, judging: Pass) -> None:
    """Queue the task of a pass after commit; a message that gets lost is made good by the sweeper."""
    judging.sent_at = timezone.now()
    judging.save(update_fields=["sent_at"])
    args = [str(judging.tenant_id), str(judging.pk)]

    def deliver() -> None:
        with suppress(OperationalError):  # the sweeper sends it again
            current_app.send_task(task, args=args, queue="evaluate", retry=False)

    transaction.on_commit(deliver)


def send_lost(model: type[Pass], task: str, *, now: datetime) -> int:
    """Send passes again whose worker is gone or whose message got lost. Returns how many."""
    patience = timedelta(seconds=settings.EVALUATION_LEASE_S)
    alone = Q(lease_expires=None) | Q(lease_expires__lt=now)
    silent = Q(sent_at=None) | Q(sent_at__lt=now - patience)
    rows = model.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        alone & silent, status=JudgingStatus.WAITING
    )
    count = 0
    for judging in rows.select_related("judge__target_version"):
        if may_go_on(judging.tenant_id, judging.judge.target_version.target_id, judging.currency):
            send(task, judging)
            count += 1
    return count


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.EVALUATION_LEASE_S)
