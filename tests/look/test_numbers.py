"""Numbers are written by the rules of the look: exact strings, unknown is a word, nothing looks surer."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal import figures

NB = "\u00a0"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "n", "passed", "written"),
    [
        (Decimal("0.92"), 200, 184, f"92.0{NB}%"),
        (0.92, None, None, f"92.0{NB}%"),
        (0.9, 10, 9, "9 of 10"),
        (0.9, 10, None, "9 of 10"),
        (0.95, 19, 18, "18 of 19"),
        (0.95, 20, 19, f"95.0{NB}%"),
        (0, 200, 0, f"0.0{NB}%"),
        (None, 200, None, "not measured"),
        (None, 0, None, "no data"),
    ],
)
def test_a_rate_has_one_decimal_and_a_small_sample_is_a_count(value, n, passed, written):
    assert figures.rate(value, n, passed) == written


def test_a_rate_in_full_says_the_count_first():
    assert figures.rate_in_full(Decimal("0.92"), 200, 184) == f"184 of 200, 92.0{NB}%"
    assert figures.rate_in_full(Decimal("0.9"), 10, 9) == "9 of 10"


def test_halves_round_away_from_zero_and_not_to_even():
    assert figures.percent(Decimal("0.8445")) == f"84.5{NB}%"
    assert figures.percent(0.0005) == f"0.1{NB}%"


@pytest.mark.parametrize(
    ("value", "lower", "target", "written"),
    [
        ("0.883", True, "0.85", f"at least 88.3{NB}%"),
        ("0.015", False, "0.05", f"at most 1.5{NB}%"),
        ("0.0495", False, "0.05", f"at most 5.0{NB}% (4.95)"),
        ("0.0504", False, "0.05", f"at most 5.1{NB}% (5.04)"),
        ("0.8497", True, "0.85", f"at least 84.9{NB}% (84.97)"),
        ("0.8502", True, "0.85", f"at least 85.0{NB}% (85.02)"),
        ("0.849999", True, "0.85", f"at least 84.9{NB}% (84.9999)"),
        ("0.85", True, "0.85", f"at least 85.0{NB}%"),
        ("0.8497", True, None, f"at least 85.0{NB}%"),
    ],
)
def test_a_bound_is_rounded_outward_where_rounding_would_hide_its_verdict(value, lower, target, written):
    aim = None if target is None else Decimal(target)
    assert figures.bound(Decimal(value), lower=lower, target=aim) == written


def test_an_interval_says_to_and_its_unit_once():
    assert figures.interval(Decimal("0.874"), Decimal("0.95")) == f"87.4 to 95.0{NB}%"
    assert figures.interval(None, Decimal("0.95")) == "not measured"
    assert figures.interval(2000, 6400, unit="ms") == f"2.0{NB}s to 6.4{NB}s"


def test_a_difference_is_points_with_its_sign_and_a_true_minus():
    assert figures.points(Decimal("0.06")) == f"+6.0{NB}points"
    assert figures.points(Decimal("-0.025")) == f"\u22122.5{NB}points"
    assert figures.points(0) == f"0.0{NB}points"
    assert figures.points_interval(Decimal("0.008"), Decimal("0.111")) == "+0.8 to +11.1"


@pytest.mark.parametrize(
    ("amount", "currency", "per_case", "written"),
    [
        (Decimal(620800), "USD", False, "$620,800"),
        (Decimal("22.08"), "USD", False, "$22.08"),
        (Decimal("99.995"), "EUR", False, "€100.00"),
        (Decimal("0.12"), "USD", True, "$0.120"),
        (Decimal(-1500), "GBP", False, "\u2212£1,500"),
        (Decimal(620), "CHF", False, f"CHF{NB}620"),
        (Decimal(0), "USD", False, "$0"),
        (None, "USD", False, "not measured"),
    ],
)
def test_money_is_whole_from_a_hundred_up_and_cents_below(amount, currency, per_case, written):
    assert figures.money(amount, currency, per_case=per_case) == written


def test_millions_are_words_in_prose():
    assert figures.money_in_prose(Decimal(1250000), "USD") == f"$1.25{NB}million"
    assert figures.money_in_prose(Decimal(620800), "USD") == "$620,800"


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (380, f"380{NB}ms"),
        (6400, f"6.4{NB}s"),
        (210_000, f"3.5{NB}min"),
        (93_600_000, f"26.0{NB}h"),
        (172_800_000, f"2{NB}days"),
        (0, f"0{NB}ms"),
        (None, "not measured"),
    ],
)
def test_a_duration_takes_the_unit_that_fits(milliseconds, written):
    assert figures.duration_ms(milliseconds) == written


def test_dates_leave_out_the_year_that_it_is():
    today = NOW.date()
    assert figures.day(date(2026, 11, 27), today=today) == f"27{NB}Nov"
    assert figures.day(date(2027, 2, 26), today=today) == f"26{NB}Feb{NB}2027"
    assert figures.moment(datetime(2026, 11, 20, 8, 40, tzinfo=UTC), now=NOW) == "today 08:40"
    assert figures.moment(datetime(2026, 11, 18, 16, 5, tzinfo=UTC), now=NOW) == f"18{NB}Nov 16:05"
    assert figures.moment(None, now=NOW) == "never"


def test_ages_are_days():
    assert figures.age(datetime(2026, 11, 17, 23, 0, tzinfo=UTC), now=NOW) == f"3{NB}days"
    assert figures.age(date(2026, 11, 19), now=NOW) == f"1{NB}day"
    assert figures.age(NOW, now=NOW) == "today"


def test_a_measurement_is_written_in_its_own_unit():
    assert figures.in_unit(Decimal("0.92"), "ratio") == f"92.0{NB}%"
    assert figures.in_unit(6400, "ms") == f"6.4{NB}s"
    assert figures.in_unit(Decimal("0.12"), "USD") == "$0.120"
    assert figures.in_unit(14, "count") == "14"


def test_there_is_no_fourth_word_for_missing():
    assert [figures.missing(kind) for kind in ("not_measured", "no_data", "not-applicable")] == [
        "not measured",
        "no data",
        "not applicable",
    ]
    with pytest.raises(KeyError):
        figures.missing("n/a")
