"""The load generator: honest waits, bounded calls, guards, knee and recovery."""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from demos.engine.arrivals import (
    Guards,
    LoadEnd,
    LoadPlan,
    Step,
    StepKind,
    StepResult,
    UnfitPlan,
    Window,
    knee_of,
    recovery_seconds,
    step_result,
    why_invalid,
)
from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.http import EgressRules
from demos.engine.load import LOOK_S, LoadOutcome, echo_server, measure_echo, run_load
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.engine.vocabulary import CaseInput

CASES = (CaseInput("1", "left", "LEFT"), CaseInput("2", "right", "RIGHT"))


def spec_at(port: int) -> TargetSpec:
    return TargetSpec(
        kind=TargetKind.GENERIC_JSON, url=f"http://127.0.0.1:{port}/", template={"question": "{{question}}"},
        answer_path="$.answer", timeouts=Timeouts(20, 20, 20),
    )  # fmt: skip


def loaded(answer: Any, *steps: Step, told: Any = None, seen: Any = None, **changes: Any) -> LoadOutcome:
    """Run a plan against a server whose answers come from ``answer(question)``."""

    async def handle(request: web.Request) -> web.Response:
        found = await answer((await request.json())["question"])
        return found if isinstance(found, web.Response) else web.json_response({"answer": found})

    async def say(windows: Any) -> str:
        if seen is not None:
            seen.extend((w.second, w.started, w.done) for w in windows)
        return told() if told else ""

    async def work() -> LoadOutcome:
        app = web.Application()
        app.router.add_post("/", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        fields: dict[str, Any] = {"target_p95_ms": 200.0, **changes}
        plan = LoadPlan(spec_at(port), steps, CASES, **fields)
        rules = EgressRules(internal=frozenset({("127.0.0.1", port)}))
        try:
            return await run_load(plan, report=say, egress=rules, echo=False)
        finally:
            await runner.cleanup()

    return asyncio.run(work())


async def upper(question: str) -> str:
    return question.upper()


def rate(level: float, seconds: int = 1) -> Step:
    return Step(StepKind.RATE, level, seconds)


def test_an_open_step_starts_as_many_calls_as_the_rate_says():
    outcome = loaded(upper, rate(100))
    step = outcome.steps[0]
    assert (step.offered, step.started, step.done, step.errors, step.dropped) == (100, 100, 100, 0, 0)
    assert outcome.end is LoadEnd.FINISHED
    assert outcome.requests == 100
    assert step.bounds["p99"] is None  # 299 calls are needed


def test_a_stalled_target_cannot_hide_what_it_kept_waiting():
    gate: dict[str, asyncio.Event] = {}

    async def stalls(question: str) -> str:
        if "open" not in gate:
            gate["open"] = asyncio.Event()
            asyncio.get_running_loop().call_later(0.6, gate["open"].set)
        await gate["open"].wait()
        return question

    step = loaded(stalls, rate(100), max_in_flight=5, guards=Guards(max_error_rate=None)).steps[0]
    assert step.dropped > 30
    assert step.offered == step.started + step.dropped == 100
    assert (step.waits["p95"] or 0) > 300


def test_a_second_is_handed_over_once_when_all_its_calls_came_back():
    async def slow(question: str) -> str:
        await asyncio.sleep(1.2)  # the second is over long before its answers are there
        return question.upper()

    seen: list[tuple[int, int, int]] = []
    outcome = loaded(slow, rate(20, 2), seen=seen)
    assert outcome.steps[0].done == 40
    assert len({second for second, _, _ in seen}) == len(seen)
    assert sum(done for _, _, done in seen) == sum(started for _, started, _ in seen) == 40


def test_a_second_is_not_handed_over_while_calls_of_it_are_still_to_be_sent(monkeypatch):
    """The machine stands still for a second; what was due meanwhile belongs to its own second."""
    monkeypatch.setattr("demos.engine.load.LOOK_S", 0.05)
    stood_still = []

    async def stalls_once(question: str) -> str:
        if not stood_still:
            stood_still.append(asyncio.get_running_loop().call_later(0.3, time.sleep, 1.0))
        return question.upper()

    seen: list[tuple[int, int, int]] = []
    outcome = loaded(stalls_once, rate(2, 2), seen=seen)
    assert outcome.steps[0].done == 4
    assert sum(started for _, started, _ in seen) == 4


def test_people_who_ask_again_at_once_are_as_many_as_the_step_says():
    most, now = 0, 0

    async def counts(question: str) -> str:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)
        now -= 1
        return question

    step = loaded(counts, Step(StepKind.USERS, 7, 1)).steps[0]
    assert most == 7
    assert step.done == step.started == step.offered


def test_people_come_in_one_after_the_other():
    step = Step(StepKind.USERS, 500, 10)
    assert [step.joins_after(number) for number in (0, 250, 499)] == [0.0, 0.5, pytest.approx(0.998)]
    assert Step(StepKind.USERS, 10, 1).joins_after(5) == pytest.approx(0.05)


def test_people_are_held_back_to_the_rate_that_is_allowed():
    step = loaded(upper, Step(StepKind.USERS, 5, 1), max_per_second=20).steps[0]
    assert step.offered <= 40


WELL_BEFORE_ITS_END = 10.0
"""Seconds of a step of 20 s: it was cut. How soon follows from how often the guards look, below."""


