"""Refusals have one shape, whoever refuses."""

import pytest
from django.test import Client

from tests.api.conftest import Caller, Site, token_for

SHAPE = {"type", "title", "status", "detail", "instance", "code", "trace_id"}


def check(answer: object, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/problem+json"  # type: ignore[index]
    body: dict[str, object] = answer.json()  # type: ignore[attr-defined]
    assert set(body) - {"errors"} == SHAPE
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert answer["X-Request-Id"] == body["trace_id"]  # type: ignore[index]
    return body


@pytest.mark.parametrize("address", ["nowhere", "engagements/42", "engagements/eng_zzz/gates", "gates/tgt_0"])
def test_an_address_that_is_none_is_a_problem_and_not_a_page(api: Caller, address: str) -> None:
    check(api.get(address), 404, "not-found")


def test_nobody_is_asked_who_they_are(site: Site, client: Client) -> None:
    answer = client.get("/api/v1/engagements")
    check(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("text", ["nonsense", "gth_svc_" + "0" * 49])
def test_a_token_that_is_none_is_refused(site: Site, text: str) -> None:
    check(Caller(text).get("engagements"), 401, "not-authenticated")


def test_a_missing_scope_is_named(site: Site) -> None:
    caller = Caller(token_for(site.house, by=site.house.lead, scopes=["runs:read"]))
    body = check(caller.get("engagements"), 403, "forbidden-scope")
    assert "engagements:read" in str(body["detail"])


def test_an_unknown_parameter_is_refused_and_the_known_ones_are_named(api: Caller) -> None:
    body = check(api.get("engagements", color="red"), 400, "unknown-parameter")
    assert body["detail"] == "Not known here: color. Known parameters: cursor, limit, status."


def test_a_body_that_is_no_json(api: Caller) -> None:
    check(api.send("engagements", b"{", "application/json"), 400, "validation")


def test_a_body_in_another_format(api: Caller) -> None:
    check(api.send("engagements", b"<a/>", "application/xml"), 415, "unsupported-media-type")


def test_a_body_above_the_limit(api: Caller) -> None:
    check(api.send("engagements", b'"' + b"x" * 4_200_000 + b'"', "application/json"), 413, "too-large")


def test_a_method_that_the_address_does_not_take(api: Caller) -> None:
    answer = api.client.delete("/api/v1/engagements")
    check(answer, 405, "method-not-allowed")


def test_each_rejected_field_has_its_pointer(api: Caller) -> None:
    body = check(api.post("engagements", {"currency": "dollars"}), 422, "validation")
    assert {error["pointer"] for error in body["errors"]} == {"/title", "/currency"}  # type: ignore[attr-defined]


def test_a_rule_of_a_service_is_the_same_problem(api: Caller) -> None:
    body = check(api.post("engagements", {"title": "  x ", "code": "HM-01"}), 422, "validation")
    assert body["errors"][0]["pointer"] == "/code"  # type: ignore[index]


def test_above_the_limit_says_when_to_come_back(api: Caller, settings: object) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2  # type: ignore[attr-defined]
    first = api.get("engagements")
    assert first["RateLimit-Policy"] == '"token";q=2;w=60'
    assert first["RateLimit"].startswith('"token";r=1;t=')
    api.get("engagements")
    answer = api.get("engagements")
    check(answer, 429, "rate-limited")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["RateLimit"].startswith('"token";r=0;t=')
