"""What each figure of a run is called, how it is computed and what it means, in words for its page."""

from __future__ import annotations

from dataclasses import dataclass

from demos.vocabulary import CaseCategory


@dataclass(frozen=True, slots=True)
class Explanation:
    """The name of a figure, its formula in words, and what goes into it."""

    title: str
    formula: str
    inputs: str


_JUDGED = "every case that the graders could judge; an error counts as not passed"
_WAITS = "the wait of every answer, and of every time-out at the time waited"

EXPLANATIONS: dict[str, Explanation] = {
    "pass_rate": Explanation("Pass rate", "cases that passed every time ÷ cases", _JUDGED),
    "strict_pass_rate": Explanation("Strict pass rate", "cases that passed every time ÷ cases", _JUDGED),
    "corrected_pass_rate": Explanation(
        "Pass rate, corrected for the judge",
        "(rate + specificity − 1) ÷ (sensitivity + specificity − 1), between 0 and 1",
        "the judge’s pass rate, and how it compared with people; few labels widen the interval",
    ),
    "mean_pass_rate": Explanation(
        "Mean pass rate", "mean over cases of (times passed ÷ times asked); repeats add no cases", _JUDGED
    ),
    "design_effect": Explanation(
        "Design effect",
        "variance with the clusters ÷ variance as if every case stood alone; 2 means that n counts half",
        "pass or fail of each case, and its cluster",
    ),
    "unstable_case_rate": Explanation(
        "Unstable cases",
        "cases whose repeats disagree ÷ cases asked more than once",
        "pass or fail of each repeat",
    ),
    "error_rate": Explanation(
        "Failed requests",
        "cases with at least one error ÷ all cases",
        "the error class of each attempt",
    ),
    "cost_per_case": Explanation(
        "Cost per case",
        "cost of all attempts ÷ cases; interval by Student’s t over cases",
        "tokens and calls × the pinned price",
    ),
    "cost_per_success": Explanation(
        "Cost per correct case",
        "cost of all attempts ÷ cases that passed; interval by bootstrap over cases",
        "tokens and calls × the pinned price",
    ),
    "worst_slice_pass_rate": Explanation(
        "Worst slice", "the lowest pass rate among slices of 30 cases or more", _JUDGED
    ),
    "worst_slice_gap": Explanation(
        "Widest gap between slices",
        "best minus worst pass rate among slices of 30 cases or more; Newcombe’s interval, widened because "
        "the two ends were picked out of all pairs",
        _JUDGED,
    ),
    "messy_fall": Explanation(
        "Fall on messy input",
        "pass rate of the cases minus pass rate of their messy variants, pair by pair",
        "each messy variant and the case that it was made from",
    ),
    "counterfactual_flips": Explanation(
        "Other verdict for another person",
        "pairs of a case and its counterfactual with different verdicts ÷ pairs",
        "each counterfactual and the case that it was made from",
    ),
    "counterfactual_gap": Explanation(
        "Gap between persons",
        "pass rate for one value of the swapped attribute minus that for another, pair by pair; of several "
        "pairs of values the widest, with an interval that allows for the choice",
        "each counterfactual and the case that it was made from",
    ),
    "sealed_pass_rate": Explanation(
        "Passed, sealed cases",
        "sealed cases that passed ÷ sealed cases",
        "cases that the consultancy never read",
    ),
    "sealed_gap": Explanation(
        "Lower on sealed cases",
        "pass rate on the open cases minus pass rate on the sealed ones; Newcombe’s interval. A gap that "
        "stays above 0 says that the system was tuned to the cases that could be read",
        "open and sealed cases of one run",
    ),
    "severe_wrong_answers": Explanation(
        "Severe wrong answers",
        "cases that an expert called severely wrong ÷ cases that experts reviewed; with none seen, the bound "
        "is 1 − 0.05^(1/n)",
        "reviews by people, blind to the graders",
    ),
    **{
        f"latency_p{q}_ms": Explanation(
            f"Wait, {q} of 100",
            f"the value at rank ⌈{q / 100:g} · n⌉ of the sorted waits; the bound is an order statistic",
            _WAITS,
        )
        for q in (50, 90, 95, 99)
    },
    **{
        f"{category}_pass_rate": Explanation(
            f"Pass rate, {category.label.lower()}", "cases that passed every time ÷ cases", _JUDGED
        )
        for category in CaseCategory
    },
}


def explanation_of(key: str) -> Explanation:
    """The explanation of a figure; its key in words where there is none."""
    words = key.replace("_", " ")
    return EXPLANATIONS.get(key, Explanation(words.capitalize(), "", ""))
