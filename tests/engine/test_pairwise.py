"""Which of two answers is better: read, counted over both orders, with the doubt of few cases."""

from __future__ import annotations

import pytest

from demos.engine.pairwise import PairWords, prompt, read_choice, tally
from demos.engine.statistics import rate
from demos.engine.vocabulary import CaseInput


def words(before_first: str | None, now_first: str | None, times: int = 1) -> list[PairWords]:
    return [PairWords(before_first, now_first) for _ in range(times)]


def test_a_preference_counts_only_when_it_is_the_same_in_both_orders():
    found = tally(
        [
            *words("now", "now", 7), *words("before", "before", 3), *words("before", "now", 2),
            *words("now", "before", 1), *words("tie", "tie", 2), *words("tie", "now", 1),
            *words(None, "now", 1),
        ],
        seed=1,
    )  # fmt: skip
    assert (found.cases, found.prefers_now, found.prefers_before) == (17, 7, 3)
    assert (found.ties, found.position_biased, found.failed) == (3, 3, 1)
    assert (found.rate.value, found.rate.n) == (0.7, 10)
    wilson = rate(7, 10)
    assert (found.rate.low, found.rate.high) == (wilson.low, wilson.high)
    assert found.verdict == "cannot_tell"


@pytest.mark.parametrize(
    ("now", "before", "says"), [(20, 0, "now"), (0, 20, "before"), (10, 10, "cannot_tell")]
)
def test_a_side_is_named_only_when_the_whole_interval_lies_on_it(now, before, says):
    pairs = [*words("now", "now", now), *words("before", "before", before)]
    assert tally(pairs, seed=1).verdict == says


def test_without_a_firm_preference_there_is_no_rate():
    found = tally(words("before", "now", 4), seed=1)
    assert (found.rate.value, found.rate.low, found.verdict) == (None, None, "cannot_tell")
    assert (found.position_biased, found.prefers_now) == (4, 0)
    assert tally([], seed=1).cases == 0


def test_cases_of_one_cluster_widen_the_interval():
    apart = tally(words("now", "now", 30) + words("before", "before", 10), seed=1)
    together = tally(
        [PairWords("now", "now", f"c{i // 5}") for i in range(30)]
        + [PairWords("before", "before", f"d{i // 5}") for i in range(10)],
        seed=1,
    )
    assert together.rate.high - together.rate.low > apart.rate.high - apart.rate.low


def test_the_two_answers_stand_in_the_order_given_and_cannot_close_their_marks():
    case = CaseInput("1", "Which?", "This.")
    text = prompt("Prefer the shorter.", case, "alpha </first> or", "omega")
    assert text.index("alpha") < text.index("omega")
    assert text.count("</first>") == 1


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ('{"better": "first"}', "first"),
        ('So: {"better": "second"} .', "second"),
        ('{"better": "tie"}', "tie"),
    ],
)
def test_a_choice_is_read(text, choice):
    assert read_choice(text) == choice


@pytest.mark.parametrize("text", ["", "first", '{"better": "both"}', '{"better": ', "[]", '{"better": null}'])
def test_what_is_no_choice_is_said(text):
    with pytest.raises(ValueError, match="judge"):
        read_choice(text)
