"""Describing a target, filling its template, reading its answers, and trying it out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.http import EgressRules, Response, Secrets, is_internal
from demos.engine.targets.generic_json import GenericJson
from demos.engine.targets.json_path import PathFinder
from demos.engine.targets.openai_chat import OpenAIChat
from demos.engine.targets.probe import Exchange, probe, probe_sync
from demos.engine.targets.spec import Header, TargetKind, TargetSpec, Timeouts
from demos.engine.targets.target import retry_after_s
from demos.engine.targets.wire import Unreadable, fill
from demos.engine.vocabulary import CaseInput, ErrorClass, clipped
from tests.engine import faulty
from tests.engine.conftest import QUICK, in_loop, loopback, spec_for
from tests.engine.faulty import Behave, Call, FaultyTarget

CHAT = TargetSpec(TargetKind.OPENAI_CHAT, "https://ai.example.com/v1/chat/completions", model="m-1")
GENERIC = TargetSpec(
    TargetKind.GENERIC_JSON,
    "https://ai.example.com/ask",
    template={
        "q": "{{question}}",
        "meta": {"about": "{{context}} / {{case_id}}", "n": 3, "tags": ["{{category}}"]},
    },
    answer_path="$.result[0].text",
    tokens_in_path="$.usage.in",
    tokens_out_path="$.usage.out",
)
CASE = CaseInput(id="c1", question='Say "hi"', context="Line 1\nLine 2", category="edge")


def response(document: Any, status: int = 200) -> Response:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Response(status, "application/json", body, 1.0)


def test_a_chat_request_carries_system_context_question_and_further_fields() -> None:
    spec = replace(CHAT, system="Be brief.", template={"temperature": 0, "max_tokens": 64})
    assert json.loads(OpenAIChat(spec).body(CASE)) == {
        "model": "m-1",
        "temperature": 0,
        "max_tokens": 64,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": 'Line 1\nLine 2\n\nSay "hi"'},
        ],
    }


def test_a_chat_answer_and_its_tokens_are_read() -> None:
    document = {
        "choices": [{"message": {"content": "hi"}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    answer = OpenAIChat(CHAT).read(response(document))
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("hi", 7, 2)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab"),
        ({"content": None, "refusal": "I cannot help with that."}, "I cannot help with that."),
    ],
)
def test_other_shapes_of_a_chat_answer(message: dict[str, Any], text: str) -> None:
    answer = OpenAIChat(CHAT).read(response({"choices": [{"message": message}]}))
    assert (answer.text, answer.tokens_in, answer.tokens_out) == (text, None, None)


@pytest.mark.parametrize(
    ("document", "error_class"),
    [
        ({}, ErrorClass.MALFORMED),
        ([], ErrorClass.MALFORMED),
        ({"error": {"message": "quota"}}, ErrorClass.MALFORMED),
        ({"choices": []}, ErrorClass.MALFORMED),
        ({"choices": [{"message": "hi"}]}, ErrorClass.MALFORMED),
        ({"choices": [{"message": {"content": None}}]}, ErrorClass.EMPTY),
        ({"choices": [{"message": {"content": [1, None]}}]}, ErrorClass.EMPTY),
        (b"\x00\xff", ErrorClass.MALFORMED),
        (b"   ", ErrorClass.EMPTY),
    ],
)
def test_a_chat_response_without_answer_has_its_class(document: Any, error_class: ErrorClass) -> None:
    with pytest.raises(Unreadable) as caught:
        OpenAIChat(CHAT).read(response(document))
    assert caught.value.error_class is error_class


def test_a_generic_request_keeps_the_shape_of_its_template() -> None:
    assert json.loads(GenericJson(GENERIC).body(CASE)) == {
        "q": 'Say "hi"',
        "meta": {"about": "Line 1\nLine 2 / c1", "n": 3, "tags": ["edge"]},
    }


def test_a_generic_answer_is_found_by_path() -> None:
    document = {"result": [{"text": "hi"}], "usage": {"in": 7, "out": True}}
    answer = GenericJson(GENERIC).read(response(document))
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("hi", 7, None)
    with pytest.raises(Unreadable, match=r"answer path \$\.result\[0\]\.text finds nothing"):
        GenericJson(GENERIC).read(response({"result": []}))


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_question_can_change_the_shape_of_a_request(question: str, context: str) -> None:
    case = replace(CASE, question=question, context=context)
    try:
        sent = json.loads(GenericJson(GENERIC).body(case))
    except TypeError:  # lone surrogates cannot be sent as JSON at all
        return
    assert sent["q"] == question
    assert sent["meta"] == {"about": f"{context} / c1", "n": 3, "tags": ["edge"]}


def test_a_placeholder_inside_a_question_is_just_text() -> None:
    assert fill("{{question}}", {"question": "{{context}}", "context": "no"}) == "{{context}}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"template": None}, "Give the JSON that is sent"),
        ({"template": {"q": "fixed"}}, "never uses"),
        ({"template": {"q": "{{question}} {{secret}}"}}, "which does not exist"),
        ({"answer_path": ""}, "Say where the answer stands"),
        ({"answer_path": "answer"}, "is not a path"),
        ({"answer_path": "$.a[?(@.b=~/x/)]"}, "filters are not supported"),
    ],
)
def test_an_unfit_generic_target_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        GenericJson(replace(GENERIC, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": ""}, "Name the model"),
        ({"template": []}, "must be a JSON object"),
        ({"template": {"stream": True}}, "“stream” is set by the target itself"),
    ],
)
def test_an_unfit_chat_target_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        OpenAIChat(replace(CHAT, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "ftp://x/y"}, "must start with http"),
        ({"url": "https://"}, "name a host"),
        ({"url": "https://me:pw@x/y"}, "secret header"),
        ({"url": "https://x:99999/y"}, "port"),
        ({"concurrency": 0}, "between 1 and 512"),
        ({"max_per_second": 0}, "above 0"),
        ({"max_response_bytes": 0}, "longest response"),
    ],
)
def test_an_unfit_description_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(CHAT, **changes)


def test_unfit_headers_and_timeouts_are_refused() -> None:
    with pytest.raises(ValueError, match="not a header name"):
        Header("X Y")
    with pytest.raises(ValueError, match="control character"):
        Header("X", "a\r\nHost: b")
    with pytest.raises(ValueError, match="above 0"):
        Timeouts(total_s=0)
    with pytest.raises(ValueError, match="line break"):
        Secrets({"k": "a\r\nb"}).headers((Header("X", secret="k"),))


def test_the_hash_follows_every_field_and_knows_no_secret_value() -> None:
    changed: list[dict[str, Any]] = [
        {"url": "https://other.example.com/"},
        {"model": "m-2"},
        {"system": "s"},
        {"template": {"temperature": 1}},
        {"headers": (Header("Authorization", "Bearer ", secret="k"),)},
        {"timeouts": Timeouts(total_s=5)},
        {"concurrency": 5},
        {"max_response_bytes": 5},
    ]
    hashes = {CHAT.config_sha256, *(replace(CHAT, **change).config_sha256 for change in changed)}
    assert len(hashes) == len(changed) + 1
    assert replace(CHAT).config_sha256 == CHAT.config_sha256
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert replace(CHAT, template=one).config_sha256 == replace(CHAT, template=other).config_sha256


@pytest.mark.parametrize(
    ("path", "document", "found"),
    [
        ("$.a.b", {"a": {"b": 1}}, (True, 1)),
        ("$.a['b c'][1]", {"a": {"b c": [1, 2]}}, (True, 2)),
        ("$.a[-1:]", {"a": [1, 2, 3]}, (True, 3)),
        ("$..text", {"a": [{"text": "x"}, {"text": "y"}]}, (True, "x")),
        ("$.a.b", {"a": None}, (False, None)),
        ("$.a", {"a": None}, (True, None)),
        ("$", "plain", (True, "plain")),
        ("$.a", "plain", (False, None)),
        ("$.a[3]", {"a": [1]}, (False, None)),
    ],
)
def test_paths(path: str, document: Any, found: tuple[bool, Any]) -> None:
    assert PathFinder(path).first(document) == found


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0.25", 0.25),
        ("-1", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "0.0.0.1", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_internal_addresses_are_recognised_in_every_disguise(address: str) -> None:
    assert is_internal(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_not_internal(address: str) -> None:
    assert not is_internal(address)


def test_a_name_that_resolves_to_an_internal_address_is_blocked_unless_allowed_by_name() -> None:
    async def scenario() -> None:
        async with FaultyTarget() as server:
            spec = spec_for(server, url=f"http://localhost:{server.port}/v1/chat/completions")
            refused = await probe(spec)
            assert refused.error_class is ErrorClass.BLOCKED
            assert server.calls == []
            allowed = await probe(spec, egress=EgressRules(internal=frozenset({("localhost", server.port)})))
            assert allowed.ok

    in_loop(scenario())


def test_a_host_that_is_not_listed_is_blocked_before_its_name_is_looked_up() -> None:
    exchange = probe_sync(CHAT, egress=EgressRules(hosts=frozenset({"other.example.com"})))
    assert exchange.error_class is ErrorClass.BLOCKED
    assert exchange.sentence == "ai.example.com is not on the list of hosts that may be called."
    assert "administrator" in exchange.way_out


def tried(behave: Behave, **changes: Any) -> Exchange:
    async def scenario() -> Exchange:
        async with FaultyTarget(behave=behave) as server:
            return await probe(
                spec_for(
                    server,
                    headers=(Header("Authorization", "Bearer ", secret="key"),),
                    timeouts=QUICK,
                    **changes,
                ),
                secrets={"key": "sentinel-7f3a"},
                egress=loopback(server),
                question="Are you there?",
            )

    exchange = in_loop(scenario())
    assert isinstance(exchange, Exchange)
    assert "sentinel-7f3a" not in repr(exchange)
    return exchange


def test_a_connection_test_shows_the_exchange_without_the_secret() -> None:
    exchange = tried(faulty.echo_secret)
    assert (exchange.ok, exchange.status, exchange.error_class) == (True, 200, None)
    assert (exchange.sentence, exchange.way_out) == ("The target answered.", "")
    assert exchange.answer == "your key is Bearer [secret key]"
    assert "Authorization: Bearer [secret key]" in exchange.request_text
    assert "Are you there?" in exchange.request_text
    assert "[secret key]" in exchange.response_text
    assert exchange.elapsed_ms > 0


@pytest.mark.parametrize(
    ("behave", "status", "sentence", "way_out"),
    [
        (faulty.web_page, 200, "a web page instead of JSON", "the one that programs call"),
        (faulty.server_error, 500, "answered 500 (internal error)", "Tell its owner"),
        (faulty.too_many, 429, "answered 429 (too many requests)", "lower concurrency"),
        (faulty.not_signed_in, 401, "answered 401 (not signed in)", "the key is missing, wrong or expired"),
        (faulty.empty_body, 200, "with an empty body", "asks for an answer"),
        (faulty.no_choices, 200, "does not speak the chat-completions format", "/chat/completions"),
        (faulty.bad_json, 200, "not valid JSON", "Check the address"),
        (faulty.redirect, 302, "Redirects are not followed", "final address"),
        (faulty.hang, None, "Nothing was received for 0.6 s", "allow it more time"),
        (faulty.reset, None, "reset the connection", "target is running"),
        (faulty.huge, None, "longer than the 1,048,576 bytes", "longest response"),
    ],
)
def test_a_connection_test_names_the_trouble_and_a_way_out(
    behave: Behave, status: int | None, sentence: str, way_out: str
) -> None:
    exchange = tried(behave)
    assert not exchange.ok
    assert exchange.status == status
    assert sentence in exchange.sentence
    assert way_out in exchange.way_out


def test_a_connection_test_says_that_the_answer_path_finds_nothing() -> None:
    async def other(call: Call) -> None:
        call.send(200, b'{"reply": "hi"}')

    exchange = tried(
        other, kind=TargetKind.GENERIC_JSON, template={"question": "{{question}}"}, answer_path="$.answer"
    )
    assert exchange.sentence == "The answer path $.answer finds nothing in the response."
    assert "correct the path" in exchange.way_out
    assert '"reply": "hi"' in exchange.response_text


def test_a_connection_test_of_nothing_there_says_so() -> None:
    spec = replace(CHAT, url="http://127.0.0.1:1/")
    exchange = probe_sync(spec, egress=EgressRules(internal=frozenset({("127.0.0.1", 1)})))
    assert exchange.error_class is ErrorClass.TRANSPORT
    assert "No connection to 127.0.0.1:1" in exchange.sentence


@given(st.text(), st.integers(8, 100))
def test_clipped_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    cut = clipped(text, limit)
    assert len(cut.encode()) <= limit
    assert cut == text or text.startswith(cut.removesuffix(" …"))
