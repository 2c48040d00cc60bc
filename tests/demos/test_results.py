"""What a finished run shows and what can be computed from it again."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from demos.figures import RULES
from demos.models import MetricResult
from demos.selectors.results import result_of
from demos.services import execution, runs
from demos.services.recomputing import recompute
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


@pytest.fixture
def finished(world, prepared):
    """A function: a finished run of these questions."""

    def make(questions, **more):
        with scope(world):
            run = runs.start_run(by=world.lead, **prepared(questions), **more)
        execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
        with scope(world):
            run.refresh_from_db()
        return run

    return make


def lift_guard(statement: str, values: Sequence[Any] = ()) -> None:
    """What no service can do: figures never change."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE demos_metricresult DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE demos_metricresult ENABLE TRIGGER USER")


def test_stored_answers_give_the_stored_figures_byte_by_byte(world, finished):
    run = finished([*(f"question {n}" for n in range(12)), "wrong one"], repeats=2)
    out = StringIO()
    call_command("recompute_run", world.tenant.slug, "--run", run.public_id, stdout=out)
    assert "the same bytes" in out.getvalue()
    with scope(world):
        assert recompute(run.pk).same
        lift_guard("UPDATE demos_metricresult SET value = 1 WHERE key = 'pass_rate'")
        found = recompute(run.pk)
        assert not found.same
        assert "pass_rate" in found.differing
    with pytest.raises(CommandError, match="not what the answers give"):
        call_command("recompute_run", world.tenant.slug, stdout=out)


@pytest.mark.parametrize("rules", [None, 1])
def test_an_older_result_is_computed_again_by_the_rules_of_its_day(world, finished, rules):
    run = finished([f"question {n}" for n in range(4)])
    with scope(world):
        now = MetricResult.objects.get(run=run, key="cost_per_case", slice="")
        assert (now.rules, now.method) == (RULES, "mean, Student's t over cases")
        lift_guard(
            "UPDATE demos_metricresult SET rules = %s, method = CASE key WHEN 'cost_per_case' THEN 'mean'"
            " ELSE method END, low = CASE key WHEN 'cost_per_case' THEN NULL ELSE low END,"
            " high = CASE key WHEN 'cost_per_case' THEN NULL ELSE high END,"
            " bound_low = CASE key WHEN 'cost_per_case' THEN NULL ELSE bound_low END,"
            " bound_high = CASE key WHEN 'cost_per_case' THEN NULL ELSE bound_high END",
            [rules],
        )
    with scope(world):
        found = recompute(run.pk)
        assert (found.differing, found.same) == ((), True)
        lift_guard("UPDATE demos_metricresult SET rules = %s", [RULES])
    with scope(world):
        assert recompute(run.pk).differing == ("cost_per_case",)


def test_the_page_of_a_run_opens_every_figure_and_draws_the_waits(world, client, engagement, finished):
    run = finished(["a", "wrong", "c"], repeats=2)
    client.force_login(world.client_member)
    page = client.get(f"/{world.tenant.slug}/engagements/{engagement.public_id}/runs/{run.public_id}/").text
    for words in (
        "Every figure",
        "Strict pass rate",
        "Mean pass rate",
        "Wait for an answer",
        "cases ÷",
        "Seed",
    ):
        assert words.replace("cases ÷", "÷") in page
    with scope(world):
        result = result_of(run)
        assert result.version == 1
        assert {row.row.key for row in result.explained} >= {"pass_rate", "mean_pass_rate", "latency_p95_ms"}
        assert MetricResult.objects.get(key="unstable_case_rate").events == 0
