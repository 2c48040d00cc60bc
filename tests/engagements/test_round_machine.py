"""Rounds as people use them, in any order: the services keep what must always hold."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagements.models import Approval, Decision, GateRound, Question, Stage
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.services import gates, questions, rounds, ticking
from engagements.vocabulary import CURRENT_STAGES, OPEN_ROUNDS, WITH_APPROVER, Outcome
from portal.errors import GatehouseError
from portal.models import LedgerEntry, OutboxEvent
from tests.engagements.conftest import (
    Shown,
    gate_of,
    in_days,
    later,
    measure_demo,
    pass_first_gate,
    seal_gate,
)

MOVES = (
    "submit", "withdraw", "ask", "ask_aside", "answer", "take_back", "approve", "promise", "rework", "hold",
    "resume", "reopen", "wait", "tick",
)  # fmt: skip
KEYS = ("G1-6",)


class House:
    """The demo gate of one engagement, and what its people do."""

    def __init__(self, world, engagement):
        self.world, self.engagement = world, engagement
        self.gate = gate_of(engagement, 1)
        self.days = 0

    def rounds(self):
        return GateRound.objects.filter(gate=self.gate).order_by("number")

    def newest(self):
        return self.rounds().last()

    def sign(self, outcome, **more):
        terms = DecisionTerms(outcome, signed_name="Margaret Osei", **more)
        gates.decide_gate(by=self.world.sponsor, round_id=self.newest().pk, terms=terms, proof=Shown())

    def do(self, move):
        world = self.world
        waiting = Question.objects.filter(round__gate=self.gate, closed_at=None).first()
        match move:
            case "submit":
                gates.submit_round(by=world.lead, gate_id=self.gate.pk)
            case "reopen":
                rounds.reopen_gate(by=world.sponsor, gate_id=self.gate.pk, reason="Again.")
            case "resume":
                from engagements.services.engagements import resume_engagement

                resume_engagement(by=world.lead, engagement_id=self.engagement.pk)
            case "wait":
                self.days += 13
            case "tick":
                from django.utils import timezone

                ticking.tick(today=timezone.now().date())
            case _ if self.newest() is None:
                pass
            case "withdraw":
                gates.withdraw(by=world.lead, round_id=self.newest().pk)
            case "ask" | "ask_aside":
                questions.ask_question(
                    by=world.sponsor, round_id=self.newest().pk, text="Why?", is_blocking=move == "ask"
                )
            case "answer" if waiting:
                questions.answer_question(by=world.lead, question_id=waiting.pk, answer="So.")
            case "take_back" if waiting:
                questions.take_back_question(by=world.sponsor, question_id=waiting.pk)
            case "approve":
                self.sign(Outcome.APPROVE)
            case "promise":
                promises = [ConditionTerms(key, "Later", later(self.days + 9)) for key in KEYS]
                self.sign(Outcome.APPROVE_WITH_CONDITIONS, conditions=promises)
            case "rework":
                self.sign(Outcome.REWORK, reason="Not yet.")
            case "hold":
                self.sign(Outcome.HOLD, hold_until=later(self.days + 30))

    def frozen(self):
        """What may never change again."""
        ended = self.rounds().exclude(status__in=OPEN_ROUNDS)
        decided = Decision.objects.filter(round__gate=self.gate).order_by("pk")
        signed = Approval.objects.filter(round__gate=self.gate).order_by("pk")
        return [list(rows.values()) for rows in (ended, decided, signed)]

    def check(self):
        found = list(self.rounds())
        assert [row.number for row in found] == list(range(1, len(found) + 1))
        assert sum(row.status in OPEN_ROUNDS for row in found) <= 1
        for row in found:
            decision = Decision.objects.filter(round=row).first()
            assert (row.status == "decided") == (decision is not None)
            assert row.decision_id == (decision.pk if decision else None)
            assert (row.status == "clarification") == (row.paused_since is not None)
            owed = row.questions.filter(is_blocking=True, closed_at=None).exists()
            assert (row.status == "clarification") == owed
        current = Stage.objects.filter(engagement=self.engagement, status__in=CURRENT_STAGES)
        assert current.count() == 1
        gate_open = Stage.objects.get(pk=self.gate.stage_id).status == "gate_open"
        assert gate_open == any(row.status in WITH_APPROVER for row in found)


def entries():
    return LedgerEntry.objects.count(), OutboxEvent.objects.count()


class _Undo(Exception):
    """Takes one example back."""


def play(house, moves):
    for move in moves:
        before, kept = entries(), house.frozen()
        try:
            with in_days(house.days), transaction.atomic():
                house.do(move)
        except GatehouseError:
            assert (entries(), house.frozen()) == (before, kept)  # a refusal leaves no trace
        after = entries()
        assert after[0] - before[0] == after[1] - before[1]  # an entry and an event, always both
        now = house.frozen()
        for old, new in zip(kept, now, strict=True):
            assert [row for row in new if row["id"] in {one["id"] for one in old}] == old
        house.check()


@pytest.mark.django_db
def test_whatever_people_do_the_round_keeps_what_must_hold(world, engagement):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure_demo(engagement, handed_over=86)

    @settings(
        max_examples=12, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(st.sampled_from(MOVES), min_size=5, max_size=12))
    def walk(moves):
        try:
            with transaction.atomic():
                play(House(world, engagement), ["submit", *moves])
                raise _Undo
        except _Undo:
            pass

    walk()
