"""The figures of a run beyond the plain rate: clusters, repeats, gaps, messy variants, and their bytes."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from demos.explanations import EXPLANATIONS
from demos.figures import figures_of
from demos.outcomes import Figure, Outcome
from demos.services.recomputing import figures_json


def outcome(case: object, passed: bool | None = True, **more: object) -> Outcome:
    fields = {
        "case_id": str(case), "passed": passed, "error_class": "", "latency_ms": 100.0,
        "cost": Decimal("0.01"), "category": "typical", "slices": {},
    }  # fmt: skip
    return Outcome(**(fields | more))  # type: ignore[arg-type]


def figures(rows: list[Outcome]) -> dict[str, Figure]:
    return {f.key: f for f in figures_of(rows, seed=1) if not f.slice or f.key.startswith("worst_")}


def test_repeats_give_a_strict_and_a_mean_rate_and_add_no_cases():
    rows = [outcome(n, passed=not (n < 10 and repeat == 3)) for n in range(40) for repeat in (1, 2, 3)]
    found = figures(rows)
    assert (found["strict_pass_rate"].events, found["strict_pass_rate"].n) == (30, 40)
    assert found["pass_rate"].value == found["strict_pass_rate"].value
    assert found["mean_pass_rate"].n == 40
    assert round(found["mean_pass_rate"].value, 4) == Decimal("0.9167")
    assert (found["unstable_case_rate"].events, found["unstable_case_rate"].n) == (10, 40)


def test_asked_once_says_nothing_about_stability():
    found = figures([outcome(n) for n in range(5)])
    assert (found["unstable_case_rate"].value, found["unstable_case_rate"].n) == (None, 0)
    assert found["mean_pass_rate"].value == found["pass_rate"].value == 1


def test_clusters_lower_the_bound_and_show_their_design_effect():
    alone = figures([outcome(n, passed=n % 40 >= 4) for n in range(160)])
    together = figures([outcome(n, passed=n % 40 >= 4, cluster=f"storm {n // 4}") for n in range(160)])
    assert together["pass_rate"].value == alone["pass_rate"].value
    assert together["pass_rate"].bound_low < alone["pass_rate"].bound_low
    assert together["pass_rate"].method == "cluster-robust, t on 39"
    assert together["design_effect"].value == 4
    assert alone["design_effect"].value is None


def test_a_gap_between_slices_has_an_interval_and_the_widest_counts():
    rows = [outcome(n, passed=n >= 10, slices={"language": "German", "line": "motor"}) for n in range(50)]
    rows += [outcome(100 + n, slices={"language": "English", "line": "home"}) for n in range(50)]
    rows += [outcome(200 + n, passed=False, slices={"language": "Dutch"}) for n in range(5)]
    gaps = {f.slice: f for f in figures_of(rows, seed=1) if f.key == "slice_gap"}
    assert gaps["language"].value == Decimal("0.2")
    assert gaps["language"].n == 100
    assert 0 < gaps["language"].low < Decimal("0.2") < gaps["language"].high
    assert figures(rows)["worst_slice_gap"].value == Decimal("0.2")


def test_messy_variants_are_paired_with_their_case_and_clustered_with_it():
    rows = [outcome(n) for n in range(40)]
    rows += [outcome(f"messy {n}", passed=n >= 10, variant_of=str(n)) for n in range(40)]
    rows += [outcome("orphan", passed=False, variant_of="not asked")]
    found = figures(rows)
    fall = found["messy_fall"]
    assert (fall.n, fall.events, fall.value) == (40, 10, Decimal("0.25"))
    assert 0 < fall.low < fall.value < fall.high
    assert found["pass_rate"].n == 81
    assert found["design_effect"].n == 41
    assert "messy_fall" not in figures([outcome(1)])


def swapped(
    pairs: list[tuple[bool, bool]], values: tuple[str, str] = ("woman", "man"), name: str = ""
) -> list[Outcome]:
    """Cases with one counterfactual each: whether the case passed, and whether its counterfactual did."""
    rows = []
    for n, (passed, other) in enumerate(pairs):
        key = f"{name}{n}"
        rows.append(outcome(key, passed, slices={"gender": values[0], "line": "motor"}))
        rows.append(
            outcome(
                f"{key}~", other, slices={"gender": values[1], "line": "motor"}, variant_of=key, change="swap"
            )
        )
    return rows


def test_a_gap_between_persons_is_paired_and_its_size_counts_whoever_is_favoured():
    """40 pairs, 6 lost and 1 won: 5/40. Interval by hand: centre 5/42, z·√(8 − 25/42)/42."""
    pairs = [(True, False)] * 6 + [(False, True)] + [(True, True)] * 33
    found = figures(swapped(pairs))
    gap, flips = found["counterfactual_gap"], found["counterfactual_flips"]
    assert (gap.n, gap.events, gap.value) == (40, 5, Decimal("0.125"))
    assert gap.method == "paired: man below woman"
    assert round(gap.low, 4) == 0
    assert round(gap.high, 4) == Decimal("0.2460")
    assert round(gap.bound_high, 4) == Decimal("0.2256")
    assert (flips.n, flips.events, flips.value) == (40, 7, Decimal("0.175"))
    other = figures(swapped([(two, one) for one, two in pairs]))["counterfactual_gap"]
    assert (other.value, other.low, other.high) == (gap.value, gap.low, gap.high)
    assert other.method == "paired: woman below man"
    assert "messy_fall" not in found


def test_the_widest_of_several_gaps_counts_and_its_interval_allows_for_the_choice():
    wide = [(True, False)] * 6 + [(True, True)] * 34
    alone = figures(swapped(wide))["counterfactual_gap"]
    both = figures(swapped(wide) + swapped([(True, True)] * 40, ("north", "south"), "d"))[
        "counterfactual_gap"
    ]
    assert (both.value, both.n) == (alone.value, 40)
    assert both.bound_high > alone.bound_high


def test_counterfactuals_of_one_case_are_a_cluster():
    rows = [outcome("0", slices={"gender": "a"})]
    rows += [
        outcome(f"0~{n}", False, slices={"gender": "b"}, variant_of="0", change="swap") for n in range(30)
    ]
    gap = figures(rows)["counterfactual_gap"]
    assert [gap.value, gap.low, gap.high] == [Decimal(1), Decimal(0), Decimal(1)]


def test_older_rules_know_no_counterfactuals():
    rows = swapped([(True, False)] * 5)
    assert not [f for f in figures_of(rows, seed=1, rules=3) if f.key.startswith("counterfactual")]


def test_every_figure_of_the_whole_is_explained_on_its_page():
    rows = [outcome(n, slices={"line": "ab"[n % 2]}, category="edge") for n in range(80)]
    rows.append(outcome("messy", variant_of="1"))
    rows += swapped([(True, False)])
    assert set(figures(rows)) <= set(EXPLANATIONS)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([True, False, None]), st.sampled_from("abc ")),
        max_size=40,
    )
)
def test_computing_again_gives_the_same_bytes(drawn):
    """Invariant 15: same grades, same seed, same JSON."""
    rows = [outcome(case, passed, cluster=cluster.strip()) for case, passed, cluster in drawn]
    assert figures_json(figures_of(rows, seed=5)) == figures_json(figures_of(rows, seed=5))
    for figure in figures_of(rows, seed=5):
        if figure.low is not None and figure.value is not None:
            assert figure.low <= figure.value <= (figure.high if figure.high is not None else figure.value)
