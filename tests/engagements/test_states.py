"""Every state machine, every state, every move: in the table, or refused."""

from __future__ import annotations

import pytest

from engagements.rules import states
from engagements.vocabulary import (
    ConditionMove,
    ConditionStatus,
    CriteriaMove,
    CriteriaStatus,
    EngagementMove,
    EngagementStatus,
    RoundMove,
    RoundStatus,
    StageMove,
    StageStatus,
)
from portal.errors import CriteriaSealed, RoundNotOpen, WrongMoment

MACHINES = [
    (states.ENGAGEMENT, EngagementStatus, EngagementMove, states.next_engagement, WrongMoment),
    (states.STAGE, StageStatus, StageMove, states.next_stage, WrongMoment),
    (states.CRITERIA, CriteriaStatus, CriteriaMove, states.next_criteria, WrongMoment),
    (states.CONDITION, ConditionStatus, ConditionMove, states.next_condition, WrongMoment),
    (states.ROUND, RoundStatus, RoundMove, states.next_round, RoundNotOpen),
]
CASES = [
    pytest.param(table, state, move, rule, error, id=f"{state.__class__.__name__}-{state}-{move}")
    for table, all_states, all_moves, rule, error in MACHINES
    for state in all_states
    for move in all_moves
]


@pytest.mark.parametrize(("table", "state", "move", "rule", "error"), CASES)
def test_every_move_is_in_the_table_or_refused(table, state, move, rule, error):
    if (state, move) in table:
        assert rule(state, move) is table[state, move]
    else:
        with pytest.raises(error, match=move.label.lower()):
            rule(state, move)


@pytest.mark.parametrize("state", [RoundStatus.DECIDED, RoundStatus.WITHDRAWN, RoundStatus.EXPIRED])
def test_an_ended_round_stays_ended(state):
    assert not [move for move in RoundMove if (state, move) in states.ROUND]


@pytest.mark.parametrize("move", [CriteriaMove.PROPOSE, CriteriaMove.REVISE, CriteriaMove.SEAL])
def test_sealed_criteria_say_that_the_seal_stands_in_the_way(move):
    with pytest.raises(CriteriaSealed):
        states.next_criteria(CriteriaStatus.SEALED, move)
