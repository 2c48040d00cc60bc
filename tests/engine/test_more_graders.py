"""The graders beyond plain text: dates, JSON, tools, sources, closeness, length, refusals, own checks."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.engine.graders import GraderKind, GraderSpec, build_grader, build_graders, combine, grade_answer
from demos.engine.judging.values import dates_in
from demos.engine.judging.wordings import f1, similarity
from demos.engine.vocabulary import NOTHING_FOUND, CaseInput, Found, GradeResult, ToolCall

SCHEMA = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string", "pattern": "^A"}}}
BOOKED = Found(tool_calls=(ToolCall("book", {"claim": "4711", "day": 3}),))


def grade(
    kind: str,
    answer: str,
    expected: str | None = None,
    *,
    context: str = "",
    found: Found = NOTHING_FOUND,
    **params: Any,
) -> GradeResult:
    case = CaseInput(id="c1", question="?", expected=expected, context=context)
    return build_grader(GraderSpec(GraderKind(kind), params)).grade(answer, case, found)


@pytest.mark.parametrize(
    ("kind", "answer", "expected", "params", "passed"),
    [
        ("date", "due on 27 November 2026", "2026-11-27", {}, True),
        ("date", "am 27.11.2026 fällig", "2026-11-27", {}, True),
        ("date", "Nov 28, 2026", "2026-11-27", {}, False),
        ("date", "Nov 28, 2026", "2026-11-27", {"days": 1}, True),
        ("date", "11/27/2026", "2026-11-27", {}, True),
        ("date", "03/04/2026", "2026-03-04", {"month_first": True}, True),
        ("date", "no day at all", "2026-11-27", {}, False),
        ("json_schema", '{"code": "A1"}', None, {"schema": SCHEMA}, True),
        ("json_schema", '```json\n{"code": "A1"}\n```', None, {"schema": SCHEMA}, True),
        ("json_schema", '{"code": "B1"}', None, {"schema": SCHEMA}, False),
        ("json_schema", "{}", None, {"schema": SCHEMA}, False),
        ("json_schema", "the code is A1", None, {"schema": SCHEMA}, False),
        ("json_path", '{"claim": {"code": "A1"}}', "A1", {"path": "$.claim.code"}, True),
        ("json_path", '{"claim": {"code": 7}}', None, {"path": "$.claim.code", "value": 7}, True),
        ("json_path", '{"claim": {}}', "A1", {"path": "$.claim.code"}, False),
        ("word_overlap", "water damage in the kitchen", "water damage kitchen", {"at_least": 0.7}, True),
        ("word_overlap", "fire", "water damage kitchen", {}, False),
        ("word_overlap", "b; a", "a; b", {"separator": ";", "at_least": 1}, True),
        ("edit_similarity", "Lindquist", "Lindqvist", {"at_least": 0.85}, True),
        ("edit_similarity", "Osei", "Lindqvist", {}, False),
        ("refusal", "I’m sorry, but I can't help with that.", None, {}, True),
        ("refusal", "Ich kann Ihnen dabei leider nicht helfen.", None, {}, True),
        ("refusal", "The claim is covered.", None, {}, False),
        ("refusal", "The claim is covered.", None, {"absent": True}, True),
        ("refusal", "Please ask a colleague.", None, {"phrases": ["ask a colleague"]}, True),
        ("length", "one two three", None, {"most": 3}, True),
        ("length", "one two three", None, {"least": 4}, False),
        ("length", "abc", None, {"least": 3, "most": 3, "unit": "characters"}, True),
    ],
)  # fmt: skip
def test_verdicts(kind: str, answer: str, expected: str | None, params: dict[str, Any], passed: bool) -> None:
    got = grade(kind, answer, expected, **params)
    assert (got.error, got.passed) == ("", passed)
    assert got.reason.endswith(".")


@pytest.mark.parametrize(
    ("params", "passed"),
    [
        ({"name": "book"}, True),
        ({"name": "book", "arguments": {"claim": "4711"}}, True),
        ({"name": "book", "arguments": {"claim": "4712"}}, False),
        ({"name": "pay"}, False),
        ({"name": "pay", "absent": True}, True),
        ({"name": "book", "exactly": ["look_up"]}, True),
        ({"name": "look_up", "exactly": ["pay"]}, False),
    ],
)
def test_called_tools_and_their_arguments_are_asserted(params: dict[str, Any], passed: bool) -> None:
    assert grade("tool_call", "done", found=BOOKED, **params).passed is passed


def test_a_target_that_does_not_name_its_tools_cannot_be_judged() -> None:
    assert "does not say which tools" in grade("tool_call", "done", name="book").error


@pytest.mark.parametrize(
    ("answer", "cited", "passed"),
    [
        ("Covered [policy 4].", None, True),
        ("Covered [policy 9].", None, False),
        ("Covered.", None, False),
        ("Covered.", ("Policy 4",), True),
        ("Covered.", ("policy 4", "policy 9"), False),
    ],
)
def test_each_cited_source_must_stand_in_the_supplied_context(
    answer: str, cited: tuple[str, ...] | None, passed: bool
) -> None:
    context = "Policy 4: water damage is covered. Policy 5: fire."
    assert grade("citation", answer, context=context, found=Found(citations=cited)).passed is passed


def test_sources_without_a_supplied_context_cannot_be_judged() -> None:
    assert "no context" in grade("citation", "Covered [policy 4].").error


@pytest.mark.parametrize(
    ("kind", "params", "sentence"),
    [
        ("json_schema", {}, "Give a JSON Schema"),
        ("json_schema", {"schema": {"type": "nonsense"}}, "not a JSON Schema"),
        ("json_schema", {"schema": {"patternProperties": {}}}, "not supported"),
        ("json_path", {}, "Say where"),
        ("json_path", {"path": "$.a[?(@.b)]"}, "not a path"),
        ("length", {}, "Give the least or the most"),
        ("length", {"least": 5, "most": 3}, "above the most"),
        ("word_overlap", {"at_least": 2}, "from 0 to 1"),
        ("date", {"value": "soon"}, "not a date"),
        ("tool_call", {}, "Name the tool"),
        ("refusal", {"phrase": "x"}, "Unknown setting"),
    ],
)
def test_unfit_settings_are_refused_in_a_sentence(kind: str, params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build_grader(GraderSpec(GraderKind(kind), params))


def test_a_schema_that_points_outside_itself_is_never_fetched() -> None:
    got = grade("json_schema", "{}", schema={"$ref": "http://169.254.169.254/schema"})
    assert (got.passed, got.error) == (None, "The schema cannot be applied to this answer.")


def test_a_closeness_above_its_floor_passes_the_whole_case() -> None:
    graders = build_graders([GraderSpec(GraderKind.EDIT_SIMILARITY, {"at_least": 0.8})])
    case = CaseInput("c", "?", "Lindqvist")
    grades = grade_answer(graders, "Lindquist", case)
    assert grades[0].score == pytest.approx(1 - 1 / 9)
    assert combine(graders, grades, case).passed is True


def test_a_check_that_one_case_carries_is_graded_for_that_case_alone() -> None:
    graders = build_graders([GraderSpec(GraderKind.NORMALISED), GraderSpec(GraderKind.CHECKS)])
    with_check = CaseInput("c", "?", "yes", checks=({"kind": "length", "params": {"most": 1}},))
    without = CaseInput("d", "?", "yes")
    assert [g.grader for g in grade_answer(graders, "yes", without)] == ["normalised"]
    grades = grade_answer(graders, "yes yes", with_check)
    assert combine(graders, grades, with_check).passed is False
    broken = CaseInput("e", "?", "yes", checks=({"kind": "astrology"},))
    assert "no check of the kind" in grade_answer(graders, "yes", broken)[1].error


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)))
def test_a_written_date_is_found(day: date) -> None:
    assert dates_in(f"on {day.day} {day:%B} {day.year}, or {day.isoformat()}") == [day, day]


@given(st.text(max_size=30), st.text(max_size=30))
def test_closeness_is_symmetric_and_lies_between_0_and_1(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, one) == 1
    assert f1(one.split(), other.split()) == f1(other.split(), one.split())
