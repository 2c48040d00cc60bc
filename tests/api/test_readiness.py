"""Readiness, risks and evidence over the API: read, answer, hand in; agreeing is for people in a browser."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.models import Answer
from assessments.services.assessment import start_assessment
from assessments.services.risks import RiskTerms, open_risk
from engagements.models import EvidenceItem, EvidenceVersion
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.api.conftest import Caller, Site, token_for


def _begin(site: Site) -> str:
    with tenant_scope([site.house.tenant.pk]):
        start_assessment(by=site.house.lead, engagement_id=site.engagement.pk)
        terms = RiskTerms("Staff object late", 3, 4)
        open_risk(by=site.house.lead, engagement_id=site.engagement.pk, terms=terms)
    return f"engagements/{site.engagement.public_id}"


def test_a_question_is_answered_and_counts_1_without_evidence(site: Site, api: Caller) -> None:
    here = _begin(site)
    made = api.post(f"{here}/answers", {"question": "E05-2", "level": 3, "note": "Rules for late data"})
    assert made.status_code == 201
    assert (made.json()["claimed"], made.json()["allowed"], made.json()["level"]) == (3, 1, 1)
    whole = api.get(f"{here}/readiness").json()
    assert (whole["level"], whole["target_gate"], len(whole["elements"])) == (None, 1, 15)
    assert "average" not in whole
    framework = api.get(f"framework-versions/{whole['framework_version']}").json()
    assert framework["content"]["version"] == "1.0.0"
    assert api.get(f"{here}/risks").json()["items"][0]["score"] == 12


def test_what_is_not_right_is_a_problem_and_nothing_is_stored(site: Site, api: Caller) -> None:
    here = _begin(site)
    assert api.post(f"{here}/answers", {"question": "E05-2", "level": 5}).status_code == 422
    assert api.post(f"{here}/answers", {"question": "E99-1", "level": 1}).status_code == 404
    with tenant_scope([site.house.tenant.pk]):
        assert not Answer.objects.exists()
    reader = Caller(token_for(site.house, by=site.house.lead, scopes=["assessments:read"]))
    assert reader.post(f"{here}/answers", {"question": "E05-2", "level": 1}).status_code == 403


def test_evidence_is_handed_in_as_json_or_as_a_file_and_downloaded(site: Site, api: Caller) -> None:
    here = _begin(site)
    drill = {"title": "Rollback", "kind": "drill", "strength": "measured_once", "participants": "Amira",
             "scenario": "No answer", "detected": "3", "decided": "8",
             "outcome": "Back on version 3", "minutes": "21.5", "about": ["E15-1"]}  # fmt: skip
    assert api.post(f"{here}/evidence", drill).status_code == 201
    assert api.post(f"{here}/evidence", {**drill, "outcome": ""}).status_code == 422
    form = {"title": "Report", "file": SimpleUploadedFile("r.pdf", b"%PDF-1.7 x"), "about": "E05-2"}
    made = api.client.post(f"/api/v1/{here}/evidence", form)
    assert (made.status_code, made.json()["versions"][0]["status"]) == (201, "received")
    key = made.json()["versions"][0]["id"]
    file = api.get(f"evidence-versions/{key}/file")
    assert (file.content, file["X-Content-Type-Options"]) == (b"%PDF-1.7 x", "nosniff")
    liar = {"title": "Report", "file": SimpleUploadedFile("r.pdf", b"MZ")}
    assert api.client.post(f"/api/v1/{here}/evidence", liar).status_code == 422
    assert len(api.get(f"{here}/evidence").json()["items"]) == 2
    with tenant_scope([site.house.tenant.pk]):
        assert (EvidenceItem.objects.count(), EvidenceVersion.objects.count()) == (2, 2)
        assert LedgerEntry.objects.filter(event="evidence.opened").count() == 1
