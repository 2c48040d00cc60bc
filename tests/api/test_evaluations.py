"""Cases in, target registered and tried, a run started and polled: as an integrator does it."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from demos.models import DatasetVersion, Run, TargetExchange
from demos.services.datasets import review_cases
from demos.vocabulary import CaseVerdict
from portal.ids import decode
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site

LINES = [{"id": f"c{n}", "question": f"Which form for claim {n}?", "expected": "A"} for n in range(100)]
JSONL = "\n".join(json.dumps(line) for line in LINES).encode()
TARGET = {
    "name": "Triage assistant",
    "kind": "generic_json",
    "url": "https://triage.example.test/ask",
    "template": {"q": "{{question}}"},
    "answer_path": "$.answer",
    "headers": [{"name": "Authorization", "value": "Bearer ", "secret": "triage-key"}],
    "secrets": {"triage-key": "sentinel-secret-value"},
    "price": {"per_call": "0.002"},
}


@pytest.fixture
def here(site: Site) -> str:
    return f"engagements/{site.engagement.public_id}"


def imported(api: Caller, here: str, body: bytes = JSONL) -> Any:
    return api.send(f"{here}/datasets?name=Claims", body, "application/x-ndjson")


def test_the_same_hundred_cases_twice_are_one_version(api: Caller, here: str, site: Site) -> None:
    first, again = imported(api, here), imported(api, here)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["case_count"], first.json()["number"]) == (100, 1)
    listed = api.get(f"{here}/datasets").json()["items"]
    assert [(row["name"], len(row["versions"])) for row in listed] == [("Claims", 1)]
    with tenant_scope([site.house.tenant.pk]):
        assert LedgerEntry.objects.filter(event="dataset.imported").count() == 1


def test_cases_are_read_in_the_order_of_their_file(api: Caller, here: str) -> None:
    version = imported(api, here).json()["id"]
    page = api.get(f"dataset-versions/{version}/cases", limit=60).json()
    rest = api.client.get(page["next"]).json()
    assert [row["position"] for row in page["items"] + rest["items"]] == list(range(1, 101))
    assert page["items"][0]["review"] is None


def test_a_file_comes_as_a_form_too(api: Caller, here: str) -> None:
    file = SimpleUploadedFile("cases.csv", b"question,expected\nWhich form?,A\n", "text/csv")
    answer = api.client.post(f"/api/v1/{here}/datasets", {"name": "Small", "file": file})
    assert (answer.status_code, answer.json()["file_name"]) == (201, "cases.csv")


def test_errors_by_row_and_nothing_stored(api: Caller, here: str, site: Site) -> None:
    answer = imported(api, here, b'{"question": "a", "expected": "b"}\n{"question": "a"\n')
    assert (answer.status_code, answer.json()["code"]) == (422, "validation")
    assert answer.json()["errors"][0]["pointer"].startswith("/rows/")
    with tenant_scope([site.house.tenant.pk]):
        assert DatasetVersion.objects.count() == 0


def test_a_file_above_the_limit_is_refused_unread(api: Caller, here: str) -> None:
    answer = imported(api, here, b'{"question": "a", "expected": "b"}\n' * 1_100_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_target_is_registered_and_its_secret_comes_back_nowhere(api: Caller, here: str, site: Site) -> None:
    made = api.post(f"{here}/targets", TARGET)
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["number"], body["config"]["headers"][0]["secret"]) == (
        "Triage assistant", 1, "triage-key",
    )  # fmt: skip
    target = api.get(f"targets/{body['target']}")
    assert target.json()["versions"][0]["id"] == body["id"]
    with tenant_scope([site.house.tenant.pk]):
        ledger = repr([entry.facts for entry in LedgerEntry.objects.all()])
    everything = made.content.decode() + target.content.decode() + ledger
    assert "sentinel-secret-value" not in everything
    assert api.post(f"{here}/targets", TARGET).status_code == 422


def test_a_bad_target_is_refused_in_one_sentence(api: Caller, here: str) -> None:
    answer = api.post(f"{here}/targets", TARGET | {"headers": [{"name": "Not a header"}]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/headers/0")


def test_the_test_of_a_connection_that_fails_is_a_result(api: Caller, here: str, site: Site) -> None:
    inside = TARGET | {"url": "http://127.0.0.1:9/ask", "headers": [], "secrets": {}}
    version = api.post(f"{here}/targets", inside).json()["id"]
    answer = api.post(f"target-versions/{version}/tests", {"question": "Anybody?"})
    assert (answer.status_code, answer.json()["works"]) == (201, False)
    assert answer.json()["sentence"]
    with tenant_scope([site.house.tenant.pk]):
        assert TargetExchange.objects.count() == 1


@pytest.fixture
def ready(site: Site, api: Caller, here: str) -> dict[str, Any]:
    """Accepted cases, a target and a grader: what a run needs."""
    dataset = imported(api, here).json()["id"]
    with tenant_scope([site.house.tenant.pk]):
        review_cases(by=site.house.sponsor, version_id=decode("dsv", dataset), verdict=CaseVerdict.ACCEPTED)
    grader = api.post(f"{here}/graders", {"name": "Form", "kind": "exact"})
    assert grader.status_code == 201
    return {
        "target_version": api.post(f"{here}/targets", TARGET).json()["id"],
        "dataset_version": dataset,
        "grader_versions": [grader.json()["id"]],
        "max_cost": "5.00",
    }


def test_a_run_is_queued_polled_paused_and_cancelled(api: Caller, here: str, ready: dict[str, Any]) -> None:
    started = api.post(f"{here}/runs", ready)
    assert started.status_code == 202
    run = started.json()
    assert started["Location"].endswith(f"/api/v1/runs/{run['id']}")
    assert (run["status"], run["total"], run["done"], run["passed"]) == ("queued", 100, 0, None)
    polled = api.get(f"runs/{run['id']}")
    assert (polled.status_code, polled["Retry-After"]) == (200, "2")
    assert [row["id"] for row in api.get(f"{here}/runs").json()["items"]] == [run["id"]]
    assert api.get(f"runs/{run['id']}/attempts").json()["items"] == []
    assert api.get(f"runs/{run['id']}/metrics").json()["items"] == []
    stopped = api.post(f"runs/{run['id']}/cancel")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped_user")
    assert stopped.json()["finished_at"] is not None
    again = api.post(f"runs/{run['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "wrong-moment")


def test_a_run_without_accepted_cases_says_what_is_missing(
    api: Caller, here: str, ready: dict[str, Any], site: Site
) -> None:
    other = imported(api, here, b'{"question": "new", "expected": "b"}\n').json()["id"]
    answer = api.post(f"{here}/runs", ready | {"dataset_version": other})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/dataset_version")
    with tenant_scope([site.house.tenant.pk]):
        assert Run.objects.count() == 0


def test_an_id_of_another_kind_is_a_field_error(api: Caller, here: str, ready: dict[str, Any]) -> None:
    answer = api.post(f"{here}/runs", ready | {"target_version": ready["dataset_version"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/target_version")


def test_another_clients_machine_finds_no_run_case_or_target(
    api: Caller, here: str, ready: dict[str, Any], stranger: Caller
) -> None:
    run = api.post(f"{here}/runs", ready).json()["id"]
    target = api.get(f"{here}/targets").json()["items"][0]["id"]
    for address in (
        f"runs/{run}", f"runs/{run}/metrics", f"runs/{run}/attempts", f"targets/{target}",
        f"dataset-versions/{ready['dataset_version']}", f"dataset-versions/{ready['dataset_version']}/cases",
    ):  # fmt: skip
        answer = stranger.get(address)
        assert (address, answer.status_code, answer.json()["code"]) == (address, 404, "not-found")
    for address in (
        f"runs/{run}/pause",
        f"runs/{run}/cancel",
        f"target-versions/{ready['target_version']}/tests",
    ):
        assert (address, stranger.post(address).status_code) == (address, 404)
    assert api.get(f"runs/{run}").json()["status"] == "queued"
