"""The figures of a run beyond the plain rate: clusters, repeats, gaps, messy variants, and their bytes."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from demos.explanations import EXPLANATIONS
from demos.figures import Figure, Outcome, figures_of
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


def test_every_figure_of_the_whole_is_explained_on_its_page():
    rows = [outcome(n, slices={"line": "ab"[n % 2]}, category="edge") for n in range(80)]
    rows.append(outcome("messy", variant_of="1"))
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