def test_guards_look_often_enough_to_stop_a_test_within_two_seconds():
    assert LOOK_S <= 1.0


def test_errors_stop_the_test_long_before_its_end():
    async def broken(question: str) -> web.Response:
        return web.Response(status=500)

    outcome = loaded(broken, rate(100, 20))
    assert outcome.end is LoadEnd.ERRORS
    assert outcome.seconds < WELL_BEFORE_ITS_END


def test_a_target_that_hangs_stops_the_test_by_its_waits():
    async def hangs(question: str) -> str:
        await asyncio.sleep(30)
        return question

    outcome = loaded(hangs, rate(50, 20), guards=Guards(max_p95_ms=300))
    assert outcome.end is LoadEnd.WAITS
    assert outcome.seconds < WELL_BEFORE_ITS_END


def test_money_requests_and_a_word_from_outside_stop_the_test():
    price = Price("USD", per_call=Decimal("0.01"))
    spent = loaded(upper, rate(100, 20), price=price, guards=Guards(max_cost=Decimal("0.10")))
    assert (spent.end, spent.seconds < WELL_BEFORE_ITS_END) == (LoadEnd.COST, True)
    few = loaded(upper, rate(100, 20), max_requests=10)
    assert (few.end, few.requests) == (LoadEnd.REQUESTS, 10)
    told = loaded(upper, rate(10, 20), told=lambda: "The client took the permission back.")
    assert (told.end, told.seconds < WELL_BEFORE_ITS_END) == (LoadEnd.TOLD, True)
    assert told.reason == "The client took the permission back."


def test_answers_are_graded_while_the_target_is_busy():
    async def half(question: str) -> str:
        return question.upper() if question == "left" else "wrong"

    step = loaded(half, rate(40), sample_per_step=40, graders=(GraderSpec(GraderKind.EXACT),)).steps[0]
    assert (step.graded, step.passed) == (40, 20)


def result(level: float, p95: float, *, n: int = 1000, errors: int = 0, reason: str = "") -> StepResult:
    window = Window(0, 0, offered=n, started=n, done=n, errors=errors, waits=array("d", [p95] * n))
    found = step_result(0, rate(level, 10), [window], 10.0)
    found.reason = reason
    return found


def test_the_knee_is_the_highest_step_that_holds_the_wait_with_at_most_one_percent_errors():
    steps = [result(10, 90), result(20, 100, errors=10), result(40, 100, errors=11), result(80, 101)]
    knee = knee_of(steps, 100.0)
    assert knee is not None
    assert knee.level == 20
    assert knee_of([result(10, 101)], 100.0) is None


def test_a_step_with_too_few_calls_or_a_generator_that_was_slow_holds_nothing():
    assert result(10, 50, n=58).holds(100.0) is None
    assert result(10, 50, n=59).holds(100.0) is True
    assert result(10, 50, reason="late").holds(100.0) is None


def test_percentiles_are_by_nearest_rank_with_the_bound_of_the_specification():
    vector = [120, 130, 150, 155, 160, 170, 180, 200, 240, 900]
    found = step_result(0, rate(1, 10), [Window(0, 0, waits=array("d", vector))], 10)
    assert (found.waits["p50"], found.waits["p90"], found.waits["p95"]) == (160, 240, 900)
    assert found.bounds["p95"] is None


def test_figures_are_marked_when_the_generator_is_what_was_measured():
    step = result(10, 10)
    assert why_invalid(step, 0.4) == ""
    assert "6 %" in why_invalid(step, 0.6)
    step.slip_p99_ms = 5.1
    assert "started late" in why_invalid(step, 0.1)


def test_recovery_is_the_first_span_that_is_like_the_first_step_again():
    base = result(10, 100)
    slow = [Window(s, -1, offered=10, waits=array("d", [500.0] * 10)) for s in range(4)]
    good = [Window(s, -1, offered=10, waits=array("d", [119.0] * 10)) for s in range(4, 40)]
    assert recovery_seconds(base, slow + good) == 3.0  # 10 of 300 waits may be slow: p95 holds
    assert recovery_seconds(base, slow + good[:28]) is None


def test_recovery_is_looked_for_as_long_as_it_takes_to_see_it():
    plan = LoadPlan(
        target=spec_at(1), steps=(Step(StepKind.RATE, 5, 5),), cases=CASES, target_p95_ms=100, recovery_s=30
    )
    assert plan.problem() is None

    with pytest.raises(UnfitPlan, match="at least 30 seconds; 0 leaves it out") as refused:
        replace(plan, recovery_s=29)
    assert refused.value.field == "recovery_s"


@pytest.mark.parametrize(
    ("steps", "says"),
    [((), "between 1"), ((rate(6_000),), "5,000"), ((rate(10, 500), rate(10, 500)), "together")],
)
def test_a_plan_that_does_not_fit_says_why(steps, says):
    with pytest.raises(ValueError, match=says):
        LoadPlan(spec_at(1), steps, CASES, 100.0)


def test_the_generator_measures_itself_against_an_echo():
    async def own() -> float | None:
        async with echo_server() as (_, port):
            assert port > 0
        return await measure_echo(LoadPlan(spec_at(1), (rate(50),), CASES, 100.0))

    found = asyncio.run(own())
    assert found is not None
    assert 0 < found < 1000
