"""Questions with a clock, rounds that run out, withdrawal, and passed gates that are opened again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from engagements.models import Decision, Engagement, GateRound, Question, Reopening, Stage
from engagements.rules.clock import (
    GRACE_DAYS,
    Review,
    days_with_client,
    decide_by,
    expires_on,
    has_expired,
)
from engagements.rules.decisions import DecisionTerms
from engagements.services import criteria, gates, questions, rounds, ticking
from engagements.vocabulary import Outcome, RoundStatus
from portal.errors import Forbidden, Invalid, NotFound, RoundNotOpen, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from tests.engagements.conftest import (
    Shown,
    fresh,
    gate_of,
    in_days,
    measure_demo,
    open_set,
    seal_gate,
)


def sign(world, row, outcome=Outcome.APPROVE, **more):
    terms = DecisionTerms(outcome, signed_name="Margaret Osei", **more)
    return gates.decide_gate(by=fresh(world.sponsor), round_id=row.pk, terms=terms, proof=Shown())


def ask(world, row, *, by=None, blocking=True, text="Was travel in it?"):
    return questions.ask_question(
        by=fresh(by or world.sponsor), round_id=row.pk, text=text, is_blocking=blocking
    )


def entries():
    return LedgerEntry.objects.count(), OutboxEvent.objects.count()


def statuses(engagement):
    return list(Stage.objects.filter(engagement=engagement).values_list("status", flat=True))


# --- the clock, as values ------------------------------------------------------------------------

TODAY = timezone.now().date()
NOW = timezone.now()


def review(status=RoundStatus.SUBMITTED, *, due=10, paused=None, waited=0):
    since = NOW - timedelta(days=paused) if paused is not None else None
    return Review(status, TODAY - timedelta(days=8), TODAY + timedelta(days=due), since, waited)


def test_the_clock_stands_still_while_an_answer_is_owed():
    assert decide_by(review(), today=TODAY) == TODAY + timedelta(days=10)
    waiting = review(RoundStatus.CLARIFICATION, paused=3)
    assert decide_by(waiting, today=TODAY) == TODAY + timedelta(days=13)
    assert days_with_client(waiting, today=TODAY) == 5
    assert days_with_client(review(waited=2), today=TODAY) == 6
    assert expires_on(review(), today=TODAY) == TODAY + timedelta(days=10 + GRACE_DAYS)


@pytest.mark.parametrize("status", RoundStatus)
def test_only_a_round_with_the_approver_runs_out(status):
    paused = 1 if status == RoundStatus.CLARIFICATION else None
    long_ago = review(status, due=-GRACE_DAYS - 1, paused=paused)
    runs_out = status in (RoundStatus.SUBMITTED, RoundStatus.UNDER_REVIEW)
    assert has_expired(long_ago, today=TODAY) is runs_out
    assert has_expired(review(status, due=-GRACE_DAYS, paused=paused), today=TODAY) is False


# --- questions -----------------------------------------------------------------------------------


def test_a_blocking_question_stops_the_clock_and_the_signature(world, demo_round):
    due = demo_round.due
    before = entries()
    first = ask(world, demo_round)
    assert entries() == (before[0] + 1, before[1] + 1)
    row = GateRound.objects.get(pk=demo_round.pk)
    assert (row.status, row.paused_since is not None) == ("clarification", True)
    with pytest.raises(RoundNotOpen):
        sign(world, row)
    with in_days(3):
        questions.answer_question(by=fresh(world.lead), question_id=first.pk, answer="Yes, 34 cases.")
    row = GateRound.objects.get(pk=demo_round.pk)
    assert (row.status, row.paused_since, row.paused_days, row.due) == (
        "under_review", None, 3, due + timedelta(days=3),
    )  # fmt: skip
    assert entries() == (before[0] + 2, before[1] + 2)
    assert sign(world, row).outcome == "approve"


def test_the_clock_goes_on_when_every_blocking_question_is_closed(world, demo_round):
    one, two = ask(world, demo_round), ask(world, demo_round, text="And motor?")
    ask(world, demo_round, text="By the way?", blocking=False)
    questions.answer_question(by=world.consultant, question_id=one.pk, answer="Yes.")
    assert GateRound.objects.get(pk=demo_round.pk).status == "clarification"
    with pytest.raises(Forbidden):
        questions.take_back_question(by=fresh(world.lead), question_id=two.pk)
    questions.take_back_question(by=fresh(world.sponsor), question_id=two.pk)
    assert GateRound.objects.get(pk=demo_round.pk).status == "under_review"
    with pytest.raises(WrongMoment, match="closed"):
        questions.answer_question(by=world.lead, question_id=two.pk, answer="Late.")
    assert sign(world, demo_round).outcome == "approve"  # the one that does not block stays open


def test_a_question_that_does_not_block_leaves_the_clock_alone(world, demo_round):
    ask(world, demo_round, blocking=False)
    row = GateRound.objects.get(pk=demo_round.pk)
    assert (row.status, row.paused_since) == ("under_review", None)
    with pytest.raises(RoundNotOpen):  # the review is open, so it is not taken back any more
        gates.withdraw(by=world.lead, round_id=demo_round.pk)


@pytest.mark.parametrize(
    ("who", "error"),
    [("lead", Forbidden), ("member", Forbidden), ("security", Forbidden), ("outsider", NotFound)],
)
def test_only_who_can_sign_asks(world, demo_round, who, error):
    with pytest.raises(error):
        ask(world, demo_round, by=getattr(world, who))


def test_the_client_does_not_answer_its_own_question(world, demo_round):
    row = ask(world, demo_round)
    for who, error in ((world.sponsor, Forbidden), (world.outsider, NotFound)):
        with pytest.raises(error):
            questions.answer_question(by=fresh(who), question_id=row.pk, answer="Yes.")
    with pytest.raises(Invalid):
        questions.answer_question(by=world.lead, question_id=row.pk, answer=" ")
    with pytest.raises(Invalid):
        ask(world, demo_round, text=" ")


def test_nothing_is_asked_about_a_closed_round(world, demo_round):
    sign(world, demo_round)
    with pytest.raises(RoundNotOpen):
        ask(world, demo_round)


def test_the_database_keeps_answers_and_the_clock_in_step(world, demo_round):
    row = ask(world, demo_round)
    for sql in (
        "UPDATE engagements_question SET text = 'other'",
        "UPDATE engagements_question SET closed_at = now()",
        "UPDATE engagements_gateround SET status = 'under_review' WHERE status = 'clarification'",
        "UPDATE engagements_gateround SET paused_since = NULL WHERE status = 'clarification'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    questions.answer_question(by=world.lead, question_id=row.pk, answer="Yes.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Question.objects.update(answer="No.")


# --- running out ---------------------------------------------------------------------------------


def test_a_round_runs_out_without_a_job(world, engagement, demo_round):
    with in_days(gates.REVIEW_DAYS + GRACE_DAYS):
        assert ticking.tick(today=timezone.now().date()) == 0
    with in_days(gates.REVIEW_DAYS + GRACE_DAYS + 1):
        with pytest.raises(RoundNotOpen, match="expired"):
            sign(world, demo_round)
        with pytest.raises(RoundNotOpen, match="expired"):
            ask(world, demo_round)
        second = gates.submit_round(by=world.lead, gate_id=demo_round.gate_id)
    first = GateRound.objects.get(pk=demo_round.pk)
    assert (first.status, second.number) == ("expired", 2)
    assert statuses(engagement)[1] == "gate_open"


def test_the_job_ends_a_round_once_and_gives_the_stage_back(world, engagement, demo_round):
    with in_days(gates.REVIEW_DAYS + GRACE_DAYS + 1):
        before = entries()
        ahead = timezone.now().date()
        assert (ticking.tick(today=ahead), ticking.tick(today=ahead)) == (1, 0)
        assert entries() == (before[0] + 1, before[1] + 1)
    assert GateRound.objects.get(pk=demo_round.pk).status == "expired"
    assert statuses(engagement)[1] == "in_progress"
    assert LedgerEntry.objects.order_by("-seq").first().actor is None


def test_a_withdrawn_round_keeps_its_reason(world, demo_round):
    row = gates.withdraw(by=world.lead, round_id=demo_round.pk, reason="Run 5 is the better one.")
    assert (row.status, row.end_reason) == ("withdrawn", "Run 5 is the better one.")
    with pytest.raises(RoundNotOpen):
        sign(world, demo_round)


# --- opening a passed gate again -----------------------------------------------------------------


def reopen(world, engagement, number=0, *, by=None, reason="The log was miscounted."):
    return rounds.reopen_gate(
        by=fresh(by or world.lead), gate_id=gate_of(engagement, number).pk, reason=reason
    )


def test_reopening_makes_round_two_and_leaves_round_one_alone(world, engagement, demo_round):
    sign(world, demo_round)
    first = GateRound.objects.get(gate__number=0)
    kept = Decision.objects.get(round=first).statement
    before = entries()
    row = reopen(world, engagement)
    assert entries() == (before[0] + 1, before[1] + 1)
    assert (row.round_number, row.downstream) == (2, ["Demo", "Pilot"])
    assert statuses(engagement) == [
        "in_progress", "basis_changed", "basis_changed", "not_started", "not_started",
    ]  # fmt: skip
    assert Decision.objects.get(round=first).statement == kept
    second = gates.submit_round(by=world.lead, gate_id=first.gate_id)
    assert second.number == 2
    sign(world, second)
    assert statuses(engagement)[:3] == ["passed", "in_progress", "basis_changed"]
    third = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    sign(world, third)
    assert statuses(engagement)[:3] == ["passed", "passed", "in_progress"]


def test_reopened_criteria_are_amended_and_sealed_again(world, engagement, demo_round):
    sign(world, demo_round)
    reopen(world, engagement, 1)
    draft = criteria.amend(by=world.lead, gate_id=demo_round.gate_id, reason="The cost limit rose.")
    assert draft == open_set(engagement, 1)
    seal_gate(world, engagement, 1)
    measure_demo(engagement)
    assert gates.submit_round(by=world.lead, gate_id=demo_round.gate_id).number == 2


@pytest.mark.parametrize(
    ("who", "reason", "error"),
    [
        ("consultant", "Why", Forbidden), ("member", "Why", Forbidden), ("security", "Why", Forbidden),
        ("outsider", "Why not", NotFound), ("lead", " ", Invalid),
    ],
)  # fmt: skip
def test_who_may_not_reopen(world, engagement, who, reason, error):
    with pytest.raises(error):
        reopen(world, engagement, by=getattr(world, who), reason=reason)


def test_only_a_passed_gate_is_reopened_and_not_while_a_round_is_open(world, engagement, demo_round):
    with pytest.raises(WrongMoment, match="Gate 1, round 1 waits"):
        reopen(world, engagement)
    with pytest.raises(WrongMoment, match="only a gate that was passed"):
        reopen(world, engagement, 1)
    sign(world, demo_round, Outcome.STOP, stop_reason="no_value", lessons="Too small.")
    with pytest.raises(WrongMoment):
        reopen(world, engagement)
    assert Engagement.objects.get(pk=engagement.pk).status == "stopped"
    assert not Reopening.objects.exists()


def test_a_reopening_is_only_added(world, engagement, demo_round):
    sign(world, demo_round)
    reopen(world, engagement, 1, by=world.sponsor)
    for sql in ("UPDATE engagements_reopening SET reason = 'x'", "DELETE FROM engagements_reopening"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
