"""The first sentence of the brief tells what is not met from what is not known, and from what was waived."""

import pytest

from engagements.rules.brief import headline


def results(*verdicts: str) -> list[dict[str, object]]:
    advice = {"must": False, "verdict": "not_met"}
    return [*({"must": True, "verdict": verdict} for verdict in verdicts), advice]


@pytest.mark.parametrize(
    ("verdicts", "says"),
    [
        ((), "Nothing that must be met was agreed."),
        (("met",), "It is met."),
        (("met", "met"), "All two must-criteria are met."),
        (("met", "waived"), "None of two must-criteria is open: one met and one waived."),
        (("waived",), "It is waived."),
        (("met", "not_met"), "One of two must-criteria is not met."),
        (("inconclusive", "inconclusive", "met"), "Two of three must-criteria are inconclusive."),
        (("not_evaluated", "met"), "One of two must-criteria is not evaluated."),
        (
            ("inconclusive", "not_met", "met", "not_met"),
            "Three of four must-criteria are open: two not met and one inconclusive.",
        ),
        (
            ("not_evaluated", "inconclusive", "not_met"),
            "Three of three must-criteria are open: one not met, one inconclusive and one not evaluated.",
        ),
    ],
)
def test_the_headline_tells_not_met_from_not_known(verdicts: tuple[str, ...], says: str) -> None:
    assert headline(results(*verdicts)) == says
