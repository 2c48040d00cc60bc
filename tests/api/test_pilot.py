"""Figures of a pilot over the API: sent twice they change nothing; one wrong one and nothing is stored."""

from __future__ import annotations

import json

from engagements.models import Observation
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site, token_for

FIGURE = {
    "metric": "cost_per_case",
    "period": "2026-W40",
    "value": "0.021",
    "n": 400,
    "source": "system_export",
}


def put(api: Caller, address: str, *figures: dict[str, object]):
    body = json.dumps({"figures": list(figures)})
    return api.client.put(f"/api/v1/{address}", body, content_type="application/json")


def test_figures_are_put_again_and_again_with_the_same_result(site: Site, api: Caller) -> None:
    here = f"engagements/{site.engagement.public_id}/pilot-figures"
    first = put(api, here, FIGURE, {**FIGURE, "period": "2026-W41"})
    assert first.json() == {"stored": 2, "corrected": 0, "unchanged": 0, "late": 2}
    assert put(api, here, FIGURE).json() == {"stored": 0, "corrected": 0, "unchanged": 1, "late": 0}
    assert put(api, here, {**FIGURE, "value": "0.022"}).json()["corrected"] == 1
    rows = api.get(here).json()["items"]
    assert [(row["number"], row["value"], row["grade"], row["late"]) for row in rows][:1] == [
        (2, "0.022000", "A", True)
    ]


def test_what_is_wrong_is_a_problem_with_its_place_and_nothing_is_stored(
    site: Site, api: Caller, stranger: Caller
) -> None:
    here = f"engagements/{site.engagement.public_id}/pilot-figures"
    refused = put(api, here, FIGURE, {**FIGURE, "metric": "unheard"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/figures/2/metric"
    for wrong in ({"period": "soon"}, {"value": "NaN"}, {"source": "hearsay"}, {"n": -1}):
        assert put(api, here, {**FIGURE, **wrong}).status_code in (400, 422)
    assert put(api, here).status_code in (400, 422)
    with tenant_scope([site.house.tenant.pk]):
        assert not Observation.objects.exists()
    assert put(stranger, here, FIGURE).status_code == 404
    reader = Caller(token_for(site.house, by=site.house.lead, scopes=["value:read"]))
    assert put(reader, here, FIGURE).status_code == 403
