"""The permit over HTTP: scope, parameters, and what a stranger sees."""

from __future__ import annotations

from tests.api.conftest import Caller, Site, token_for


def test_a_pipeline_asks_and_is_told_why_not(site: Site) -> None:
    answer = site.api.get(f"engagements/{site.engagement.public_id}/permit", environment="prod")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["allow"], body["expires"], body["environment"]) == (False, None, "prod")
    assert body["reasons"][0] == "Gate 0 (Pain points) is not passed."
    assert len(body["token"].split(".")) == 3
    keys = site.api.get("permit-keys").json()["keys"]
    assert [key["crv"] for key in keys] == ["Ed25519"]


def test_a_missing_environment_or_a_malformed_hash_is_said(site: Site) -> None:
    address = f"engagements/{site.engagement.public_id}/permit"
    missing = site.api.get(address)
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/environment")
    malformed = site.api.get(address, environment="prod", config_sha256="abc")
    assert (malformed.status_code, malformed.json()["errors"][0]["pointer"]) == (422, "/config_sha256")
    assert site.api.get(address, environment="prod", enviroment="x").status_code == 400


def test_a_token_needs_the_scope_and_a_stranger_sees_nothing(site: Site, stranger: Caller) -> None:
    address = f"engagements/{site.engagement.public_id}/permit"
    narrow = Caller(token_for(site.house, by=site.house.lead, scopes=["gates:read"]))
    assert narrow.get(address, environment="prod").status_code == 403
    assert stranger.get(address, environment="prod").status_code == 404
