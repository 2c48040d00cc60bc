"""An owner of the database who sets the ledger and its head back together is given away by the decisions."""

from __future__ import annotations

import pytest
from django.db import connection

from engagements.models import Approval, Decision
from engagements.rules.decisions import DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal import audit
from tests.engagements.conftest import Shown

TABLES = (
    "portal_ledgerentry", "portal_outboxevent", "portal_ledgerhead", "engagements_decision",
    "engagements_approval", "engagements_gateround",
)  # fmt: skip
SET_BACK = (
    "DELETE FROM portal_outboxevent USING portal_ledgerentry l WHERE l.id = entry_id AND l.seq >= %(seq)s",
    "DELETE FROM portal_ledgerentry WHERE seq >= %(seq)s",
    """UPDATE portal_ledgerhead SET seq = l.seq, sha256 = l.sha256 FROM portal_ledgerentry l
    WHERE l.seq = %(seq)s - 1""",
)


@pytest.fixture
def decision(world, demo_round) -> Decision:
    terms = DecisionTerms(Outcome.APPROVE, signed_name=world.sponsor.name)
    gates.decide_gate(by=world.sponsor, round_id=demo_round.pk, terms=terms, proof=Shown())
    return Decision.objects.get(round=demo_round)


def tamper(*statements: str, seq: int) -> None:
    """As the owner of the tables, with their triggers switched off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for statement in statements:
            cursor.execute(statement, {"seq": seq})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_untouched_the_decisions_and_the_ledger_agree(world, decision):
    assert audit.broken_links(world.harbor.pk) == []


def test_a_ledger_and_head_that_were_set_back_together_are_given_away_by_the_decision(world, decision):
    tamper(*SET_BACK, seq=decision.ledger_seq)

    assert audit.broken_links(world.harbor.pk) == [
        f"{decision.public_id} was recorded as entry {decision.ledger_seq}, and the ledger does not say so"
    ]


def test_work_that_goes_on_afterwards_does_not_hide_it(world, engagement, decision):
    from engagements.services.measurements import record_statement

    tamper(*SET_BACK, seq=decision.ledger_seq)
    for _ in range(5):
        record_statement(by=world.lead, engagement_id=engagement.pk, key="stop_rule_agreed", holds=True)

    assert [fault.split()[0] for fault in audit.broken_links(world.harbor.pk)] == [decision.public_id]


@pytest.mark.parametrize(
    "change",
    ["outcome = 'stop', stop_reason = 'risk', lessons = 'x'", "snapshot_sha256 = repeat('0', 64)",
     "ledger_seq = 1"],
)  # fmt: skip
def test_a_decision_that_was_changed_no_longer_fits_its_entry(world, decision, change):
    tamper(f"UPDATE engagements_decision SET {change} WHERE ledger_seq = %(seq)s", seq=decision.ledger_seq)

    assert any(decision.public_id in fault for fault in audit.broken_links(world.harbor.pk))


def test_a_decision_that_was_taken_out_is_missed_by_the_ledger(world, decision):
    seq = decision.ledger_seq
    tamper(
        "UPDATE engagements_gateround r SET status = 'submitted', decision_id = NULL"
        " FROM engagements_decision d WHERE d.round_id = r.id AND d.ledger_seq = %(seq)s",
        "DELETE FROM engagements_condition USING engagements_decision d"
        " WHERE d.id = decision_id AND d.ledger_seq = %(seq)s",
        "DELETE FROM engagements_decision WHERE ledger_seq = %(seq)s",
        "DELETE FROM engagements_approval WHERE ledger_seq = %(seq)s",
        seq=seq,
    )

    assert audit.broken_links(world.harbor.pk) == [
        f"entry {seq} tells of {decision.public_id}, which is no longer there"
    ]


def test_one_signature_of_several_is_a_witness_too(world, demo_round, decision):
    told = Approval.objects.get(round=demo_round)
    tamper("UPDATE engagements_approval SET ledger_seq = 2 WHERE ledger_seq = %(seq)s", seq=told.ledger_seq)

    assert [fault.split()[0] for fault in audit.broken_links(world.harbor.pk)] == [told.public_id]
