"""PIL-05 and PIL-07 over the API: sent twice they change nothing; one that is wrong and nothing is stored."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from engagements.models import AdoptionCount, Incident, Measurement
from portal.models import LedgerEntry, OutboxEvent
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site, token_for

NOW = timezone.now().replace(microsecond=0)
COUNT = {
    "period": "2026-W40", "eligible": 20, "active": 12, "overridden": 3, "reasons": {"wrong": 2, "habit": 0},
    "source": "system_export",
}  # fmt: skip
INCIDENT = {
    "reference": "INC-204", "title": "Answers stood still", "severity": 1, "cause": "capacity",
    "started_at": (NOW - timedelta(hours=3)).isoformat(),
    "detected_at": (NOW - timedelta(hours=2)).isoformat(),
}  # fmt: skip


def put(api: Caller, address: str, body: Any, **headers: str) -> Any:
    return api.client.put(
        f"/api/v1/{address}", json.dumps(body), content_type="application/json", headers=headers
    )


def told(site: Site, event: str) -> tuple[int, int]:
    with tenant_scope([site.house.tenant.pk]):
        return LedgerEntry.objects.filter(event=event).count(), OutboxEvent.objects.filter(
            event=event
        ).count()


def test_counts_are_put_again_and_again_with_the_same_result(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/pilot-use"
    both = {"counts": [COUNT, {**COUNT, "period": "2026-W41", "active": 15}]}
    assert put(api, here, both).json() == {"stored": 2, "corrected": 0, "unchanged": 0, "late": 2}
    assert put(api, here, both).json() == {"stored": 0, "corrected": 0, "unchanged": 2, "late": 0}
    corrected = {"counts": [{**COUNT, "active": 13}]}
    assert put(api, here, corrected).json() == {"stored": 1, "corrected": 1, "unchanged": 0, "late": 1}
    first = api.get(here).json()["items"][0]
    assert (first["period"], first["number"], first["active"], first["reasons"], first["grade"]) == (
        "2026-W40", 2, 13, {"wrong": 2}, "A",
    )  # fmt: skip
    assert told(site, "pilot.adoption_reported") == (3, 3)
    with tenant_scope([site.house.tenant.pk]):
        shares = Measurement.objects.filter(key="active_share").order_by("-measured_at", "-pk")
        assert float(shares[0].value or 0) == pytest.approx(28 / 40)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"active": 21}, "/counts/2/active"),
        ({"eligible": 0, "active": 0}, "/counts/2/eligible"),
        ({"accepted": -1}, "/counts/2/eligible"),
        ({"reasons": {"boredom": 1}}, "/counts/2/reasons"),
        ({"reasons": {"wrong": 4}}, "/counts/2/overridden"),
        ({"period": "2099-W40"}, "/counts/2/period"),
        ({"period": "2026-10"}, "/counts/2/period"),
        ({"period": "2026-W40"}, "/counts/2/period"),
        ({"source": "estimate"}, "/counts/2/note"),
    ],
)
def test_a_wrong_count_is_named_and_none_is_stored(
    site: Site, api: Caller, change: dict[str, Any], place: str
) -> None:
    here = f"engagements/{site.engagement.public_id}/pilot-use"
    refused = put(api, here, {"counts": [COUNT, {**COUNT, "period": "2026-W41", **change}]})
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (422, [place])
    with tenant_scope([site.house.tenant.pk]):
        assert not AdoptionCount.objects.exists()


def test_incidents_are_taken_over_again_and_again_with_the_same_result(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/incidents"
    body = {"incidents": [INCIDENT, {**INCIDENT, "reference": "INC-205", "severity": 3}]}
    assert put(api, here, body).json() == {"stored": 2, "changed": 0, "unchanged": 0}
    assert put(api, here, body).json() == {"stored": 0, "changed": 0, "unchanged": 2}
    assert told(site, "incident.logged") == (2, 2)
    assert [row["reference"] for row in api.get(here, open="true").json()["items"]] == ["INC-205", "INC-204"]
    mended = {"incidents": [{**INCIDENT, "resolved_at": NOW.isoformat()}]}
    assert put(api, here, mended).json() == {"stored": 0, "changed": 1, "unchanged": 0}
    assert [row["reference"] for row in api.get(here, open="true").json()["items"]] == ["INC-205"]
    assert [row["version"] for row in api.get(here, open="false").json()["items"]] == [2]
    assert api.get(here, open="maybe").status_code == 400
    with tenant_scope([site.house.tenant.pk]):
        severe = Measurement.objects.filter(key="open_severe_incidents").order_by("-measured_at", "-pk")
        assert [row.value for row in severe] == [0, 1]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"reference": "INC-204"}, "/incidents/2/reference"),
        ({"reference": " INC-204 "}, "/incidents/2/reference"),
        ({"detected_at": (NOW - timedelta(hours=4)).isoformat()}, "/incidents/2/detected_at"),
        ({"resolved_at": (NOW - timedelta(hours=4)).isoformat()}, "/incidents/2/resolved_at"),
        ({"resolved_at": (NOW + timedelta(days=4)).isoformat()}, "/incidents/2/resolved_at"),
    ],
)
def test_a_wrong_incident_is_named_and_none_is_stored(
    site: Site, api: Caller, change: dict[str, Any], place: str
) -> None:
    here = f"engagements/{site.engagement.public_id}/incidents"
    refused = put(api, here, {"incidents": [INCIDENT, {**INCIDENT, "reference": "INC-205", **change}]})
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (422, [place])
    with tenant_scope([site.house.tenant.pk]):
        assert not Incident.objects.exists()


def test_one_incident_is_written_and_changed_by_who_has_read_it(site: Site, api: Caller) -> None:
    new = {key: value for key, value in INCIDENT.items() if key != "reference"}
    made = api.post(f"engagements/{site.engagement.public_id}/incidents", new)
    assert (made.status_code, made.json()["number"], made["ETag"]) == (201, 1, '"1"')
    here = f"incidents/{made.json()['id']}"
    change = {**new, "note": "More workers", "resolved_at": NOW.isoformat()}
    assert put(api, here, change).status_code == 428
    assert put(api, here, change, **{"If-Match": '"7"'}).status_code == 412
    changed = put(api, here, change, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["note"], changed["ETag"]) == (200, "More workers", '"2"')
    assert api.get(here).json() == changed.json()


def test_changing_an_incident_on_the_page_keeps_its_reference(site: Site, api: Caller) -> None:
    from engagements.pilot_words import Cause, Severity
    from engagements.services.incidents import IncidentFacts, change_incident

    put(api, f"engagements/{site.engagement.public_id}/incidents", {"incidents": [INCIDENT]})
    with tenant_scope([site.house.tenant.pk]):
        row = Incident.objects.get()
        facts = IncidentFacts("Said otherwise", Severity.MINOR, Cause.DATA, row.started_at, row.detected_at)
        change_incident(by=site.house.lead, incident_id=row.pk, version=1, facts=facts)
        assert Incident.objects.get().reference == "INC-204"


def test_who_may_not_reports_nothing(site: Site, stranger: Caller) -> None:
    reader = Caller(token_for(site.house, by=site.house.lead, scopes=["value:read"]))
    for name, body in (("pilot-use", {"counts": [COUNT]}), ("incidents", {"incidents": [INCIDENT]})):
        here = f"engagements/{site.engagement.public_id}/{name}"
        assert put(stranger, here, body).status_code == 404
        assert stranger.get(here).status_code == 404
        assert put(reader, here, body).status_code == 403
        assert reader.get(here).json()["items"] == []
