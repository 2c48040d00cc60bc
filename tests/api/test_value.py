"""The process map, pain points and the value case over the API, from the first step to a case that loses."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from assessments.models import PainPoint, ProcessStep, ValueCase
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site, token_for

STEP = {
    "process": "New claims", "name": "Read and sort", "actor": "Handler", "touch_minutes": "18",
    "evidence": {"touch_minutes": {"grade": "A", "source": "Time study"}},
}  # fmt: skip
PAIN = {
    "title": "Manual triage", "kind": "bottleneck", "effort_days": "40",
    "components": [
        {"kind": "labour", "grade": "A", "source": "Time study",
         "inputs": {"cases_per_year": "12000", "touch_minutes": "18", "rate_per_hour": "42"}},
        {"kind": "error", "grade": "B", "source": "350 files",
         "inputs": {"cases_per_year": "12000", "error_rate": "0.06", "cost_per_error": "35"}},
    ],
}  # fmt: skip
EACH = {"grade": "C", "source": "two offers"}
CSV = (
    "process,name,touch_minutes,wait_minutes,grade,source\nClaims,Read,4,30,A,log\nClaims,Sort,6,2880,A,log\n"
)


def put(api: Caller, address: str, body: Any, *, match: str = "") -> Any:
    headers = {"If-Match": match} if match else {}
    return api.client.put(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


def case_of(pain: str) -> dict[str, Any]:
    cost = {
        "build": {"low": "85000", "likely": "85000", "high": "85000", **EACH},
        "staff": {"low": "24000", "likely": "24000", "high": "24000", **EACH},
    }
    gain = {"pain_point": pain, "adoption": "0.7", "cashable": True}
    return {
        "horizon_months": 36, "discount_rate": "0.1", "cases_per_year": "12000", "coverage": "1",
        "wrong_case_cost": "2", "costs": cost,
        "benefits": [
            {**gain, "kind": "labour", "low": "0.25", "likely": "0.4", "high": "0.5"},
            {**gain, "kind": "error", "low": "0.5", "likely": "0.5", "high": "0.5"},
        ],
    }  # fmt: skip


def test_a_step_is_written_changed_with_its_etag_and_taken_out(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/process-steps"
    made = api.post(here, STEP)
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    key = made.json()["id"]
    assert made.json()["evidence"]["touch_minutes"] == {"grade": "A", "source": "Time study"}
    assert made.json()["wait_minutes"] is None
    assert api.post(here, {**STEP, "evidence": {}}).json()["errors"][0]["pointer"] == "/touch_minutes_grade"

    at = f"process-steps/{key}"
    assert put(api, at, STEP).status_code == 428
    assert put(api, at, STEP, match='"7"').status_code == 412
    assert put(api, at, {**STEP, "name": "Sort"}, match='"1"').json()["name"] == "Sort"
    pain = api.post(f"engagements/{site.engagement.public_id}/pain-points", {**PAIN, "process_step": key})
    assert pain.json()["process_step"] == key
    gone = {"headers": {"If-Match": '"2"'}}
    assert api.client.delete(f"/api/v1/{at}", **gone).status_code == 409
    match = {"headers": {"If-Match": pain["ETag"]}}
    assert api.client.delete(f"/api/v1/pain-points/{pain.json()['id']}", **match).status_code == 204
    assert api.client.delete(f"/api/v1/{at}", **gone).status_code == 204
    assert api.get(at).status_code == 404


def test_a_file_of_steps_comes_in_whole_or_not_at_all(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/process-steps"
    wrong = api.send(f"{here}/import", CSV.replace("2880", "ages").encode(), "text/csv")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["detail"].startswith("Line 3: “wait_minutes” is no number")
    assert api.get(here).json()["items"] == []
    assert api.send(f"{here}/import", CSV.encode(), "text/csv").json() == {"steps": 2}
    assert [row["name"] for row in api.get(here).json()["items"]] == ["Read", "Sort"]
    assert api.post(f"{here}/import", {}).status_code == 415


def test_pain_points_are_mapped_screened_and_ranked(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/pain-points"
    made = api.post(here, PAIN)
    assert (made.json()["annual_cost"], made.json()["guess_share"]) == ("176400.0000", "0.000000")
    foreign = api.post(here, {**PAIN, "process_step": "stp_" + made.json()["id"][4:]})
    assert foreign.json()["errors"][0]["pointer"] == "/process_step"
    assert api.post(here, {**PAIN, "components": []}).status_code == 422
    checks = dict.fromkeys(("rules", "errors", "data", "truth", "person", "volume", "legal"), "yes")
    body = {"answers": {**checks, "rules": "no"}, "urgency": "8", "risk_reduction": "2", "chosen": True}
    address = f"pain-points/{made.json()['id']}"
    screened = put(api, f"{address}/suitability", body, match=made["ETag"])
    assert (screened.json()["calls_for"], screened.json()["chosen"]) == ("ai", True)
    ranked = api.get(f"{here}/ranking").json()
    assert ranked["items"][0]["ranks"] == {"value": 1, "wsjf": 1, "rice": None}
    assert ranked["disagreements"] == []
    match = {"headers": {"If-Match": screened["ETag"]}}
    assert "Choose another one first" in api.client.delete(f"/api/v1/{address}", **match).json()["detail"]
    reader = Caller(token_for(site.house, by=site.house.lead, scopes=["value:read"]))
    assert reader.post(here, PAIN).status_code == 403


def test_a_value_case_that_loses_says_so_and_its_workbook_is_there(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}"
    pain = api.post(f"{here}/pain-points", PAIN).json()["id"]
    made = api.post(f"{here}/value-cases", case_of(pain))
    assert made.status_code == 201
    found = made.json()
    assert found["loses"] is True
    assert found["totals"]["payback_months"].startswith("37.56")
    assert found["totals"]["npv"].startswith("-17467.0")
    assert set(found["totals"]["spread"]) >= {"p10", "p50", "p90"}
    assert found["totals"]["drivers"][0]["name"] == "Manual triage, labour: reduction"
    address = f"value-cases/{found['id']}"
    assert api.get(address).json() == found
    assert api.post(f"{here}/value-cases", case_of(pain)).status_code == 409
    assert put(api, address, case_of(pain)).status_code == 428
    twice = case_of(pain)
    twice["benefits"].append(twice["benefits"][0] | {"low": "0.7", "likely": "0.7", "high": "0.7"})
    assert put(api, address, twice, match=made["ETag"]).status_code == 422
    assert put(api, address, {**case_of(pain), "costs": {"x": {}}}, match=made["ETag"]).status_code == 422
    assert put(api, address, case_of(pain), match=made["ETag"])["ETag"] == '"2"'
    book = openpyxl.load_workbook(io.BytesIO(api.get(f"{address}/workbook").content))
    assert book.sheetnames[0] == "Result"
    kept = {"headers": {"If-Match": '"1"'}}
    refused = api.client.delete(f"/api/v1/pain-points/{pain}", **kept)
    assert (refused.status_code, refused.json()["detail"]) == (
        409, "A value case counts on what this pain point costs, so it stays.",
    )  # fmt: skip


def test_another_client_meets_none_of_it_and_every_change_is_in_the_ledger(
    site: Site, api: Caller, stranger: Caller
) -> None:
    here = f"engagements/{site.engagement.public_id}"
    step = api.post(f"{here}/process-steps", STEP).json()["id"]
    pain = api.post(f"{here}/pain-points", PAIN).json()["id"]
    case = api.post(f"{here}/value-cases", case_of(pain)).json()["id"]
    for address in (f"{here}/process-steps", f"{here}/pain-points", f"{here}/pain-points/ranking",
                    f"{here}/value-cases", f"process-steps/{step}", f"pain-points/{pain}",
                    f"value-cases/{case}", f"value-cases/{case}/workbook"):  # fmt: skip
        assert stranger.get(address).status_code == 404, address
    with tenant_scope([site.house.tenant.pk]):
        assert (ProcessStep.objects.count(), PainPoint.objects.count(), ValueCase.objects.count()) == (
            1,
            1,
            1,
        )
        events = set(LedgerEntry.objects.values_list("event", flat=True))
        assert {"process_step.saved", "pain_point.mapped", "value_case.saved"} <= events
