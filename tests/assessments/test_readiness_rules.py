"""Levels, caps and the weakest link: the vectors of the specification, and properties that always hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.catalogue import (
    DEFAULT,
    default_framework,
    framework_text,
    framework_yaml,
    risks,
)
from assessments.rules.answers import MOVES, next_status
from assessments.rules.framework import Binding, read_framework
from assessments.rules.measured import Figure, shows
from assessments.rules.readiness import (
    Answered,
    AnswerTerms,
    Cap,
    Piece,
    below_target,
    cap_of,
    counted,
    element_level,
    ends_on,
    limiting,
    lowest,
)
from assessments.vocabulary import AnswerMove, AnswerStatus
from engagements.vocabulary import Verdict
from portal import ids
from portal.errors import Invalid, WrongMoment

TODAY = date(2026, 11, 16)
FRAMEWORK = read_framework(default_framework())
LEVEL = st.one_of(st.none(), st.integers(0, 4))


def _piece(strength: str, age: int = 1, max_age: int = 90, period: int | None = None) -> Piece:
    start = TODAY - timedelta(days=age)
    return Piece(strength, start, ends_on(start, None, max_age), period)


@pytest.mark.parametrize(
    ("pieces", "level"),
    [
        ([], 1),
        ([_piece("document")], 2),
        ([_piece("measured_once")], 3),
        ([_piece("recurring", period=30)], 4),
        ([_piece("document"), _piece("measured_once")], 3),
        ([_piece("measured_once", age=90)], 1),
        ([_piece("measured_once", age=89)], 3),
        ([_piece("measured_once", age=200), _piece("document")], 2),
        ([_piece("recurring", age=30, period=30)], 3),
        ([_piece("recurring", age=29, period=30)], 4),
        ([Piece("measured_once", TODAY + timedelta(days=1))], 1),
    ],
)
def test_evidence_allows_a_level_by_its_strength_and_its_age(pieces, level):
    assert cap_of(pieces, today=TODAY).level == level


def test_a_register_of_3_november_is_good_until_1_february():
    assert ends_on(date(2026, 11, 3), None, 90) == date(2027, 2, 1)
    assert ends_on(date(2026, 10, 12), None, 180) == date(2027, 4, 10)
    assert ends_on(date(2026, 11, 3), date(2026, 12, 1), 90) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("terms", "cap", "level"),
    [
        (AnswerTerms(), 4, None),
        (AnswerTerms(claimed=2), 1, 1),
        (AnswerTerms(claimed=3, verified=2), 3, 2),
        (AnswerTerms(claimed=3, verified=3, challenged=1), 3, 1),
        (AnswerTerms(measured=3), 3, 3),
        (AnswerTerms(claimed=4, measured=3), 4, 4),
        (AnswerTerms(claimed=4, measured=2, fell_short=True), 4, 2),
        (AnswerTerms(claimed=0), 4, 0),
        (AnswerTerms(claimed=3, not_applicable=True), 3, None),
    ],
)
def test_the_lowest_of_what_was_said_and_shown_counts(terms, cap, level):
    assert counted(terms, Cap(cap)) == level


@given(
    claimed=LEVEL,
    verified=LEVEL,
    challenged=LEVEL,
    measured=LEVEL,
    short=st.booleans(),
    cap=st.integers(1, 4),
)
@settings(max_examples=200)
def test_no_answer_counts_more_than_anybody_said_or_evidence_allows(
    claimed, verified, challenged, measured, short, cap
):
    level = counted(AnswerTerms(claimed, verified, challenged, measured, short), Cap(cap))
    limits = [part for part in (claimed, verified, challenged, cap) if part is not None]
    assert level is None or all(level <= limit for limit in limits)


@given(
    st.dictionaries(
        st.sampled_from(["E01", "E02", "E03"]),
        st.lists(st.tuples(st.booleans(), LEVEL, st.booleans()), min_size=1, max_size=5),
        min_size=1,
    )
)
@settings(max_examples=200)
def test_readiness_is_never_above_an_element_and_an_element_never_above_a_core_question(elements):
    rows = {
        key: [Answered(f"{key}-{i}", core, level, there) for i, (core, level, there) in enumerate(questions)]
        for key, questions in elements.items()
    }
    levels = {key: element_level(questions) for key, questions in rows.items()}
    for key, level in levels.items():
        core = [one for one in rows[key] if one.core and one.applies]
        assert level is None or all(one.level is not None and level <= one.level for one in core)
        if level is not None:
            assert all(one.level == level for one in core if one.key in limiting(rows[key]))
    readiness = lowest(levels.values())
    assert readiness is None or all(level is not None and readiness <= level for level in levels.values())


def test_what_is_not_assessed_is_no_level_and_not_at_its_target():
    assert lowest([3, None, 2]) is None
    assert lowest([]) is None
    assert below_target({"E01": 2, "E02": None, "E03": 1}, {"E01": 2, "E02": 0, "E03": 2}) == ("E02", "E03")


def test_supporting_questions_do_not_count():
    assert element_level([Answered("a", True, 3), Answered("b", False, 0)]) == 3


@pytest.mark.parametrize("status", [None, *AnswerStatus])
@pytest.mark.parametrize("move", [move for move in AnswerMove if move != AnswerMove.CARRY])
def test_every_move_of_an_answer_is_in_the_table_or_refused(status, move):
    if (status, move) in MOVES:
        assert next_status(status, move) is MOVES[status, move]
    else:
        with pytest.raises(WrongMoment):
            next_status(status, move)


def test_the_framework_that_ships_has_15_elements_and_62_questions_with_five_anchors_each():
    questions = list(FRAMEWORK.questions())
    assert [element.key for element in FRAMEWORK.elements()] == [f"E{n:02d}" for n in range(1, 16)]
    assert (len(questions), len(FRAMEWORK.areas), len(FRAMEWORK.revealing)) == (62, 5, 7)
    per_element = {element.key: len(element.questions) for element in FRAMEWORK.elements()}
    assert {key for key, count in per_element.items() if count == 5} == {"E04", "E06"}
    assert all(len(set(question.anchors)) == 5 for question in questions)
    never = {element.key for element in FRAMEWORK.elements() if not element.may_be_not_applicable}
    assert never == {"E02", "E04", "E09", "E15"}


@pytest.mark.parametrize(
    ("gate", "high", "level", "rest"),
    [
        (1, "E01 E02 E04 E05 E06", 2, 1),
        (2, "E01 E02 E04 E06 E08 E11 E15", 3, 2),
        (3, "", 3, 3),
        (4, "E01 E06 E11 E12", 4, 3),
    ],
)
def test_targets_per_gate_are_those_of_the_method(gate, high, level, rest):
    for element in FRAMEWORK.elements():
        assert FRAMEWORK.target(gate, element.key) == (level if element.key in high.split() else rest)


def test_the_risk_catalogue_has_35_risks_below_elements_that_exist():
    assert list(risks()) == [f"R{n:02d}" for n in range(1, 36)]
    known = {element.key for element in FRAMEWORK.elements()}
    assert all(set(row.elements) <= known for row in risks().values())
    assert all(set(row.risks) <= set(risks()) for row in FRAMEWORK.revealing)


def test_export_and_import_give_the_same_bytes():
    assert framework_text(framework_yaml(default_framework())) == default_framework()


def _broken(**changes):
    raw = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    first = raw["areas"][0]["elements"][0]
    if "anchors" in changes:
        first["questions"][0]["anchors"] = changes["anchors"]
    if "core" in changes:
        for question in first["questions"]:
            question["core"] = changes["core"]
    if "key" in changes:
        first["questions"][0]["key"] = changes["key"]
    if "target" in changes:
        raw["targets"][0]["elements"] = changes["target"]
    return yaml.safe_dump(raw)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (_broken(anchors=["one", "two"]), "/areas/0/elements/0/questions/0/anchors"),
        (_broken(core=False), "/E01"),
        (_broken(key="E01-2"), "/question/E01-2"),
        (_broken(key="E02-9"), "/E01/E02-9"),
        (_broken(target={"E99": 2}), "/targets/1"),
    ],
)
def test_a_framework_with_a_fault_is_refused_and_the_fault_has_a_place(text, pointer):
    with pytest.raises(Invalid) as refused:
        framework_text(text)
    assert pointer in [fault.pointer for fault in refused.value.errors]


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x", "a: [", "- 1", "!!python/object:os.system {}"])
def test_a_file_that_is_no_plain_yaml_is_refused_in_words(text):
    with pytest.raises(Invalid):
        framework_text(text)


def _figure(value: str, low: str | None = None, high: str | None = None) -> Figure:
    lower, upper = (None if part is None else Decimal(part) for part in (low, high))
    return Figure(ids.uuid7(), Decimal(value), lower, upper, TODAY, f"{value} measured")


@pytest.mark.parametrize(
    ("needs", "figure", "verdict", "level"),
    [
        ("target", _figure("0.92"), Verdict.MET, 3),
        ("target", _figure("0.92"), Verdict.INCONCLUSIVE, 2),
        ("target", _figure("0.92"), Verdict.NOT_EVALUATED, None),
        ("target", _figure("0.92"), None, None),
        ("interval", _figure("0.12", "0.11", "0.13"), None, 3),
        ("interval", _figure("0.12"), None, 2),
        ("zero_events", _figure("0", "0", "0.049"), None, 3),
        ("zero_events", _figure("0", "0", "0.2"), None, None),
        ("zero_events", _figure("1", "0", "0.2"), None, 2),
    ],
)
def test_a_measurement_shows_level_3_only_when_it_shows_what_was_asked(needs, figure, verdict, level):
    bound = Binding("k", needs, Decimal("0.05"), otherwise=2)
    found = shows([bound], {"k": figure}, lambda _: verdict)
    assert (None if found is None else found.level) == level
    assert found is None or found.short == (level != 3)


def test_of_two_measurements_the_lower_speaks_and_a_missing_one_silences_both():
    both = [Binding("a", "measured", None, 1), Binding("b", "interval", None, 1)]
    assert shows(both, {"a": _figure("1")}, lambda _: None) is None
    found = shows(both, {"a": _figure("1"), "b": _figure("2")}, lambda _: None)
    assert (found.level, found.short) == (1, True)
