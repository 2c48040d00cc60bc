"""Conditions with teeth: through the services and past them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from engagements.models import Condition, Decision
from engagements.rules.conditions import status_on
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.selectors.conditions import carried_by, lapsed_stages
from engagements.selectors.verdicts import standing_of
from engagements.services import conditions, gates, ticking
from engagements.vocabulary import ConditionStatus, Outcome
from portal.errors import (
    Forbidden,
    Invalid,
    NotFound,
    SegregationOfDuties,
    WrongMoment,
)
from portal.models import LedgerEntry, OutboxEvent
from tests.engagements.conftest import (
    Shown,
    fresh,
    gate_of,
    in_days,
    later,
    submit_demo,
)

DUE = 14


def sign(world, row, outcome=Outcome.APPROVE, **more):
    terms = DecisionTerms(outcome, signed_name="Margaret Osei", **more)
    return gates.decide_gate(by=fresh(world.sponsor), round_id=row.pk, terms=terms, proof=Shown())


@pytest.fixture
def condition(world, engagement):
    """The demo gate passed, with one promise: G1-6."""
    row = submit_demo(world, engagement, handed_over=86)
    promise = ConditionTerms("G1-6", "Hand-over shown on more cases", later(DUE))
    return sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise]).conditions.get()


def hand_in(world, row, by=None, note="Run 6: 219 of 240.", link=""):
    return conditions.propose_closing(by=by or world.lead, condition_id=row.pk, note=note, link=link)


def save_and_check(row) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        row.save(force_insert=True)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def entries():
    return LedgerEntry.objects.count(), OutboxEvent.objects.count()


# --- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ConditionStatus)
def test_a_condition_past_its_date_has_lapsed_only_if_it_was_open(status):
    today = timezone.now().date()
    assert status_on(status, today, today=today) is status
    past = status_on(status, today - timedelta(days=1), today=today)
    assert past is (ConditionStatus.LAPSED if status == ConditionStatus.OPEN else status)


def test_its_owner_hands_in_and_the_client_accepts(world, condition):
    with pytest.raises(WrongMoment, match="not handed in"):
        conditions.accept_closing(by=world.sponsor, condition_id=condition.pk)
    before = entries()
    hand_in(world, condition)
    assert entries() == (before[0] + 1, before[1] + 1)
    for who in (world.lead, world.consultant, world.member):
        with pytest.raises(Forbidden):
            conditions.accept_closing(by=fresh(who), condition_id=condition.pk)
    with pytest.raises(NotFound):
        conditions.accept_closing(by=world.outsider, condition_id=condition.pk)
    row = conditions.accept_closing(by=fresh(world.sponsor), condition_id=condition.pk)
    assert (row.status, row.closed_by, row.closing_note) == ("met", world.sponsor, "Run 6: 219 of 240.")
    assert entries() == (before[0] + 2, before[1] + 2)
    with pytest.raises(WrongMoment):
        hand_in(world, condition)


def test_a_condition_is_sent_back_with_what_is_missing(world, condition):
    hand_in(world, condition)
    with pytest.raises(Invalid):
        conditions.return_closing(by=fresh(world.sponsor), condition_id=condition.pk, reason=" ")
    row = conditions.return_closing(
        by=fresh(world.sponsor), condition_id=condition.pk, reason="Travel is missing."
    )
    assert (row.status, row.proposed_by, row.returned_reason) == ("open", None, "Travel is missing.")
    assert hand_in(world, condition).returned_reason == ""


@pytest.mark.parametrize(
    ("note", "link"), [(" ", ""), ("Run 6", "javascript:alert(1)"), ("Run 6", "http://x")]
)
def test_evidence_is_words_and_a_link_that_a_browser_opens_safely(world, condition, note, link):
    with pytest.raises(Invalid):
        hand_in(world, condition, note=note, link=link)


def test_who_handed_it_in_does_not_accept_it(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    promise = ConditionTerms("G1-6", "We bring more cases", later(DUE), world.security.pk)
    condition = sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise]).conditions.get()
    hand_in(world, condition, by=fresh(world.security))
    with pytest.raises(SegregationOfDuties):
        conditions.accept_closing(by=fresh(world.security), condition_id=condition.pk)
    with pytest.raises(Forbidden):
        hand_in(world, condition, by=fresh(world.member))
    conditions.accept_closing(by=fresh(world.sponsor), condition_id=condition.pk)


def test_an_owner_without_a_place_is_refused_and_nothing_is_signed(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    promise = ConditionTerms("G1-6", "Somebody else does", later(DUE), world.outsider.pk)
    with pytest.raises(Invalid), transaction.atomic():
        sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise])
    assert not Decision.objects.filter(round=row).exists()


def test_a_condition_lapses_without_a_job_and_by_the_job_once(world, engagement, condition):
    stage = condition.decision.round.gate.stage_id
    today = timezone.now().date()
    assert lapsed_stages([engagement.pk], today=today) == set()
    with in_days(DUE + 1):
        ahead = timezone.now().date()
        assert condition.status_on(ahead) == ConditionStatus.LAPSED
        assert lapsed_stages([engagement.pk], today=ahead) == {stage}
        before = entries()
        assert ticking.tick(today=ahead) == 1
        assert ticking.tick(today=ahead) == 0
        assert entries() == (before[0] + 1, before[1] + 1)
    row = Condition.objects.get()
    assert (row.status, LedgerEntry.objects.order_by("-seq").first().event) == ("lapsed", "condition.lapsed")


def test_only_a_lapsed_condition_is_waived_by_the_client_with_a_reason(world, condition):
    def waive(who=world.sponsor, reason="The line was closed."):
        return conditions.waive_condition(by=fresh(who), condition_id=condition.pk, reason=reason)

    with pytest.raises(WrongMoment):
        waive()
    with in_days(DUE + 1):
        with pytest.raises(Forbidden):
            waive(world.lead)
        with pytest.raises(Invalid):
            waive(reason="")
        assert waive().status == "waived"  # no job had run


def next_gate(engagement):
    return gate_of(engagement, 2)


def test_the_next_gate_waits_for_every_condition_even_if_its_set_does_not_ask(world, engagement, condition):
    gate = next_gate(engagement)
    gate.criteria_sets.get().criteria.filter(source_key="open_conditions").delete()
    standing = standing_of(gate, now=timezone.now())
    row = next(one for one in standing.rows if one.criterion.source_key == "open_conditions")
    assert (row.criterion.key, row.criterion.must, row.criterion.waivable) == ("G2-C", True, False)
    assert "G2-C" in standing.readiness.blocking
    assert carried_by([gate_of(engagement, 1)], today=later(0))[gate_of(engagement, 1).pk].ever is False


def pilot_round(world, engagement):
    """A pilot gate that asks for nothing but the conditions of the gates before."""
    draft = next_gate(engagement).criteria_sets.get()
    draft.criteria.exclude(key="G2-14b").delete()
    from engagements.services import criteria

    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    for who in (world.lead, world.sponsor):
        criteria.seal(by=who, criteria_set_id=draft.pk)
    return gates.submit_round(by=world.lead, gate_id=next_gate(engagement).pk)


def test_a_gate_with_an_open_condition_before_it_cannot_be_approved_until_it_is_closed(
    world, engagement, condition
):
    row = pilot_round(world, engagement)
    assert row.snapshot.content()["readiness"]["blocking"] == ["G2-14b"]
    promise = ConditionTerms("G2-14b", "We will close it", later(5))
    for terms in (
        {"outcome": Outcome.APPROVE},
        {"outcome": Outcome.APPROVE_WITH_CONDITIONS, "conditions": [promise]},
    ):
        with pytest.raises(Invalid, match="Not possible"):
            sign(world, row, **terms)
    hand_in(world, condition)
    conditions.accept_closing(by=fresh(world.sponsor), condition_id=condition.pk)
    assert sign(world, row) is None  # the sponsor signed; security has to as well


def test_the_database_takes_no_condition_as_met_without_evidence_and_the_client(world, condition):
    table = "UPDATE engagements_condition SET "
    closed = f"closed_at = now(), proposed_by_id = '{world.lead.pk}', closing_note = 'x'"
    for change in (
        "status = 'met'",
        f"status = 'met', closed_by_id = '{world.sponsor.pk}', closed_at = now()",
        f"status = 'met', closed_by_id = '{world.consultant.pk}', {closed}",
        f"status = 'met', closed_by_id = '{world.lead.pk}', {closed}",
        f"status = 'waived', closed_by_id = '{world.sponsor.pk}', closed_at = now()",
        "text = 'less'",
        "due = due + 30",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(table + change)
    hand_in(world, condition)
    conditions.accept_closing(by=fresh(world.sponsor), condition_id=condition.pk)
    with pytest.raises(DatabaseError, match="ended"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(table + "status = 'open', closed_by_id = NULL, closed_at = NULL")
