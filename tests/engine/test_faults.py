"""Faults at the edge: what the proxy does to a caller, and what it says of it (FLT-01)."""

import asyncio
import json
import subprocess
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.faults.observed import Asked, report
from demos.engine.faults.plan import Fault, FaultPlan, UnfitPlan, read_plan
from demos.engine.faults.proxy import FaultProxy


@asynccontextmanager
async def upstream():
    """A system that answers with the question."""
    calls = []

    async def answer(request):
        calls.append(request.path_qs)
        return web.json_response(
            {"answer": (await request.read()).decode(), "key": request.headers.get("X-Key")}
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", calls
    await runner.cleanup()


async def ask(session, url, question, **options):
    """One try: the answer, or the name of what went wrong."""
    try:
        async with session.post(f"{url}/ask?a=1", data=question, headers={"X-Key": "k"}, **options) as found:
            if found.status != 200:
                return str(found.status), found.headers.get("Retry-After")
            return (await found.json())["answer"], None
    except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
        return type(problem).__name__, None
    except asyncio.CancelledError:
        return "hung up", None


def of_one_kind(fault, **terms):
    """Every request gets this fault, once."""
    return FaultPlan({fault: 1.0}, **{"delay_s": 1.0, "drip_s": 1.0, "retry_after_s": 0.2, **terms})


@pytest.mark.parametrize(
    ("fault", "first"),
    [
        (Fault.RATE_LIMITED, "429"),
        (Fault.SERVER_ERROR, "503"),
        (Fault.TRUNCATED, "ClientPayloadError"),
        (Fault.MALFORMED, "JSONDecodeError"),
        (Fault.RESET, "ServerDisconnectedError"),
        (Fault.DELAY, "hung up"),
        (Fault.SLOW_DRIP, "hung up"),
    ],
)
def test_each_fault_is_what_it_says_and_the_next_try_gets_the_answer(fault, first):
    async def story():
        async with (
            upstream() as (url, _),
            FaultProxy(of_one_kind(fault), url) as proxy,
            aiohttp.ClientSession() as session,
        ):
            first_try = asyncio.create_task(ask(session, proxy.url, "hello"))
            if fault in (Fault.DELAY, Fault.SLOW_DRIP):  # this caller does not wait
                while not proxy.requests:  # noqa: ASYNC110  # the proxy tells nobody
                    await asyncio.sleep(0.01)
                first_try.cancel()
            spoilt, wait = await first_try
            again, _ = await ask(session, proxy.url, "hello")
        return spoilt, wait, again, report(proxy.requests, retry_after_s=0.2)

    spoilt, wait, again, told = asyncio.run(story())
    assert (spoilt, again) == (first, "hello")
    assert wait == ("0.2" if fault == Fault.RATE_LIMITED else None)
    assert told["by_fault"] == {fault.value: told["all"]}
    assert (told["all"]["requests"], told["all"]["retried"], told["all"]["recovered"]) == (1, 1, 1)


def test_what_passes_passes_whole_and_the_plan_names_the_same_requests_each_time():
    plan = FaultPlan({Fault.SERVER_ERROR: 0.3}, seed=7)

    async def story():
        async with (
            upstream() as (url, calls),
            FaultProxy(plan, url) as proxy,
            aiohttp.ClientSession() as session,
        ):
            found = [await ask(session, proxy.url, f"q{n}") for n in range(60)]
            return found, list(calls), {key: one.fault for key, one in proxy.requests.items()}

    first, second = asyncio.run(story()), asyncio.run(story())
    assert first == second
    found, calls, faults = first
    spoilt = sum(fault is not None for fault in faults.values())
    assert 8 <= spoilt <= 30
    assert sum(answer == "503" for answer, _ in found) == spoilt
    assert set(calls) == {"/ask?a=1"}
    assert len(calls) == 60 - spoilt


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_passes(method):
    async def story():
        async with (
            upstream() as (url, calls),
            FaultProxy(FaultPlan({Fault.RESET: 1e-9}), url) as proxy,
            aiohttp.request(method, f"{proxy.url}/thing?b=2", headers={"X-Key": "k"}) as found,
        ):
            return found.status, await found.text(), calls

    status, text, calls = asyncio.run(story())
    assert (status, calls) == (200, ["/thing?b=2"])
    assert method == "HEAD" or json.loads(text)["key"] == "k"


def test_a_stream_passes_piece_by_piece():
    """The upstream sends its second piece only when the caller has the first."""
    seen = asyncio.Event()

    async def slowly(request):
        out = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await out.prepare(request)
        await out.write(b"data: one\n\n")
        await seen.wait()
        await out.write(b"data: two\n\n")
        return out

    async def story():
        app = web.Application()
        app.router.add_get("/", slowly)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        plan = FaultPlan({Fault.RESET: 1e-9})
        async with FaultProxy(plan, url) as proxy, aiohttp.request("GET", f"{proxy.url}/") as found:
            first = await found.content.readuntil(b"\n\n")
            seen.set()
            rest = await found.content.read()
        await runner.cleanup()
        return found.content_type, first, rest

    told = asyncio.run(asyncio.wait_for(story(), 60))
    assert told == ("text/event-stream", b"data: one\n\n", b"data: two\n\n")


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.TRUNCATED, Fault.SLOW_DRIP])
def test_a_system_that_is_down_itself_is_told_apart_and_nothing_counts_as_recovered(fault):
    async def story():
        async with FaultProxy(of_one_kind(fault), "http://127.0.0.1:9") as proxy:
            async with aiohttp.ClientSession() as session:
                found = [await ask(session, proxy.url, "hello") for _ in range(2)]
            return found[-1][0], report(proxy.requests, retry_after_s=0.2)

    last, told = asyncio.run(story())
    assert last == "502"
    assert (told["all"]["requests"], told["all"]["recovered"], told["given_up_in_all"]) == (1, 0, 1)


