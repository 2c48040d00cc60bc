"""What may follow on an answer: one table of moves, and who may make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assessments.vocabulary import AnswerMove, AnswerStatus
from portal.errors import SegregationOfDuties, WrongMoment

_S, _M = AnswerStatus, AnswerMove
MOVES: Final[Mapping[tuple[AnswerStatus | None, AnswerMove], AnswerStatus]] = {
    (None, _M.CLAIM): _S.CLAIMED,
    (_S.CLAIMED, _M.CLAIM): _S.CLAIMED,
    (_S.MEASURED, _M.CLAIM): _S.CLAIMED,
    (_S.VERIFIED, _M.CLAIM): _S.CLAIMED,
    (_S.CHALLENGED, _M.CLAIM): _S.CLAIMED,
    (_S.NA_PROPOSED, _M.CLAIM): _S.CLAIMED,
    (_S.NOT_APPLICABLE, _M.CLAIM): _S.CLAIMED,
    (_S.CLAIMED, _M.VERIFY): _S.VERIFIED,
    (_S.MEASURED, _M.VERIFY): _S.VERIFIED,
    (_S.VERIFIED, _M.VERIFY): _S.VERIFIED,
    (_S.CHALLENGED, _M.VERIFY): _S.VERIFIED,
    (_S.CLAIMED, _M.CHALLENGE): _S.CHALLENGED,
    (_S.MEASURED, _M.CHALLENGE): _S.CHALLENGED,
    (_S.VERIFIED, _M.CHALLENGE): _S.CHALLENGED,
    (_S.CHALLENGED, _M.CHALLENGE): _S.CHALLENGED,
    (None, _M.PROPOSE_NA): _S.NA_PROPOSED,
    (_S.CLAIMED, _M.PROPOSE_NA): _S.NA_PROPOSED,
    (_S.MEASURED, _M.PROPOSE_NA): _S.NA_PROPOSED,
    (_S.VERIFIED, _M.PROPOSE_NA): _S.NA_PROPOSED,
    (_S.CHALLENGED, _M.PROPOSE_NA): _S.NA_PROPOSED,
    (_S.NA_PROPOSED, _M.AGREE_NA): _S.NOT_APPLICABLE,
    (_S.NA_PROPOSED, _M.REFUSE_NA): _S.CLAIMED,
    (None, _M.MEASURE): _S.MEASURED,
    **{(state, _M.MEASURE): state for state in _S},
}
"""A measurement stands beside what people said; it changes the state of an unanswered question only."""


def next_status(status: AnswerStatus | None, move: AnswerMove) -> AnswerStatus:
    """The state after a move; None is "not answered". Raises WrongMoment with the way out."""
    try:
        return MOVES[status, move]
    except KeyError:
        pass
    if status is None:
        raise WrongMoment("Nobody has answered this question yet. Answer it first.")
    raise WrongMoment(
        f"This answer is {status.label.lower()}; “{move.label.lower()}” does not follow on that."
    )


def check_claimer(*, side: str, claimed_side: str) -> None:
    """The side that answered changes its answer; the other side verifies or challenges it."""
    if claimed_side and side != claimed_side:
        raise SegregationOfDuties("The other side answered this. Verify its answer, or challenge it.")


def check_verifier(*, side: str, claimed_side: str, challenged_side: str) -> None:
    """Nobody verifies the own side's answer, and a challenge is settled by the side that raised it."""
    if side == claimed_side:
        raise SegregationOfDuties("Your own side answered this, so the other side verifies it.")
    if challenged_side and side != challenged_side:
        raise SegregationOfDuties("The other side challenged this, so it says when that is settled.")


def check_challenger(*, side: str, claimed_side: str) -> None:
    """An answer is challenged by the other side; one that a measurement set, by either."""
    if side == claimed_side:
        raise SegregationOfDuties("Your own side answered this: change the answer instead.")


def settles(level: int, challenged_level: int | None) -> bool:
    """Whether a new claim grants what the challenge said."""
    return challenged_level is not None and level <= challenged_level
