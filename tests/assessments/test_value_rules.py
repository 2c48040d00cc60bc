"""The formulas of the value case, each with the vector of the method."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from assessments.rules.ranking import Candidate, disagreements, rank
from assessments.rules.simulation import simulate
from assessments.rules.suitability import CallsFor, screen
from assessments.rules.value import (
    BenefitTerms,
    CostLine,
    Estimate,
    Terms,
    break_even_pass_rate,
    exactly,
    net_per_case,
    npv,
    over_claimed,
    payback_months,
    roi,
    tornado,
    totals,
    yearly_net,
)
from assessments.vocabulary import CostKind, EvidenceGrade

POINT = UUID(int=1)


def benefit(kind, cost, reduction, *, grade="A", cashable=True):
    cost = cost if isinstance(cost, Estimate) else exactly(Decimal(cost))
    reduction = reduction if isinstance(reduction, Estimate) else exactly(Decimal(reduction))
    return BenefitTerms(
        kind.label, POINT, kind, cost, EvidenceGrade(grade), reduction, Decimal("0.70"), cashable
    )


LOSING = Terms(
    benefits=(benefit(CostKind.LABOUR, 151_200, "0.40"), benefit(CostKind.ERROR, 25_200, "0.50")),
    costs={CostLine.BUILD: exactly(Decimal(85_000)), CostLine.STAFF: exactly(Decimal(24_000))},
    cases_per_year=Decimal(12_000),
    coverage=Decimal(1),
    wrong_case_cost=Decimal(0),
    horizon_months=36,
    discount_rate=Decimal("0.10"),
    ramp_months=0,
)
RANGE = Estimate(Decimal("0.25"), Decimal("0.40"), Decimal("0.50"))
UNSURE = replace(
    LOSING,
    benefits=(benefit(CostKind.LABOUR, 151_200, RANGE),),
    costs={CostLine.BUILD: Estimate(Decimal(60_000), Decimal(85_000), Decimal(130_000))},
)


def test_the_expected_saving_is_the_sum_over_the_components_it_reduces():
    assert totals(LOSING).saving == Decimal(51_156)


def test_the_losing_case_pays_back_after_37_56_months_and_is_worth_less_than_nothing():
    found = totals(LOSING)

    assert found.annual_net == Decimal(27_156)
    assert round(found.payback_months, 2) == Decimal("37.56")
    assert round(found.npv, 2) == Decimal("-17467.05")
    assert found.loses


def test_the_return_of_the_first_year_on_the_investment():
    assert round(roi(benefits=Decimal(27_156), costs=Decimal(85_000)), 4) == Decimal("-0.6805")


def test_a_three_point_estimate_has_a_mean_and_a_deviation():
    assert round(RANGE.mean, 6) == Decimal("0.391667")
    assert round(RANGE.deviation, 6) == Decimal("0.041667")


def test_a_ramp_delays_the_payback_and_lowers_the_worth():
    slow = totals(replace(LOSING, ramp_months=12))

    assert slow.payback_months > totals(LOSING).payback_months
    assert slow.npv < totals(LOSING).npv
    nets = yearly_net(benefit=Decimal(120), running=Decimal(0), horizon_months=18, ramp_months=12)
    assert nets == [Decimal(65), Decimal(60)]


def test_what_costs_more_than_it_brings_never_pays_back():
    assert payback_months(investment=Decimal(1), benefit=Decimal(10), running=Decimal(10)) is None
    assert payback_months(investment=Decimal(0), benefit=Decimal(0), running=Decimal(9)) == 0


def test_the_exit_is_paid_with_the_last_year():
    assert npv(investment=Decimal(0), nets=[Decimal(0)], rate=Decimal(0), at_end=Decimal(7)) == -7


def test_at_the_break_even_pass_rate_the_year_comes_to_nothing():
    numbers = {"saved": Decimal(5), "extra": Decimal(2), "cost": Decimal("0.1")}
    rate = break_even_pass_rate(fixed=Decimal(24_000), cases=Decimal(12_000), **numbers)

    assert rate == Decimal("4.1") / 7
    assert round(12_000 * net_per_case(passed=rate, **numbers), 6) == 24_000


def test_without_a_measured_cost_of_the_model_the_case_says_not_known():
    found = totals(LOSING)

    assert (found.model_usage, found.break_even, found.net_per_case) == (None, None, None)
    measured = totals(replace(LOSING, model_cost=Decimal("0.5"), pass_rate=Decimal("0.9")))
    assert measured.running == Decimal(30_000)
    assert round(measured.net_per_case, 4) == Decimal("3.3367")
    assert round(measured.break_even, 4) == Decimal("0.5864")


def test_a_component_cannot_be_reduced_by_more_than_itself():
    assert over_claimed([("labour", Decimal("0.6")), ("labour", Decimal("0.4"))]) == []
    assert over_claimed([("labour", Decimal("0.6")), ("labour", Decimal("0.41"))]) == ["labour"]


def test_what_is_less_well_known_counts_less():
    guessed = replace(LOSING, benefits=(benefit(CostKind.LABOUR, 100, 1, grade="D"),))
    assert totals(guessed).adjusted == Decimal(35)
    assert totals(guessed).saving == Decimal(70)


def test_the_tornado_names_the_strongest_driver_first_and_leaves_out_what_has_no_range():
    drivers = tornado(UNSURE)

    assert [d.name for d in drivers] == ["Build", "Labour: reduction"]
    assert round(drivers[0].swing, 2) == 70_000


def test_the_same_seed_gives_the_same_spread_and_another_seed_another():
    assert repr(simulate(UNSURE, seed=7)) == repr(simulate(UNSURE, seed=7))
    assert simulate(UNSURE, seed=7) != simulate(UNSURE, seed=8)
    spread = simulate(UNSURE, seed=7)
    assert spread.p10 < spread.p50 < spread.p90


def test_without_any_range_every_draw_is_the_npv():
    spread = simulate(LOSING, seed=1, draws=10)
    assert (spread.p10, spread.p50, spread.p90, spread.loses) == (-17_467, -17_467, -17_467, Decimal(1))


YES = {
    "rules": "no", "errors": "yes", "data": "yes", "truth": "yes", "person": "yes", "volume": "yes",
    "legal": "yes",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, CallsFor.AI),
        ({"rules": "yes"}, CallsFor.AUTOMATION),
        ({"data": "no"}, CallsFor.PROCESS),
        ({"truth": "no"}, CallsFor.PROCESS),
        ({"volume": "no"}, CallsFor.PROCESS),
        ({"legal": "no"}, CallsFor.NO),
        ({"errors": "no", "person": "no"}, CallsFor.NO),
        ({"errors": "no"}, CallsFor.AI),
        ({"person": "unknown"}, CallsFor.AI),
        ({"data": "unknown"}, CallsFor.OPEN),
        ({"legal": "no", "rules": "yes"}, CallsFor.NO),
    ],
)
def test_the_seven_checks_say_what_a_pain_point_calls_for(changes, answer):
    found = screen(YES | changes)

    assert found.calls_for == answer
    assert all(found.reasons)


def test_nothing_answered_is_not_known_yet():
    assert screen({}).calls_for == CallsFor.OPEN


def candidate(key, cost, days, **more):
    numbers = {name: Decimal(value) for name, value in more.items()}
    return Candidate(key, key.title(), ((EvidenceGrade.A, Decimal(cost)),), Decimal(days), **numbers)


def test_where_the_lenses_disagree_a_sentence_says_so():
    rows = rank([
        candidate("dear", 1000, 10, urgency=0, risk_reduction=0, reach=10, impact=1),
        candidate("urgent", 900, 10, urgency=9, risk_reduction=9, reach=5, impact=1),
    ])  # fmt: skip

    assert [row.ranks["value"] for row in rows] == [1, 2]
    assert disagreements(rows) == ["WSJF puts “Urgent” first, value over effort “Dear”."]


def test_a_pain_point_without_effort_has_no_rank():
    row = rank([replace(candidate("x", 10, 1), effort_days=None)])[0]
    assert set(row.ranks.values()) == {None}
