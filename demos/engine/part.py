"""The state of one part of a run in one event loop: what waits, what is under way, what is to be written.

No threads of its own. Every try is a task; a case that waits for its next try holds no slot. Rows wait in a
bounded buffer, so that a slow sink slows the sending instead of filling memory.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf
from typing import Any

from demos.engine.budget import Budget
from demos.engine.conversation import ask_case
from demos.engine.gate import Gate
from demos.engine.graders import build_graders, combine, grade_answer, with_turns
from demos.engine.plan import RunOutcome, RunPlan
from demos.engine.shares import Share, Shares
from demos.engine.targets.target import Target, Try
from demos.engine.vocabulary import (
    AttemptStatus,
    CaseSource,
    Claim,
    Control,
    ErrorClass,
    GradedAttempt,
    GradeResult,
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


class Part:
    """One part of a run. ``go`` works until it ends."""

    def __init__(
        self, plan: RunPlan, target: Target, source: CaseSource, sink: ResultSink, *, shares: Shares | None,
        budget: Budget,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.shares = shares
        self.budget = budget
        self.target = target
        self.source = source
        self.sink = sink
        self.graders = build_graders(plan.graders)
        rate = plan.max_per_second or plan.target.max_per_second
        self.gate = Gate(plan.concurrency or plan.target.concurrency, per_second=rate)
        self.claim_size = plan.pace.claim_size
        if shares is not None:
            self.gate.take(Share(0, rate), 0.0)  # nothing before the first share is there
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
        self.share_now = asyncio.Event()
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
        loops = [claimer, writer]
        if self.shares is not None:
            loops.append(self.loop.create_task(self._share_loop(self.shares)))
        for task in loops:
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
            await _cancelled(*loops, *self.tasks)
            if self.shares is not None:
                await self.shares.leave()
        released = await self._release()
        end = self.ending or RunEnd.FINISHED
        return self.counts.outcome(end, released=released, seconds=self.loop.time() - started)

    # Claiming and writing

    async def _claim_loop(self) -> None:
        claimed_at = -inf
        while self.ending is None and not self.exhausted:
            if self._runs_low():
                self._size_claim(self.loop.time() - claimed_at)
                claimed_at = self.loop.time()
                claims = await self.source.claim(self.claim_size)
                self.exhausted = not claims
                self.fresh.extend(Work(claim) for claim in claims)
                self._pump()
            else:
                self.claim_now.clear()
                await self.claim_now.wait()
        self._check_done()

    def _runs_low(self) -> bool:
        return len(self.fresh) < max(self.gate.ceiling, self.claim_size // 2)

    def _size_claim(self, lasted_s: float) -> None:
        """Claim more at a time where claims are used up fast: each costs the database the same."""
        pace = self.plan.pace
        if lasted_s < pace.claim_s:
            self.claim_size = max(pace.claim_size, min(2 * self.claim_size, pace.largest_claim))
        elif lasted_s > 4 * pace.claim_s:
            self.claim_size = pace.claim_size

    async def _write_loop(self) -> None:
        pace = self.plan.pace
        while not (self.closing and not self.rows):
            if len(self.rows) < pace.flush_rows and not self.closing:
                await self._flush_time(pace.flush_s)
            batch = self.rows[: pace.flush_rows]
            if self.budget.bounded:  # before the write, which may grant the budget anew with these rows in it
                for row in batch:
                    self.budget.saved(row.attempt)
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

    async def _share_loop(self, shares: Shares) -> None:
        """Ask for a share now and then, and at once when the target asks to be left alone.

        More often in the beginning, when parts of one run join, and while calls have to come back first.
        """
        pace, began = self.plan.pace, self.loop.time()
        while True:
            now = self.loop.time()
            share = await shares.renew(
                under_way=len(self.tasks), rest_s=max(0.0, self.gate.rests_until - now)
            )
            self.gate.take(share, self.loop.time())
            self._pump()
            self.share_now.clear()
            unsettled = now - began < pace.share_s or len(self.tasks) > share.concurrency
            wake = self.loop.call_later(pace.share_s / (10 if unsettled else 1), self.share_now.set)
            await self.share_now.wait()
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
            work = self._next_work(now)
            if self.budget.bounded and not self._affordable(work):
                break
            self._start(work, now)
        if self._runs_low():
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
        calls = 1 + len(work.claim.case.turns)
        work.tries += 1
        work.calls += calls
        self.counts.calls += calls
        self.budget.sent(calls)
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

    def _affordable(self, work: Work) -> bool:
        """Whether the budget lets ``work`` be sent. If not it waits for what is under way, or all ends."""
        calls = 1 + len(work.claim.case.turns)
        limit = self.budget.refusal(calls=calls, under_way=len(self.tasks))
        if limit is None:
            return True
        self.fresh.appendleft(work)
        if not self.tasks and not self.rows:
            self._end(limit)
        return False

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
        case = work.claim.case
        if left >= self.plan.target.timeouts.total_s * (1 + len(case.turns)):
            return await ask_case(self.target, case)
        try:
            async with asyncio.timeout(max(left, 0.0)):
                return await ask_case(self.target, case)
        except TimeoutError:
            limit = self.plan.retries.case_deadline_s
            detail = f"The case was not answered within {limit:g} s, all tries together."
            return Try(b"", error_class=ErrorClass.TIMEOUT, detail=detail)

    def _graded(self, work: Work, result: Try) -> GradedAttempt:
        secrets, case = self.target.secrets, work.claim.case
        text = secrets.redact(result.answer.text) if result.answer else None
        grades: tuple[GradeResult, ...] = ()
        verdict = None
        if text is not None and result.answer is not None and self.graders:
            grades = grade_answer(self.graders, text, case, result.answer.found)
            verdict = combine(self.graders, grades, case, threshold=self.plan.pass_threshold)
            if result.turns:
                grades, verdict = with_turns(result.turns, grades, verdict)
        passed = verdict is not None and verdict.passed is True
        row = attempt_row(work, result, text, plan=self.plan, secrets=secrets, passed=passed)
        return GradedAttempt(row, grades, verdict)

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
                self.share_now.set()
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
        self.budget.came(row.attempt)
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
