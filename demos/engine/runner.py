"""Runs a plan: claims cases, asks the target, grades, writes, and stops when it is told to.

One event loop, no threads of its own. Every try is a task; a case that waits for its next try holds no
slot. Rows wait in a bounded buffer, so that a slow sink slows the sending instead of filling memory.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from demos.engine.gate import Gate
from demos.engine.graders import build_graders, combine, grade_answer
from demos.engine.http import Door, EgressRules, Secrets
from demos.engine.plan import RunOutcome, RunPlan
from demos.engine.targets.target import Target, Try
from demos.engine.vocabulary import (
    AttemptStatus,
    CaseSource,
    Claim,
    Control,
    ErrorClass,
    GradedAttempt,
    ResultSink,
    RunEnd,
)
from demos.engine.work import Counts, Work, attempt_row

log = logging.getLogger(__name__)

ENDS: Mapping[Control, RunEnd] = {
    Control.PAUSE: RunEnd.PAUSED,
    Control.STOP: RunEnd.STOPPED,
    Control.BUDGET: RunEnd.LIMIT_SHARED,
    Control.DRAIN: RunEnd.DRAINED,
}
HARD_ENDS = frozenset({RunEnd.PAUSED, RunEnd.STOPPED, RunEnd.LIMIT_TIME})
"""Ends at which calls under way are cut after the grace time; at the others they may finish."""


async def run(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
) -> RunOutcome:
    """Work until the source is empty, the sink says stop, or a limit is reached.

    Raises ValueError before anything is sent when the plan is unfit (bad grader, missing secret), and
    whatever ``source`` or ``sink`` raises; rows already written stay written.
    """
    async with Door(egress or EgressRules()) as door:
        target = Target(plan.target, secrets=Secrets(secrets or {}), door=door)
        return await _Run(plan, target, source, sink).go()


def run_sync(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
) -> RunOutcome:
    """``run`` in an event loop of its own: the body of a shard task or a script."""
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        return runner.run(run(plan, source=source, sink=sink, secrets=secrets, egress=egress))


def fast_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop where it is installed, else None for the standard one."""
    try:
        import uvloop
    except ImportError:  # no uvloop on this platform
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


