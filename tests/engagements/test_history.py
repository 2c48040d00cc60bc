"""What happened to one thing stands on its page, with what was before; both sides read it."""

from dataclasses import replace
from decimal import Decimal

from assessments.rules.costs import Component
from assessments.services.pain_points import PainPointFacts, map_pain_point, revise_pain_point
from assessments.services.risks import RiskTerms, change_risk, open_risk
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from engagements.selectors.history import changes, history_of
from portal.scope import tenant_scope
from tests.assessments.conftest import harbor, other

__all__ = ["harbor", "other"]


def test_a_change_says_what_was_before_and_leaves_out_what_stayed():
    before = {"score": 12, "status": "open", "version": 1}
    assert changes({}, before) == ["score 12", "status open"]
    assert changes(before, {"score": 6, "status": "open", "version": 2}) == ["score 6, was 12"]
    assert changes({"side": "client"}, {"side": "consultancy"}) == ["for the consultancy"]
    assert changes({"annual_cost": "197400.0000"}, {"annual_cost": "5.5"}) == ["annual cost 5.5, was 197,400"]


def test_the_history_of_a_risk_and_a_pain_point_is_read_by_the_client(harbor, client):
    with tenant_scope([harbor.tenant.pk]):
        here = {"by": harbor.lead, "engagement_id": harbor.engagement.pk}
        terms = RiskTerms("Staff object late", 3, 4)
        risk = open_risk(**here, terms=terms)
        change_risk(by=harbor.lead, risk_id=risk.pk, version=risk.version, terms=replace(terms, likelihood=1))
        spend = Component(CostKind.SPEND, {"yearly_spend": Decimal(900)}, EvidenceGrade.D, "")
        facts = PainPointFacts("Licences", PainKind.RESOURCE_DRAIN)
        point = map_pain_point(**here, facts=facts, components=[spend])
        less = replace(spend, inputs={"yearly_spend": Decimal(700)})
        revise_pain_point(by=harbor.lead, pain_point_id=point.pk, version=1, facts=facts, components=[less])
        for version in (2, 3):
            revise_pain_point(
                by=harbor.lead, pain_point_id=point.pk, version=version, facts=facts, components=[less]
            )
        steps = history_of(harbor.engagement.pk, point.public_id)
        assert [(step.title, step.who, step.times) for step in steps] == [
            ("Pain point revised", "Lea Lead", 3), ("Pain point mapped", "Lea Lead", 1),
        ]  # fmt: skip
        assert steps[0].changes == ("annual cost 700, was 900",)
    client.force_login(harbor.member)
    place = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/"
    assert "annual cost 700, was 900" in client.get(f"{place}pain-points/").text
    assert "score 4, was 12" in client.get(f"{place}risks/{risk.public_id}/").text


def test_a_thing_of_another_client_has_no_history(harbor, other):
    with tenant_scope([other.tenant.pk]):
        assert history_of(harbor.engagement.pk, harbor.engagement.public_id) == []
