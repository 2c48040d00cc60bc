"""Sends load by a plan: at scheduled instants or by so many people at once, and counts what comes back.

A wait begins at the scheduled instant, so that a target that stalls cannot hide what it kept waiting. Calls
under way are bounded; a start that finds no room is dropped and counted. No threads, one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import cycle
from math import inf

from demos.engine import statistics as st
from demos.engine.arrivals import (
    Guards,
    LoadEnd,
    LoadPlan,
    Step,
    StepKind,
    StepResult,
    Window,
    knee_of,
    recovery_seconds,
    step_result,
    why_invalid,
)
from demos.engine.graders import build_graders, combine, grade_answer
from demos.engine.http import Door, EgressRules, Secrets
from demos.engine.runner import fast_loop_factory
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.engine.targets.target import Target, Try
from demos.engine.vocabulary import CaseInput

LOOK_S = 0.25
NAP_S = 0.0005
ECHO_SECONDS = 1
ECHO_CALLS_PER_SECOND = 200.0

Report = Callable[[Sequence[Window]], Awaitable[str]]
"""Takes the seconds that are over, at least four times a second; says why to stop, or an empty text."""


@dataclass(slots=True)
class LoadOutcome:
    """What a load test came to. ``recovered_s`` None: not seen, or not looked for."""

    end: LoadEnd
    reason: str
    steps: list[StepResult]
    knee: StepResult | None
    recovered_s: float | None
    echo_p50_ms: float | None
    requests: int
    cost: Decimal
    seconds: float
    windows: list[Window] = field(default_factory=list)


async def run_load(
    plan: LoadPlan,
    *,
    report: Report,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
    echo: bool = True,
) -> LoadOutcome:
    """Measure the generator against an echo, then send the plan's load until its end or a reason to stop.

    Raises ValueError before anything is sent when the target's description or a secret is unfit.
    """
    echo_p50 = await measure_echo(plan) if echo else None
    async with Door(egress or EgressRules(), connections=plan.max_in_flight) as door:
        target = Target(plan.target, secrets=Secrets(secrets), door=door)
        outcome = await _Generator(plan, target, report).go()
    outcome.echo_p50_ms = echo_p50
    for result in outcome.steps:
        result.reason = why_invalid(result, echo_p50)
    outcome.knee = knee_of(outcome.steps, plan.target_p95_ms)
    return outcome


def run_load_sync(
    plan: LoadPlan,
    *,
    report: Report,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
) -> LoadOutcome:
    """``run_load`` in an event loop of its own: the body of a task or a script."""
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        return runner.run(run_load(plan, report=report, secrets=secrets, egress=egress))


async def measure_echo(plan: LoadPlan) -> float | None:
    """The p50 wait in ms of the same generator in front of a server that answers at once."""
    async with echo_server() as (host, port):
        spec = TargetSpec(
            kind=TargetKind.GENERIC_JSON, url=f"http://{host}:{port}/", template={"question": "{{question}}"},
            answer_path="$.answer", timeouts=Timeouts(2, 2, 2),
        )  # fmt: skip
        rate = min(max(plan.peak, ECHO_CALLS_PER_SECOND), 1_000.0)
        small = replace(
            plan, target=spec, steps=(Step(StepKind.RATE, rate, ECHO_SECONDS),), recovery_s=0,
            sample_per_step=0, max_requests=10_000, guards=Guards(max_error_rate=None), price=None,
        )  # fmt: skip
        rules = EgressRules(internal=frozenset({(host, port)}))
        async with Door(rules, connections=plan.max_in_flight) as door:
            outcome = await _Generator(small, Target(spec, secrets=Secrets(), door=door), _go_on).go()
    return outcome.steps[0].waits["p50"] if outcome.steps else None


@contextlib.asynccontextmanager
async def echo_server() -> AsyncIterator[tuple[str, int]]:
    """The echo in a process of its own, so that it takes no time from the generator."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "demos.engine.echo", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        line = b"" if process.stdout is None else await asyncio.wait_for(process.stdout.readline(), 20)
        yield "127.0.0.1", int(line)
    finally:
        process.kill()
        await process.wait()


async def _go_on(windows: Sequence[Window]) -> str:
    return ""


