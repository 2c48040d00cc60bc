"""Graders: what passes, what fails, what cannot be judged, and which settings are refused."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.graders import (
    GraderKind,
    GraderSpec,
    build_grader,
    build_graders,
    combine,
    grade_answer,
)
from demos.engine.judging.values import numbers_in
from demos.engine.judging.wordings import normalised
from demos.engine.vocabulary import CaseInput, GradeResult


def grade(kind: str, answer: str, expected: str | None = None, **params: Any) -> GradeResult:
    case = CaseInput(id="c1", question="?", expected=expected)
    return build_grader(GraderSpec(GraderKind(kind), params)).grade(answer, case)


@pytest.mark.parametrize(
    ("kind", "answer", "expected", "params", "passed"),
    [
        ("exact", "Berlin\n", "Berlin", {}, True),
        ("exact", "berlin", "Berlin", {}, False),
        ("exact", "yes", None, {"value": "yes"}, True),
        ("normalised", "  BERLIN. ", "Berlin", {}, True),
        ("normalised", "ﬁne  work!", "fine work", {}, True),
        ("normalised", "Bonn", "Berlin", {}, False),
        ("contains", "The code is A-7.", "A-7", {}, True),
        ("contains", "the CODE", "Code", {}, True),
        ("contains", "the CODE", "Code", {"case_sensitive": True}, False),
        ("contains", "red and blue", None, {"all": ["red", "blue"]}, True),
        ("contains", "red", None, {"all": ["red", "blue"]}, False),
        ("contains", "red", None, {"any": ["red", "blue"]}, True),
        ("contains", "green", None, {"any": ["red", "blue"]}, False),
        ("contains", "all clear", None, {"none": ["password"]}, True),
        ("contains", "the Password is", None, {"none": ["password"]}, False),
        ("contains", "red password", None, {"any": ["red"], "none": ["password"]}, False),
        ("regex", "Order 4711", None, {"pattern": r"order \d{4}\b"}, True),
        ("regex", "Order 4711", None, {"pattern": r"order", "case_sensitive": True}, False),
        ("regex", "ok", None, {"pattern": r"sorry", "absent": True}, True),
        ("number", "It costs 1,234.50 EUR", "1234.5", {}, True),
        ("number", "Das macht 1.234,50 EUR", "1234.5", {}, True),
        ("number", "1.234.567 Stück", "1234567", {}, True),
        ("number", "1\u202f234 units", "1234", {}, True),
        ("number", "pi is 3,14", "3.14", {}, True),
        ("number", "CASE-0042", "42", {}, True),
        ("number", "about 99", "100", {"absolute": 1}, True),
        ("number", "about 98.9", "100", {"absolute": 1}, False),
        ("number", "about 98", "100", {"relative": "0.02"}, True),
        ("number", "97 or 100", "100", {"which": "first"}, False),
        ("number", "97 or 100", "100", {"which": "last"}, True),
        ("number", "none at all", "100", {}, False),
        ("number", "-5", None, {"value": -5}, True),
    ],
)
def test_verdicts(kind: str, answer: str, expected: str | None, params: dict[str, Any], passed: bool) -> None:
    got = grade(kind, answer, expected, **params)
    assert (got.error, got.passed, got.score) == ("", passed, 1.0 if passed else 0.0)
    assert got.reason.endswith(".")


@pytest.mark.parametrize("kind", ["exact", "normalised", "contains", "number"])
def test_a_case_without_expected_answer_is_an_error_and_not_a_zero(kind: str) -> None:
    got = grade(kind, "anything")
    assert (got.score, got.passed) == (None, None)
    assert got.error == "The case has no expected answer."


def test_an_expected_answer_without_number_cannot_be_compared() -> None:
    assert grade("number", "5", "five").error == "The expected answer of the case contains no number."


@pytest.mark.parametrize(
    ("kind", "params", "sentence"),
    [
        ("regex", {}, "Give a pattern"),
        ("regex", {"pattern": "("}, "not a valid pattern"),
        ("regex", {"pattern": "a" * 501}, "at most 500 characters"),
        ("regex", {"pattern": "a", "absent": "yes"}, "must be true or false"),
        ("contains", {"any": "red"}, "must be a list of texts"),
        ("contains", {"all": [""]}, "none of them empty"),
        ("contains", {"none": ["x"] * 201}, "at most 200 entries"),
        ("exact", {"wert": "x"}, "Unknown setting: wert"),
        ("exact", {"value": 5}, "must be a text"),
        ("number", {"absolute": -1}, "not negative"),
        ("number", {"relative": "much"}, "must be a number"),
        ("number", {"value": "many"}, "not a number"),
        ("number", {"which": "middle"}, "“any”, “first” or “last”"),
    ],
)
def test_unfit_settings_are_refused_in_a_sentence(kind: str, params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build_grader(GraderSpec(GraderKind(kind), params))


def test_an_unfit_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1000"):
        build_grader(GraderSpec(GraderKind.EXACT, weight=-1))
    with pytest.raises(ValueError, match="weight above 0 or be required"):
        build_graders([GraderSpec(GraderKind.EXACT, weight=0)])


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|a)*$", r"^(a?){30}a{30}$", r"^(\w+\s?)*$"])
def test_a_catastrophic_pattern_is_cut_and_counts_as_grader_error(pattern: str) -> None:
    began = time.perf_counter()
    got = grade("regex", "a" * 40 + "!", pattern=pattern)
    assert time.perf_counter() - began < 30  # uncut, it would go on for years
    assert got.passed is not True
    assert got.error == "" or "too long" in got.error


def test_a_text_that_is_too_long_for_a_pattern_is_a_grader_error() -> None:
    assert "longer than" in grade("regex", "a" * 50_001, pattern="b").error


@given(st.text(max_size=200))
def test_no_answer_makes_a_grader_raise(answer: str) -> None:
    for kind, params in (
        ("exact", {}),
        ("normalised", {}),
        ("contains", {}),
        ("number", {"relative": 0.1}),
        ("regex", {"pattern": r"\d+"}),
    ):
        got = grade(kind, answer, "42", **params)
        assert (got.score is None) == bool(got.error)


@given(st.text(max_size=100))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@given(st.decimals(-1_000_000, 1_000_000, places=2, allow_nan=False))
def test_a_written_number_is_found(value: Decimal) -> None:
    assert numbers_in(f"The value is {value} units") == [value]
    assert numbers_in(f"The value is {value:,} units") == [value]


def spec(word: str, **settings: Any) -> GraderSpec:
    return GraderSpec(GraderKind.CONTAINS, {"any": [word]}, name=word, **settings)


@pytest.mark.parametrize(
    ("specs", "answer", "threshold", "passed", "score"),
    [
        ((spec("a"), spec("b")), "a b", 1.0, True, 1.0),
        ((spec("a"), spec("b")), "a", 1.0, False, 0.5),
        ((spec("a"), spec("b")), "a", 0.5, True, 0.5),
        ((spec("a", weight=3), spec("b")), "a", 0.75, True, 0.75),
        ((spec("a"), spec("b", must=True)), "a", 0.5, False, 0.5),
        ((spec("a", must=True, weight=0),), "a", 1.0, True, 1.0),
        ((spec("a", must=True, weight=0),), "b", 1.0, False, 0.0),
        ((spec("a"), spec("b", categories=frozenset({"other"}))), "a", 1.0, True, 1.0),
    ],
)
def test_several_graders_make_one_verdict(
    specs: tuple[GraderSpec, ...], answer: str, threshold: float, passed: bool, score: float
) -> None:
    case = CaseInput(id="c1", question="?", category="typical")
    graders = build_graders(specs)
    got = combine(graders, grade_answer(graders, answer, case), case, threshold=threshold)
    assert (got.error, got.passed, got.score) == ("", passed, score)


def test_a_grader_that_cannot_judge_leaves_no_verdict_unless_a_required_one_failed() -> None:
    case = CaseInput(id="c1", question="?")
    unjudged = GraderSpec(GraderKind.EXACT, name="e")
    graders = build_graders([unjudged, spec("a")])
    got = combine(graders, grade_answer(graders, "a", case), case)
    assert (got.score, got.passed) == (None, None)
    assert got.error == "e: The case has no expected answer."
    graders = build_graders([unjudged, spec("b", must=True)])
    assert combine(graders, grade_answer(graders, "a", case), case).passed is False


def test_a_case_that_no_grader_applies_to_is_ungraded() -> None:
    case = CaseInput(id="c1", question="?", category="typical")
    graders = build_graders([spec("a", categories=frozenset({"other"}))])
    assert combine(graders, grade_answer(graders, "a", case), case).error == "No grader applies to this case."


def test_the_hash_follows_every_setting_but_not_the_name() -> None:
    base = spec("a")
    assert base.config_sha256 == GraderSpec(GraderKind.CONTAINS, {"any": ["a"]}, name="z").config_sha256
    others = [spec("b"), spec("a", must=True), spec("a", weight=2), spec("a", categories=frozenset({"x"}))]
    assert len({base.config_sha256, *(s.config_sha256 for s in others)}) == 5
