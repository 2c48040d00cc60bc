"""The gate that bounds calls under way, and what an attempt costs."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count

import pytest

from demos.engine.gate import Gate
from demos.engine.learned_rate import LearnedRate
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


REFUSAL_S = 0.005


@dataclass
class Quota:
    """A target on a clock of its own: so many answers in each window, to the rest 429 until the next one."""

    per_window: int
    window_s: float
    answer_s: float = 0.01
    refusals: int = 0
    used: Counter[int] = field(default_factory=Counter)

    def seconds_for(self, cases: int, gate: Gate) -> float:
        """Send so many cases through ``gate`` and give the time until the last answer."""
        now, order = 0.0, count()
        waiting = [(0.0, next(order), n) for n in range(cases)]
        under_way: list[tuple[float, int, int, float | None]] = []
        while waiting or under_way:
            gate.relax(now)
            while (
                waiting and waiting[0][0] <= now
                and len(under_way) < gate.limit and gate.opens_at(now) <= now
            ):  # fmt: skip
                gate.sent(now)
                _, _, case = heappop(waiting)
                wait_s = self._asked(now)
                back = now + (self.answer_s if wait_s is None else REFUSAL_S)
                heappush(under_way, (back, next(order), case, wait_s))
            while under_way and under_way[0][0] <= now:
                _, _, case, wait_s = heappop(under_way)
                if wait_s is None:
                    gate.came_back(answered=True)
                else:
                    gate.limited(str(case), now, wait_s)
                    heappush(waiting, (now + wait_s, next(order), case))
            now += 0.001
        return now

    def _asked(self, now: float) -> float | None:
        window = int(now / self.window_s)
        self.used[window] += 1
        if self.used[window] <= self.per_window:
            return None
        self.refusals += 1
        return (window + 1) * self.window_s - now


@pytest.mark.parametrize(
    ("quota", "cases", "refusals"),
    [
        (Quota(20, 1.0), 200, 30),
        (Quota(20, 1.0, answer_s=0.3), 200, 30),
        (Quota(60, 60.0), 300, 30),
        (Quota(200, 10.0), 1_000, 30),
        (Quota(5, 60.0), 40, 27 + 11),  # 27 of the first 32 are refused before anything can be learned
    ],
    ids=["20/s", "20/s, slow answers", "60 a minute", "200 in ten seconds", "5 a minute"],
)
def test_after_the_first_refusals_a_quota_is_spread_over_its_window(
    quota: Quota, cases: int, refusals: int
) -> None:
    ideal_s = cases / quota.per_window * quota.window_s
    took_s = quota.seconds_for(cases, Gate(32))
    assert took_s <= 1.1 * ideal_s
    assert quota.refusals <= refusals


def test_a_rate_that_was_learned_grows_while_nothing_is_refused_and_is_forgotten_in_the_end() -> None:
    learned = LearnedRate()
    learned.sent(0.0)
    for _ in range(20):
        learned.answered()
    learned.refused(0.1, 1.0)
    learned.sent(1.0)
    assert [learned.per_second(at) for at in (1.0, 11.0, 38.5, 150.0)] == [
        pytest.approx(19.0), pytest.approx(19.96, abs=0.01), pytest.approx(38.0, abs=0.5), None,
    ]  # fmt: skip


def test_a_refusal_before_enough_answers_teaches_no_rate() -> None:
    learned = LearnedRate()
    learned.sent(0.0)
    learned.answered()
    learned.refused(0.1, 60.0)
    learned.sent(60.0)
    assert learned.per_second(60.0) is None


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
