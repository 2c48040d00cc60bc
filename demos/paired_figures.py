"""Figures of cases beside those that they were made from: messy variants and counterfactuals. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from demos.engine.clusters import mean_of
from demos.engine.comparison import compare_paired, difference_interval, widened
from demos.engine.statistics import Interval
from demos.outcomes import SWAP, CaseOutcome, Figure, decimal_of

Cases = Mapping[str, CaseOutcome]


def messy_fall(cases: Mapping[str, CaseOutcome]) -> list[Figure]:
    """How much lower the pass rate is on messy variants than on the cases they were made from; or [].

    Paired: one pair for each variant whose case was asked too; the variants of one case are a cluster.
    """
    pairs = {
        key: (cases[case.variant_of].passed, case.passed, case.variant_of)
        for key, case in cases.items()
        if case.change != SWAP and _is_pair(case, cases)
    }
    if not pairs:
        return []
    found = compare_paired(
        {key: messy for key, (_, messy, _) in pairs.items()},
        {key: clean for key, (clean, _, _) in pairs.items()},
        clusters={key: parent for key, (_, _, parent) in pairs.items()},
    )
    low, high, bound_low, bound_high = (
        decimal_of(end) for end in (found.low, found.high, found.bound_low, found.bound_high)
    )
    fall = decimal_of(found.difference)
    return [
        Figure(
            "messy_fall", "other", found.n, found.method[:60], fall, found.c, low, high, bound_low, bound_high
        )
    ]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A case and its counterfactual: the value of the attribute in each, and whether each passed."""

    attribute: str
    values: tuple[str, str]
    passed: tuple[bool, bool]
    parent: str


def counterfactual_figures(cases: Cases, *, seed: int) -> list[Figure]:
    """How often the verdict flips when only the person changes, and the widest gap in favour of one; or [].

    A gap is between two values of the attribute, over the pairs that hold just these two, as a fraction. Of
    several pairs of values the widest counts, so its interval is that of one at 95 % for all (Bonferroni).
    Counterfactuals of one case are a cluster.
    """
    pairs = _pairs(cases)
    if not pairs:
        return []
    changed = [pair.passed[0] != pair.passed[1] for pair in pairs]
    flips = mean_of([float(each) for each in changed], [pair.parent for pair in pairs], seed=seed)
    low, high, bound_low, bound_high = map(
        decimal_of, (flips.low, flips.high, flips.bound_low, flips.bound_high)
    )
    share = Figure(
        "counterfactual_flips", "rate", flips.n, flips.method, decimal_of(flips.value), sum(changed),
        low, high, bound_low, bound_high, flips.seed,
    )  # fmt: skip
    by_values: dict[tuple[str, str, str], list[_Pair]] = defaultdict(list)
    for pair in pairs:
        first, second = sorted(pair.values)
        by_values[(pair.attribute, first, second)].append(pair)
    gaps = [_gap(names, rows, of=len(by_values)) for names, rows in sorted(by_values.items())]
    return [share, max(gaps, key=lambda gap: gap.value or Decimal(0))]


def _pairs(cases: Cases) -> list[_Pair]:
    found = []
    for case in cases.values():
        if case.change == SWAP and _is_pair(case, cases):
            parent = cases[case.variant_of]
            name = next((key for key in case.slices if case.slices[key] != parent.slices.get(key)), "")
            values = (parent.slices.get(name, ""), case.slices.get(name, ""))
            found.append(_Pair(name, values, (parent.passed, case.passed), case.variant_of))
    return found


def _gap(names: tuple[str, str, str], rows: list[_Pair], *, of: int) -> Figure:
    """The pass rate of the better value minus that of the other, never below 0."""
    _, first, second = names
    order = [pair.passed if pair.values[0] == first else pair.passed[::-1] for pair in rows]
    lost = sum(one and not other for one, other in order)
    won = sum(other and not one for one, other in order)
    n, worse = len(rows), second if lost >= won else first
    changes = [float(one) - float(other) for one, other in order]
    spans = [_span(changes, rows, lost, won, level=1 - (1 - level) / of) for level in (0.975, 0.95)]
    ends = [end for span in spans for end in _sizes(span)]
    low, high, bound_low, bound_high = (decimal_of(end) for end in ends)
    better = first if worse == second else second
    method = f"paired: {worse[:20]} below {better[:20]}" if lost != won else "paired: no difference"
    return Figure(
        "counterfactual_gap", "rate", n, method, decimal_of(abs(lost - won) / n), abs(lost - won), low, high,
        bound_low, bound_high,
    )  # fmt: skip


def _span(changes: list[float], rows: list[_Pair], lost: int, won: int, *, level: float) -> Interval | None:
    found = difference_interval(won, lost, len(rows), NormalDist().inv_cdf(level))
    names = [pair.parent for pair in rows]
    if found is None or len(set(names)) == len(names):
        return found
    return widened(changes, names, found, level=level)


def _sizes(span: Interval | None) -> tuple[float | None, float | None]:
    """Least and most size of a difference that lies in ``span``, whatever its sign."""
    if span is None:
        return None, None
    sizes = sorted((abs(span.low), abs(span.high)))
    return (0.0 if span.low <= 0 <= span.high else sizes[0]), sizes[1]


def _is_pair(case: CaseOutcome, cases: Cases) -> bool:
    """Whether the case that this one was made from was asked too, and both have a verdict."""
    return case.variant_of in cases and case.graded and cases[case.variant_of].graded
