"""Conversations: scripted turns in order, each with checks of its own, then the question of the case."""

from __future__ import annotations

from dataclasses import replace

from demos.engine.graders import judge_checks
from demos.engine.judging.params import CannotJudge
from demos.engine.targets.target import Target, Try
from demos.engine.targets.wire import NO_TALK, Answer, Talk
from demos.engine.vocabulary import CaseInput, Turn, TurnResult


async def ask_case(target: Target, case: CaseInput) -> Try:
    """Ask ``case``; with turns, say them one after the other first. The first turn that errs ends it.

    Tokens are those of all turns, the wait is that of the slowest: it is what a person would feel.
    """
    if not case.turns:
        return await target.ask(case)
    talk = NO_TALK
    log: list[TurnResult] = []
    earlier: list[Try] = []
    for turn in case.turns:
        result = await target.ask(replace(case, question=turn.say, turns=()), talk)
        if result.answer is None:
            return replace(result, turns=tuple(log))
        answer = result.answer
        log.append(_judged(turn, answer, case))
        earlier.append(result)
        talk = Talk((*talk.said, (turn.say, answer.text)), answer.found.session_id or talk.session_id)
    last = await target.ask(replace(case, turns=()), talk)
    if last.answer is None or last.response is None:
        return replace(last, turns=tuple(log))
    slowest = max(r.response.elapsed_ms for r in [*earlier, last] if r.response is not None)
    answers = [r.answer for r in [*earlier, last] if r.answer is not None]
    return replace(
        last,
        answer=replace(
            last.answer,
            tokens_in=_sum([answer.tokens_in for answer in answers]),
            tokens_out=_sum([answer.tokens_out for answer in answers]),
            tokens_cached=_sum([answer.tokens_cached for answer in answers]),
        ),
        response=replace(last.response, elapsed_ms=slowest),
        turns=tuple(log),
    )


def _judged(turn: Turn, answer: Answer, case: CaseInput) -> TurnResult:
    if not turn.checks:
        return TurnResult(turn.say, answer.text, None, "")
    try:
        word = judge_checks(turn.checks, answer.text, case, answer.found)
    except (CannotJudge, ValueError) as problem:
        return TurnResult(turn.say, answer.text, None, str(problem), error=str(problem))
    return TurnResult(turn.say, answer.text, word.passed, word.reason)


def _sum(counts: list[int | None]) -> int | None:
    """The sum over all turns; None when one of them does not say."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
