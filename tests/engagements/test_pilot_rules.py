"""What a pilot changed, its guardrails, its periods, and a file of figures: pure rules."""

from datetime import date
from decimal import Decimal

import pytest

from engagements.pilot_words import FigureSource, Group
from engagements.rules.effects import Point, breached_in_a_row, change, half_widths, is_broken, level, mean
from engagements.rules.periods import read_period
from engagements.rules.pilot import Figure, Wanted, clashes, faults_of, is_late, read_csv

TODAY = date(2026, 11, 23)
WANTED = {
    "success_metric": Wanted("success_metric", "time", "h", "the success metric"),
    "guardrail_1": Wanted("guardrail_1", "errors", "%", "a guardrail"),
}


def weeks(*values, n=100):
    return [Point(value, n) for value in values]


def figure(**changes):
    values = {
        "key": "success_metric", "period": read_period("2026-W46"), "value": Decimal(15),
        "source": FigureSource.SYSTEM_EXPORT,
    }  # fmt: skip
    return Figure(**(values | changes))


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-W46", date(2026, 11, 9), date(2026, 11, 15)),
        ("2026-w01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-11-16", date(2026, 11, 16), date(2026, 11, 16)),
    ],
)
def test_a_week_a_month_or_a_day_is_read(text, begins, ends):
    period = read_period(text)
    assert (period.begins, period.ends) == (begins, ends)


@pytest.mark.parametrize("text", ["2026-W54", "2026-13", "2026-02-30", "last week", "", "2026"])
def test_what_is_no_period_is_said_so(text):
    with pytest.raises(ValueError, match="is no period"):
        read_period(text)


def test_a_relative_change_is_pilot_over_before_less_one():
    found = change(weeks(15, 16, 15, 14), [Point(26)], seed=1)
    assert found.value == pytest.approx(15 / 26 - 1)
    assert found.bound_high > found.value > found.bound_low
    assert found.low < found.bound_low


def test_under_four_periods_there_is_no_interval():
    found = change(weeks(15, 16, 14), [Point(26)], seed=1)
    assert found.value == pytest.approx(15 / 26 - 1)
    assert (found.low, found.bound_low, found.bound_high, found.high) == (None, None, None, None)


def test_the_same_seed_gives_the_same_interval_and_the_cases_weigh():
    assert change(weeks(15, 17, 16, 13), [Point(26)], seed=7) == change(
        weeks(15, 17, 16, 13), [Point(26)], seed=7
    )
    assert mean([Point(10, 300), Point(20, 100)]) == 12.5
    assert mean([Point(10, 300), Point(20)]) == 15


def test_a_group_beside_takes_out_what_would_have_changed_anyway():
    found = change(
        weeks(15, 15, 15, 15),
        [Point(25)],
        beside=weeks(20, 20, 20, 20),
        beside_before=weeks(25, 25, 25, 25),
        seed=1,
    )
    assert found.value == pytest.approx((15 / 25 - 1) - (20 / 25 - 1))
    assert found.bound_low == pytest.approx(found.value)


def test_nothing_is_divided_by_zero():
    assert change(weeks(1, 2, 3, 4), [Point(0)], seed=1) is None


def test_the_interval_of_one_mean_is_that_of_student():
    """Four weeks of equal weight: the half width is 3.182 · s / √4, s the standard deviation of weeks."""
    found = level([Point(value) for value in (10, 12, 14, 16)], seed=3)
    s = (20 / 3) ** 0.5
    assert (found.high - found.low) / 2 == pytest.approx(3.182 * s / 2, rel=0.02)


@pytest.mark.parametrize(
    ("values", "breached"),
    [((8, 8), True), ((8, 6, 8), False), ((8,), False), ((8, 8, 6), False), ((6, 8, 8), True), ((), False)],
)
def test_a_guardrail_is_breached_by_two_periods_in_a_row(values, breached):
    assert breached_in_a_row(values, above=False, limit=7) is breached


