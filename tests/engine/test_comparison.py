"""Paired comparisons, planning and agreement against the published vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine import agreement, comparison
from demos.engine.comparison import Difference, compare_paired
from demos.engine.statistics import Interval

FLIPS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))


@pytest.mark.parametrize(
    ("b", "c", "p", "p_mid"),
    [
        (1, 5, 0.21875, 0.125),
        (3, 12, 0.035156, 0.021271),
        (5, 15, 0.041389, 0.026604),
        (8, 20, 0.035698, 0.02412),
        (0, 6, 0.03125, None),
        (0, 5, 0.0625, None),
        (0, 0, 1.0, None),
    ],
)
def test_exact_test_of_flips(b: int, c: int, p: float, p_mid: float | None) -> None:
    exact, mid = comparison.mcnemar(b, c)
    assert exact == pytest.approx(p, abs=5e-7)
    if p_mid is not None:
        assert mid == pytest.approx(p_mid, abs=5e-7)


@pytest.mark.parametrize(
    ("b", "c", "n", "low", "high"),
    [(3, 12, 100, 0.0133, 0.1632), (5, 15, 200, 0.0056, 0.0934), (8, 20, 200, 0.0078, 0.1110)],
)
def test_interval_of_the_difference(b: int, c: int, n: int, low: float, high: float) -> None:
    interval = comparison.difference_interval(b, c, n)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("flips", "difference", "n"), [(0.10, 0.05, 312), (0.15, 0.05, 469), (0.20, 0.10, 155), (0.10, 0.03, 870)]
)
def test_pairs_needed(flips: float, difference: float, n: int) -> None:
    assert comparison.pairs_needed(flips, difference) == n


@given(FLIPS)
def test_swapping_the_runs_mirrors_the_difference(flips: tuple[int, int, int]) -> None:
    b, c, rest = flips
    one = comparison.difference_interval(b, c, b + c + rest)
    other = comparison.difference_interval(c, b, b + c + rest)
    if one is None or other is None:
        assert b + c + rest == 0
        return
    assert one.low == pytest.approx(-other.high)
    assert comparison.mcnemar(b, c) == comparison.mcnemar(c, b)


def test_runs_are_compared_on_the_cases_they_share() -> None:
    before = {f"c{i}": i >= 12 for i in range(100)} | {"only-before": True}
    now = {f"c{i}": i < 97 for i in range(100)} | {"only-now": False}
    got = compare_paired(before, now)
    assert (got.n, got.b, got.c, got.difference) == (100, 3, 12, 0.09)
    assert got.lost == ("c97", "c98", "c99")
    assert got.verdict is Difference.BETTER
    assert got.words() == (
        "12 of 100 cases were won and 3 lost; the pass rate changed by +1.3 to +16.3 points "
        "(95 % confidence): really better."
    )


def test_runs_without_a_common_case_cannot_be_compared() -> None:
    got = compare_paired({"a": True}, {"b": True})
    assert (got.n, got.difference, got.verdict) == (0, None, Difference.CANNOT_TELL)
    assert "no case in common" in got.words()


@pytest.mark.parametrize(
    ("low", "high", "margin", "verdict"),
    [
        (0.01, 0.1, 0.0, Difference.BETTER),
        (-0.1, -0.01, 0.0, Difference.WORSE),
        (-0.02, 0.02, 0.03, Difference.NO_RELEVANT_DIFFERENCE),
        (-0.02, 0.05, 0.03, Difference.CANNOT_TELL),
        (-0.02, 0.02, 0.0, Difference.CANNOT_TELL),
    ],
)
def test_what_an_interval_allows_to_be_said(
    low: float, high: float, margin: float, verdict: Difference
) -> None:
    assert comparison.verdict_of(Interval(low, high), margin) is verdict


def test_holm_adjusts_and_keeps_the_order() -> None:
    assert comparison.holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert comparison.holm([]) == ()


@pytest.mark.parametrize(
    ("observed", "sensitivity", "specificity", "corrected"),
    [(0.90, 0.95, 0.85, 0.9375), (0.80, 0.90, 0.90, 0.8750), (0.95, 0.98, 0.70, 0.9559)],
)
def test_a_judges_rate_is_corrected(
    observed: float, sensitivity: float, specificity: float, corrected: float
) -> None:
    assert agreement.corrected_rate(observed, sensitivity, specificity) == pytest.approx(corrected, abs=5e-5)


def test_a_judge_that_is_too_poor_is_refused() -> None:
    assert agreement.corrected_rate(0.9, 0.6, 0.6) is None


def test_kappa_is_shown_beside_agreement() -> None:
    assert agreement.agreement(80, 5, 7, 8) == 0.88
    assert agreement.kappa(80, 5, 7, 8) == pytest.approx(0.5021, abs=5e-5)
    assert agreement.kappa(0, 0, 0, 0) is None
    assert agreement.kappa(10, 0, 0, 0) is None


@pytest.mark.parametrize(("size", "icc", "effect"), [(5, 0.2, 1.8), (3, 0.5, 2.0)])
def test_design_effect(size: float, icc: float, effect: float) -> None:
    assert agreement.design_effect(size, icc) == pytest.approx(effect)


def test_clusters_widen_the_error_of_a_mean() -> None:
    values = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    alone = agreement.cluster_error(values, [str(i) for i in range(8)])
    together = agreement.cluster_error(values, ["a", "a", "b", "b", "c", "c", "d", "d"])
    assert alone == pytest.approx((8 * 0.25) ** 0.5 / 8)
    assert together == pytest.approx((4 * 1.0) ** 0.5 / 8)
    assert agreement.cluster_error(values, ["a"] * 8) is None


def test_a_strict_pass_needs_every_repeat() -> None:
    assert agreement.strict_passes([[True, True], [True, False], [], [True]]) == (2, 3)


@pytest.mark.parametrize(
    ("bound_low", "margin", "holds"),
    [(-0.02, 0.03, True), (-0.03, 0.03, False), (-0.05, 0.03, False), (0.01, 0.0, None), (None, 0.03, None)],
)
def test_not_worse_needs_a_margin_and_its_bound_inside_it(bound_low, margin, holds) -> None:
    assert comparison.not_worse(bound_low, margin) is holds


def test_cases_that_belong_together_widen_the_interval_of_a_comparison() -> None:
    before = {f"c{i}": i >= 12 for i in range(100)}
    now = dict.fromkeys(before, True)
    alone = compare_paired(before, now)
    together = compare_paired(before, now, clusters={f"c{i}": f"storm {i // 6}" for i in range(100)})
    assert alone.verdict is Difference.BETTER
    assert (together.low, together.high) < (alone.low, 1)
    assert together.high > alone.high
    assert "17 clusters" in together.method


def test_how_many_more_cases_would_tell() -> None:
    assert comparison.more_pairs_needed(10, 20, 200) == comparison.pairs_needed(0.15, 0.05) - 200
    assert comparison.more_pairs_needed(0, 0, 50) is None
    assert comparison.more_pairs_needed(4, 4, 50) is None
    assert comparison.more_pairs_needed(3, 30, 1000) == 0


@given(st.tuples(st.integers(0, 60), st.integers(1, 60)), st.tuples(st.integers(0, 60), st.integers(1, 60)))
def test_the_gap_of_two_groups_lies_in_its_interval_and_mirrors(one, two) -> None:
    first, second = (min(one[0], one[1]), one[1]), (min(two[0], two[1]), two[1])
    there = comparison.independent_difference(first, second)
    back = comparison.independent_difference(second, first)
    gap = first[0] / first[1] - second[0] / second[1]
    assert there.low - 1e-12 <= gap <= there.high + 1e-12
    assert there.low == pytest.approx(-back.high)


def test_the_gap_of_two_groups_against_the_published_example() -> None:
    """Newcombe 1998, method 10: 56 of 70 against 48 of 80 gives 0.0524 to 0.3339."""
    found = comparison.independent_difference((56, 70), (48, 80))
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
