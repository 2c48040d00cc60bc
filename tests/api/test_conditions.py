"""Conditions over the API: read and handed in by machines, accepted by people only."""

from __future__ import annotations

import pytest

from engagements.models import Condition
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal.scope import tenant_scope
from tests.api.conftest import Caller, token_for
from tests.engagements.conftest import Shown, gate_of, in_days, later, make_world, start, submit_demo


@pytest.fixture
def promised(db):
    """Harbor's engagement with one condition, and its lead's token."""
    world = make_world()
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        row = submit_demo(world, engagement, handed_over=86)
        promise = ConditionTerms("G1-6", "More cases", later(9))
        terms = DecisionTerms(
            Outcome.APPROVE_WITH_CONDITIONS, signed_name=world.sponsor.name, conditions=[promise]
        )
        gates.decide_gate(by=world.sponsor, round_id=row.pk, terms=terms, proof=Shown())
        condition = Condition.objects.get()
        gate = gate_of(engagement, 2).public_id
    house = type("Place", (), {"tenant": world.harbor})()
    text = token_for(house, by=world.lead, service=False)
    return Caller(text), engagement.public_id, condition.public_id, gate, world


def test_a_condition_is_read_and_handed_in_by_a_machine(promised):
    api, engagement, condition, _, world = promised
    (row,) = api.get(f"engagements/{engagement}/conditions").json()["items"]
    assert (row["id"], row["status"], row["owner"]["name"]) == (condition, "open", world.lead.name)
    with in_days(10):
        assert api.get(f"engagements/{engagement}/conditions").json()["items"][0]["status"] == "lapsed"
    refused = api.post(f"conditions/{condition}/closing", {"note": "Run 6", "link": "javascript:alert(1)"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/link")
    answer = api.post(f"conditions/{condition}/closing", {"note": "Run 6: 219 of 240."})
    assert (answer.status_code, answer.json()["status"]) == (200, "open")
    assert answer.json()["proposed_at"] is not None


def test_accepting_waiving_and_delegating_are_refused_to_every_machine(promised):
    api, engagement, condition, gate, _ = promised
    for address in (
        f"conditions/{condition}/acceptance",
        f"gates/{gate}/waivers",
        f"gates/{gate}/decisions",
        f"engagements/{engagement}/delegations",
    ):
        answer = api.post(address, {})
        assert (address, answer.status_code, answer.json()["code"]) == (address, 403, "decider-not-allowed")
