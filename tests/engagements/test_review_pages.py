"""The pages around a decision, walked as both sides, without a script."""

from __future__ import annotations

import pytest

from engagements.models import Condition, Criterion, Delegation, GateRound, Question, Reopening, Waiver
from engagements.rules.approvals import Policy
from engagements.services import delegations
from engagements.vocabulary import ApprovalPolicy
from portal.models import Tenant, User
from portal.scope import tenant_scope
from tests.engagements.conftest import gate_of, later
from tests.engagements.test_pages import SIGNED, Way

pytestmark = pytest.mark.django_db


class House(Way):
    """Signed in without the form: these pages are not about signing in."""

    def as_(self, who):
        self.client.force_login(User.objects.get(pk=getattr(self.world, who).pk))
        return self.client

    def rows(self, model):
        with tenant_scope([self.world.harbor.pk]):
            return list(model.objects.all())


@pytest.fixture
def house(client, db):
    return House(client, handed_over=86)


def body(answer) -> str:
    return answer.content.decode()


def test_a_question_is_asked_answered_and_seen(house):
    ask = house.url("ask", house.round.pk)
    assert house.as_("sponsor").post(ask, {"text": ""}).status_code == 422
    assert house.client.post(ask, {"text": "Was travel in it?", "is_blocking": "on"}).status_code == 302
    page = body(house.client.get(house.url("brief", house.round.pk)))
    assert "It is signed when the open question is answered" in page
    assert "The time stands still" in page
    question = house.rows(Question)[0]
    answer = house.url("answer_question", house.round.pk, question.pk)
    assert house.client.post(answer, {"answer": "Yes"}).status_code == 403
    assert house.as_("lead").post(answer, {"answer": ""}).status_code == 422
    assert house.client.post(answer, {"answer": "Yes, 34 cases of it."}).status_code == 302
    page = body(house.as_("sponsor").get(house.url("brief", house.round.pk)))
    assert "Yes, 34 cases of it." in page
    assert 'name="signed_name"' in page


def test_a_waiver_is_granted_on_its_page_and_stands_on_brief_and_receipt(house):
    with tenant_scope([house.world.harbor.pk]):
        row = Criterion.objects.get(criteria_set=house.round.criteria_set, key="G1-6")
    page = house.url("waive", house.round.gate_id, row.pk)
    assert "Waive it" in body(house.as_("sponsor").get(house.url("gate", house.round.gate_id)))
    given = {"reason": "Few cases", "compensating": "Two people read each.", "expires": str(later(30))}
    assert house.client.post(page, {}).status_code == 422
    assert "at most 180 days ahead" in body(house.client.post(page, given | {"expires": str(later(200))}))
    assert "Waive G1-6</button>" not in body(house.as_("lead").get(page))
    assert house.client.post(page, given).status_code == 403
    assert house.as_("sponsor").post(page, given).status_code == 302
    brief = body(house.client.get(house.url("brief", house.round.pk)))
    assert "Two people read each." in brief
    assert "Not possible: G1-6" not in brief
    assert Way.as_(house, "sponsor").post(house.url("decide", house.round.pk), SIGNED).status_code == 302
    assert "Two people read each." in body(house.client.get(house.url("receipt", house.round.pk)))
    assert len(house.rows(Waiver)) == 1


def test_a_condition_is_handed_in_sent_back_and_accepted(house):
    promise = {"outcome": "approve_with_conditions", "c_g1_6_text": "More", "c_g1_6_due": str(later(9))}
    consultant = house.world.consultant.public_id
    decide = house.url("decide", house.round.pk)
    Way.as_(house, "sponsor").post(decide, SIGNED | promise | {"c_g1_6_owner": consultant})
    condition = house.rows(Condition)[0]
    assert condition.owner == house.world.consultant
    pages = house.url("conditions")
    prefix = condition.public_id
    note = {f"{prefix}-note": "Run 6: 219 of 240.", f"{prefix}-link": ""}
    hand_in = house.url("hand_in_condition", condition.pk)
    assert "No later gate" not in body(house.client.get(pages))
    assert house.as_("consultant").post(hand_in, {f"{prefix}-note": ""}).status_code == 422
    assert house.client.post(hand_in, note).status_code == 302
    assert "Accept as met" not in body(house.client.get(pages))
    home = body(house.as_("sponsor").get("/"))
    assert "Is this condition met? More" in home
    send_back = house.url("return_condition", condition.pk)
    assert house.client.post(send_back, {"reason": ""}).status_code == 422
    assert house.client.post(send_back, {"reason": "Travel is missing."}).status_code == 302
    assert "Travel is missing." in body(house.as_("consultant").get(pages))
    house.client.post(hand_in, note)
    assert house.client.post(house.url("accept_condition", condition.pk)).status_code == 403
    assert house.as_("sponsor").post(house.url("accept_condition", condition.pk)).status_code == 302
    assert "Every condition is closed." in body(house.client.get(pages))
    assert house.client.post(house.url("waive_condition", condition.pk), {"reason": "x"}).status_code == 409


