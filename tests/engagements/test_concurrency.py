"""Many people at once, on a real database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from engagements.models import Approval, Criterion, Decision, GateRound, Stage
from engagements.rules.approvals import Policy
from engagements.rules.decisions import DecisionTerms
from engagements.rules.waivers import WaiverTerms
from engagements.services import gates
from engagements.services.delegations import change_policy
from engagements.services.rounds import reopen_gate
from engagements.services.waivers import grant_waiver
from engagements.vocabulary import ApprovalPolicy, Outcome
from portal import audit, grants
from portal.errors import WrongMoment
from portal.models import LedgerEntry
from portal.roles import Role
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    Shown,
    gate_of,
    later,
    make_world,
    pass_first_gate,
    person,
    seal_gate,
    start,
    submit_demo,
)

PEOPLE = 20


@pytest.fixture
def signers(transactional_db):
    world = make_world()
    people = [person(f"Signer {letter}", "client") for letter in "ABCDEFGHIJKLMNOPQRST"]
    for one in people:
        grants.add_member(one, world.harbor, Role.CLIENT_SPONSOR)
    return world, people


def at_once(work, people):
    barrier = Barrier(len(people))

    def one(who):
        try:
            barrier.wait(timeout=30)
            return work(who)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, people))


def test_twenty_people_signing_at_once_make_one_decision_and_nineteen_clear_answers(signers):
    world, people = signers
    with tenant_scope([world.harbor.pk]):
        row = submit_demo(world, start(world))

    def sign(who):
        terms = DecisionTerms(Outcome.APPROVE, signed_name=who.name)
        try:
            with tenant_scope([world.harbor.pk]):
                gates.decide_gate(by=who, round_id=row.pk, terms=terms, proof=Shown())
        except WrongMoment as refused:
            return type(refused).__name__
        return "signed"

    assert Counter(at_once(sign, people)) == {"signed": 1, "RoundNotOpen": PEOPLE - 1}
    with tenant_scope([world.harbor.pk]):
        assert Decision.objects.filter(round=row).count() == 1
        assert GateRound.objects.get(pk=row.pk).status == "decided"
        assert (
            LedgerEntry.objects.filter(event="gate.decided").count() == 2
        )  # this gate and the one before it
        assert audit.broken_links(world.harbor.pk) == []


def test_submitting_at_once_makes_one_round(signers):
    world, _ = signers
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        pass_first_gate(world, engagement)
        seal_gate(world, engagement, 1)
        gate = gate_of(engagement, 1)

    def submit(who):
        try:
            with tenant_scope([world.harbor.pk]):
                gates.submit_round(by=who, gate_id=gate.pk)
        except WrongMoment:
            return "late"
        return "submitted"

    assert Counter(at_once(submit, [world.lead, world.consultant] * 4)) == {"submitted": 1, "late": 7}


def test_twenty_of_two_roles_signing_at_once_make_one_decision_of_two_signatures(signers):
    world, people = signers
    for one in people[10:]:
        grants.add_member(one, world.harbor, Role.CLIENT_SECURITY)
        grants.end_membership(one.memberships.get(role=Role.CLIENT_SPONSOR))
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        policy = Policy(ApprovalPolicy.ALL, ("client_sponsor", "client_security"))
        change_policy(by=world.sponsor, gate_id=gate_of(engagement, 1).pk, policy=policy)
        row = submit_demo(world, engagement)

    def sign(who):
        terms = DecisionTerms(Outcome.APPROVE, signed_name=who.name)
        try:
            with tenant_scope([world.harbor.pk]):
                made = gates.decide_gate(by=who, round_id=row.pk, terms=terms, proof=Shown())
        except WrongMoment:
            return "late"
        return "decided" if made else "signed"

    assert Counter(at_once(sign, people)) == {"signed": 1, "decided": 1, "late": PEOPLE - 2}
    with tenant_scope([world.harbor.pk]):
        assert Decision.objects.filter(round=row).count() == 1
        roles = Approval.objects.filter(round=row).values_list("role", flat=True)
        assert sorted(roles) == ["client_security", "client_sponsor"]
        assert audit.broken_links(world.harbor.pk) == []


def test_waiving_and_reopening_at_once_happen_once(signers):
    world, people = signers
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)
        row = submit_demo(world, engagement, handed_over=86)
        criterion = Criterion.objects.get(criteria_set=row.criteria_set, key="G1-6").pk
    terms = WaiverTerms("Few cases", "Two people read each.", later(30))

    def waive(who):
        try:
            with tenant_scope([world.harbor.pk]):
                grant_waiver(by=who, criterion_id=criterion, terms=terms)
        except WrongMoment:
            return "late"
        return "waived"

    assert Counter(at_once(waive, people[:8])) == {"waived": 1, "late": 7}
    with tenant_scope([world.harbor.pk]):
        signed = DecisionTerms(Outcome.APPROVE, signed_name=world.sponsor.name)
        gates.decide_gate(by=world.sponsor, round_id=row.pk, terms=signed, proof=Shown())

    def reopen(who):
        try:
            with tenant_scope([world.harbor.pk]):
                reopen_gate(by=who, gate_id=row.gate_id, reason="Miscounted.")
        except WrongMoment:
            return "late"
        return "reopened"

    assert Counter(at_once(reopen, people[:8])) == {"reopened": 1, "late": 7}
    with tenant_scope([world.harbor.pk]):
        statuses = Stage.objects.filter(engagement=engagement).values_list("status", flat=True)
        assert list(statuses)[:3] == ["passed", "in_progress", "basis_changed"]
        assert audit.broken_links(world.harbor.pk) == []
