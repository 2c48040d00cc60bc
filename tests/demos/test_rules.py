"""The state machine of a run, exhaustively; the figures of a run, by hand-counted examples."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from demos.figures import SMALLEST_SLICE, figures_of
from demos.outcomes import Outcome
from demos.rules import MOVES, asked_sha256, finishing_move, next_status, plan_sha256, shards_wanted
from demos.vocabulary import RunMove, RunStatus
from engagements.rules.terms import binding_sha256
from portal.errors import WrongMoment


@pytest.mark.parametrize("status", RunStatus)
@pytest.mark.parametrize("move", RunMove)
def test_every_move_is_in_the_table_or_refused(status, move):
    if (status, move) in MOVES:
        assert next_status(status, move) is MOVES[status, move]
    else:
        with pytest.raises(WrongMoment):
            next_status(status, move)


@pytest.mark.parametrize(
    ("ungraded", "total", "move"),
    [
        (0, 100, RunMove.FINISH),
        (2, 100, RunMove.FINISH),
        (3, 100, RunMove.INVALIDATE),
        (1, 1, RunMove.INVALIDATE),
    ],
)
def test_more_than_two_percent_of_grader_errors_make_a_run_invalid(ungraded, total, move):
    assert finishing_move(ungraded=ungraded, total=total) is move


def test_a_plain_plan_has_the_hash_that_a_criterion_is_bound_to():
    bound = binding_sha256(target="t", dataset="d", graders=["b", "a"])
    assert plan_sha256(target="t", dataset="d", graders=["a", "b"], repeats=1) == bound
    assert plan_sha256(target="t", dataset="d", graders=["a", "b"], repeats=2) != bound
    assert plan_sha256(target="t", dataset="d", graders=["a", "b"], repeats=1, threshold=0.5) != bound


@pytest.mark.parametrize(("waiting", "shards"), [(0, 0), (1, 1), (200, 1), (201, 2), (9_000, 2)])
def test_no_more_shards_than_there_is_work_for(waiting, shards):
    assert shards_wanted(waiting=waiting, claim_size=200, most=2) == shards


def outcome(number: int, *, passed: bool | None = True, **more: object) -> Outcome:
    fields = {
        "case_id": str(number), "passed": passed, "error_class": "", "latency_ms": 100.0 + number,
        "cost": Decimal("0.01"), "category": "typical", "slices": {},
    }  # fmt: skip
    return Outcome(**(fields | more))  # type: ignore[arg-type]


def figure(outcomes: list[Outcome], key: str):
    return next(f for f in figures_of(outcomes, seed=1) if f.key == key and not f.slice)


def test_an_error_stays_in_the_denominator_and_an_ungraded_case_does_not():
    rows = [outcome(n) for n in range(95)]
    rows += [outcome(95 + n, passed=None, error_class="timeout") for n in range(5)]
    rows += [outcome(200, passed=None)]
    rate = figure(rows, "pass_rate")
    assert (rate.events, rate.n) == (95, 100)
    assert (round(rate.low, 4), round(rate.high, 4)) == (Decimal("0.8882"), Decimal("0.9785"))
    assert round(rate.bound_low, 4) == Decimal("0.9008")
    assert (figure(rows, "error_rate").events, figure(rows, "error_rate").n) == (5, 101)


def test_cost_per_success_counts_what_failures_cost_too():
    rows = [outcome(n, passed=n >= 2) for n in range(10)]
    assert figure(rows, "cost_per_success").value == Decimal("0.1") / 8
    unknown = [*rows, outcome(11, cost=None)]
    assert figure(unknown, "cost_per_success").value is None


def test_a_bound_of_the_wait_needs_59_answers():
    assert figure([outcome(n) for n in range(58)], "latency_p95_ms").bound_high is None
    assert figure([outcome(n) for n in range(59)], "latency_p95_ms").bound_high == Decimal(158)


def test_the_worst_slice_is_the_lowest_of_the_large_ones():
    rows = [outcome(n, slices={"line": "motor"}, passed=n > 2) for n in range(SMALLEST_SLICE)]
    rows += [outcome(100 + n, slices={"line": "home"}) for n in range(SMALLEST_SLICE)]
    rows += [outcome(200, slices={"line": "pets"}, passed=False)]
    worst = next(f for f in figures_of(rows, seed=1) if f.key == "worst_slice_pass_rate")
    assert (worst.slice, worst.events, worst.n) == ("line=motor", 27, 30)
    few = figure([outcome(1, slices={"line": "pets"})], "worst_slice_pass_rate")
    assert few.value is None


def test_the_same_attempts_and_seed_give_the_same_figures():
    rows = [outcome(n, passed=n % 3 > 0) for n in range(40)]
    assert figures_of(rows, seed=7) == figures_of(rows, seed=7)


def test_a_case_that_is_accepted_after_the_seal_makes_another_test():
    first, second = UUID(int=1), UUID(int=2)
    sealed = asked_sha256(content="c", accepted=[second, first])
    assert asked_sha256(content="c", accepted=[first, second]) == sealed
    assert asked_sha256(content="c", accepted=[first]) != sealed
    assert asked_sha256(content="d", accepted=[first, second]) != sealed
