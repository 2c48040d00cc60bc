"""Nobody changes over the API what they have not read."""

from typing import Any

import pytest
from django.test import Client

from demos.models import CaseReview
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site

TARGET = {
    "name": "Desk",
    "kind": "openai_chat",
    "url": "https://desk.example.test/v1/chat/completions",
    "model": "m",
}
METRIC = {
    "name": "time to handler", "unit": "h", "aggregation": "median", "direction": "reduce",
    "target_kind": "relative", "target": "0.4", "baseline": {"value": "26", "n": 4120},
    "guardrails": [{"name": "satisfaction", "above": True, "limit": "4.2"}],
}  # fmt: skip


def send(api: Caller, method: str, address: str, body: Any, tag: str | None = None) -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    call = getattr(api.client, method)
    return call(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


@pytest.fixture
def address(site: Site) -> str:
    return f"engagements/{site.engagement.public_id}"


def test_a_change_names_the_version_that_was_read(api: Caller, address: str) -> None:
    tag = api.get(address)["ETag"]
    changed = send(api, "patch", address, {"title": "Claims"}, tag)
    assert (changed.status_code, changed.json()["title"]) == (200, "Claims")
    assert changed["ETag"] != tag
    assert api.get(address)["ETag"] == changed["ETag"]


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [
        (None, 428, "precondition-required"),
        ('"99"', 412, "version-conflict"),
        ("*", 412, "version-conflict"),
        ('W/"1"', 412, "version-conflict"),
    ],
)
def test_a_change_without_it_or_with_an_old_one_is_refused(
    api: Caller, address: str, tag: str | None, status: int, code: str
) -> None:
    before = api.get(address).json()
    answer = send(api, "patch", address, {"title": "Claims"}, tag)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get(address).json() == before


def test_what_did_not_change_is_not_sent_again(api: Caller, address: str) -> None:
    tag = api.get(address)["ETag"]
    answer = api.client.get(f"/api/v1/{address}", headers={"If-None-Match": f'"0", {tag}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


def test_the_first_metric_needs_no_version_and_the_second_does(api: Caller, address: str) -> None:
    where = f"{address}/success-metric"
    assert api.get(where).status_code == 404
    first = send(api, "put", where, METRIC)
    assert first.status_code == 200
    assert first.json()["sentence"].startswith("Reduce the median time to handler by 40")
    assert send(api, "put", where, METRIC).status_code == 428
    again = send(api, "put", where, METRIC | {"target": "0.5"}, first["ETag"])
    assert again.json()["target"] == "0.500000"


def test_a_metric_with_a_wrong_word_names_the_field(api: Caller, address: str) -> None:
    answer = send(api, "put", f"{address}/success-metric", METRIC | {"direction": "sideways"})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/direction"]


def test_a_changed_target_is_a_new_version_and_the_same_again_is_not(api: Caller, address: str) -> None:
    made = api.post(f"{address}/targets", TARGET).json()
    where = f"targets/{made['target']}"
    body = {key: value for key, value in TARGET.items() if key != "name"} | {"model": "m2"}
    assert send(api, "put", where, body).status_code == 428
    changed = send(api, "put", where, body, api.get(where)["ETag"])
    assert (changed.status_code, changed.json()["number"]) == (200, 2)
    same = send(api, "put", where, body, changed["ETag"])
    assert (same.json()["number"], same["ETag"]) == (2, changed["ETag"])


def test_the_client_accepts_cases_and_a_machine_of_the_consultancy_does_not(
    site: Site, api: Caller, address: str
) -> None:
    rows = b'{"input": "a", "expected": "b"}\n{"input": "c", "expected": "d"}\n'
    version = api.send(f"{address}/datasets?name=Mail", rows, "application/x-ndjson").json()["id"]
    where = f"dataset-versions/{version}/reviews"
    assert api.post(where, {"verdict": "accepted"}).status_code == 403
    browser = Client()
    browser.force_login(site.house.sponsor)

    def review(verdict: str) -> Any:
        return browser.post(f"/api/v1/{where}", {"verdict": verdict}, content_type="application/json")

    assert review("accepted").json() == {"reviewed": 2}
    with tenant_scope([site.house.tenant.pk]):
        assert CaseReview.objects.count() == 2
    assert review("nice").status_code == 422