@pytest.mark.parametrize("fault", [Fault.DELAY, Fault.SLOW_DRIP])
def test_a_caller_that_waits_for_a_late_answer_has_it(fault):
    async def story():
        async with (
            upstream() as (url, _),
            FaultProxy(of_one_kind(fault), url) as proxy,
            aiohttp.ClientSession() as session,
        ):
            answer, _ = await ask(session, proxy.url, "hello")
        return answer, report(proxy.requests, retry_after_s=0.2)["all"]

    answer, told = asyncio.run(story())
    assert (answer, told["recovered"], told["retried"]) == ("hello", 1, 0)


def test_a_caller_that_waits_and_one_that_hammers_are_told_apart():
    """Two callers meet the same limit; one waits as it is asked, the other asks at once, 30 times."""
    plan = of_one_kind(Fault.RATE_LIMITED, tries=30)

    async def story(pause, most, asked_s):
        async with upstream() as (url, _), FaultProxy(plan, url) as proxy, aiohttp.ClientSession() as session:
            for _ in range(most):
                await ask(session, proxy.url, "hello")
                await asyncio.sleep(pause)
        return report(proxy.requests, retry_after_s=asked_s)

    patient, hasty = asyncio.run(story(0.2, 3, 0.2)), asyncio.run(story(0, 31, 60))
    assert patient["retry_after"] == {"asked_s": 0.2, "retries": 2, "too_early": 0}
    assert (patient["bounded"], patient["all"]["recovered"], len(patient["given_up"])) == (True, 0, 1)
    assert hasty["retry_after"]["too_early"] == 30
    assert (hasty["bounded"], hasty["all"]["recovered"], hasty["all"]["most_tries"]) == (False, 1, 31)


def test_a_report_counts_shares_with_their_interval_and_names_what_was_given_up():
    asked = {f"r{n}": Asked(Fault.RESET, [0.0, 1.0], [True, n < 2], int(n >= 2)) for n in range(10)}
    asked |= {f"p{n}": Asked(None, [0.0], [False], 1) for n in range(5)}
    told = report(asked, retry_after_s=2.0)
    assert (told["requests"], told["untouched"]) == (15, 5)
    assert (told["all"]["recovered"], told["all"]["recovered_rate"]) == (8, 0.8)
    assert round(told["all"]["recovered_low"], 3) == 0.49
    assert told["given_up"] == ["r0", "r1"]
    assert told["all"]["shortest_gap_s"] == 1.0
    nothing = report({}, retry_after_s=2.0)
    assert (nothing["all"]["recovered_rate"], nothing["bounded"]) == (None, None)


@given(st.integers(0, 10_000), st.text(max_size=20))
def test_a_request_has_one_fault_and_it_never_changes(seed, request):
    plan = FaultPlan(dict.fromkeys(Fault, 1 / 7), seed=seed)
    assert plan.fault_of(request) == plan.fault_of(request)
    assert plan.fault_of(request) in Fault


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "not JSON"),
        ("[]", "no object"),
        ("{}", "at least one fault"),
        ('{"shares": {"reset": 0.6, "delay": 0.6}}', "at most 1"),
        ('{"shares": {"flood": 0.1}}', "faults are named delay"),
        ('{"shares": {"reset": 0.1}, "tries": 0}', "tries: from 1"),
        ('{"shares": {"reset": 0.1}, "delay_s": 900}', "delay_s: from 0 to 300"),
        ('{"shares": {"reset": 0.1}, "lasting": "all"}', "Every field is a number"),
        ('{"shares": {"reset": 0.1}, "colour": 1}', "no field “colour”"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_a_sentence(text, says):
    with pytest.raises(UnfitPlan, match=says):
        read_plan(text)


def test_the_command_prints_its_report_when_its_time_is_up(tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text('{"shares": {"reset": 0.5}, "seed": 3}')
    words = [
        sys.executable,
        "-m",
        "demos.engine.faults",
        "--upstream",
        "http://127.0.0.1:9",
        "--plan",
        str(plan),
    ]
    made = subprocess.run([*words, "--minutes", "0.005"], capture_output=True, text=True, timeout=60)
    told = json.loads(made.stdout)
    assert (made.returncode, told["requests"], told["plan"]["seed"]) == (0, 0, 3)
    assert "Point the caller at http://127.0.0.1:" in made.stderr
    plan.write_text("{}")
    refused = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "at least one fault" in refused.stderr
