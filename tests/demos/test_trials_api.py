"""Load and privacy tests over the API: refused unsigned, polled, stopped, read with their bounds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.probes import load_probes
from demos.models import LoadTest, PrivacyTest, TestAuthorisation
from demos.selectors import targets
from demos.services import authorisations, load_tests, privacy_tests
from demos.services.targets import spec_of
from demos.vocabulary import AllowedTest
from portal.ids import encode
from portal.models import LedgerEntry
from portal.services.signing import SigningProof
from portal.services.tokens import create_token
from portal.tokens import SCOPES
from tests.api.conftest import Caller
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = [{"kind": "rate", "level": 40, "seconds": 1}, {"kind": "rate", "level": 80, "seconds": 1}]


@pytest.fixture
def api(world: Any, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """A machine of the consultancy's lead. What it queues does not run by itself."""
    monkeypatch.setattr("demos.services.load_tests.current_app.send_task", lambda *args, **options: None)
    monkeypatch.setattr("demos.services.privacy_tests.PER_SECOND", 5_000)
    with scope(world):
        made = create_token(
            by=world.lead, proof=SigningProof("code", 1, second_factor=True), tenant_id=world.tenant.pk,
            name="machine", scopes=tuple(SCOPES), expires=timezone.now() + timedelta(days=1), service=True,
        )  # fmt: skip
    return Caller(made.text)


@pytest.fixture
def ready(world: Any, prepared: Any) -> dict[str, Any]:
    """Where to post, and the body of a load test, against the answering target."""
    order = prepared([f"question {n}" for n in range(5)])
    body = {
        "target_version": encode("tgv", order["target_version_id"]),
        "dataset_version": encode("dsv", order["dataset_version_id"]), "steps": STEPS, "target_p95_ms": 2_000,
    }  # fmt: skip
    return {"here": f"engagements/{encode('eng', order['engagement_id'])}", "body": body, "order": order}


def allow(world: Any, ready: dict[str, Any], **changes: Any) -> TestAuthorisation:
    now = timezone.now()
    with scope(world):
        version = targets.target_version_for(world.lead, ready["order"]["target_version_id"])
        fields: dict[str, Any] = {
            "hosts": ("{}:{}".format(*spec_of(version).host),),
            "kinds": (AllowedTest.LOAD, AllowedTest.PRIVACY), "starts": now - timedelta(minutes=1),
            "ends": now + timedelta(hours=1), "max_per_second": 5_000, "max_requests": 2_000,
        }  # fmt: skip
        return authorisations.sign_authorisation(
            by=world.sponsor, target_id=version.target_id, allowance=Allowance(**(fields | changes)),
            signed_name=world.sponsor.name, proof=SigningProof("code", 1, second_factor=True),
        )  # fmt: skip