class _Generator:
    """One load test under way."""

    def __init__(self, plan: LoadPlan, target: Target, report: Report) -> None:
        self.plan, self.target, self.report = plan, target, report
        self.loop = asyncio.get_running_loop()
        self.cases = cycle(plan.cases)
        self.graders = build_graders(plan.graders)
        self.windows: dict[tuple[int, int], Window] = {}
        self.reported: set[tuple[int, int]] = set()
        self.tasks: dict[asyncio.Task[None], float] = {}
        self.requests = 0
        self.cost = Decimal(0)
        self.end: LoadEnd | None = None
        self.reason = ""
        self.began = self.loop.time()
        self.samples: list[tuple[CaseInput, str]] = []
        self.every = 0
        self.next_due = inf

    async def go(self) -> LoadOutcome:
        """Every phase in turn, then what is still under way."""
        self.began = self.loop.time()
        guard = self.loop.create_task(self._watch())
        results: list[StepResult] = []
        recovery: list[Window] = []
        try:
            for position, step in self.plan.phases():
                started = self.loop.time()
                self.samples = []
                self.every = self._sample_every(step)
                await self._send(position, step)
                await self._drain()
                seconds = max(self.loop.time() - started, 0.001)
                own = [w for w in self._ordered() if w.step == position]
                if position < 0:
                    recovery = own
                elif own:
                    results.append(self._graded(step_result(position, step, own, min(seconds, step.seconds))))
                if self.end is not None:
                    break
        finally:
            guard.cancel()
            await asyncio.gather(guard, return_exceptions=True)
        await self.report(self._handed_over(self.windows))
        recovered = None
        if recovery and results:
            recovered = recovery_seconds(results[0], recovery, span_s=self.plan.recovery_window_s)
        return LoadOutcome(
            self.end or LoadEnd.FINISHED, self.reason, results, None, recovered, None, self.requests,
            self.cost, self.loop.time() - self.began, self._ordered(),
        )  # fmt: skip

    # Sending

    async def _send(self, position: int, step: Step) -> None:
        if step.kind is StepKind.RATE:
            await self._arrivals(position, step)
        else:
            start = self.loop.time()
            people = [
                self._person(position, start + step.joins_after(number), start + step.seconds)
                for number in range(int(step.level))
            ]
            await asyncio.gather(*people)

    async def _arrivals(self, position: int, step: Step) -> None:
        """Start what is due, then sleep until the next is."""
        start, total = self.loop.time(), int(step.level * step.seconds)
        sent = 0
        while sent < total and self.end is None:
            self.next_due = start + sent / step.level
            now = self.loop.time()
            due = min(total, int((now - start) * step.level) + 1)
            while sent < due and self.end is None:
                self._start(position, start + sent / step.level)
                sent += 1
            self.next_due = start + sent / step.level
            if sent < total:
                await asyncio.sleep(max(self.next_due - self.loop.time(), NAP_S))
        self.next_due = inf

    def _start(self, position: int, scheduled: float) -> None:
        window = self._window(position, scheduled)
        window.offered += 1
        if len(self.tasks) >= self.plan.max_in_flight:
            window.dropped += 1
            return
        task = self.loop.create_task(self._call(window, scheduled))
        self.tasks[task] = scheduled
        task.add_done_callback(self._forget)

    async def _person(self, position: int, joins: float, until: float) -> None:
        await asyncio.sleep(joins - self.loop.time())
        while self.end is None and (now := self.loop.time()) < until:
            window = self._window(position, now)
            most = self.plan.max_per_second
            if most is not None and window.offered >= most:
                await asyncio.sleep(self.began + window.second + 1.001 - now)
                continue
            window.offered += 1
            task = self.loop.create_task(self._call(window, now))
            self.tasks[task] = now
            task.add_done_callback(self._forget)
            await asyncio.wait([task])

    async def _call(self, window: Window, scheduled: float) -> None:
        if self.requests >= self.plan.max_requests:
            self._stop(LoadEnd.REQUESTS, f"{self.plan.max_requests:,} requests were allowed")
            window.offered -= 1
            return
        self.requests += 1
        window.started += 1
        window.slips.append((self.loop.time() - scheduled) * 1000)
        case = next(self.cases)
        found = await self.target.ask(case)
        window.waits.append((self.loop.time() - scheduled) * 1000)
        window.done += 1
        window.errors += found.answer is None
        self._keep(case, found)

    def _keep(self, case: CaseInput, found: Try) -> None:
        answer = found.answer
        price = self.plan.price
        if price is not None and not price.is_free:
            tokens = (None, None) if answer is None else (answer.tokens_in, answer.tokens_out)
            self.cost += price.cost(tokens_in=tokens[0], tokens_out=tokens[1]) or price.per_call
        if self.every and answer is not None and self.requests % self.every == 0:
            self.samples.append((case, answer.text))

    def _forget(self, task: asyncio.Task[None]) -> None:
        self.tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            self._stop(LoadEnd.TOLD, "the generator failed")

    async def _drain(self) -> None:
        """Let calls under way end; cut them when the test is being stopped."""
        while self.tasks and self.end is None:
            await asyncio.wait(list(self.tasks), timeout=LOOK_S)
        cut = list(self.tasks)
        for task in cut:
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)

    # Watching

    async def _watch(self) -> None:
        """Look at the guards, and hand over the seconds that are over and all of whose calls came back."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = self.loop.time()
            current = self._second(now)
            self._guard(current, now)
            told = await self.report(self._over(current))
            if told:
                self._stop(LoadEnd.TOLD, told)

    def _guard(self, current: int, now: float) -> None:
        guards = self.plan.guards
        if guards.max_cost is not None and self.cost >= guards.max_cost:
            self._stop(LoadEnd.COST, f"{guards.max_cost} were spent")
        lately = [w for w in list(self.windows.values())[-4:] if w.second >= current - 1]
        judged = sum(w.done + w.dropped for w in lately)
        if guards.max_error_rate is not None and judged >= guards.least_calls:
            bad = sum(w.errors + w.dropped for w in lately)
            if bad > guards.max_error_rate * judged:
                self._stop(LoadEnd.ERRORS, f"{bad} of {judged} calls of the last two seconds failed")
        if guards.max_p95_ms is None:
            return
        waits = [wait for w in lately for wait in w.waits]
        for scheduled in self.tasks.values():
            waited_ms = (now - scheduled) * 1000
            if waited_ms <= guards.max_p95_ms:
                break
            waits.append(waited_ms)
        if len(waits) >= guards.least_calls and (st.percentile(waits, 0.95) or 0.0) > guards.max_p95_ms:
            self._stop(LoadEnd.WAITS, f"95 of 100 calls waited longer than {guards.max_p95_ms:g} ms")

    def _stop(self, end: LoadEnd, reason: str) -> None:
        if self.end is None:
            self.end, self.reason = end, reason
            for task in list(self.tasks):
                if task is not asyncio.current_task():
                    task.cancel()

    # Counting

    def _second(self, at: float) -> int:
        return int(at - self.began)

    def _window(self, position: int, at: float) -> Window:
        key = (self._second(at), position)
        window = self.windows.get(key)
        if window is None:
            window = self.windows[key] = Window(key[0], position)
        return window

    def _over(self, current: int) -> list[Window]:
        """The seconds before ``current`` whose calls were all sent and came back, and nobody has had yet."""
        if self.next_due < inf:  # a generator that is late still sends what belongs to an earlier second
            current = min(current, self._second(self.next_due))
        return self._handed_over(
            key for key, w in self.windows.items() if w.second < current and w.done == w.started
        )

    def _handed_over(self, keys: Iterable[tuple[int, int]]) -> list[Window]:
        new = [key for key in keys if key not in self.reported]
        self.reported |= set(new)
        return [self.windows[key] for key in new]

    def _ordered(self) -> list[Window]:
        return list(self.windows.values())

    def _sample_every(self, step: Step) -> int:
        if not self.plan.sample_per_step or not self.plan.graders:
            return 0
        expected = step.level * step.seconds * (1 if step.kind is StepKind.RATE else 2)
        return max(1, int(expected / self.plan.sample_per_step))

    def _graded(self, result: StepResult) -> StepResult:
        for case, answer in self.samples[: self.plan.sample_per_step]:
            verdict = combine(self.graders, grade_answer(self.graders, answer, case), case)
            if verdict.passed is not None:
                result.graded += 1
                result.passed += verdict.passed
        return result
