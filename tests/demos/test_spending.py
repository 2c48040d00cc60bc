"""The month of a client: a forecast with its range, and a limit over all runs that holds for every worker."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from demos.engine.arrivals import Guards, Step, StepKind
from demos.engine.forecast import forecast
from demos.engine.pricing import Price
from demos.figures import figures_of
from demos.models import Attempt, Run, SpendGuard, TargetVersion
from demos.outcomes import Outcome
from demos.services import spending
from demos.services.execution import execute_shard
from demos.services.load_tests import LoadOrder, execute_load_test, start_load_test
from demos.services.privacy_tests import execute_privacy_test, start_privacy_test
from demos.services.runs import start_run
from demos.services.targets import change_target, spec_of
from portal.errors import Forbidden, Invalid, SpendLimitReached
from portal.models import LedgerEntry
from tests.demos.test_trials_api import allow
from tests.personas import scope

CENTS = [Decimal("0.01")] * 60 + [Decimal("0.04")] * 20


def test_a_month_is_volume_times_cost_with_a_range_and_the_share_above_the_budget():
    found = forecast(CENTS, volume=10_000, budget=Decimal(175), seed=7)
    assert (found.expected, found.n, found.simulations) == (Decimal("175.0000"), 80, 2_000)
    assert found.low < 175 < found.high
    assert 0.4 < found.breach < 0.6
    assert found == forecast(CENTS, volume=10_000, budget=Decimal(175), seed=7)
    assert forecast([], volume=1, seed=1) is None
    assert forecast(CENTS, volume=10_000, seed=7).breach is None
    with pytest.raises(ValueError, match="at least 1"):
        forecast(CENTS, volume=0, seed=7)


@given(
    cost=some.decimals("0.0001", 10, places=4), n=some.integers(1, 30), volume=some.integers(1, 10**6),
    seed=some.integers(0, 2**31),
)  # fmt: skip
def test_equal_costs_and_a_sure_volume_leave_nothing_to_chance(cost, n, volume, seed):
    found = forecast([cost] * n, volume=volume, seed=seed, budget=cost * volume * 2)
    assert float(found.low) == pytest.approx(float(cost) * volume, rel=1e-6, abs=1e-4)
    assert (found.low, found.breach) == (found.high, 0)


@pytest.fixture
def limited(world, engagement, prepared, monkeypatch):
    """A function: a run of 40 cases at 1 a case, under a limit of the month."""
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *a, **kw: None)

    def start(limit: int) -> Run:
        ready = prepared([f"question {n}" for n in range(40)], concurrency=1)
        with scope(world):
            free = TargetVersion.objects.get(pk=ready["target_version_id"])
            priced = change_target(
                by=world.lead, target_id=free.target_id, spec=spec_of(free),
                price=Price("USD", per_call=Decimal(1)),
            )  # fmt: skip
            ready["target_version_id"] = priced.pk
            spending.set_guard(
                by=world.lead, tenant_id=world.tenant.pk, currency=engagement.currency,
                monthly_limit=Decimal(limit),
            )  # fmt: skip
            return start_run(by=world.lead, **ready)

    return start


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_the_month_stops_a_run_cleanly_and_nothing_else_starts(world, engagement, limited):
    run = limited(30)
    execute_shard(tenant_id=world.tenant.pk, run_id=run.pk)
    with scope(world):
        run.refresh_from_db()
        assert (run.status, run.limit_hit) == ("stopped_budget", "month")
        assert 24 <= run.cost <= 30
        assert run.done == Attempt.objects.filter(run=run).count()
        assert LedgerEntry.objects.filter(event="spend_guard.nears_limit").count() == 1
        Run.objects.filter(pk=run.pk).update(cost=30)
        with pytest.raises(SpendLimitReached, match=r"30\.00 of 30\.00"):
            start_run(
                by=world.lead, engagement_id=engagement.pk, target_version_id=run.plan.target_version_id,
                dataset_version_id=run.plan.dataset_version_id,
                grader_version_ids=[run.plan.plan_graders.get().grader_version_id],
            )  # fmt: skip
        month = spending.standing(world.tenant.pk, engagement.currency, now=timezone.now())
        spending.warn_if_near(month, now=timezone.now())
        assert LedgerEntry.objects.filter(event="spend_guard.nears_limit").count() == 1


@pytest.mark.django_db
def test_the_lead_or_the_clients_administrator_sets_the_limit_by_page_and_api(world, engagement, client):
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/costs/"
    client.force_login(world.client_admin)
    assert "No finished run yet" in client.get(base).text
    assert client.post(base, {"monthly_limit": "500"}).status_code == 302
    assert "Set by Ines Carvalho" in client.get(base).text
    refused = client.post(base, {"monthly_limit": "-1"})
    assert (refused.status_code, "lies above 0" in refused.text) == (422, True)
    client.force_login(world.lead)
    spends = f"/api/v1/engagements/{engagement.public_id}/spending"
    assert client.get(spends).json()["monthly_limit"] == "500.0000"
    gone = client.put(spends, {"monthly_limit": None}, content_type="application/json")
    assert gone.json() == {"monthly_limit": None, "currency": engagement.currency, "spent": "0.0000"}
    client.force_login(world.client_member)
    assert client.post(base, {"monthly_limit": "1"}).status_code == 403
    with scope(world):
        assert not SpendGuard.objects.exists()
        assert LedgerEntry.objects.filter(event="spend_guard.set").count() == 2
        with pytest.raises(Forbidden):
            set_by(world, world.consultant, Decimal(1))
        with pytest.raises(Invalid):
            set_by(world, world.lead, Decimal(0))


def set_by(world: Any, person: Any, limit: Decimal) -> Any:
    return spending.set_guard(by=person, tenant_id=world.tenant.pk, currency="USD", monthly_limit=limit)


@pytest.mark.django_db
def test_a_month_is_forecast_from_a_run_by_page_and_api(world, engagement, runs_of, client):
    run = runs_of(20, {1})[0]
    client.force_login(world.client_member)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/costs/"
    page = client.get(base, {"run": run.public_id, "volume": 1000, "spread": 0, "budget": 5}).text
    assert "$10.00 a month" in page
    assert "Seed 1: the same seed gives the same figures." in page
    assert "$10.00 a month" in client.get(base, {"volume": 1000}).text
    asked = {"volume": 1000, "budget": "5"}
    told = client.post(f"/api/v1/runs/{run.public_id}/forecast", asked, content_type="application/json")
    assert told.status_code == 200
    assert (told.json()["expected"], told.json()["breach"], told.json()["n"]) == ("10.0000", 1.0, 20)


def test_the_cost_of_a_case_has_its_interval_over_cases():
    found = {f.key: f for f in figures_of([_case(n, cost) for n, cost in enumerate(CENTS)], seed=1)}
    per_case = found["cost_per_case"]
    assert (per_case.value, per_case.n) == (Decimal("0.0175"), 80)
    # s = 0.013072, t(0.975, 79) = 1.9905, so half = 0.0029091
    assert (round(per_case.low, 6), round(per_case.high, 6)) == (Decimal("0.014591"), Decimal("0.020409"))
    assert per_case.low < per_case.bound_low < per_case.value < per_case.bound_high < per_case.high
    alone = {f.key: f for f in figures_of([_case(1, Decimal(1))], seed=1)}
    assert (alone["cost_per_case"].value, alone["cost_per_case"].low) == (Decimal(1), None)


def _case(number: int, cost: Decimal) -> Outcome:
    return Outcome(str(number), True, "", 5.0, cost, "typical", {}, "", "")


@pytest.mark.django_db(transaction=True)
def test_load_and_privacy_tests_count_in_the_month_and_stop_where_its_money_ends(
    world, engagement, prepared, answering, monkeypatch
):
    monkeypatch.setattr("demos.services.load_tests.current_app.send_task", lambda *a, **kw: None)
    monkeypatch.setattr("demos.services.privacy_tests.PER_SECOND", 5_000)
    order = prepared([f"question {n}" for n in range(5)])
    ready = {"here": "", "body": {}, "order": order}
    with scope(world):
        free = TargetVersion.objects.get(pk=order["target_version_id"])
        price = Price(engagement.currency, per_call=Decimal(1))
        priced = change_target(by=world.lead, target_id=free.target_id, spec=spec_of(free), price=price)
        order["target_version_id"] = priced.pk
        allow(world, ready)
        where = {"by": world.lead, "engagement_id": engagement.pk, "target_version_id": priced.pk}
        guard = {"by": world.lead, "tenant_id": world.tenant.pk, "currency": engagement.currency}
        spending.set_guard(**guard, monthly_limit=Decimal(30))
        load = start_load_test(
            **where, dataset_version_id=order["dataset_version_id"],
            order=LoadOrder((Step(StepKind.RATE, 40, 2),), 2_000.0, Guards()),
        )  # fmt: skip
    execute_load_test(tenant_id=world.tenant.pk, test_id=load.pk)
    with scope(world):
        load.refresh_from_db()
        assert (load.status, load.reason) == ("stopped", "30.00000000 were spent")
        assert 30 <= load.cost < 80
        spent = spending.spent_in_month(world.tenant.pk, engagement.currency, now=timezone.now())
        assert spent == load.cost
        with pytest.raises(SpendLimitReached):
            start_privacy_test(**where)
        spending.set_guard(**guard, monthly_limit=spent + 10)
        probes = start_privacy_test(**where)
    execute_privacy_test(tenant_id=world.tenant.pk, test_id=probes.pk)
    with scope(world):
        probes.refresh_from_db()
        assert (probes.status, probes.reason) == ("stopped", "The money of the month is spent.")
        assert (probes.cost, probes.requests) == (Decimal(10), 10)
        spent = spending.spent_in_month(world.tenant.pk, engagement.currency, now=timezone.now())
        assert spent == load.cost + 10
        assert LedgerEntry.objects.filter(event="spend_guard.nears_limit").exists()
