"""What a pain point costs a year: the formulas, their vectors, and how much is a guess."""

from decimal import Decimal

import pytest

from assessments.rules.costs import (
    INPUTS,
    Component,
    annual_cost,
    check_range,
    clean_inputs,
    guess_share,
    too_much_guessed,
    total_cost,
    weakest_grade,
)
from assessments.vocabulary import CostKind, EvidenceGrade
from portal.errors import Invalid

A, B, D = EvidenceGrade.A, EvidenceGrade.B, EvidenceGrade.D

VECTORS = [
    (CostKind.LABOUR, {"cases_per_year": 12000, "touch_minutes": 18, "rate_per_hour": 42}, "151200"),
    (CostKind.ERROR, {"cases_per_year": 12000, "error_rate": "0.06", "cost_per_error": 35}, "25200"),
    (
        CostKind.REWORK,
        {"cases_per_year": 12000, "rework_share": "0.10", "rework_minutes": 25, "rate_per_hour": 42},
        "21000",
    ),
    (CostKind.DELAY, {"delayed_cases_per_year": 40, "hours_late": "6.5", "cost_per_hour_late": 12}, "3120"),
    (CostKind.LOST_MARGIN, {"lost_cases_per_year": 15, "margin_per_case": "880.50"}, "13207.5"),
    (CostKind.RISK, {"events_per_year": "0.2", "impact_per_event": 250000}, "50000"),
    (CostKind.SPEND, {"yearly_spend": "18000.25"}, "18000.25"),
]


@pytest.mark.parametrize(("kind", "raw", "expected"), VECTORS)
def test_every_kind_has_its_formula(kind, raw, expected):
    assert annual_cost(kind, clean_inputs(kind, raw)) == Decimal(expected)


def test_the_vector_of_labour_errors_and_rework_costs_197_400_a_year():
    parts = [(A, annual_cost(kind, clean_inputs(kind, raw))) for kind, raw, _ in VECTORS[:3]]

    assert total_cost(parts) == Decimal(197_400)


def test_every_kind_of_cost_has_inputs_and_a_vector():
    assert set(INPUTS) == set(CostKind) == {kind for kind, _, _ in VECTORS}


def test_money_is_rounded_to_the_stored_four_decimals():
    numbers = clean_inputs(CostKind.LABOUR, {"cases_per_year": 1, "touch_minutes": 1, "rate_per_hour": 1})

    assert annual_cost(CostKind.LABOUR, numbers) == Decimal("0.0167")


def test_no_component_is_no_cost_known_not_a_cost_of_zero():
    assert total_cost([]) is None
    assert guess_share([]) is None
    assert guess_share([(D, Decimal(0))]) is None
    assert weakest_grade([]) is None


def test_the_share_of_single_guesses_counts_money_not_rows():
    parts = [(A, Decimal(151_200)), (B, Decimal(25_200)), (D, Decimal(21_000))]

    assert guess_share(parts) == Decimal(21_000) / Decimal(197_400)
    assert weakest_grade(grade for grade, _ in parts) == D


@pytest.mark.parametrize(
    ("share", "too_much"), [("0.30", False), ("0.3001", True), ("0", False), (None, False)]
)
def test_the_limit_of_guesses_is_thirty_in_a_hundred(share, too_much):
    assert too_much_guessed(None if share is None else Decimal(share)) is too_much


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        ({"cases_per_year": 1, "error_rate": "0.1"}, "/errors/cost_per_error", "missing"),
        ({"cases_per_year": "", "error_rate": 0, "cost_per_error": 0}, "/errors/cases_per_year", "missing"),
        (
            {"cases_per_year": "x", "error_rate": 0, "cost_per_error": 0},
            "/errors/cases_per_year",
            "not_a_number",
        ),
        ({"cases_per_year": -1, "error_rate": 0, "cost_per_error": 0}, "/errors/cases_per_year", "range"),
        ({"cases_per_year": "NaN", "error_rate": 0, "cost_per_error": 0}, "/errors/cases_per_year", "range"),
        ({"cases_per_year": "1e13", "error_rate": 0, "cost_per_error": 0}, "/errors/cases_per_year", "range"),
        ({"cases_per_year": 1, "error_rate": 6, "cost_per_error": 0}, "/errors/error_rate", "range"),
        ({"cases_per_year": 1, "error_rate": 0, "cost_per_error": 0, "w": 1}, "/errors/w", "unknown"),
    ],
)
def test_a_number_that_cannot_be_used_is_named(raw, pointer, code):
    with pytest.raises(Invalid) as refused:
        clean_inputs(CostKind.ERROR, raw, pointer="/errors")

    assert [(fault.pointer, fault.code) for fault in refused.value.errors] == [(pointer, code)]


def spend(low, high):
    return Component(
        CostKind.SPEND,
        {"yearly_spend": Decimal(100)},
        A,
        "invoices",
        low if low is None else Decimal(low),
        high if high is None else Decimal(high),
    )


@pytest.mark.parametrize(("low", "high"), [(None, None), (100, 100), (80, 130)])
def test_low_and_high_around_the_likely_cost_are_accepted(low, high):
    check_range(spend(low, high))


@pytest.mark.parametrize(("low", "high"), [(None, 130), (80, None), (101, 130), (80, 99), (-1, 130)])
def test_low_and_high_that_leave_out_the_likely_cost_are_refused(low, high):
    with pytest.raises(Invalid):
        check_range(spend(low, high))
