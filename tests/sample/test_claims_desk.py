"""The sample AI system: deterministic, honest, imperfect; and the mail it is tried on."""

from collections import Counter

from sample.accuracy import count, slices_of
from sample.system import FOLDER, HAND_OVER, cases, claims_desk, line_of, sentences


def test_the_system_gets_106_of_its_121_cases_right():
    asked, right = count()

    assert (asked["all"], right["all"]) == (121, 106)
    assert (asked["out_of_scope"], right["out_of_scope"]) == (28, 26)


def test_the_same_mail_always_gets_the_same_answer():
    answers = [[claims_desk().answer(case["input"]) for case in cases()] for _ in range(2)]

    assert answers[0] == answers[1]


def test_mail_without_a_known_word_is_handed_over():
    assert claims_desk().answer("???") == HAND_OVER
    assert claims_desk().answer("") == HAND_OVER


def test_every_slice_has_at_least_fifteen_cases_and_out_of_scope_twenty_five():
    slices = Counter(name for case in cases() for name in slices_of(case))

    assert min(slices.values()) >= 15
    assert sum(case["category"] == "out_of_scope" for case in cases()) >= 25


def test_out_of_scope_cases_and_only_they_expect_a_hand_over():
    for case in cases():
        assert (case["expected"] == HAND_OVER) == (case["category"] == "out_of_scope"), case["id"]


def test_ids_and_mails_are_all_different_and_every_expected_answer_can_be_given():
    rows = cases()

    assert len({case["id"] for case in rows}) == len(rows)
    assert len({case["input"] for case in rows}) == len(rows)
    assert {case["expected"] for case in rows} == set(claims_desk().kinds.labels)


def test_the_page_the_system_reads_holds_none_of_the_cases():
    page = {text for text, _ in sentences((FOLDER / "policy.md").read_text(encoding="utf-8"))}

    assert not page & {case["input"] for case in cases()}


def test_the_line_is_the_part_before_the_slash():
    assert line_of("travel/baggage") == "travel"
    assert line_of(HAND_OVER) == HAND_OVER