class _Run:
    """The state of one run in one loop."""

    def __init__(self, plan: RunPlan, target: Target, source: CaseSource, sink: ResultSink) -> None:
        self.plan = plan
        self.target = target
        self.source = source
        self.sink = sink
        self.graders = build_graders(plan.graders)
        rate = plan.max_per_second or plan.target.max_per_second
        self.gate = Gate(plan.concurrency or plan.target.concurrency, per_second=rate)
        self.low_water = max(self.gate.ceiling, plan.pace.claim_size // 2)
        self.fresh: deque[Work] = deque()
        self.waiting: list[tuple[float, int, Work]] = []
        self.order = itertools.count()
        self.tasks: dict[asyncio.Task[None], Work] = {}
        self.rows: list[GradedAttempt] = []
        self.given_back: list[Claim] = []
        self.counts = Counts()
        self.ending: RunEnd | None = None
        self.exhausted = False
        self.closing = False
        self.failure: BaseException | None = None
        self.done = asyncio.Event()
        self.flush_now = asyncio.Event()
        self.claim_now = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.timer: asyncio.TimerHandle | None = None
        self.cutting: asyncio.TimerHandle | None = None
        self.random = random.Random()  # noqa: S311 - jitter, not a secret

    async def go(self) -> RunOutcome:
        """Run to the end and report. See ``run``."""
        started = self.loop.time()
        deadline = self._arm_deadline()
        claimer = self.loop.create_task(self._claim_loop())
        writer = self.loop.create_task(self._write_loop())
        for task in (claimer, writer):
            task.add_done_callback(self._watch)
        try:
            await self.done.wait()
            self.claim_now.set()
            await asyncio.wait([claimer])
            self.closing = True
            self.flush_now.set()
            await asyncio.wait([writer])
            if self.failure is not None:
                raise self.failure
        finally:
            for handle in (deadline, self.timer, self.cutting):
                if handle is not None:
                    handle.cancel()
            await _cancelled(claimer, writer, *self.tasks)
        released = await self._release()
        end = self.ending or RunEnd.FINISHED
        return self.counts.outcome(end, released=released, seconds=self.loop.time() - started)

    # Claiming and writing

    async def _claim_loop(self) -> None:
        size = self.plan.pace.claim_size
        while self.ending is None and not self.exhausted:
            if len(self.fresh) < self.low_water:
                claims = await self.source.claim(size)
                self.exhausted = not claims
                self.fresh.extend(Work(claim) for claim in claims)
                self._pump()
            else:
                self.claim_now.clear()
                await self.claim_now.wait()
        self._check_done()

    async def _write_loop(self) -> None:
        pace = self.plan.pace
        while not (self.closing and not self.rows):
            if len(self.rows) < pace.flush_rows and not self.closing:
                await self._flush_time(pace.flush_s)
            batch = self.rows[: pace.flush_rows]
            control = await self.sink.write(batch)
            del self.rows[: len(batch)]
            if control is not Control.CONTINUE:
                self._end(ENDS[control])
            self._pump()

    async def _flush_time(self, seconds: float) -> None:
        """Wait until enough rows are there, the run closes, or the time is up."""
        self.flush_now.clear()
        wake = self.loop.call_later(seconds, self.flush_now.set)
        await self.flush_now.wait()
        wake.cancel()

    async def _release(self) -> int:
        claims = self.given_back + [w.claim for w in self.fresh] + [entry[2].claim for entry in self.waiting]
        if claims:
            await self.source.release(claims)
        return len(claims)

    # Sending

    def _pump(self) -> None:
        """Start as many tries as may be under way now, and come back when more may."""
        now = self.loop.time()
        self.gate.relax(now)
        room = 2 * self.plan.pace.flush_rows
        while (
            self.ending is None
            and len(self.tasks) < self.gate.limit
            and len(self.rows) < room
            and self.gate.opens_at(now) <= now
            and (self.fresh or (self.waiting and self.waiting[0][0] <= now))
        ):
            limit = self._limit_reached()
            if limit is not None:
                self._end(limit)
                return
            self._start(self._next_work(now), now)
        if len(self.fresh) < self.low_water:
            self.claim_now.set()
        if (self.waiting or self.gate.opens_at(now) > now) and self.ending is None:
            self._arm_timer(now)

    def _next_work(self, now: float) -> Work:
        if self.waiting and self.waiting[0][0] <= now:
            return heapq.heappop(self.waiting)[2]
        return self.fresh.popleft()

    def _start(self, work: Work, now: float) -> None:
        if work.first_sent is None:
            work.first_sent = now
        work.calls += 1
        self.counts.calls += 1
        self.gate.sent(now)
        task = self.loop.create_task(self._attempt(work))
        self.tasks[task] = work
        task.add_done_callback(self._finished)

    def _arm_timer(self, now: float) -> None:
        at = self.gate.opens_at(now)
        if self.waiting and not self.fresh:
            at = max(at, self.waiting[0][0])
        if at <= now:
            return  # something is due already; the next finished call or write sends it
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_at(at, self._pump)

    def _limit_reached(self) -> RunEnd | None:
        limits = self.plan.limits
        if limits.max_calls is not None and self.counts.calls >= limits.max_calls:
            return RunEnd.LIMIT_CALLS
        if limits.max_cost is not None and self.counts.cost >= limits.max_cost:
            return RunEnd.LIMIT_COST
        return None

    # One try

    async def _attempt(self, work: Work) -> None:
        work.sent_at = datetime.now(UTC)
        started = time.perf_counter()
        try:
            result = await self._asked(work)
        except Exception as problem:  # one bad case must not end the run
            log.exception("case %s could not be asked", work.key)
            detail = f"The case could not be processed: {type(problem).__name__}."
            result = Try(b"", error_class=ErrorClass.MALFORMED, detail=detail)
        work.latency_ms = (time.perf_counter() - started) * 1000
        if result.response is not None:
            work.latency_ms = result.response.elapsed_ms
        if not work.first_try:
            work.first_try = result.error_class or AttemptStatus.ANSWERED.value
        limited = result.error_class is ErrorClass.RATE_LIMITED or result.retry_after_s is not None
        if not limited:
            self.gate.came_back(answered=result.error_class is None)
        if result.error_class is not None and self._put_off(work, result):
            return
        self._add(self._graded(work, result))

    async def _asked(self, work: Work) -> Try:
        """Ask once, within what the case's own deadline leaves."""
        left = self._case_deadline(work) - self.loop.time()
        if left >= self.plan.target.timeouts.total_s:
            return await self.target.ask(work.claim.case)
        try:
            async with asyncio.timeout(max(left, 0.0)):
                return await self.target.ask(work.claim.case)
        except TimeoutError:
            limit = self.plan.retries.case_deadline_s
            detail = f"The case was not answered within {limit:g} s, all tries together."
            return Try(b"", error_class=ErrorClass.TIMEOUT, detail=detail)

    def _graded(self, work: Work, result: Try) -> GradedAttempt:
        attempt = attempt_row(work, result, plan=self.plan, secrets=self.target.secrets)
        if attempt.answer is None or not self.graders:
            return GradedAttempt(attempt)
        case = work.claim.case
        grades = grade_answer(self.graders, attempt.answer, case)
        verdict = combine(self.graders, grades, case, threshold=self.plan.pass_threshold)
        return GradedAttempt(attempt, grades, verdict)

    def _put_off(self, work: Work, result: Try) -> bool:
        """Whether the case gets another try: queue it for later, or give it back when the run is ending."""
        error_class = result.error_class
        assert error_class is not None  # noqa: S101 - the caller asked because there is one
        policy, now = self.plan.retries, self.loop.time()
        count = work.failures.get(error_class, 0) + 1
        wait = self.random.uniform(0.0, min(policy.cap_s, policy.base_s * 2.0 ** (count - 1)))
        asked_s = result.retry_after_s
        if error_class is ErrorClass.RATE_LIMITED or asked_s is not None:
            if self.gate.limited(work.key, now, asked_s or wait):
                count -= 1  # the target's limit, not this case's doing; work.calls bounds it all the same
                wait = min(wait, 0.1 * (asked_s or wait))
            wait += asked_s or 0.0
        work.failures[error_class] = count
        spent = count >= policy.tries.get(error_class, 1) or work.calls >= policy.most_calls
        if spent or now + wait >= self._case_deadline(work):
            return False
        if self.ending is not None:
            self.given_back.append(work.claim)
        else:
            heapq.heappush(self.waiting, (now + wait, next(self.order), work))
        return True

    def _case_deadline(self, work: Work) -> float:
        return (work.first_sent or self.loop.time()) + self.plan.retries.case_deadline_s

    def _add(self, row: GradedAttempt) -> None:
        self.counts.add(row)
        self.rows.append(row)
        if len(self.rows) >= self.plan.pace.flush_rows:
            self.flush_now.set()

    # Ending

    def _finished(self, task: asyncio.Task[None]) -> None:
        work = self.tasks.pop(task)
        if task.cancelled():
            self.given_back.append(work.claim)
        elif task.exception() is not None:
            self._fail(task.exception())
        self._pump()
        self._check_done()

    def _check_done(self) -> None:
        idle = self.exhausted and not self.fresh and not self.waiting
        if not self.tasks and (idle or self.ending is not None):
            self.done.set()

    def _end(self, end: RunEnd) -> None:
        """Send nothing more. At a hard end calls under way are cut after the grace time."""
        self.ending = self.ending or end
        self.claim_now.set()
        if end in HARD_ENDS and self.cutting is None:
            self.cutting = self.loop.call_later(self.plan.pace.stop_grace_s, self._cut)
        self._check_done()

    def _cut(self) -> None:
        for task in list(self.tasks):
            task.cancel()

    def _watch(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._fail(task.exception())

    def _fail(self, problem: BaseException | None) -> None:
        """A source, a sink or our own code is broken: end at once, and raise it from ``go``."""
        self.failure = self.failure or problem
        self.ending = self.ending or RunEnd.STOPPED
        self._cut()
        self.claim_now.set()
        self.done.set()

    def _arm_deadline(self) -> asyncio.TimerHandle | None:
        deadline = self.plan.limits.deadline
        if deadline is None:
            return None
        left = (deadline - datetime.now(UTC)).total_seconds()
        return self.loop.call_later(max(0.0, left), self._end, RunEnd.LIMIT_TIME)


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel what still runs and wait for it."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
