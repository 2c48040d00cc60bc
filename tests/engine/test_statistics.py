"""Statistics against the published vectors, and what holds for every input."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine import statistics as stats

LATENCIES = [120, 130, 150, 155, 160, 170, 180, 200, 240, 900]
COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    [
        (45, 50, 0.7864, 0.9565),
        (47, 50, 0.8378, 0.9794),
        (95, 100, 0.8882, 0.9785),
        (184, 200, 0.8740, 0.9502),
        (190, 200, 0.9104, 0.9726),
        (276, 300, 0.8837, 0.9457),
        (20, 20, 0.8389, 1.0),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_two_sided(events: int, n: int, low: float, high: float) -> None:
    interval = stats.wilson(events, n)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(("events", "n", "low"), [(95, 100, 0.9008), (184, 200, 0.8826), (190, 200, 0.9181)])
def test_wilson_one_sided_lower(events: int, n: int, low: float) -> None:
    assert round(stats.wilson_lower(events, n) or 0, 4) == low


def test_nothing_measured_is_none_and_not_zero() -> None:
    assert stats.wilson(0, 0) is None
    assert stats.wilson_lower(0, 0) is None
    assert stats.wilson_upper(0, 0) is None
    assert stats.zero_event_upper(0) is None
    assert stats.percentile([], 0.95) is None
    assert stats.rate(0, 0).value is None
    assert stats.more_cases_needed(0, 0, 0.9) is None
    assert stats.cost_per_success([], [], seed=1).value is None
    assert "Nothing was measured" in stats.rate(0, 0).words()


@pytest.mark.parametrize(("events", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_counts_that_are_no_share_are_refused(events: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        stats.wilson(events, n)


@given(COUNTS)
def test_the_interval_holds_the_rate_and_the_bounds_lie_inside_it(counts: tuple[int, int]) -> None:
    got = stats.rate(*counts)
    assert got.low is not None
    assert got.high is not None
    assert got.value is not None
    assert 0 <= got.low <= got.value <= got.high <= 1
    assert got.low <= (got.bound_low or 0) <= got.value <= (got.bound_high or 0) <= got.high


@given(COUNTS)
def test_the_interval_of_failures_mirrors_that_of_passes(counts: tuple[int, int]) -> None:
    passes, fails = stats.wilson(*counts), stats.wilson(counts[1] - counts[0], counts[1])
    assert passes is not None
    assert fails is not None
    assert passes.low == pytest.approx(1 - fails.high, abs=1e-12)


@pytest.mark.parametrize(
    ("expected", "target", "n"),
    [
        (0.95, 0.90, 140),
        (0.92, 0.90, 874),
        (0.98, 0.95, 230),
        (0.97, 0.95, 465),
        (0.90, 0.85, 200),
        (1.0, 0.90, 35),
        (1.0, 0.95, 73),
        (1.0, 0.99, 381),
        (0.90, 0.90, None),
        (0.80, 0.90, None),
        (1.0, 1.0, None),
    ],
)
def test_cases_needed(expected: float, target: float, n: int | None) -> None:
    assert stats.cases_needed(expected, target) == n


def test_more_cases_needed_counts_on_from_what_was_seen() -> None:
    assert stats.more_cases_needed(95, 100, 0.90) == 0
    more = stats.more_cases_needed(47, 50, 0.90)
    assert more == 114
    assert (stats.wilson_lower(int(0.94 * 164), 164) or 0) >= 0.90
    assert stats.more_cases_needed(40, 50, 0.90) is None


@given(COUNTS, st.floats(0.05, 0.99))
def test_more_cases_needed_is_never_negative(counts: tuple[int, int], target: float) -> None:
    more = stats.more_cases_needed(*counts, target)
    if more is None:
        assert counts[0] / counts[1] < target + 0.05
    else:
        assert more >= 0
        assert (more == 0) is ((stats.wilson_lower(*counts) or 0) >= target)


@pytest.mark.parametrize(("upper", "n"), [(0.10, 29), (0.05, 59), (0.02, 149), (0.01, 299), (0.001, 2995)])
def test_zero_events(upper: float, n: int) -> None:
    assert stats.zero_event_cases(upper) == n
    assert (stats.zero_event_upper(n) or 1) <= upper < (stats.zero_event_upper(n - 1) or 1)


def test_zero_events_in_words() -> None:
    words = stats.zero_event_words(59, "leaks")
    assert words == "No leaks in 59 probes: with 95 % confidence the true rate is at most 5 %."


@pytest.mark.parametrize(("q", "value"), [(0.50, 160), (0.90, 240), (0.95, 900)])
def test_percentile_by_nearest_rank(q: float, value: float) -> None:
    assert stats.percentile(list(reversed(LATENCIES)), q) == value


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 0.99))
def test_a_percentile_is_one_of_the_values_and_has_that_share_at_or_below_it(
    values: list[float], q: float
) -> None:
    value = stats.percentile(values, q)
    assert value in values
    assert sum(v <= value for v in values) >= q * len(values) - 1e-6


@pytest.mark.parametrize(
    ("n", "rank"), [(58, None), (59, 59), (100, 99), (200, 196), (500, 484), (1000, 962)]
)
def test_upper_bound_of_p95_is_an_order_statistic(n: int, rank: int | None) -> None:
    assert stats.upper_bound_rank(n, 0.95) == rank
    assert stats.percentile_upper_bound(list(range(1, n + 1)), 0.95) == rank


def test_p99_needs_299_values() -> None:
    assert stats.smallest_n(0.99) == 299
    assert stats.upper_bound_rank(298, 0.99) is None
    assert stats.upper_bound_rank(299, 0.99) == 299


def test_percentile_in_words() -> None:
    few = stats.percentile_estimate(LATENCIES, 0.95)
    assert few.words() == (
        "95 % of 10 answers took at most 900 ms; 59 are needed before an upper bound can be given."
    )
    many = stats.percentile_estimate(list(range(1, 201)), 0.95)
    assert many.words() == (
        "95 % of 200 answers took at most 190 ms; with 95 % confidence it is at most 196 ms."
    )


def test_rate_in_words_never_rounds_the_bound_up() -> None:
    assert stats.rate(95, 100).words() == (
        "95 of 100 cases passed (95 %); with 95 % confidence the true rate is at least 90 %."
    )
    assert "at least 88.2 %" in stats.rate(184, 200).words()


def test_cost_per_success_is_a_ratio_with_a_seeded_interval() -> None:
    costs = [Decimal("0.01"), Decimal("0.03")] * 50
    passed = [i % 10 != 0 for i in range(100)]
    first = stats.cost_per_success(costs, passed, seed=7)
    assert first == stats.cost_per_success(costs, passed, seed=7)
    assert first.value == Decimal(2) / 90
    assert first.low is not None
    assert first.high is not None
    assert first.low < first.value < first.high
    assert first.low <= (first.bound_low or 0) <= (first.bound_high or 0) <= first.high
    assert first != stats.cost_per_success(costs, passed, seed=8)


def test_without_a_success_there_is_no_cost_per_success() -> None:
    got = stats.cost_per_success([Decimal(1)] * 3, [False] * 3, seed=1)
    assert (got.value, got.low, got.high) == (None, None, None)
    assert got.words("EUR") == "None of 3 cases passed, so there is no cost per success."


def test_with_few_successes_the_upper_end_is_open() -> None:
    got = stats.cost_per_success([Decimal(1)] * 10, [True] + [False] * 9, seed=1)
    assert got.value == Decimal(10)
    assert got.high is None
    assert "too few passes (1)" in got.words("EUR")