def test_a_decision_is_delegated_signed_and_revoked_on_the_pages(client, db):
    house = House(client)
    page = house.url("approvers")
    member = house.world.member.public_id
    given = {"receiver": member, "scope": "all", "until": str(later(5))}
    assert house.as_("member").post(page, given).status_code == 403
    assert "does not let you" in body(house.client.get(page))
    assert house.as_("sponsor").post(page, given | {"until": str(later(99))}).status_code == 422
    assert house.client.post(page, given).status_code == 302
    assert house.client.post(page, given).status_code == 422
    assert "Read and decide" in body(house.as_("member").get("/"))
    signed = SIGNED | {"signed_name": "Dana Ruiz"}
    assert Way.as_(house, "member").post(house.url("decide", house.round.pk), signed).status_code == 302
    receipt = body(house.client.get(house.url("receipt", house.round.pk)))
    assert "Signed on behalf of Margaret Osei" in receipt
    assert "on behalf of Margaret Osei, approve gate 1" in receipt
    revoke = house.url("revoke_delegation", house.rows(Delegation)[0].pk)
    assert house.client.post(revoke).status_code == 403
    assert house.as_("sponsor").post(revoke).status_code == 302
    assert "revoked" in body(house.client.get(page))


def test_two_sign_on_the_pages_and_each_sees_what_the_other_did(client, db):
    house = House(client)
    gate = house.round.gate_id
    change = house.url("policy", gate)
    both = {"kind": "all", "first": "client_sponsor", "second": "client_security"}
    assert house.as_("lead").get(change).status_code == 403
    assert "during" not in body(house.as_("sponsor").get(change))
    assert house.client.post(change, both).status_code == 422  # a round is open
    house.as_("lead").post(house.url("withdraw", house.round.pk), {"reason": "Two have to sign."})
    house.as_("sponsor")
    assert house.client.post(change, both | {"second": "client_sponsor"}).status_code == 422
    assert house.client.post(change, both).status_code == 302
    house.as_("lead").post(house.url("submit", gate), {"due": str(later(7))})
    row = next(one for one in house.rows(GateRound) if one.gate_id == gate and one.status == "submitted")
    way = Way.as_(house, "sponsor")
    answer = way.post(house.url("decide", row.pk), SIGNED)
    assert answer.headers["Location"] == house.url("brief", row.pk)
    page = body(way.get(house.url("brief", row.pk)))
    assert "1 of 2 given." in page
    assert "Your signature under this round is given already." in page
    assert "Read and decide" not in body(way.get("/"))
    way = Way.as_(house, "security")
    assert "Read and decide" in body(way.get("/"))
    assert "signed something else" in body(way.get(house.url("brief", row.pk)))
    answer = way.post(house.url("decide", row.pk), SIGNED | {"signed_name": "Sam Okoro"})
    assert answer.headers["Location"] == house.url("receipt", row.pk)
    assert body(way.get(house.url("receipt", row.pk))).count("shown by password") == 2


def test_judging_and_signing_are_kept_apart_until_the_sponsor_says_otherwise(house):
    page = house.url("separation")
    assert house.as_("lead").post(page, {"judges_may_sign": "yes"}).status_code == 403
    assert house.as_("sponsor").post(page, {"judges_may_sign": "yes"}).status_code == 302
    assert Tenant.objects.get(pk=house.world.harbor.pk).judges_may_sign is True
    assert "Turned off" in body(house.client.get(house.url("approvers")))


def test_a_passed_gate_is_opened_again_with_a_reason(client, db):
    house = House(client)
    with tenant_scope([house.world.harbor.pk]):
        first = gate_of(house.engagement, 0).pk
    page = house.url("reopen", first)
    assert house.as_("consultant").get(page).status_code == 403
    assert house.as_("lead").post(page, {"reason": "Miscounted."}).status_code == 422  # gate 1 waits
    house.client.post(house.url("withdraw", house.round.pk))
    assert house.client.post(page, {"reason": ""}).status_code == 422
    assert house.client.post(page, {"reason": "Miscounted."}).status_code == 302
    assert [row.reason for row in house.rows(Reopening)] == ["Miscounted."]
    assert "Re-opened for round 2" in body(house.client.get(house.url("gate", first)))
    assert "changed basis" in body(house.client.get(house.url("gate", house.round.gate_id)))


def test_a_second_withdrawal_says_why_not(house):
    house.as_("lead").post(house.url("withdraw", house.round.pk), {"reason": "Wrong run."})
    assert "not withdrawn any more" in body(house.client.get(house.url("withdraw", house.round.pk)))
    assert "Wrong run." in body(house.client.get(house.url("brief", house.round.pk)))


def test_the_policy_of_a_gate_is_changed_by_the_service_too(house):
    with tenant_scope([house.world.harbor.pk]):
        gate = gate_of(house.engagement, 2)
        policy = Policy(ApprovalPolicy.QUORUM, ("client_sponsor", "client_security"), 2)
        assert delegations.change_policy(by=house.world.sponsor, gate_id=gate.pk, policy=policy).quorum == 2
    assert "2 people, each a sponsor or a security officer" in body(
        house.as_("lead").get(house.url("approvers"))
    )
