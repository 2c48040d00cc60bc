"""Every page of the lifecycle, walked through the browser's own requests, without a script."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from engagements.models import Decision, Engagement, GateRound, SuccessMetric
from engagements.services import gates
from portal.models import User
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    gate_of,
    later,
    make_world,
    measure_demo,
    open_set,
    pass_first_gate,
    seal_gate,
    start,
    submit_demo,
)

pytestmark = pytest.mark.django_db


class Way:
    """A client with an engagement before its demo gate, and who looks at it."""

    def __init__(self, client, **changes):
        self.client, self.world = client, make_world()
        with tenant_scope([self.world.harbor.pk]):
            self.engagement = start(self.world)
            self.round = submit_demo(self.world, self.engagement, **changes)

    def url(self, name, *keys):
        return reverse(f"engagements:{name}", args=["harbor", self.engagement.pk, *keys])

    def as_(self, who):
        self.client.logout()
        user = User.objects.get(pk=getattr(self.world, who).pk)
        signed_in = self.client.post(
            reverse("account_login"), {"login": user.email, "password": "correct horse battery"}
        )
        assert signed_in.status_code == 302, signed_in.content[:400]
        return self.client


@pytest.fixture
def way(client, db):
    return Way(client)


@pytest.fixture
def unready(client, db):
    return Way(client, handed_over=86)


PAGES = ["overview", "edit", "ledger", "success_metric", "gates"]


@pytest.mark.parametrize("name", PAGES)
def test_the_lead_reads_every_page(way, name):
    assert way.as_("lead").get(way.url(name)).status_code == 200


@pytest.mark.parametrize("number", range(5))
def test_every_gate_has_a_page(way, number):
    with tenant_scope([way.world.harbor.pk]):
        key = gate_of(way.engagement, number).pk
    for who in ("lead", "sponsor"):
        assert way.as_(who).get(way.url("gate", key)).status_code == 200


@pytest.mark.parametrize("name", ["overview", "gates", "success_metric"])
def test_an_outsider_finds_nothing(way, name):
    assert way.as_("outsider").get(way.url(name)).status_code == 404
    assert way.client.get(way.url("brief", way.round.pk)).status_code == 404
    assert way.client.get(way.url("pack", way.round.pk)).status_code == 404


def test_the_overview_says_whose_turn_it_is(way):
    page = way.as_("lead").get(way.url("overview")).content.decode()
    assert "Margaret Osei" in page
    assert "client’s turn: sign the decision" in page


def test_the_brief_reads_promised_measured_not_proven_next_and_sign(way):
    page = way.as_("sponsor").get(way.url("brief", way.round.pk)).content.decode()
    heads = re.findall(r"<h2[^>]*>(Promised|Measured|Not proven|What comes next|What you sign)</h2>", page)
    assert heads == ["Promised", "Measured", "Not proven", "What comes next", "What you sign"]
    assert "All three must-criteria are met." in page
    assert "A pilot for $62,000." in page


def test_what_is_not_possible_stays_visible_with_its_reason(unready):
    page = unready.as_("sponsor").get(unready.url("brief", unready.round.pk)).content.decode()
    assert "Not possible: G1-6 is not met." in page
    assert "Condition for G1-6" in page


def test_the_lead_reads_why_he_cannot_sign(way):
    page = way.as_("lead").get(way.url("brief", way.round.pk)).content.decode()
    assert "Only the client&#x27;s own people can decide a gate." in page
    assert 'name="signed_name"' not in page


SIGNED = {"outcome": "approve", "signed_name": "Margaret Osei", "has_read": "on"}


def test_the_sponsor_signs_and_gets_a_receipt(way):
    client = way.as_("sponsor")
    answer = client.post(way.url("decide", way.round.pk), SIGNED)
    assert (answer.status_code, answer.headers["Location"]) == (302, way.url("receipt", way.round.pk))
    page = client.get(way.url("receipt", way.round.pk)).content.decode()
    assert "I, Margaret Osei, approve gate 1 for Harbor Mutual. Pilot may begin." in page
    assert "Approved</h1>" in page
    assert client.get(way.url("brief", way.round.pk)).status_code == 200
    second = client.post(way.url("decide", way.round.pk), SIGNED)
    assert second.status_code == 409


def test_a_faulty_signature_is_explained_beside_its_field(unready):
    client = unready.as_("sponsor")
    answer = client.post(unready.url("decide", unready.round.pk), {**SIGNED, "signed_name": "M"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Type your full name as here: Margaret Osei." in page
    assert "Not possible: G1-6 is not met." in page
    with tenant_scope([unready.world.harbor.pk]):
        assert Decision.objects.filter(round=unready.round).count() == 0


def test_conditions_are_written_on_the_page(unready):
    body = SIGNED | {
        "outcome": "approve_with_conditions",
        "c_g1_6_text": "Show it on more cases",
        "c_g1_6_due": str(later(20)),
    }  # fmt: skip
    answer = unready.as_("sponsor").post(unready.url("decide", unready.round.pk), body)
    assert answer.status_code == 302
    page = unready.client.get(unready.url("receipt", unready.round.pk)).content.decode()
    assert "Show it on more cases" in page


def test_an_old_proof_leads_to_confirmation_and_keeps_what_was_typed(way):
    client = way.as_("sponsor")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1}]
    session.save()
    answer = client.post(
        way.url("decide", way.round.pk),
        SIGNED,
        headers={"referer": f"http://testserver{way.url('brief', way.round.pk)}"},
    )
    assert answer.status_code == 302
    assert "reauthenticate" in answer.headers["Location"]
    page = client.get(way.url("brief", way.round.pk)).content.decode()
    assert 'value="Margaret Osei"' in page
    with tenant_scope([way.world.harbor.pk]):
        assert Decision.objects.filter(round=way.round).count() == 0


def test_the_pack_is_a_pdf_and_the_same_twice(way):
    client = way.as_("sponsor")
    client.post(way.url("decide", way.round.pk), SIGNED)
    first = client.get(way.url("pack", way.round.pk))
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["Content-Disposition"].startswith("attachment")
    assert first.content.startswith(b"%PDF")
    assert first.content == client.get(way.url("pack", way.round.pk)).content


def test_a_lead_starts_an_engagement_on_the_page(way):
    client = way.as_("lead")
    page = reverse("engagements:new", args=["harbor"])
    assert client.get(page).status_code == 200
    assert client.post(page, {"title": ""}).status_code == 422
    answer = client.post(page, {"title": "Complaints", "problem_statement": "They wait.", "version": "0"})
    assert answer.status_code == 302
    with tenant_scope([way.world.harbor.pk]):
        assert Engagement.objects.get(title="Complaints").code == "HM-02"


def test_from_metric_to_submission_on_the_pages(client, db):
    world = make_world()
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        gate, draft = gate_of(engagement, 0), open_set(engagement, 0)
    client.force_login(User.objects.get(pk=world.lead.pk))

    def url(name, *keys):
        return reverse(f"engagements:{name}", args=["harbor", engagement.pk, *keys])

    metric = {
        "name": "time to handler", "direction": "reduce", "aggregation": "median", "unit": "h",
        "target_kind": "relative", "target": "40", "baseline_value": "26", "baseline_n": "4120",
        "baseline_from": "2026-09-01", "baseline_to": "2026-10-11", "baseline_source": "claim log",
        "rail_1_name": "satisfaction", "rail_1_side": "above", "rail_1_limit": "4.2", "version": "0",
    }  # fmt: skip
    assert client.get(url("edit_success_metric")).status_code == 200
    assert client.post(url("edit_success_metric"), {"name": "x"}).status_code == 422
    assert client.post(url("edit_success_metric"), metric).status_code == 302
    page = client.get(url("success_metric")).content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")
    assert "Reduce the median time to handler by 40 %, from 26 h to 15.6 h or less, while" in page
    assert client.post(url("seal_metric")).status_code == 302
    for key in ("case_data_allowed", "stop_rule_agreed"):
        stated = client.post(url("state"), {"key": key, "gate": gate.public_id})
        assert stated.headers["Location"] == url("gate", gate.pk)
    assert client.post(url("propose", gate.pk, draft.pk)).status_code == 302
    assert client.post(url("seal", gate.pk, draft.pk)).status_code == 302
    client.force_login(User.objects.get(pk=world.sponsor.pk))
    assert client.post(url("seal_metric")).status_code == 302
    assert client.post(url("seal", gate.pk, draft.pk)).status_code == 302
    assert client.post(url("propose", gate.pk, draft.pk)).status_code == 403
    client.force_login(User.objects.get(pk=world.lead.pk))
    answer = client.post(url("submit", gate.pk), {"next_step": "A demo.", "due": str(later(7))})
    assert answer.status_code == 302
    with tenant_scope([world.harbor.pk]):
        assert GateRound.objects.get(gate=gate).status == "submitted"
        assert SuccessMetric.objects.get(engagement=engagement).sealed_at is not None
    assert client.get(answer.headers["Location"]).status_code == 200


def test_a_criterion_is_changed_in_a_draft_only(client, db):
    world = make_world()
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        gate, draft = gate_of(engagement, 1), open_set(engagement, 1)
        first = draft.criteria.order_by("order").first()
    client.force_login(User.objects.get(pk=world.lead.pk))
    page = reverse("engagements:edit_criterion", args=["harbor", engagement.pk, gate.pk, first.pk])
    assert 'value="85"' in client.get(page).content.decode()
    body = {"text": "Handled correctly", "must": "on", "target": "90", "min_n": "120", "max_age_days": "90"}
    assert client.post(page, body).status_code == 302
    assert client.post(page, body | {"target": "140"}).status_code == 422
    propose = reverse("engagements:propose", args=["harbor", engagement.pk, gate.pk, draft.pk])
    unbound = client.post(propose)
    assert unbound.status_code == 422
    assert "G1-1 is not bound." in unbound.content.decode()
    with tenant_scope([world.harbor.pk]):
        first.refresh_from_db()
        assert str(first.target) == "0.900000"
        pass_first_gate(world, engagement)
        seal_gate(world, engagement, 1)
        measure_demo(engagement)
    assert client.post(page, body).status_code == 409


def test_a_second_round_is_reached_after_withdrawal(way):
    client = way.as_("lead")
    assert client.post(way.url("withdraw", way.round.pk)).status_code == 302
    amend = way.url("amend", way.round.gate_id)
    assert client.post(amend, {"reason": ""}).status_code == 422
    assert client.post(amend, {"reason": "The cost limit was too high."}).status_code == 302
    page = client.get(way.url("gate", way.round.gate_id)).content.decode()
    assert "The cost limit was too high." in page
    with tenant_scope([way.world.harbor.pk]):
        assert gates.submit_round(by=way.world.lead, gate_id=way.round.gate_id).number == 2
