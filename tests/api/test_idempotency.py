"""The same request with the same key is done once, whatever happens between the two."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from engagements.models import Engagement
from portal.models import IdempotencyRecord
from portal.scope import tenant_scope
from portal.services.housekeeping import forget_expired_keys
from tests.api.conftest import Caller, Site, token_for

BODY = {"title": "Fraud notes"}


def start(api: Caller, key: str | None, body: dict[str, str] = BODY, address: str = "engagements") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return api.client.post(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


def engagements(site: Site) -> int:
    with tenant_scope([site.house.tenant.pk]):
        return Engagement.objects.filter(title="Fraud notes").count()


def test_the_second_time_gives_the_first_answer_and_does_nothing(site: Site, api: Caller) -> None:
    first, second = start(api, '"k-1"'), start(api, "k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Content-Type"] == first["Content-Type"]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert engagements(site) == 1


def test_another_key_is_another_request(site: Site, api: Caller) -> None:
    assert [start(api, key).status_code for key in ("a", "b")] == [201, 201]
    assert engagements(site) == 2


def test_the_same_key_on_another_body_or_address_is_refused(site: Site, api: Caller) -> None:
    start(api, "k-1")
    for answer in (start(api, "k-1", {"title": "Other"}), start(api, "k-1", address="engagements/")):
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency-conflict"


def test_keys_belong_to_one_token(site: Site, api: Caller) -> None:
    other = Caller(token_for(site.house, by=site.house.lead))
    assert start(api, "k-1").json()["id"] != start(other, "k-1").json()["id"]


def test_a_refused_request_may_be_mended_under_its_key(site: Site, api: Caller) -> None:
    assert start(api, "k-1", {"title": ""}).status_code == 422
    assert start(api, "k-1").status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "späť"])
def test_a_key_that_is_none_is_refused_with_a_way_out(site: Site, api: Caller, key: str) -> None:
    answer = api.client.post(
        "/api/v1/engagements", BODY, content_type="application/json",
        HTTP_IDEMPOTENCY_KEY=key.encode().decode("latin-1"),
    )  # fmt: skip
    assert answer.status_code == 422
    assert "visible ASCII" in answer.json()["detail"]
    assert engagements(site) == 0


def test_a_browser_session_sends_no_key(site: Site) -> None:
    browser = Client()
    browser.force_login(site.house.lead)
    answer = browser.post(
        "/api/v1/engagements", BODY, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 422
    assert "token" in answer.json()["detail"]


def test_a_file_is_compared_byte_by_byte(site: Site, api: Caller) -> None:
    def send(rows: bytes) -> Any:
        return api.client.post(
            f"/api/v1/engagements/{site.engagement.public_id}/datasets?name=Mail", rows,
            content_type="application/x-ndjson", headers={"Idempotency-Key": "file-1"},
        )  # fmt: skip

    first = send(b'{"input": "a", "expected": "b"}\n')
    assert first.status_code == 201
    assert send(b'{"input": "a", "expected": "b"}\n').content == first.content
    assert send(b'{"input": "a", "expected": "c"}\n').json()["code"] == "idempotency-conflict"


def test_while_the_first_is_under_way_the_second_is_told_to_wait(site: Site, api: Caller) -> None:
    start(api, "k-1")
    record = stored(site)
    with tenant_scope([site.house.tenant.pk]):
        IdempotencyRecord.objects.filter(pk=record.pk).update(status=None)
    answer = start(api, "k-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-in-progress")
    assert answer["Retry-After"] == "1"


def test_a_claim_whose_process_died_is_taken_over(site: Site, api: Caller) -> None:
    start(api, "k-1")
    record = stored(site)
    with tenant_scope([site.house.tenant.pk]):
        Engagement.objects.filter(title="Fraud notes").update(title="taken back")
        past = timezone.now() - timedelta(seconds=1)
        IdempotencyRecord.objects.filter(pk=record.pk).update(status=None, locked_until=past)
    assert start(api, "k-1").status_code == 201
    assert engagements(site) == 1


def test_after_a_day_a_key_is_forgotten(site: Site, api: Caller) -> None:
    first = start(api, "k-1")
    record = stored(site)
    with tenant_scope([site.house.tenant.pk]):
        IdempotencyRecord.objects.filter(pk=record.pk).update(expires=timezone.now())
    assert forget_expired_keys() == 1
    assert start(api, "k-1").json()["id"] != first.json()["id"]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_do_it_once(site: Site) -> None:
    def send(_: int) -> Any:
        try:
            return start(Caller(site.text), "k-1")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert engagements(site) == 1


def stored(site: Site) -> IdempotencyRecord:
    with tenant_scope([site.house.tenant.pk]):
        return IdempotencyRecord.objects.get()
