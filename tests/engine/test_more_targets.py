"""Responses, streams, jobs that are fetched, tools and sources by path, conversations."""

import asyncio
import json
from typing import Any

import pytest

from demos.engine.targets.probe import Exchange, probe
from demos.engine.targets.spec import Polling, TargetKind, TargetSpec
from demos.engine.vocabulary import CaseInput, Claim, ErrorClass, RunEnd, Turn
from tests.engine.conftest import in_loop, loopback, run_against, spec_for
from tests.engine.faulty import Call, FaultyTarget


def sse(*events: Any, done: bool = True) -> bytes:
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def delta(text: str) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}}]}


async def streamed(call: Call) -> None:
    """Two pieces, the second a little later, then the tokens."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    call.writer.write(head)
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}
    for part in (
        sse({"choices": [{"delta": {"role": "assistant"}}]}, done=False),
        sse(delta("echo "), done=False),
    ):
        call.writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    await call.writer.drain()
    await asyncio.sleep(0.05)
    part = sse(delta(call.question), usage)
    call.writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n0\r\n\r\n")


async def broken_stream(call: Call) -> None:
    call.send(200, b'data: {"choices": [{"del\n\n', kind="text/event-stream")


async def responses(call: Call) -> None:
    body = {
        "output": [
            {"type": "function_call", "name": "look_up", "arguments": '{"claim": "4711"}'},
            {"type": "message", "content": [
                {"type": "output_text", "text": f"echo {call.body['input'][-1]['content']}",
                 "annotations": [{"type": "file_citation", "filename": "policy.pdf"}]},
            ]},
        ],
        "usage": {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 6}},
    }  # fmt: skip
    call.send(200, json.dumps(body).encode())


async def job(call: Call) -> None:
    """Submitted once, done at the second look."""
    if call.path.endswith("/jobs"):
        call.send(202, b'{"id": "j 1"}')
    else:
        state = {"status": "running"} if call.count < 3 else {"status": "done", "answer": "echo c0"}
        call.send(200, json.dumps(state).encode())


async def failed_job(call: Call) -> None:
    call.send(200, b'{"id": 7, "status": "failed"}')


def one(case: CaseInput) -> list[Claim]:
    return [Claim(case)]


def asked(server_does: Any, claims: list[Claim], **spec: Any) -> tuple[Any, Any, FaultyTarget]:
    async def scenario() -> tuple[Any, Any, FaultyTarget]:
        async with FaultyTarget(server_does) as server:
            found = {key: value(server) if callable(value) else value for key, value in spec.items()}
            outcome, sink, _ = await run_against(server, claims, target=spec_for(server, **found))
            return outcome, sink, server

    return in_loop(scenario())


C0 = CaseInput("c0", "c0", "echo c0")


def test_a_streamed_answer_is_whole_and_its_first_piece_is_timed() -> None:
    outcome, sink, _ = asked(streamed, one(C0), stream=True)
    attempt = sink.rows[0].attempt
    assert (outcome.end, outcome.passed) == (RunEnd.FINISHED, 1)
    assert (attempt.answer, attempt.tokens_in, attempt.tokens_out) == ("echo c0", 7, 2)
    assert attempt.ttft_ms is not None
    assert attempt.ttft_ms + 30 < attempt.latency_ms, "the second piece came 50 ms later"


def test_a_stream_that_is_cut_is_malformed_and_not_an_answer() -> None:
    _, sink, _ = asked(broken_stream, one(C0), stream=True)
    assert sink.rows[0].attempt.error_class is ErrorClass.MALFORMED


def test_a_target_that_is_asked_to_stream_and_does_not_is_still_read() -> None:
    async def whole(call: Call) -> None:
        call.answer("echo c0")

    _, sink, _ = asked(whole, one(C0), stream=True)
    assert (sink.rows[0].attempt.answer, sink.rows[0].attempt.ttft_ms) == ("echo c0", None)


def test_the_responses_format_gives_answer_tools_sources_and_cached_tokens() -> None:
    _, sink, server = asked(responses, one(C0), kind=TargetKind.OPENAI_RESPONSES, system="Be brief.")
    attempt = sink.rows[0].attempt
    assert attempt.answer == "echo c0"
    assert (attempt.tokens_in, attempt.tokens_out, attempt.tokens_cached) == (9, 4, 6)
    assert attempt.found.citations == ("policy.pdf",)
    assert [(c.name, c.arguments) for c in attempt.found.tool_calls] == [("look_up", {"claim": "4711"})]
    assert server.calls[0].body["instructions"] == "Be brief."


def test_a_job_is_submitted_once_and_fetched_until_it_is_done() -> None:
    def polling(server: FaultyTarget) -> Polling:
        return Polling(f"http://127.0.0.1:{server.port}/jobs/{{{{job_id}}}}", "$.id", interval_s=0.05)

    spec: dict[str, Any] = {
        "kind": TargetKind.SUBMIT_POLL, "template": {"q": "{{question}}"}, "answer_path": "$.answer",
        "url": lambda server: f"http://127.0.0.1:{server.port}/jobs", "polling": polling,
    }  # fmt: skip
    outcome, sink, server = asked(job, one(C0), **spec)
    assert (outcome.passed, sink.rows[0].attempt.answer) == (1, "echo c0")
    assert [call.path for call in server.calls] == ["/jobs", "/jobs/j%201", "/jobs/j%201"]
    assert sink.rows[0].attempt.latency_ms >= 100
    _, sink, _ = asked(failed_job, one(C0), **spec)
    row = sink.rows[0].attempt
    assert (row.error_class, row.error_detail) == (ErrorClass.SERVER_ERROR, "The job ended as “failed”.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": TargetKind.SUBMIT_POLL}, "only there"),
        ({"polling": Polling("http://a.example/{{job_id}}", "$.id")}, "only there"),
        (
            {"kind": TargetKind.SUBMIT_POLL, "polling": Polling("http://b.example/{{job_id}}", "$.id")},
            "same host",
        ),
    ],
)
def test_where_an_answer_is_fetched_is_checked(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TargetSpec(**({"kind": TargetKind.GENERIC_JSON, "url": "http://a.example/jobs"} | changes))


def test_an_older_configuration_keeps_its_hash() -> None:
    spec = TargetSpec(
        TargetKind.GENERIC_JSON, "http://a.example", template={"q": "{{question}}"}, answer_path="$.a"
    )
    assert spec.config_sha256 == "334311d5db5e228b0709074752fdc435152e8654097d0b0a6f5a925df34aa304"


def test_a_conversation_carries_its_history_and_its_session() -> None:
    async def remembers(call: Call) -> None:
        body = call.body
        answer = {"a": f"echo {body['q']}", "s": "s-1", "tools": [{"name": "book", "arguments": {"day": 3}}]}
        call.send(200, json.dumps(answer).encode())

    case = CaseInput("c", "c0", "echo c0", turns=(Turn("hello"), Turn("again")))
    _, sink, server = asked(
        remembers, one(case), kind=TargetKind.GENERIC_JSON, answer_path="$.a", session_path="$.s",
        tools_path="$.tools",
        template={"q": "{{question}}", "session": "{{session_id}}", "so_far": "{{history}}"},
    )  # fmt: skip
    bodies = [call.body for call in server.calls]
    assert [(b["q"], b["session"]) for b in bodies] == [("hello", ""), ("again", "s-1"), ("c0", "s-1")]
    assert bodies[2]["so_far"].startswith("User: hello\nAssistant: echo hello\nUser: again")
    attempt = sink.rows[0].attempt
    assert (attempt.calls, attempt.retries, attempt.found.session_id) == (3, 0, "s-1")
    assert attempt.found.tool_calls is not None


def test_the_connection_test_of_a_stream_says_when_the_first_piece_came() -> None:
    async def scenario() -> Exchange:
        async with FaultyTarget(streamed) as server:
            return await probe(spec_for(server, stream=True), egress=loopback(server))

    exchange = in_loop(scenario())
    assert exchange.ok
    assert exchange.first_ms is not None
