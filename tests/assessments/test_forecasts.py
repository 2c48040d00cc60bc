"""Forecast against outcome, and the record over engagements: exact figures, None where too few are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import ValueCase
from assessments.rules.forecasts import FEWEST, Forecast, Quantity, calibrate
from assessments.selectors.forecasts import forecasts_for, record_for
from assessments.services.value_case import freeze_value_case
from engagements.models import Observation, SuccessMetric
from engagements.services.engagements import create_engagement
from tests.assessments.test_value_case import FRAME, point, save  # noqa: F401
from tests.engagements.conftest import measure

HUNDRED = Decimal(100)


def foretold(actual=None, *, low=None, high=None, quantity=Quantity.SAVING, value=HUNDRED):
    return Forecast(quantity, Decimal(value), "a test", low=low, high=high, actual=actual)


@pytest.mark.parametrize(
    ("value", "actual", "error"),
    [
        (100, 80, "-0.2"),
        (100, 100, "0"),
        (-40, -36, "0.1"),
        ("-0.40", "-0.50", "-0.25"),
        (0, 5, None),
        (100, None, None),
    ],
)
def test_the_error_is_a_fraction_of_what_was_foretold(value, actual, error):
    row = foretold(None if actual is None else Decimal(actual), value=value)
    assert row.error == (None if error is None else Decimal(error))


@pytest.mark.parametrize(
    ("actual", "inside"), [(80, True), (120, True), (Decimal("120.01"), False), (79, False), (None, None)]
)
def test_the_ends_of_a_range_belong_to_it(actual, inside):
    row = foretold(None if actual is None else Decimal(actual), low=Decimal(80), high=Decimal(120))
    assert row.is_inside is inside
    assert foretold(Decimal(90)).is_inside is None


def test_from_too_few_outcomes_nothing_is_told():
    rows = [foretold(Decimal(90), low=Decimal(80), high=Decimal(120)) for _ in range(FEWEST - 1)]
    found = calibrate(Quantity.SAVING, [*rows, foretold(None)])
    assert (found.n, found.ranged, found.missing) == (FEWEST - 1, FEWEST - 1, 1)
    assert (found.bias, found.size, found.inside) == (None, None, None)


def test_the_record_is_the_median_with_and_without_sign_and_the_share_inside():
    outcomes = (70, 90, 95, 110, 160, 100)
    rows = [foretold(Decimal(one), low=Decimal(85), high=Decimal(115)) for one in outcomes]
    found = calibrate(Quantity.SAVING, [*rows, foretold(Decimal(1), quantity=Quantity.COST)])
    assert (found.n, found.missing) == (6, 0)
    assert found.bias == Decimal("-0.025")
    assert found.size == Decimal("0.1")
    assert found.inside == Decimal(4) / 6


def test_a_range_is_told_only_from_enough_forecasts_that_have_one():
    rows = [foretold(Decimal(90)) for _ in range(FEWEST)]
    found = calibrate(Quantity.SAVING, rows)
    assert (found.bias, found.ranged, found.inside) == (Decimal("-0.1"), 0, None)


@pytest.fixture
def frozen(harbor, scope, point):  # noqa: F811
    """A value case that gate 0 froze: 51,156 a year, a case expected to cost 0.20."""
    save(harbor, point, frame=replace(FRAME, model_cost=Decimal("0.20")))
    return freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=0)


def by_quantity(harbor):
    return {row.quantity: row for row in forecasts_for(harbor.lead, harbor.engagement)}


def test_before_anything_is_measured_there_is_a_forecast_and_no_outcome(harbor, frozen):
    found = by_quantity(harbor)
    assert found[Quantity.SAVING].foretold == Decimal("51156.0000")
    assert found[Quantity.COST].foretold == Decimal("0.20")
    assert {row.actual for row in found.values()} == {None}
    assert found[Quantity.COST].source == "no run and no pilot has measured it yet"
    assert Quantity.EFFECT not in found


def test_the_cost_of_a_case_comes_from_the_run_and_then_from_the_pilot(harbor, frozen):
    measure(harbor.engagement, "pass_rate", 160, 200)
    measure(
        harbor.engagement, "cost_per_success", 1, 200, value=Decimal("0.30"), unit="money",
        low=Decimal("0.29"), high=Decimal("0.31"), bound_low=Decimal("0.29"), bound_high=Decimal("0.31"),
    )  # fmt: skip
    row = by_quantity(harbor)[Quantity.COST]
    assert (row.actual, row.error, row.source) == (Decimal("0.24"), Decimal("0.2"), "the newest run")

    today = timezone.now().date()
    for week, value, number in ((3, "9", 1), (3, "0.30", 2), (2, "0.10", 1), (1, "0.26", 1)):
        begins = today - timedelta(days=7 * week)
        Observation.objects.create(
            tenant=harbor.tenant, engagement=harbor.engagement, key="cost_per_case", group="pilot",
            period=f"w{week}", begins=begins, ends=begins + timedelta(days=6), number=number,
            value=Decimal(value), source="system", late=False, reported_by=harbor.lead,
        )  # fmt: skip
    row = by_quantity(harbor)[Quantity.COST]
    assert (row.actual, row.source) == (Decimal("0.26"), "median of the pilot, 3 periods")
    assert row.error == Decimal("0.3")


def test_saving_and_worth_are_compared_with_the_version_that_knows_the_pilot(harbor, frozen, point):  # noqa: F811
    again = save(harbor, point, frame=replace(FRAME, coverage=Decimal("0.80")), version=0)
    freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=1)
    assert by_quantity(harbor)[Quantity.SAVING].actual is None
    save(harbor, point, frame=replace(FRAME, coverage=Decimal("0.50")), version=0)
    freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=2)
    found = by_quantity(harbor)
    saving, worth = found[Quantity.SAVING], found[Quantity.WORTH]
    assert (saving.actual, saving.error) == (Decimal("25578.0000"), Decimal("-0.5"))
    assert (saving.low, saving.high, saving.is_inside) == (Decimal("51156"), Decimal("51156"), False)
    assert saving.source == f"version {again.number + 1}, frozen at gate 2"
    newest = ValueCase.objects.latest("number")
    assert worth.actual == Decimal(newest.totals["npv"])
    assert (worth.low, worth.high) == tuple(Decimal(frozen.totals["spread"][end]) for end in ("p10", "p90"))


def test_the_effect_is_the_agreed_change_against_the_measured_one(harbor, frozen):
    SuccessMetric.objects.create(
        tenant=harbor.tenant, engagement=harbor.engagement, name="hours", unit="h", aggregation="median",
        direction="reduce", target_kind="relative", target=Decimal("0.40"), baseline_value=Decimal(26),
        baseline_n=4120, baseline_from=timezone.now().date(), baseline_to=timezone.now().date(),
        baseline_source="log", sealed_by_consultancy=harbor.lead, sealed_by_client=harbor.lead,
        sealed_at=timezone.now(),
    )  # fmt: skip
    assert by_quantity(harbor)[Quantity.EFFECT].actual is None
    measure(
        harbor.engagement, "success_metric_change", 1, 6, value=Decimal("-0.36"), unit="ratio",
        source_kind="series", method="bootstrap", low=Decimal("-0.4"), high=Decimal("-0.3"),
        bound_low=Decimal("-0.4"), bound_high=Decimal("-0.3"),
    )  # fmt: skip
    row = by_quantity(harbor)[Quantity.EFFECT]
    assert (row.foretold, row.actual, row.error) == (Decimal("-0.4"), Decimal("-0.36"), Decimal("0.1"))


def test_the_value_page_shows_forecast_outcome_and_each_gate(harbor, frozen, point, client):  # noqa: F811
    measure(harbor.engagement, "pass_rate", 160, 200)
    save(harbor, point, frame=replace(FRAME, coverage=Decimal("0.50")), version=0)
    freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=2)
    client.force_login(harbor.member)
    page = client.get(f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/value-case/").text
    assert "Forecast and what came of it" in page
    assert "$51,156" in page
    assert "$25,578" in page
    assert "−50.0" in page
    assert "Gate 2, version 2" in page
    assert "no run and no pilot has measured it yet" in page


def test_the_record_counts_only_what_the_viewer_sees(harbor, other, frozen, point, client):  # noqa: F811
    save(harbor, point, frame=replace(FRAME, coverage=Decimal("0.50")), version=0)
    freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=2)
    for who, status in ((harbor.lead, 200), (other.lead, 200), (harbor.member, 404)):
        client.force_login(who)
        page = client.get("/calibration/")
        answer = client.get("/api/v1/calibration")
        assert (page.status_code, answer.status_code) == (status, status)
        if status == 200:
            seen = {row["quantity"]: row["n"] for row in answer.json()["items"]}
            assert seen["saving"] == (1 if who == harbor.lead else 0)
            assert (harbor.engagement.title in page.text) == (who == harbor.lead)
            assert all(row["median_error"] is None for row in answer.json()["items"])
            assert f"{FEWEST - seen['saving']} more needed" in page.text


def test_the_api_tells_forecast_and_outcome_as_exact_text(harbor, frozen, client):
    client.force_login(harbor.lead)
    items = client.get(f"/api/v1/engagements/{harbor.engagement.public_id}/forecasts").json()["items"]
    row = next(one for one in items if one["quantity"] == "saving")
    assert (row["foretold"], row["gate"], row["actual"], row["error"], row["inside"]) == (
        "51156.000000", 0, None, None, None,
    )  # fmt: skip


def test_the_record_costs_the_same_for_one_engagement_and_for_three(harbor, frozen):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            record_for(harbor.lead)
        return len(seen)

    one = queries()
    for title in ("Second", "Third"):
        create_engagement(by=harbor.lead, tenant=harbor.tenant, title=title)
    assert queries() == one
