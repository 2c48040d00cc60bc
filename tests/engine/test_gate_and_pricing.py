"""The gate that bounds calls under way, and what an attempt costs."""

from decimal import Decimal

import pytest

from demos.engine.gate import Gate
from demos.engine.pricing import Price


def test_one_case_that_is_limited_again_and_again_closes_nothing() -> None:
    gate = Gate(16)
    for i in range(10):
        gate.limited("c1", now=i * 0.1, wait_s=1.0)
    assert (gate.limit, gate.opens_at(1.0)) == (16, 0.0)


def test_two_cases_within_a_second_halve_the_calls_once_and_rest_everything() -> None:
    gate = Gate(16)
    for i in range(5):
        gate.limited(f"c{i}", now=10.0 + i * 0.01, wait_s=2.0)
    assert gate.limit == 8
    assert gate.opens_at(10.0) == pytest.approx(12.04)


def test_two_cases_more_than_a_second_apart_close_nothing() -> None:
    gate = Gate(16)
    gate.limited("c1", now=10.0, wait_s=1.0)
    gate.limited("c2", now=11.5, wait_s=1.0)
    assert (gate.limit, gate.opens_at(11.5)) == (16, 0.0)


def test_single_limited_cases_among_many_answers_close_nothing() -> None:
    gate = Gate(16)
    for i in range(400):
        if i % 40 == 7:
            gate.limited(f"c{i}", now=i * 0.001, wait_s=1.0)
        else:
            gate.came_back(answered=True)
    assert (gate.limit, gate.opens_at(0.4)) == (16, 0.0)


def test_a_fifth_of_limited_cases_among_the_latest_closes_the_gate() -> None:
    gate = Gate(16)
    for i in range(64):
        if i % 4 == 0:
            gate.limited(f"c{i}", now=i * 0.001, wait_s=1.0)
        else:
            gate.came_back(answered=True)
    assert gate.limit < 16
    assert gate.opens_at(0.064) > 1.0


def test_the_gate_never_closes_wholly_and_opens_slowly_with_answers() -> None:
    gate = Gate(4)
    for i in range(20):
        gate.limited(f"a{i}", now=i * 2.0, wait_s=0.0)
        gate.limited(f"b{i}", now=i * 2.0, wait_s=0.0)
        gate.came_back(answered=True)
    assert gate.limit == 1
    for _ in range(6):
        gate.came_back(answered=True)
    assert gate.limit == 2
    for _ in range(100):
        gate.came_back(answered=True)
    assert gate.limit == 4


def test_rests_that_bring_no_answer_are_given_up() -> None:
    gate = Gate(16)
    verdicts = []
    for at in (0.0, 2.0, 4.0, 6.0, 8.0):
        gate.limited("a", now=at, wait_s=1.0)
        verdicts.append(gate.limited("b", now=at, wait_s=1.0))
    assert verdicts == [True, True, True, False, False]
    assert gate.opens_at(8.0) == 5.0
    gate.came_back(answered=True)
    gate.limited("a", now=9.0, wait_s=1.0)
    assert gate.limited("b", now=9.0, wait_s=1.0)


def test_the_gate_opens_again_by_itself_when_no_call_is_limited() -> None:
    gate = Gate(16)
    for at in (0.0, 2.0, 4.0):
        gate.limited("a", now=at, wait_s=1.0)
        gate.limited("b", now=at, wait_s=1.0)
    assert gate.limit == 2
    gate.relax(5.5)  # half a second after the rest
    assert gate.limit == 2
    for at, limit in ((6.0, 4), (6.5, 4), (7.0, 8), (8.0, 16), (9.0, 16)):
        gate.relax(at)
        assert (at, gate.limit) == (at, limit)


def test_a_rest_asked_for_is_bounded() -> None:
    gate = Gate(4)
    gate.limited("a", now=0.0, wait_s=3600.0)
    gate.limited("b", now=0.0, wait_s=3600.0)
    assert gate.opens_at(0.0) == 60.0


def test_a_price_is_per_million_tokens_and_per_call() -> None:
    price = Price("EUR", Decimal("2.50"), Decimal(10), Decimal("0.001"))
    assert price.cost(tokens_in=1000, tokens_out=200, calls=3) == Decimal("0.0075")


def test_an_unknown_token_count_makes_the_cost_unknown_only_if_it_has_a_price() -> None:
    assert Price("EUR", per_million_in=Decimal(1)).cost(tokens_in=None, tokens_out=5) is None
    assert Price("EUR", per_million_out=Decimal(1)).cost(tokens_in=5, tokens_out=None) is None
    assert Price("EUR", per_call=Decimal("0.1")).cost(tokens_in=None, tokens_out=None) == Decimal("0.1")


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        Price("EUR", per_call=Decimal(-1))