def test_without_a_signature_the_api_refuses_with_the_reason_and_signs_none(world, api, ready, answering):
    here, body = ready["here"], ready["body"]
    for address, sent in ((f"{here}/load-tests", body), (f"{here}/privacy-tests", _only_target(body))):
        answer = api.post(address, sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "Somebody of the client signs a permission first" in answer.json()["detail"]
    refused = api.post(f"{here}/test-permissions", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "decider-not-allowed")
    allow(world, ready, max_per_second=79)
    too_fast = api.post(f"{here}/load-tests", body)
    assert too_fast.json()["detail"] == "The permission covers 79 requests a second, not 80."
    with scope(world):
        assert (LoadTest.objects.count(), PrivacyTest.objects.count(), answering.asked) == (0, 0, [])


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"steps": []}, "/steps"),
        ({"steps": [{"kind": "rate", "level": "nan", "seconds": 1}]}, "/steps/0/level"),
        ({"steps": [{"kind": "users", "level": 1_001, "seconds": 1}]}, "/steps"),
        ({"guards": {"max_error_rate": "nan"}}, "/guards/max_error_rate"),
        ({"sample_per_step": 5}, "/sample_per_step"),
        ({"recovery_s": 29}, "/recovery_s"),
    ],
)
def test_a_load_plan_that_does_not_fit_is_refused_by_field(world, api, ready, changes, pointer):
    answer = api.post(f"{ready['here']}/load-tests", ready["body"] | changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_load_test_is_queued_once_polled_and_read_with_percentiles_and_bounds(world, api, ready, answering):
    here, signed = ready["here"], allow(world, ready)
    key = {"Idempotency-Key": "load-1"}
    sent = [
        api.client.post(
            f"/api/v1/{here}/load-tests", json.dumps(ready["body"]), content_type="application/json",
            headers=key,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in sent] == [202, 202]
    assert sent[1]["Idempotency-Replayed"] == "true"
    first = sent[0].json()
    assert sent[0]["Location"].endswith(f"/api/v1/load-tests/{first['id']}")
    assert (first["status"], first["result"], first["figures"], first["valid"]) == ("queued", None, [], None)
    assert first["permission"] == signed.public_id
    second = api.post(f"{here}/load-tests", ready["body"])
    assert (second.status_code, second.json()["code"]) == (409, "wrong-moment")
    with scope(world):
        test = LoadTest.objects.get()
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    read = api.get(f"load-tests/{first['id']}")
    body = read.json()
    assert (body["status"], "Retry-After" in read) == ("finished", False)
    assert body["progress"] == {
        "planned_s": 2, "offered": 120, "started": 120, "done": 120, "errors": 0, "dropped": 0,
    }  # fmt: skip
    slow, fast = body["result"]["steps"]
    assert (slow["done"], slow["bounds"]["p95"], fast["done"]) == (40, None, 80)
    assert fast["waits"]["p50"] <= fast["waits"]["p95"] <= fast["bounds"]["p95"]
    assert fast["bounds"]["p99"] is None
    figures = {row["key"]: row for row in body["figures"] if not row["slice"]}
    assert set(figures) == {"load_p95_ms", "load_error_rate", "load_knee_per_s"}
    assert {row["slice"] for row in body["figures"] if row["slice"]} == {"40/s", "80/s"}
    assert figures["load_error_rate"]["n"] == 120
    assert float(figures["load_error_rate"]["bound_high"]) > 0
    assert {row["valid"] for row in body["figures"]} == {body["valid"]}
    assert [row["id"] for row in api.get(f"{here}/load-tests").json()["items"]] == [first["id"]]
    used = api.get(f"test-permissions/{signed.public_id}").json()
    assert (used["requests_used"], used["revoked"]) == (120, False)
    listed = api.get(f"{here}/test-permissions").json()["items"]
    assert [(row["id"], row["statement"]) for row in listed] == [(signed.public_id, signed.statement)]
    assert "on top of what evaluations may send" in signed.statement


def test_a_queued_test_is_cancelled_once(world, api, ready):
    allow(world, ready)
    for kind, body in (("load", ready["body"]), ("privacy", _only_target(ready["body"]))):
        made = api.post(f"{ready['here']}/{kind}-tests", body).json()
        stopped = api.post(f"{kind}-tests/{made['id']}/cancel")
        assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
        assert stopped.json()["says"].startswith("Stopped: ")
        again = api.post(f"{kind}-tests/{made['id']}/cancel")
        assert (again.status_code, again.json()["code"]) == (409, "wrong-moment")


def test_a_privacy_test_says_how_little_none_proves_and_searches_a_log(
    world, api, ready, answering, monkeypatch
):
    allow(world, ready)
    made = api.post(f"{ready['here']}/privacy-tests", _only_target(ready["body"])).json()
    assert (made["status"], made["probes"], made["leaks"]) == ("queued", 84, None)
    with scope(world):
        test = PrivacyTest.objects.get()
    early = _search(api, made["id"], b"nothing")
    assert (early.status_code, early.json()["code"]) == (409, "wrong-moment")
    privacy_tests.execute_privacy_test(tenant_id=test.tenant_id, test_id=test.pk)
    body = api.get(f"privacy-tests/{made['id']}").json()
    assert (body["status"], body["requests"]) == ("finished", 84)
    figures = {row["key"]: row for row in body["figures"]}
    planted = figures["planted_strings_in_logs"]
    assert (float(planted["value"]), planted["n"]) == (0, 42)
    assert round(float(planted["bound_high"]), 4) == 0.0688
    counts = {row["kind"]: row["probes"] for row in body["leaks"]}
    rows = api.get(f"privacy-tests/{made['id']}/findings").json()["items"]
    assert counts["prompt_leak"] == len({row["probe"] for row in rows if row["kind"] == "prompt_leak"}) > 0
    monkeypatch.setattr(privacy_tests, "MOST_LOG_BYTES", 10)
    too_long = _search(api, made["id"], b"x" * 11)
    assert (too_long.status_code, too_long.json()["errors"][0]["pointer"]) == (422, "/file")
    monkeypatch.undo()
    canary = next(row.canary for row in load_probes(test.seed) if row.canary)
    found = _search(api, made["id"], f"GET /?q={canary} 200".encode())
    assert (found.status_code, found.json()) == (201, {"found": 1, "planted": 42})
    with scope(world):
        assert canary not in str(list(LedgerEntry.objects.values())) + json.dumps(rows)


def _only_target(body: dict[str, Any]) -> dict[str, Any]:
    return {"target_version": body["target_version"]}


def _search(api: Caller, test: str, content: bytes) -> Any:
    file = SimpleUploadedFile("sample.log", content, "text/plain")
    return api.client.post(f"/api/v1/privacy-tests/{test}/log-samples", {"file": file})
