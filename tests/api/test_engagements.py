"""Engagements, measurements and gates over HTTP."""

from decimal import Decimal

import pytest
from django.utils import timezone

from engagements.services.engagements import create_engagement
from engagements.services.measurements import record_measurement
from portal.ids import uuid7
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site


def test_an_engagement_is_started_and_read_back(site: Site, api: Caller) -> None:
    made = api.post(
        "engagements", {"title": "Policy questions", "problem_statement": "Nobody finds the rule."}
    )
    assert made.status_code == 201
    body = made.json()
    assert (body["client"], body["status"], body["currency"]) == ("harbor", "active", "USD")
    assert [stage["kind"] for stage in body["stages"]] == [
        "pain_points", "demo", "pilot", "deployment", "benefits",
    ]  # fmt: skip
    assert made["Location"].endswith(f"/api/v1/engagements/{body['id']}")
    assert api.get(f"engagements/{body['id']}").json() == body
    assert api.get(f"engagements/{body['id']}/").json() == body
    with tenant_scope([site.house.tenant.pk]):
        assert LedgerEntry.objects.filter(event="engagement.created").count() == 2


def test_a_refused_request_writes_nothing(site: Site, api: Caller) -> None:
    with tenant_scope([site.house.tenant.pk]):
        before = LedgerEntry.objects.count()
    assert api.post("engagements", {"title": "x", "code": "HM-01"}).status_code == 422
    with tenant_scope([site.house.tenant.pk]):
        assert LedgerEntry.objects.count() == before


def test_lists_are_paged_by_cursor_and_stay_stable_while_rows_are_added(site: Site, api: Caller) -> None:
    for n in range(4):
        assert api.post("engagements", {"title": f"E{n}"}).status_code == 201
    first = api.get("engagements", limit=2)
    body = first.json()
    assert [row["title"] for row in body["items"]] == ["E3", "E2"]
    assert 'rel="next"' in first["Link"]
    assert api.post("engagements", {"title": "late"}).status_code == 201
    second = api.client.get(body["next"]).json()
    assert [row["title"] for row in second["items"]] == ["E1", "E0"]
    assert [row["title"] for row in api.client.get(second["next"]).json()["items"]] == ["Claims triage"]


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_costs_the_same_number_of_queries(
    site: Site, n: int, django_assert_num_queries: object
) -> None:
    for index in range(n - 1):
        with tenant_scope([site.house.tenant.pk]):
            create_engagement(by=site.house.lead, tenant=site.house.tenant, title=f"E{index}")
    api = site.api
    api.get("engagements")
    with django_assert_num_queries(9):  # type: ignore[operator]
        assert len(api.get("engagements").json()["items"]) == n


def test_measurements_carry_interval_n_method_and_source(site: Site, api: Caller) -> None:
    now = timezone.now()
    with tenant_scope([site.house.tenant.pk]):
        for key, value in (("pass_rate", Decimal("0.92")), ("cost_per_success", None)):
            known = value is not None
            record_measurement(
                by=site.house.lead, engagement_id=site.engagement.pk, key=key, value=value,
                unit="rate", n=200,
                low=Decimal("0.874") if known else None, high=Decimal("0.9502") if known else None,
                bound_low=Decimal("0.8826") if known else None,
                bound_high=Decimal("0.946") if known else None,
                confidence=Decimal("0.95"), method="wilson", seed=None, slice="", source_kind="run",
                source_id=uuid7(), config_sha256="0" * 64, started_at=now, measured_at=now, valid=True,
            )  # fmt: skip
    rows = api.get(f"engagements/{site.engagement.public_id}/measurements").json()["items"]
    assert [row["key"] for row in rows] == ["cost_per_success", "pass_rate"]
    assert (rows[0]["value"], rows[0]["low"]) == (None, None)
    found = api.get(f"engagements/{site.engagement.public_id}/measurements", key="pass_rate").json()["items"]
    assert len(found) == 1
    assert Decimal(found[0]["value"]) == Decimal("0.92")
    assert (Decimal(found[0]["low"]), Decimal(found[0]["high"])) == (Decimal("0.874"), Decimal("0.9502"))
    assert (found[0]["n"], found[0]["method"], found[0]["valid"]) == (200, "wilson", True)


def test_a_gate_says_the_verdict_and_why_for_each_criterion(site: Site, api: Caller) -> None:
    listed = api.get(f"engagements/{site.engagement.public_id}/gates").json()["items"]
    assert [row["number"] for row in listed] == sorted(row["number"] for row in listed)
    body = api.get(f"gates/{listed[1]['id']}").json()
    assert body["is_ready"] is False
    assert body["criteria_set"]["status"] == "draft"
    assert body["verdicts"]
    assert {row["verdict"] for row in body["verdicts"]} == {"not_evaluated"}
    assert all(row["why"] for row in body["verdicts"])


def test_nobody_decides_over_the_api(site: Site, api: Caller) -> None:
    gate = api.get(f"engagements/{site.engagement.public_id}/gates").json()["items"][0]["id"]
    answer = api.post(f"gates/{gate}/decisions", {"outcome": "approve"})
    assert (answer.status_code, answer.json()["code"]) == (403, "decider-not-allowed")


def test_an_unsealed_gate_cannot_be_submitted(site: Site, api: Caller) -> None:
    gate = api.get(f"engagements/{site.engagement.public_id}/gates").json()["items"][0]["id"]
    answer = api.post(f"gates/{gate}/rounds")
    assert (answer.status_code, answer.json()["code"]) == (409, "criteria-not-sealed")


@pytest.mark.parametrize(
    "address",
    ["engagements/{eng}", "engagements/{eng}/gates", "engagements/{eng}/measurements",
     "engagements/{eng}/datasets",
     "engagements/{eng}/targets", "engagements/{eng}/graders", "engagements/{eng}/runs", "gates/{gat}"],
)  # fmt: skip
def test_another_clients_machine_finds_nothing(site: Site, stranger: Caller, address: str) -> None:
    gate = site.api.get(f"engagements/{site.engagement.public_id}/gates").json()["items"][0]["id"]
    answer = stranger.get(address.format(eng=site.engagement.public_id, gat=gate))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "Claims" not in answer.content.decode()
