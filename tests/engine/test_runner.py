"""What a run does with its cases, its target and its sink."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.plan import Pace, RetryPolicy, RunLimits
from demos.engine.pricing import Price
from demos.engine.runner import run, run_sync
from demos.engine.targets.spec import Header, Timeouts
from demos.engine.vocabulary import AttemptStatus, Claim, Control, ErrorClass, RunEnd
from tests.engine import faulty
from tests.engine.conftest import (
    QUICK,
    MemorySink,
    MemorySource,
    cases,
    in_loop,
    loopback,
    plan_for,
    run_against,
)
from tests.engine.faulty import Behave, Call, FaultyTarget

FAULTS: dict[str, tuple[Behave, ErrorClass, str, int]] = {
    "500": (faulty.server_error, ErrorClass.SERVER_ERROR, "answered 500", 4),
    "429": (faulty.too_many, ErrorClass.RATE_LIMITED, "answered 429", 6),
    "401": (faulty.not_signed_in, ErrorClass.CLIENT_ERROR, "answered 401", 1),
    "web page": (faulty.web_page, ErrorClass.MALFORMED, "web page instead of JSON", 2),
    "empty body": (faulty.empty_body, ErrorClass.EMPTY, "empty body", 2),
    "empty answer": (faulty.empty_answer, ErrorClass.EMPTY, "is empty", 2),
    "no choices": (faulty.no_choices, ErrorClass.MALFORMED, "chat-completions format", 2),
    "bad JSON": (faulty.bad_json, ErrorClass.MALFORMED, "not valid JSON", 2),
    "redirect": (faulty.redirect, ErrorClass.CLIENT_ERROR, "Redirects are not followed", 1),
    "hang": (faulty.hang, ErrorClass.TIMEOUT, "Nothing was received for 0.6 s", 3),
    "drip": (faulty.drip, ErrorClass.TIMEOUT, "not complete within 1.2 s", 3),
    "reset": (faulty.reset, ErrorClass.TRANSPORT, "reset the connection", 4),
    "cut short": (faulty.cut_short, ErrorClass.TRANSPORT, "before the answer was complete", 4),
    "not HTTP": (faulty.not_http, ErrorClass.MALFORMED, "not valid HTTP", 2),
    "50 MB": (faulty.huge, ErrorClass.TOO_LARGE, "longer than the 1,048,576 bytes", 1),
    "50 MB announced": (faulty.huge_announced, ErrorClass.TOO_LARGE, "longer than", 1),
}


def test_every_case_is_answered_graded_and_written_once() -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=0.002) as server:
            outcome, sink, source = await run_against(server, cases(1200))
            assert (outcome.end, outcome.finished, outcome.passed) == (RunEnd.FINISHED, 1200, 1200)
            assert sorted(sink.by_case) == sorted(c.case.id for c in cases(1200))
            assert len(sink.rows) == 1200
            assert source.released == []
            assert server.peak == 8
            assert max(sink.batches) <= 500
            row = sink.by_case["c7"].attempt
            assert (row.answer, row.retries, row.first_try) == ("echo c7", 0, "answered")
            assert (row.tokens_in, row.tokens_out, row.http_status) == (10, 5, 200)
            assert row.sent_at.tzinfo is UTC
            assert row.cost is None

    in_loop(scenario())


def test_each_fault_has_its_class_and_sentence_and_harms_no_other_case() -> None:
    async def scenario() -> None:
        special = {f"c{i}": fault[0] for i, fault in enumerate(FAULTS.values())}
        async with FaultyTarget(special=special) as server:
            outcome, sink, _ = await run_against(
                server, cases(100), spec={"concurrency": 32, "timeouts": QUICK}
            )
            for i, (name, (_, error_class, words, tries)) in enumerate(FAULTS.items()):
                row = sink.by_case[f"c{i}"].attempt
                assert (name, row.error_class) == (name, error_class)
                assert (name, row.status, row.answer) == (name, AttemptStatus.ERRORED, None)
                assert words in row.error_detail, (name, row.error_detail)
                assert (name, row.retries + 1) == (name, server.asked[f"c{i}"])
                assert tries <= row.retries + 1 <= tries + 1, name  # one more if this machine stalled
                assert (name, row.first_try) == (name, error_class.value)
                assert sink.by_case[f"c{i}"].verdict is None
            assert (outcome.end, outcome.finished) == (RunEnd.FINISHED, 100)
            assert outcome.errored == len(FAULTS)
            assert outcome.passed == 100 - len(FAULTS)

    in_loop(scenario())


def test_a_fault_that_passes_costs_no_case_and_stays_visible() -> None:
    def once(fault: Behave) -> Behave:
        async def behave(call: Call) -> None:
            await (fault if call.count == 1 else faulty.well)(call)

        return behave

    async def scenario() -> None:
        faults = [f for f in FAULTS.values() if f[3] > 1]
        special: dict[str, Behave] = {f"c{i}": once(fault[0]) for i, fault in enumerate(faults)}
        async with FaultyTarget(special=special) as server:
            outcome, sink, _ = await run_against(
                server, cases(60), spec={"concurrency": 16, "timeouts": QUICK}
            )
            assert (outcome.passed, outcome.errored) == (60, 0)
            for i, fault in enumerate(faults):
                row = sink.by_case[f"c{i}"].attempt
                assert (row.first_try, row.retries) == (fault[1].value, 1)

    in_loop(scenario())


def test_an_internal_address_is_not_called_without_the_allow_list() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            source, sink = MemorySource(cases(3)), MemorySink()
            outcome = await run(plan_for(server), source=source, sink=sink)
            assert outcome.errored == 3
            assert server.calls == []
            for row in sink.rows:
                assert row.attempt.error_class is ErrorClass.BLOCKED
                assert "127.0.0.1" in row.attempt.error_detail
                assert "not on the allow list" in row.attempt.error_detail

    in_loop(scenario())


@pytest.mark.parametrize(("control", "end"), [(Control.STOP, RunEnd.STOPPED), (Control.PAUSE, RunEnd.PAUSED)])
def test_stopping_cuts_slow_calls_and_gives_their_cases_back(control: Control, end: RunEnd) -> None:
    async def scenario() -> None:
        async with FaultyTarget(behave=faulty.hang) as server:
            began = time.perf_counter()

            def say(sink: MemorySink) -> Control:
                return control if time.perf_counter() - began > 0.2 else Control.CONTINUE

            slow = Timeouts(first_byte_s=60.0, total_s=60.0)
            pace = Pace(flush_s=0.05, stop_grace_s=0.2)
            outcome, sink, source = await run_against(
                server, cases(30), sink=MemorySink(say=say), spec={"timeouts": slow}, pace=pace
            )
            assert time.perf_counter() - began < 25  # the target hangs for 30 s, the call may last 60 s
            assert (outcome.end, outcome.finished, outcome.released) == (end, 0, 30)
            assert sink.rows == []
            assert sorted(c.case.id for c in source.released) == sorted(c.case.id for c in cases(30))

    in_loop(scenario())


@pytest.mark.parametrize(
    ("control", "end"), [(Control.DRAIN, RunEnd.DRAINED), (Control.BUDGET, RunEnd.LIMIT_SHARED)]
)
def test_draining_sends_nothing_more_and_lets_calls_under_way_finish(control: Control, end: RunEnd) -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=1.0) as server:
            outcome, sink, source = await run_against(
                server,
                cases(30),
                sink=MemorySink(say=lambda sink: control),
                pace=Pace(flush_s=0.05, stop_grace_s=0.01),
            )
            assert (outcome.end, outcome.finished, outcome.released) == (end, 8, 22)
            assert (len(server.calls), len(sink.rows), len(source.released)) == (8, 8, 22)

    in_loop(scenario())


def test_a_stop_cuts_a_run_that_is_draining() -> None:
    async def scenario() -> None:
        async with FaultyTarget(behave=faulty.hang) as server:
            began = time.perf_counter()

            def say(sink: MemorySink) -> Control:
                return Control.STOP if time.perf_counter() - began > 0.2 else Control.DRAIN

            outcome, _, _ = await run_against(
                server, cases(30), sink=MemorySink(say=say), pace=Pace(flush_s=0.05, stop_grace_s=0.1)
            )
            assert time.perf_counter() - began < 25
            assert (outcome.finished, outcome.released) == (0, 30)

    in_loop(scenario())


def test_the_limit_on_calls_stops_sending_and_lets_calls_under_way_finish() -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=0.02) as server:
            outcome, sink, source = await run_against(server, cases(50), limits=RunLimits(max_calls=20))
            assert (outcome.end, outcome.calls, outcome.finished) == (RunEnd.LIMIT_CALLS, 20, 20)
            assert len(server.calls) == 20
            assert len(sink.rows) + len(source.released) + len(source.claims) == 50

    in_loop(scenario())


def test_a_limit_that_is_just_enough_is_not_reached() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            outcome, _, _ = await run_against(server, cases(20), limits=RunLimits(max_calls=20))
            assert (outcome.end, outcome.finished) == (RunEnd.FINISHED, 20)

    in_loop(scenario())


def test_the_limit_on_money_stops_after_what_was_under_way() -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=0.01) as server:
            price = Price("EUR", per_million_in=Decimal(100), per_call=Decimal("0.01"))
            outcome, sink, _ = await run_against(
                server, cases(100), price=price, limits=RunLimits(max_cost=Decimal("0.2"))
            )
            assert outcome.end is RunEnd.LIMIT_COST
            assert sink.rows[0].attempt.cost == Decimal("0.011")
            assert outcome.cost == Decimal("0.011") * outcome.finished
            assert Decimal("0.2") - Decimal("0.011") < outcome.cost <= Decimal("0.2"), (
                "reserved before it is sent"
            )

    in_loop(scenario())


def test_the_deadline_of_a_run_cuts_it() -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=0.05) as server:
            deadline = datetime.now(UTC) + timedelta(seconds=1.0)
            pace = Pace(flush_s=0.05, stop_grace_s=0.1)
            outcome, sink, source = await run_against(
                server, cases(500), limits=RunLimits(deadline=deadline), pace=pace
            )
            assert outcome.end is RunEnd.LIMIT_TIME
            assert 0 < outcome.finished < 500
            assert len(sink.rows) + len(source.released) + len(source.claims) == 500

    in_loop(scenario())


def test_a_case_has_a_deadline_over_all_its_tries() -> None:
    async def scenario() -> None:
        async with FaultyTarget(special={"c0": faulty.hang}) as server:
            retries = RetryPolicy(base_s=0.02, cap_s=0.1, case_deadline_s=0.2)
            _, sink, _ = await run_against(server, cases(3), retries=retries)
            row = sink.by_case["c0"].attempt
            assert (row.error_class, row.retries) == (ErrorClass.TIMEOUT, 0)
            assert "all tries together" in row.error_detail
            assert 150 < row.latency_ms < 20_000  # the target hangs for 30 s

    in_loop(scenario())


def test_a_slow_sink_slows_the_sending_instead_of_filling_memory() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            held: list[int] = []

            def say(sink: MemorySink) -> Control:
                held.append(len(server.calls) - len(sink.rows))
                return Control.CONTINUE

            sink = MemorySink(say=say, delay_s=0.05)
            outcome, _, _ = await run_against(
                server, cases(300), sink=sink, pace=Pace(flush_rows=20, flush_s=0.02, claim_size=50)
            )
            assert outcome.finished == 300
            assert max(held) <= 2 * 20 + 8

    in_loop(scenario())


def test_a_sink_that_breaks_ends_the_run_with_its_own_error() -> None:
    def broken(sink: MemorySink) -> Control:
        raise RuntimeError("disk full")

    async def scenario() -> None:
        async with FaultyTarget() as server:
            with pytest.raises(RuntimeError, match="disk full"):
                await run_against(server, cases(50), sink=MemorySink(say=broken))

    in_loop(scenario())


def test_a_source_that_breaks_ends_the_run_with_its_own_error() -> None:
    class Broken(MemorySource):
        async def claim(self, limit: int) -> list[Claim]:
            raise RuntimeError("no database")

    async def scenario() -> None:
        async with FaultyTarget() as server:
            with pytest.raises(RuntimeError, match="no database"):
                await run(plan_for(server), source=Broken([]), sink=MemorySink(), egress=loopback(server))

    in_loop(scenario())


def test_a_run_without_cases_finishes_at_once() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            outcome, sink, _ = await run_against(server, [])
            assert (outcome.end, outcome.finished, outcome.calls) == (RunEnd.FINISHED, 0, 0)
            assert sink.rows == []

    in_loop(scenario())


def test_claims_slide_and_repeats_are_kept_apart() -> None:
    async def scenario() -> None:
        claims = [replace(c, repeat=k) for c in cases(150) for k in (1, 2, 3)]
        async with FaultyTarget() as server:
            outcome, sink, source = await run_against(
                server, claims, pace=Pace(claim_size=100, largest_claim=100, flush_s=0.05)
            )
            assert outcome.finished == 450
            assert len({(r.attempt.case_id, r.attempt.repeat) for r in sink.rows}) == 450
            assert source.sizes == [100, 100, 100, 100, 50, 0]

    in_loop(scenario())


def test_claims_grow_where_they_are_used_up_at_once() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            pace = Pace(claim_size=10, largest_claim=40, claim_s=60.0, flush_s=0.05)
            outcome, _, source = await run_against(server, cases(150), pace=pace)
            assert outcome.finished == 150
            assert source.sizes == [10, 20, 40, 40, 40, 0]

    in_loop(scenario())


def test_claims_stay_small_before_a_slow_target() -> None:
    async def scenario() -> None:
        async with FaultyTarget(delay_s=0.02) as server:
            pace = Pace(claim_size=10, largest_claim=40, claim_s=0.0, flush_s=0.05)
            outcome, _, source = await run_against(server, cases(50), pace=pace)
            assert outcome.finished == 50
            assert source.sizes == [10, 10, 10, 10, 10, 0]

    in_loop(scenario())


def limited_to(per_window: int, seconds: float, refused: Counter[float]) -> Behave:
    """So many answers per window of time, then 429 with the time until the next window; counts refusals."""
    state = {"window": -1.0, "used": 0}

    async def behave(call: Call) -> None:
        now = asyncio.get_running_loop().time()
        window = now // seconds
        if window != state["window"]:
            state.update(window=window, used=0)
        state["used"] += 1
        if state["used"] <= per_window:
            return await faulty.well(call)
        refused[window] += 1
        return call.send(429, b"{}", Retry_After=str((window + 1) * seconds - now + 0.001))

    return behave


def test_a_real_rate_limit_loses_nothing_and_wastes_few_calls() -> None:
    """In one window no more calls are refused than were under way when the first refusal came."""

    async def scenario() -> None:
        refused: Counter[float] = Counter()
        behave = limited_to(20, 0.5, refused)
        async with FaultyTarget(behave=behave, delay_s=0.01) as server:
            outcome, _, _ = await run_against(server, cases(100), spec={"concurrency": 32})
            assert (outcome.passed, outcome.errored) == (100, 0)
            assert outcome.calls == 100 + refused.total()
            assert 0 < max(refused.values()) <= 32

    in_loop(scenario())


def test_one_poisoned_case_does_not_hold_up_the_others() -> None:
    async def poison(call: Call) -> None:
        call.send(429, b"{}", Retry_After="1.5")

    async def scenario() -> None:
        special: dict[str, Behave] = {"c0": poison}
        async with FaultyTarget(special=special, delay_s=0.005) as server:
            sink = MemorySink()
            await run_against(
                server,
                cases(200),
                sink=sink,
                retries=RetryPolicy(tries={ErrorClass.RATE_LIMITED: 2, ErrorClass.TRANSPORT: 3}),
            )
            good = [call for call in server.calls if call.question != "c0"]
            assert len(good) == 199
            assert sink.by_case["c0"].attempt.error_class is ErrorClass.RATE_LIMITED
            last_good = max(r.attempt.sent_at for r in sink.rows if r.attempt.case_id != "c0")
            assert last_good < sink.by_case["c0"].attempt.sent_at

    in_loop(scenario())


def test_a_rate_is_kept() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            outcome, _, _ = await run_against(server, cases(41), max_per_second=100.0)
            assert outcome.finished == 41
            assert outcome.seconds >= 0.36  # 41 calls at 100 a second, the first of them at once

    in_loop(scenario())


def test_a_grader_that_cannot_judge_leaves_the_case_ungraded() -> None:
    async def scenario() -> None:
        claims = [replace(c, case=replace(c.case, expected=None)) for c in cases(2)]
        async with FaultyTarget() as server:
            outcome, sink, _ = await run_against(server, claims)
            assert (outcome.answered, outcome.passed, outcome.ungraded) == (2, 0, 2)
            verdict = sink.rows[0].verdict
            assert verdict is not None
            assert (verdict.score, verdict.passed) == (None, None)
            assert "no expected answer" in verdict.error

    in_loop(scenario())


def test_no_secret_is_in_any_row() -> None:
    secret = 'sentinel-"7f3a/9+'

    async def scenario() -> None:
        special: dict[str, Behave] = {"c1": faulty.not_signed_in}
        async with FaultyTarget(behave=faulty.echo_secret, special=special) as server:
            header = Header("Authorization", "Bearer ", secret="key")
            _, sink, _ = await run_against(
                server, cases(3), spec={"headers": (header,)}, secrets={"key": secret}
            )
            assert server.calls[0].headers["authorization"] == "Bearer " + secret
            assert "sentinel" not in repr(sink.rows)
            assert sink.by_case["c0"].attempt.answer == "your key is Bearer [secret key]"

    in_loop(scenario())


def test_a_plan_that_is_unfit_sends_nothing() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            with pytest.raises(ValueError, match="not a valid pattern"):
                await run_against(server, cases(1), graders=(GraderSpec(GraderKind.REGEX, {"pattern": "("}),))
            header = Header("Authorization", secret="key")
            with pytest.raises(ValueError, match="“key” is not set"):
                await run_against(server, cases(1), spec={"headers": (header,)})
            assert server.calls == []

    in_loop(scenario())


def test_run_sync_brings_its_own_loop() -> None:
    outcome = run_sync(
        plan_for(_Nowhere()), source=MemorySource(cases(1)), sink=MemorySink(), egress=loopback(_Nowhere())
    )
    assert (outcome.finished, outcome.errored) == (1, 1)


class _Nowhere(FaultyTarget):
    port = 1
