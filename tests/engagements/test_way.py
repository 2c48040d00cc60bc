"""One engagement from its first day to the signed demo gate."""

from __future__ import annotations

from engagements.models import (
    Condition,
    CriterionResult,
    Decision,
    Engagement,
    Gate,
    GateRound,
    Stage,
    SuccessMetric,
)
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal import audit
from portal.models import LedgerEntry, OutboxEvent
from tests.engagements.conftest import (
    Shown,
    gate_of,
    later,
    measure_demo,
    pass_first_gate,
    seal_gate,
    start,
    submit_demo,
)


def statuses(engagement):
    return list(Stage.objects.filter(engagement=engagement).values_list("status", flat=True))


def sign(world, row, outcome=Outcome.APPROVE, **extra):
    terms = DecisionTerms(outcome, signed_name="Margaret Osei", **extra)
    return gates.decide_gate(by=world.sponsor, round_id=row.pk, terms=terms, proof=Shown())


def test_an_engagement_starts_with_five_stages_and_gates(world, engagement):
    assert statuses(engagement) == ["in_progress", *["not_started"] * 4]
    assert list(Gate.objects.filter(engagement=engagement).values_list("number", flat=True)) == [
        0,
        1,
        2,
        3,
        4,
    ]
    assert (engagement.code, engagement.status, engagement.currency) == ("HM-01", "active", "USD")
    assert start(world).code == "HM-02"


def test_the_whole_way_to_a_signed_demo_gate(world, engagement):
    pass_first_gate(world, engagement)
    assert statuses(engagement)[:2] == ["passed", "in_progress"]
    seal_gate(world, engagement, 1)
    measure_demo(engagement)
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    assert statuses(engagement)[:2] == ["passed", "gate_open"]
    assert set(CriterionResult.objects.filter(round=row).values_list("verdict", flat=True)) == {"met"}
    decision = sign(world, row)
    assert statuses(engagement)[:3] == ["passed", "passed", "in_progress"]
    assert decision.statement == "I, Margaret Osei, approve gate 1 for Harbor Mutual. Pilot may begin."
    assert GateRound.objects.get(pk=row.pk).decision_id == decision.pk


def test_every_verb_writes_one_entry_and_one_event(world, engagement):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure_demo(engagement)
    before = (LedgerEntry.objects.count(), OutboxEvent.objects.count())
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == (before[0] + 1, before[1] + 1)
    decision = sign(world, row)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == (before[0] + 2, before[1] + 2)
    newest = LedgerEntry.objects.order_by("-seq").first()
    assert (newest.seq, newest.event, newest.subject) == (
        decision.ledger_seq,
        "gate.decided",
        decision.public_id,
    )
    assert newest.facts["snapshot"] == row.snapshot.sha256
    assert audit.broken_links(world.harbor.pk) == []


def test_approving_with_conditions_keeps_one_for_each_unmet_must(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    promise = ConditionTerms("G1-6", "Hand-over shown on more cases", later(14))
    decision = sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise])
    condition = Condition.objects.get(decision=decision)
    assert (condition.criterion_key, condition.owner, condition.status) == ("G1-6", world.lead, "open")
    assert statuses(engagement)[1:3] == ["passed_with_conditions", "in_progress"]


def test_rework_leads_to_a_second_round(world, engagement, demo_round):
    sign(world, demo_round, Outcome.REWORK, reason="Show it on travel claims too.")
    assert statuses(engagement)[1] == "in_progress"
    second = gates.submit_round(by=world.lead, gate_id=demo_round.gate_id)
    assert second.number == 2
    assert Decision.objects.filter(round__gate_id=demo_round.gate_id).count() == 1


def test_hold_and_stop_end_the_work_for_now_and_for_good(world, engagement, demo_round):
    sign(world, demo_round, Outcome.HOLD, hold_until=later(30))
    assert Engagement.objects.get(pk=engagement.pk).status == "on_hold"
    other = start(world)
    row = submit_demo(world, other)
    sign(world, row, Outcome.STOP, stop_reason="no_value", lessons="The saving is too small.")
    assert Engagement.objects.get(pk=other.pk).status == "stopped"
    assert statuses(other)[1] == "stopped"


def test_a_withdrawn_round_gives_the_stage_back(world, engagement, demo_round):
    gates.withdraw(by=world.lead, round_id=demo_round.pk)
    assert statuses(engagement)[1] == "in_progress"
    assert gates.submit_round(by=world.lead, gate_id=demo_round.gate_id).number == 2


def test_the_last_gate_completes_the_engagement(world, engagement):
    from django.utils import timezone

    from engagements.services import stages
    from engagements.vocabulary import StageMove

    for stage in Stage.objects.filter(engagement=engagement):
        stages.move_stage(stage, StageMove.OPEN_GATE, now=timezone.now())
        stages.move_stage(stage, StageMove.PASS, now=timezone.now())
    assert statuses(engagement) == ["passed"] * 5
    assert Engagement.objects.get(pk=engagement.pk).status == "completed"


def test_the_metric_reads_as_a_sentence(world, engagement):
    pass_first_gate(world, engagement)
    from engagements.rules.metrics import sentence

    words = sentence(SuccessMetric.objects.get(engagement=engagement).terms()).replace("\u00a0", " ")
    assert words.startswith("Reduce the median time from first notice to the right handler by 40 %")