def test_a_guardrail_counts_by_its_worst_bound_and_is_unknown_without_one():
    inside, wide = level(weeks(5, 5.1, 4.9, 5), seed=1), level(weeks(3, 9, 4, 8), seed=1)
    assert is_broken(inside, above=False, limit=7) is False
    assert is_broken(wide, above=False, limit=7) is True
    assert is_broken(level(weeks(5, 5), seed=1), above=False, limit=7) is None
    assert is_broken(level(weeks(9, 9), seed=1), above=False, limit=7) is True
    assert is_broken(level(weeks(4.9, 5, 5.1, 5), seed=1), above=True, limit=4.2) is False


def test_a_mean_with_its_spread_is_bounded_by_student():
    one, two = half_widths(10, 16)
    assert one == pytest.approx(10 / 4 * 1.753)
    assert two == pytest.approx(10 / 4 * 2.131)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"key": "other"}, "metric"),
        ({"period": read_period("2026-W48")}, "period"),
        ({"period": read_period("2026-11")}, "period"),
        ({"value": Decimal("NaN")}, "value"),
        ({"key": "guardrail_1", "value": Decimal(101)}, "value"),
        ({"n": 0}, "n"),
        ({"spread": Decimal(-1)}, "spread"),
        ({"source": FigureSource.ESTIMATE}, "note"),
    ],
)
def test_what_cannot_be_is_refused(changes, field):
    assert [name for name, _ in faults_of(figure(**changes), WANTED, today=TODAY)] == [field]


def test_a_figure_of_a_week_that_is_over_is_taken_and_late_after_two_weeks():
    assert faults_of(figure(), WANTED, today=TODAY) == []
    assert not is_late(read_period("2026-W46"), today=date(2026, 11, 29))
    assert is_late(read_period("2026-W46"), today=date(2026, 11, 30))


def test_weeks_and_months_of_the_same_time_do_not_mix():
    month, week = figure(period=read_period("2026-10")), figure(period=read_period("2026-W42"))
    assert "lies in the same time" in clashes([(2, month), (3, week)], [])[0][1]
    assert clashes([(2, week)], [(("success_metric", "pilot", ""), read_period("2026-W42"))]) == []
    assert clashes([(2, week), (3, week)], [])[0] == (3, "success_metric for 2026-W42 is there twice.")
    assert clashes([(2, week), (3, figure(period=read_period("2026-10"), group=Group.CONTROL))], []) == []


GOOD = "metric,period,value,n,source,note\nsuccess_metric,2026-W46,15.2,410,system_export,report 14\n"


def test_figures_are_read_from_a_file_with_their_lines():
    found, faults = read_csv("\ufeff" + GOOD + "success_metric,2026-W45,,,survey,\n")
    assert faults == []
    assert [(line, row.value, row.n) for line, row in found] == [(2, Decimal("15.2"), 410), (3, None, None)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2", "The first line names the columns"),
        ("metric,period,value,source\n", "no figure"),
        (GOOD.replace("15.2", "many"), "Line 2: “value” is no number: many."),
        (GOOD.replace("2026-W46", "soon"), "Line 2: “soon” is no period."),
        (GOOD.replace("system_export", "hearsay"), "Line 2: “source” is one of"),
        (GOOD.replace("410", "4.5"), "Line 2: “n” is a whole number."),
        (GOOD.replace("410", "NaN"), "Line 2: “n” is no number: NaN."),
        (GOOD.replace("410", "1e999999999"), "Line 2: “n” is no number: 1e999999999."),
        (GOOD.replace("15.2", "1e40"), "Line 2: “value” is no number: 1e40."),
        (GOOD.replace("\nsuccess_metric", "\n"), "Line 2: “metric” is empty."),
        (GOOD.rstrip() + ",more\n", "There are more cells than columns."),
        (GOOD.replace("note\n", "colour\n"), "Not known: colour."),
    ],
)
def test_a_wrong_line_is_named(text, sentence):
    assert any(sentence in fault for fault in read_csv(text)[1]), read_csv(text)[1]
