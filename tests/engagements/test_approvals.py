"""Several approvers, delegation, and who may not sign what they judged."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from engagements.evidence import _section_sources, register_section
from engagements.models import Approval, Decision, Delegation, GateRound
from engagements.report.pack import render_pack
from engagements.rules.approvals import Capacity, Policy, Signed, check_policy, in_words, seat_for
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.rules.delegations import check_delegation
from engagements.services import delegations, gates
from engagements.vocabulary import ApprovalPolicy, Outcome
from portal import audit, grants
from portal.errors import (
    DeciderNotAllowed,
    Forbidden,
    Invalid,
    NotFound,
    RoundNotOpen,
    SegregationOfDuties,
    WrongMoment,
)
from portal.models import LedgerEntry, OutboxEvent
from portal.roles import Role
from portal.services.clients import let_judges_sign
from tests.engagements.conftest import (
    Shown,
    fresh,
    gate_of,
    in_days,
    later,
    measure_demo,
    pass_first_gate,
    person,
    seal_gate,
)

BOTH = ("client_sponsor", "client_security")


def sign(who, row, outcome=Outcome.APPROVE, **more):
    terms = DecisionTerms(outcome, signed_name=who.name, **more)
    return gates.decide_gate(by=fresh(who), round_id=row.pk, terms=terms, proof=Shown())


def asks(world, engagement, kind, roles=BOTH, quorum=None, *, handed_over=98, gate=1):
    """A demo gate that was submitted under this policy."""
    pass_first_gate(world, engagement)
    policy = Policy(ApprovalPolicy(kind), tuple(roles), quorum)
    delegations.change_policy(by=world.sponsor, gate_id=gate_of(engagement, gate).pk, policy=policy)
    seal_gate(world, engagement, 1)
    measure_demo(engagement, handed_over=handed_over)
    return gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)


# --- the rule ------------------------------------------------------------------------------------

S, T = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("kind", "quorum", "given", "mine", "seat"),
    [
        ("any", None, [], ["client_security"], 0),
        ("all", None, [], ["client_security"], 1),
        ("all", None, ["client_security"], ["client_sponsor"], 0),
        ("all", None, ["client_sponsor"], ["client_sponsor"], None),
        ("ordered", None, [], ["client_sponsor"], 0),
        ("ordered", None, [], ["client_security"], None),
        ("ordered", None, ["client_sponsor"], ["client_security"], 1),
        ("quorum", 2, [], ["client_security"], 0),
        ("quorum", 2, ["client_security"], ["client_security"], 1),
    ],
)
def test_which_signature_a_person_gives(kind, quorum, given, mine, seat):
    policy = Policy(ApprovalPolicy(kind), BOTH, quorum)
    signed = [Signed(number, role, uuid4(), uuid4()) for number, role in enumerate(given)]
    capacities = [Capacity(role, S) for role in mine]
    if seat is None:
        with pytest.raises(WrongMoment):
            seat_for(policy, signed, capacities, S)
    else:
        assert seat_for(policy, signed, capacities, S).number == seat


def test_nobody_signs_twice_and_no_right_is_used_twice():
    policy = Policy(ApprovalPolicy.QUORUM, BOTH, 3)
    signed = [Signed(0, "client_sponsor", T, S)]  # T for S
    with pytest.raises(WrongMoment):
        seat_for(policy, signed, [Capacity("client_security", T)], T)
    with pytest.raises(WrongMoment):
        seat_for(policy, signed, [Capacity("client_sponsor", S)], S)
    with pytest.raises(WrongMoment):
        seat_for(policy, signed, [Capacity("client_sponsor", S, uuid4())], uuid4())
    with pytest.raises(DeciderNotAllowed):
        seat_for(policy, [], [], uuid4())


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(ApprovalPolicy.ANY, ("client_sponsor",)), "the sponsor"),
        (Policy(ApprovalPolicy.ALL, BOTH), "the sponsor and the security officer"),
        (Policy(ApprovalPolicy.ANY, BOTH), "the sponsor or the security officer"),
        (Policy(ApprovalPolicy.ORDERED, BOTH), "the sponsor, then the security officer"),
        (Policy(ApprovalPolicy.QUORUM, BOTH, 3), "3 people, each a sponsor or a security officer"),
    ],
)
def test_a_policy_reads_as_words(policy, words):
    assert in_words(policy) == words


@pytest.mark.parametrize(
    "policy",
    [
        Policy(ApprovalPolicy.ALL, ()),
        Policy(ApprovalPolicy.ALL, ("client_sponsor", "client_sponsor")),
        Policy(ApprovalPolicy.ANY, ("lead",)),
        Policy(ApprovalPolicy.ANY, ("client_member",)),
        Policy(ApprovalPolicy.QUORUM, BOTH, 1),
        Policy(ApprovalPolicy.QUORUM, BOTH),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(policy):
    with pytest.raises(Invalid):
        check_policy(policy)


# --- signing by several --------------------------------------------------------------------------


def test_pilot_and_deployment_ask_sponsor_and_security(world, engagement):
    asked = {number: gate_of(engagement, number).decided_by for number in range(5)}
    both = "the sponsor and the security officer"
    assert asked == {0: "the sponsor", 1: "the sponsor", 2: both, 3: both, 4: "the sponsor"}


def test_all_have_to_sign_before_there_is_a_decision(world, engagement):
    row = asks(world, engagement, "all")
    before = (LedgerEntry.objects.count(), OutboxEvent.objects.count())
    assert sign(world.security, row) is None
    assert GateRound.objects.get(pk=row.pk).status == "under_review"
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == (before[0] + 1, before[1] + 1)
    assert not Decision.objects.filter(round=row).exists()
    with pytest.raises(WrongMoment, match="given already"):
        sign(world.security, row)
    decision = sign(world.sponsor, row)
    signed = Approval.objects.filter(round=row).order_by("signed_at")
    assert [(one.role, one.signed_by) for one in signed] == [
        ("client_security", world.security),
        ("client_sponsor", world.sponsor),
    ]
    assert decision.decided_by == world.sponsor
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == (before[0] + 2, before[1] + 2)
    texts = [one.statement.replace(one.signed_by.name, "X") for one in signed]
    assert len(set(texts)) == 1  # the same words for each
    assert b"%PDF" in render_pack(GateRound.objects.get(pk=row.pk), decision)
    assert audit.broken_links(world.harbor.pk) == []


def test_an_order_is_kept(world, engagement):
    row = asks(world, engagement, "ordered")
    with pytest.raises(WrongMoment, match="the sponsor signs next"):
        sign(world.security, row)
    assert sign(world.sponsor, row) is None
    assert sign(world.security, row).outcome == "approve"


def test_a_quorum_counts_people(world, engagement):
    other = person("Second Sponsor", "client")
    grants.add_member(other, world.harbor, Role.CLIENT_SPONSOR)
    row = asks(world, engagement, "quorum", quorum=2)
    assert sign(other, row) is None
    assert sign(world.sponsor, row).outcome == "approve"


def test_one_who_says_no_ends_the_round_and_the_other_signature_stays(world, engagement):
    row = asks(world, engagement, "all")
    sign(world.sponsor, row)
    decision = sign(world.security, row, Outcome.REWORK, reason="The log keeps names.")
    assert (decision.outcome, decision.decided_by) == ("rework", world.security)
    outcomes = dict(Approval.objects.filter(round=row).values_list("role", "outcome"))
    assert outcomes == {"client_sponsor": "approve", "client_security": "rework"}
    with pytest.raises(RoundNotOpen):
        sign(world.sponsor, row)


def test_later_signers_sign_the_conditions_of_the_first(world, engagement):
    row = asks(world, engagement, "all", handed_over=86)
    promise = ConditionTerms("G1-6", "Hand-over on more cases", later(20), world.consultant.pk)
    sign(world.sponsor, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise])
    with pytest.raises(Invalid, match="sign the same"):
        sign(world.security, row)
    decision = sign(world.security, row, Outcome.APPROVE_WITH_CONDITIONS)
    condition = decision.conditions.get()
    assert (condition.text, condition.owner) == ("Hand-over on more cases", world.consultant)


def test_who_decides_is_changed_by_the_sponsor_and_not_during_a_round(world, engagement):
    gate = gate_of(engagement, 1)
    policy = Policy(ApprovalPolicy.ANY, ("client_security",))
    for who in (world.lead, world.security, world.member):
        with pytest.raises(Forbidden):
            delegations.change_policy(by=who, gate_id=gate.pk, policy=policy)
    with pytest.raises(NotFound):
        delegations.change_policy(by=world.outsider, gate_id=gate.pk, policy=policy)
    row = asks(world, engagement, "any", roles=("client_security",))
    with pytest.raises(WrongMoment):
        delegations.change_policy(by=world.sponsor, gate_id=row.gate_id, policy=policy)
    with pytest.raises(DeciderNotAllowed, match="decided by the security officer"):
        sign(world.sponsor, row)
    assert sign(world.security, row).outcome == "approve"


# --- who judged ----------------------------------------------------------------------------------


def test_who_verified_an_answer_does_not_sign_unless_the_client_lets_them(world, engagement):
    register_section("readiness_of_a_test", lambda key, number: {"judges": [str(world.sponsor.pk)]})
    try:
        pass_first_gate_row = asks(world, engagement, "any", roles=("client_sponsor",))
    except SegregationOfDuties:
        pass_first_gate_row = None  # the first gate already holds the section
    finally:
        _section_sources.pop("readiness_of_a_test")
    assert pass_first_gate_row is None
    with pytest.raises(Forbidden):
        let_judges_sign(by=world.lead, tenant_id=world.harbor.pk, allowed=True)
    let_judges_sign(by=world.sponsor, tenant_id=world.harbor.pk, allowed=True)
    row = GateRound.objects.get(status="submitted")
    assert sign(world.sponsor, row).outcome == "approve"
    assert LedgerEntry.objects.filter(event="tenant.separation_changed").count() == 1


# --- delegation ----------------------------------------------------------------------------------


def delegate(world, engagement, by=None, to=None, days=10, gate=None):
    return delegations.delegate_decision(
        by=fresh(by or world.sponsor), engagement_id=engagement.pk, receiver_id=(to or world.member).pk,
        until=later(days), gate_id=gate,
    )  # fmt: skip


def test_a_delegate_signs_and_the_decision_says_for_whom(world, engagement, demo_round):
    with pytest.raises(DeciderNotAllowed):
        sign(world.member, demo_round)
    delegate(world, engagement, gate=demo_round.gate_id)
    decision = sign(world.member, demo_round)
    assert (decision.decided_by, decision.on_behalf_of) == (world.member, world.sponsor)
    assert decision.statement.startswith("I, Dana Ruiz, on behalf of Margaret Osei, approve gate 1")


def test_a_delegation_ends_by_its_date_by_revocation_and_with_its_givers_place(world, engagement, demo_round):
    delegate(world, engagement)
    with in_days(11), pytest.raises(DeciderNotAllowed):
        sign(world.member, demo_round)  # no job has run: the date alone ends it
    delegations.revoke_delegation(by=world.sponsor, delegation_id=Delegation.objects.get().pk)
    row = delegate(world, engagement)
    with pytest.raises(Forbidden):
        delegations.revoke_delegation(by=world.member, delegation_id=row.pk)
    delegations.revoke_delegation(by=world.sponsor, delegation_id=row.pk)
    with pytest.raises(DeciderNotAllowed):
        sign(world.member, demo_round)
    delegate(world, engagement)
    grants.end_membership(world.sponsor.memberships.get())
    with pytest.raises(DeciderNotAllowed):
        sign(world.member, demo_round)


def test_a_delegation_is_for_one_gate_where_it_names_one(world, engagement, demo_round):
    delegate(world, engagement, gate=gate_of(engagement, 2).pk)
    with pytest.raises(DeciderNotAllowed):
        sign(world.member, demo_round)


@pytest.mark.parametrize(
    ("by", "to", "days", "error"),
    [
        ("member", "expert", 10, Forbidden), ("lead", "member", 10, Forbidden),
        ("sponsor", "lead", 10, Forbidden),
        ("sponsor", "auditor", 10, Forbidden), ("sponsor", "outsider", 10, Invalid),
        ("sponsor", "sponsor", 10, Invalid), ("sponsor", "member", 91, Invalid),
        ("sponsor", "member", -1, Invalid), ("security", "member", 10, DeciderNotAllowed),
        ("outsider", "member", 10, NotFound),
    ],
)  # fmt: skip
def test_who_may_not_delegate_what(world, engagement, by, to, days, error):
    receiver = getattr(world, to, None) or person("Elsa Expert", "client")
    with pytest.raises(error):
        delegate(
            world, engagement, by=getattr(world, by), to=receiver, days=days, gate=gate_of(engagement, 1).pk
        )
    assert not Delegation.objects.exists()


def test_a_delegate_cannot_delegate_widen_or_prolong(world, engagement, demo_round):
    row = delegate(world, engagement, gate=demo_round.gate_id)
    with pytest.raises(Forbidden):
        delegate(world, engagement, by=world.member, to=world.security)
    with pytest.raises(WrongMoment, match="delegated to Dana Ruiz"):
        delegate(world, engagement, to=world.security)
    for change in ("until = until + 1", "gate_id = NULL", f"receiver_id = '{world.security.pk}'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE engagements_delegation SET {change} WHERE id = %s", [row.pk])
    delegations.revoke_delegation(by=world.sponsor, delegation_id=row.pk)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE engagements_delegation SET revoked_at = NULL, revoked_by_id = NULL")


def test_the_database_takes_no_delegation_to_the_consultancy_nor_a_long_one(world, engagement):
    today = timezone.now().date()
    here = {"tenant": world.harbor, "engagement": engagement, "giver": world.sponsor, "starts_on": today}
    for changes, error in (
        ({"receiver": world.lead, "until": today}, DatabaseError),
        ({"receiver": world.member, "until": today + timedelta(days=91)}, IntegrityError),
        ({"receiver": world.sponsor, "until": today}, IntegrityError),
    ):
        with pytest.raises(error), transaction.atomic():
            Delegation.objects.create(**here, **changes)


def test_delegations_rule_refuses_the_consultancy_whoever_asks():
    today = timezone.now().date()
    with pytest.raises(Forbidden):
        check_delegation(affiliation="consultancy", is_self=False, until=today, today=today)


# --- past the services ---------------------------------------------------------------------------


def copy_of(approval, **changes):
    values = {f.attname: getattr(approval, f.attname) for f in Approval._meta.concrete_fields}
    return Approval(**(values | {"id": uuid4()} | changes))


def test_the_database_keeps_signatures_the_clients_own_and_one_each(world, engagement):
    row = asks(world, engagement, "all")
    sign(world.security, row)
    first = Approval.objects.get(round=row)
    lead = {"seat": 0, "signed_by_id": world.lead.pk, "principal_id": world.lead.pk}
    sponsor = {"seat": 0, "signed_by_id": world.sponsor.pk, "principal_id": world.sponsor.pk}
    for changes in (
        lead,
        sponsor | {"seat": first.seat},
        sponsor | {"signed_by_id": world.security.pk, "principal_id": world.security.pk},
        sponsor | {"principal_id": world.security.pk},
        sponsor | {"auth_age_s": 301},
        sponsor | {"submitted_by_id": world.sponsor.pk},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            copy_of(first, **changes).save(force_insert=True)
    for sql in ("UPDATE engagements_approval SET outcome = 'stop'", "DELETE FROM engagements_approval"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_signatures_come_in_the_order_in_which_they_were_given(world, engagement):
    row = asks(world, engagement, "all")
    sign(world.security, row)
    sign(world.sponsor, row)
    seqs = [one.ledger_seq for one in Approval.objects.filter(round=row).order_by("signed_at")]
    assert all(one < two for one, two in pairwise(seqs))
