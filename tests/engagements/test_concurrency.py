"""Many people at once, on a real database."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from engagements.models import Decision, GateRound
from engagements.rules.decisions import DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal import audit, grants
from portal.errors import WrongMoment
from portal.models import LedgerEntry
from portal.roles import Role
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    Shown,
    gate_of,
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
