"""Waivers: who grants them, what they need, when they end; through the services and past them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from engagements.models import Criterion, GateRound, Waiver
from engagements.report.pack import render_pack
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.rules.waivers import WaiverTerms, still_blocking
from engagements.selectors.verdicts import standing_of
from engagements.services import gates, ticking, waivers
from engagements.services.waivers import grant_waiver
from engagements.vocabulary import Outcome
from portal.errors import (
    DeciderNotAllowed,
    Invalid,
    NotFound,
    RoundNotOpen,
    WrongMoment,
)
from portal.models import LedgerEntry, OutboxEvent
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    Shown,
    fresh,
    gate_of,
    in_days,
    later,
    measure_demo,
    pass_first_gate,
    seal_gate,
    submit_demo,
)


def sign(world, row, outcome=Outcome.APPROVE, **more):
    terms = DecisionTerms(outcome, signed_name="Margaret Osei", **more)
    return gates.decide_gate(by=fresh(world.sponsor), round_id=row.pk, terms=terms, proof=Shown())


def save_and_check(row) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        row.save(force_insert=True)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def entries():
    return LedgerEntry.objects.count(), OutboxEvent.objects.count()


def terms(days=60, **changes):
    return WaiverTerms(
        **(
            {
                "reason": "Traffic is under 50 a day",
                "compensating": "Two people read each.",
                "expires": later(days),
            }
            | changes
        )
    )


def criterion_of(row, key="G1-6"):
    return Criterion.objects.get(criteria_set=row.criteria_set, key=key)


@pytest.fixture
def unready(world, engagement):
    return submit_demo(world, engagement, handed_over=86)


def test_a_waiver_during_a_round_lets_it_be_approved_and_stands_on_the_paper(world, unready):
    with pytest.raises(Invalid):
        sign(world, unready)
    before = entries()
    row = grant_waiver(by=fresh(world.sponsor), criterion_id=criterion_of(unready).pk, terms=terms())
    assert (row.round, entries()) == (unready, (before[0] + 1, before[1] + 1))
    paper = render_pack(GateRound.objects.get(pk=unready.pk), None)
    decision = sign(world, unready)
    assert decision.outcome == "approve"
    assert LedgerEntry.objects.get(event="gate.decided", facts__gate=1).facts["waivers"] == 1
    assert render_pack(GateRound.objects.get(pk=unready.pk), decision) != paper


def test_a_waiver_before_the_round_is_ruled_first_and_ends_by_its_date(world, engagement):
    pass_first_gate(world, engagement)
    agreed = seal_gate(world, engagement, 1)
    measure_demo(engagement, handed_over=86)
    row = Criterion.objects.get(criteria_set=agreed, key="G1-6")
    grant_waiver(by=fresh(world.sponsor), criterion_id=row.pk, terms=terms(days=20))
    gate = gate_of(engagement, 1)

    def given():
        standing = standing_of(gate, now=timezone.now())
        return {one.criterion.key: one.ruling.verdict for one in standing.rows}["G1-6"]

    assert given() == "waived"
    submitted = gates.submit_round(by=world.lead, gate_id=gate.pk)
    assert submitted.snapshot.content()["readiness"]["ready"] is True
    with in_days(21):  # no job has run
        assert given() == "inconclusive"
        with pytest.raises(Invalid, match="G1-6"):
            sign(world, submitted)
    assert sign(world, submitted).outcome == "approve"


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("lead", DeciderNotAllowed), ("consultant", DeciderNotAllowed), ("member", DeciderNotAllowed),
        ("security", DeciderNotAllowed), ("auditor", DeciderNotAllowed), ("outsider", NotFound),
    ],
)  # fmt: skip
def test_only_the_gates_own_approver_waives(world, unready, who, error):
    with pytest.raises(error):
        grant_waiver(by=getattr(world, who), criterion_id=criterion_of(unready).pk, terms=terms())
    assert not Waiver.objects.exists()


def test_a_delegate_signs_but_does_not_waive(world, engagement, unready):
    from engagements.services.delegations import delegate_decision

    delegate_decision(
        by=fresh(world.sponsor), engagement_id=engagement.pk, receiver_id=world.member.pk, until=later(5)
    )
    with pytest.raises(DeciderNotAllowed):
        grant_waiver(by=fresh(world.member), criterion_id=criterion_of(unready).pk, terms=terms())


@pytest.mark.parametrize(
    "changes", [{"reason": " "}, {"compensating": ""}, {"expires": later(0)}, {"expires": later(181)}]
)
def test_a_waiver_needs_reason_measure_and_an_end_within_180_days(world, unready, changes):
    with pytest.raises(Invalid):
        grant_waiver(by=fresh(world.sponsor), criterion_id=criterion_of(unready).pk, terms=terms(**changes))


def test_what_cannot_be_waived_is_refused_by_service_and_database(world, engagement, scope):
    pass_first_gate(world, engagement)
    from tests.engagements.conftest import open_set

    Criterion.objects.filter(criteria_set=open_set(engagement, 1), key="G1-6").update(waivable=False)
    agreed = seal_gate(world, engagement, 1)
    firm = Criterion.objects.get(criteria_set=agreed, key="G1-6")
    with pytest.raises(Invalid, match="cannot be waived"):
        grant_waiver(by=fresh(world.sponsor), criterion_id=firm.pk, terms=terms())
    today = timezone.now().date()
    soft = Criterion.objects.get(criteria_set=agreed, key="G1-1")
    here = {
        "tenant": world.harbor, "engagement": engagement, "reason": "x", "compensating": "y",
        "granted_on": today, "expires": today + timedelta(days=9), "granted_by": world.sponsor,
    }  # fmt: skip
    for changes in (
        {"criterion": firm},
        {"criterion": soft, "granted_by": world.lead},
        {"criterion": soft, "expires": today + timedelta(days=181)},
        {"criterion": soft, "reason": ""},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Waiver.objects.create(**(here | changes))
    row = Waiver.objects.create(**here, criterion=soft)
    with pytest.raises(DatabaseError), transaction.atomic():
        Waiver.objects.filter(pk=row.pk).update(expires=today + timedelta(days=99))
    measure_demo(engagement, handed_over=86)
    submitted = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    promise = ConditionTerms("G1-6", "Later", later(5))
    with pytest.raises(Invalid, match="can only be met"):
        sign(world, submitted, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise])


def test_a_waiver_is_granted_before_the_decision_and_of_the_set_in_force(world, engagement, unready):
    key = criterion_of(unready).pk
    grant_waiver(by=fresh(world.sponsor), criterion_id=key, terms=terms())
    with pytest.raises(WrongMoment, match="waived until"):
        grant_waiver(by=fresh(world.sponsor), criterion_id=key, terms=terms())
    sign(world, unready)
    with pytest.raises(WrongMoment, match="decided"):
        grant_waiver(by=fresh(world.sponsor), criterion_id=key, terms=terms(days=90))
    draft = gate_of(engagement, 2).criteria_sets.get().criteria.filter(waivable=True).first()
    with pytest.raises(WrongMoment, match="sealed"):
        grant_waiver(by=fresh(world.security), criterion_id=draft.pk, terms=terms())
    with pytest.raises(NotFound):
        grant_waiver(by=world.sponsor, criterion_id=uuid4(), terms=terms())


def test_a_waiver_that_ends_is_announced_once_before_and_once_after(world, unready):
    grant_waiver(by=fresh(world.sponsor), criterion_id=criterion_of(unready).pk, terms=terms(days=10))
    today = timezone.now().date()
    assert [ticking.tick(today=today + timedelta(days=n)) for n in (0, 0, 11, 11)] == [1, 0, 1, 0]
    names = list(LedgerEntry.objects.filter(event__startswith="waiver.").values_list("event", flat=True))
    assert sorted(names) == ["waiver.expired", "waiver.expiring", "waiver.granted"]
    assert waivers.announce(waiver_id=Waiver.objects.get().pk, ended=True) is False


def test_what_still_blocks_is_figures_as_frozen_and_the_clients_own_acts_as_they_stand():
    def row(key, verdict, source="x", must=True):
        return {"key": key, "verdict": verdict, "source_key": source, "must": must}

    rows = [
        row("A", "met"), row("B", "not_met"), row("C", "waived"), row("D", "not_applicable"),
        row("E", "not_met", "open_conditions"), row("F", "not_met", must=False), row("G", "inconclusive"),
    ]  # fmt: skip
    assert still_blocking(rows, waived=(), open_conditions=2) == ("B", "C", "E", "G")
    assert still_blocking(rows, waived=("B", "C"), open_conditions=0) == ("G",)


def test_a_round_that_ran_out_takes_no_waiver(world, unready):
    with in_days(40), pytest.raises(RoundNotOpen):
        grant_waiver(by=fresh(world.sponsor), criterion_id=criterion_of(unready).pk, terms=terms(days=90))


def test_one_waiver_cannot_leave_its_client(world, engagement, unready):
    today = timezone.now().date()
    row = Waiver(
        tenant=world.other, engagement=engagement, criterion=criterion_of(unready), reason="x",
        compensating="y", granted_on=today, expires=today + timedelta(days=9), granted_by=world.sponsor,
    )  # fmt: skip
    with tenant_scope([world.harbor.pk, world.other.pk]), pytest.raises(IntegrityError):
        save_and_check(row)
