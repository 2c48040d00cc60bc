"""Means of values that belong together, amounts compared in pairs, and judges compared with people."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demos.engine import agreement, clusters, paired
from demos.engine.agreement import JudgeSkill
from demos.engine.statistics import wilson

SHARES = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from("abcdefgh")), max_size=30)


@pytest.mark.parametrize(
    ("p", "degrees", "t"),
    [(0.975, 9, 2.262157), (0.975, 29, 2.045230), (0.95, 99, 1.660391), (0.975, 1, 12.706205), (0.5, 4, 0.0)],
)
def test_quantiles_of_student(p: float, degrees: int, t: float) -> None:
    assert clusters.student_t(p, degrees) == pytest.approx(t, abs=1e-5)
    assert clusters.student_t(1 - p, degrees) == pytest.approx(-t, abs=1e-5)


def test_cases_that_stand_alone_give_wilson() -> None:
    found = clusters.mean_of([1.0] * 184 + [0.0] * 16, [""] * 200, seed=1)
    assert (round(found.low, 4), round(found.high, 4)) == (0.8740, 0.9502)
    assert (found.method, found.design_effect, found.groups) == ("wilson", None, 200)


def test_clusters_widen_the_interval_and_the_design_effect_says_by_how_much() -> None:
    values = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0] * 20
    names = [f"storm {i // 4}" for i in range(160)]
    found = clusters.mean_of(values, names, seed=1)
    alone = wilson(80, 160)
    assert found.groups == 40
    assert found.design_effect == pytest.approx(4.0)
    assert found.low < alone.low
    assert found.high > alone.high
    assert found.method == "cluster-robust, t on 39"
    assert found.seed is None


def test_fewer_than_thirty_clusters_are_resampled_with_the_stored_seed() -> None:
    values = [float(i % 7 != 0) for i in range(100)]
    names = [f"branch {i // 10}" for i in range(100)]
    found = clusters.mean_of(values, names, seed=7)
    assert found.method == "bootstrap over 10 clusters, 10000 resamples"
    assert found.seed == 7
    assert found == clusters.mean_of(values, names, seed=7)


def test_ten_right_out_of_one_storm_prove_nothing_beyond_it() -> None:
    found = clusters.mean_of([1.0] * 10, ["storm"] * 10, seed=1)
    assert (found.value, found.low, found.bound_low) == (1.0, None, None)
    assert "they all belong together" in found.words()


def test_all_right_in_five_storms_proves_what_five_cases_prove() -> None:
    found = clusters.mean_of([1.0] * 50, [str(i % 5) for i in range(50)], seed=1)
    assert found.low == pytest.approx(wilson(5, 5).low)


@settings(max_examples=20, deadline=None)
@given(SHARES)
def test_an_interval_holds_its_mean_and_lies_within_0_and_1(pairs: list[tuple[float, str]]) -> None:
    found = clusters.mean_of([v for v, _ in pairs], [c for _, c in pairs], seed=3)
    if not pairs:
        assert found.value is None
        return
    if found.low is None:
        assert found.groups == 1
        return
    assert 0 <= found.low <= found.bound_low <= found.value <= found.bound_high <= found.high <= 1


def test_amounts_are_compared_pair_by_pair() -> None:
    before = {f"c{i}": 100.0 + i for i in range(60)} | {"only before": 1.0}
    now = {f"c{i}": 90.0 + i + (i % 3) for i in range(60)}
    found = paired.compare_amounts(before, now, seed=5)
    assert found.n == 60
    assert found.difference == pytest.approx(-9.0)
    assert found.low < -9.0 < found.high < 0
    assert found.p < 0.001
    assert found == paired.compare_amounts(before, now, seed=5)
    assert paired.compare_amounts(now, before, seed=5).difference == pytest.approx(9.0)


def test_amounts_without_pairs_say_nothing() -> None:
    assert paired.compare_amounts({"a": 1.0}, {"b": 1.0}, seed=1).difference is None
    assert paired.compare_amounts({"a": 1.0}, {"a": 2.0}, seed=1).low is None


def test_many_pairs_are_compared_by_t() -> None:
    before = {str(i): float(i % 10) for i in range(5_000)}
    now = {key: value + (0.1 if int(key) % 2 else -0.05) for key, value in before.items()}
    found = paired.compare_amounts(before, now, seed=1)
    assert found.method == "paired t on 4999"
    assert found.difference == pytest.approx(0.025)
    assert found.low < found.difference < found.high


def test_a_judge_is_believed_only_with_enough_labels_and_enough_agreement() -> None:
    good = JudgeSkill(both_pass=80, judge_only=5, people_only=7, both_fail=8)
    assert (good.n, good.agreement) == (100, 0.88)
    assert good.kappa == pytest.approx(0.5021, abs=5e-5)
    assert good.may_count
    assert JudgeSkill(30, 2, 2, 10).reasons() == ["6 more answers have to be labelled by people."]
    assert "neither in 85 %" in JudgeSkill(30, 20, 10, 10).reasons()[0]
    assert "answers that they fail" in JudgeSkill(60, 0, 0, 0).reasons()[0]
    assert JudgeSkill(0, 0, 0, 0).sensitivity is None


def test_a_corrected_rate_carries_the_doubt_of_few_labels() -> None:
    many = agreement.corrected_interval(180, 200, JudgeSkill(950, 15, 50, 85))
    few = agreement.corrected_interval(180, 200, JudgeSkill(38, 2, 2, 13))
    point = agreement.corrected_rate(0.9, 0.95, 0.85)
    assert many.low < point < many.high
    assert few.high - few.low > many.high - many.low
    assert agreement.corrected_interval(90, 100, JudgeSkill(30, 20, 20, 30)) is None


@given(st.integers(0, 200), st.integers(1, 60), st.integers(1, 60))
def test_a_corrected_interval_lies_within_0_and_1(passed: int, good: int, bad: int) -> None:
    found = agreement.corrected_interval(passed, 200, JudgeSkill(good, 1, 1, bad))
    assert found is None or 0 <= found.low <= found.high <= 1
