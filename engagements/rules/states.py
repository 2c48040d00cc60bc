"""Every state machine of the lifecycle as a table: ``(state, move) -> state``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from django.db.models import TextChoices

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

State = TypeVar("State", bound=TextChoices)
Move = TypeVar("Move", bound=TextChoices)

ENGAGEMENT: Final[Mapping[tuple[EngagementStatus, EngagementMove], EngagementStatus]] = {
    (EngagementStatus.DRAFT, EngagementMove.START): EngagementStatus.ACTIVE,
    (EngagementStatus.ACTIVE, EngagementMove.HOLD): EngagementStatus.ON_HOLD,
    (EngagementStatus.ON_HOLD, EngagementMove.RESUME): EngagementStatus.ACTIVE,
    (EngagementStatus.ACTIVE, EngagementMove.COMPLETE): EngagementStatus.COMPLETED,
    (EngagementStatus.ACTIVE, EngagementMove.STOP): EngagementStatus.STOPPED,
    (EngagementStatus.ON_HOLD, EngagementMove.STOP): EngagementStatus.STOPPED,
    (EngagementStatus.COMPLETED, EngagementMove.ARCHIVE): EngagementStatus.ARCHIVED,
    (EngagementStatus.STOPPED, EngagementMove.ARCHIVE): EngagementStatus.ARCHIVED,
}

STAGE: Final[Mapping[tuple[StageStatus, StageMove], StageStatus]] = {
    (StageStatus.NOT_STARTED, StageMove.START): StageStatus.IN_PROGRESS,
    (StageStatus.IN_PROGRESS, StageMove.OPEN_GATE): StageStatus.GATE_OPEN,
    (StageStatus.GATE_OPEN, StageMove.CLOSE_GATE): StageStatus.IN_PROGRESS,
    (StageStatus.GATE_OPEN, StageMove.PASS): StageStatus.PASSED,
    (StageStatus.GATE_OPEN, StageMove.PASS_WITH_CONDITIONS): StageStatus.PASSED_WITH_CONDITIONS,
    (StageStatus.GATE_OPEN, StageMove.STOP): StageStatus.STOPPED,
    (StageStatus.PASSED, StageMove.CHANGE_BASIS): StageStatus.BASIS_CHANGED,
    (StageStatus.PASSED_WITH_CONDITIONS, StageMove.CHANGE_BASIS): StageStatus.BASIS_CHANGED,
    (StageStatus.IN_PROGRESS, StageMove.CHANGE_BASIS): StageStatus.BASIS_CHANGED,
    (StageStatus.BASIS_CHANGED, StageMove.START): StageStatus.IN_PROGRESS,
    (StageStatus.PASSED, StageMove.REOPEN): StageStatus.IN_PROGRESS,
    (StageStatus.PASSED_WITH_CONDITIONS, StageMove.REOPEN): StageStatus.IN_PROGRESS,
}

CRITERIA: Final[Mapping[tuple[CriteriaStatus, CriteriaMove], CriteriaStatus]] = {
    (CriteriaStatus.DRAFT, CriteriaMove.PROPOSE): CriteriaStatus.PROPOSED,
    (CriteriaStatus.PROPOSED, CriteriaMove.REVISE): CriteriaStatus.DRAFT,
    (CriteriaStatus.PROPOSED, CriteriaMove.SEAL): CriteriaStatus.SEALED,
    (CriteriaStatus.SEALED, CriteriaMove.SUPERSEDE): CriteriaStatus.SUPERSEDED,
}

ROUND: Final[Mapping[tuple[RoundStatus, RoundMove], RoundStatus]] = {
    (RoundStatus.PREPARING, RoundMove.SUBMIT): RoundStatus.SUBMITTED,
    (RoundStatus.PREPARING, RoundMove.WITHDRAW): RoundStatus.WITHDRAWN,
    (RoundStatus.SUBMITTED, RoundMove.WITHDRAW): RoundStatus.WITHDRAWN,
    (RoundStatus.SUBMITTED, RoundMove.REVIEW): RoundStatus.UNDER_REVIEW,
    (RoundStatus.SUBMITTED, RoundMove.DECIDE): RoundStatus.DECIDED,
    (RoundStatus.SUBMITTED, RoundMove.EXPIRE): RoundStatus.EXPIRED,
    (RoundStatus.UNDER_REVIEW, RoundMove.ASK): RoundStatus.CLARIFICATION,
    (RoundStatus.UNDER_REVIEW, RoundMove.DECIDE): RoundStatus.DECIDED,
    (RoundStatus.UNDER_REVIEW, RoundMove.EXPIRE): RoundStatus.EXPIRED,
    (RoundStatus.CLARIFICATION, RoundMove.ANSWER): RoundStatus.UNDER_REVIEW,
}

CONDITION: Final[Mapping[tuple[ConditionStatus, ConditionMove], ConditionStatus]] = {
    (ConditionStatus.OPEN, ConditionMove.CLOSE): ConditionStatus.MET,
    (ConditionStatus.OPEN, ConditionMove.LAPSE): ConditionStatus.LAPSED,
    (ConditionStatus.LAPSED, ConditionMove.CLOSE): ConditionStatus.MET,
    (ConditionStatus.LAPSED, ConditionMove.WAIVE): ConditionStatus.WAIVED,
}


def next_engagement(state: EngagementStatus, move: EngagementMove) -> EngagementStatus:
    return _next(ENGAGEMENT, state, move, "An engagement", WrongMoment)


def next_stage(state: StageStatus, move: StageMove) -> StageStatus:
    return _next(STAGE, state, move, "A stage", WrongMoment)


def next_criteria(state: CriteriaStatus, move: CriteriaMove) -> CriteriaStatus:
    """Raises CriteriaSealed where the seal is what stands in the way, WrongMoment otherwise."""
    sealed = state in (CriteriaStatus.SEALED, CriteriaStatus.SUPERSEDED)
    return _next(CRITERIA, state, move, "A criteria set", CriteriaSealed if sealed else WrongMoment)


def next_round(state: RoundStatus, move: RoundMove) -> RoundStatus:
    """Raises RoundNotOpen, which is a WrongMoment."""
    return _next(ROUND, state, move, "A round", RoundNotOpen)


def next_condition(state: ConditionStatus, move: ConditionMove) -> ConditionStatus:
    return _next(CONDITION, state, move, "A condition", WrongMoment)


def _next(
    table: Mapping[tuple[State, Move], State], state: State, move: Move, what: str, error: type[WrongMoment]
) -> State:
    try:
        return table[state, move]
    except KeyError:
        words = f"{what} that is “{state.label.lower()}” cannot do this: {move.label.lower()}."
        raise error(words) from None
