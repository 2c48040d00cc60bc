"""Invariants 14 and 15 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 404 or 405. The other numbers are in the files beside.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from demos.figures import figures_of
from demos.models import (
    Attempt,
    Case,
    MetricResult,
    Run,
)
from demos.services.recomputing import figures_json, recompute
from demos.services.results import outcomes, store_figures
from portal import ids
from tests.demos.test_invariants_by_every_door import base
from tests.doors import NO_SUCH_VERB, UNSAFE, browser_of, by_sql, refused_by_the_database, send, shell
from tests.personas import scope

pytestmark = pytest.mark.django_db


# --- 14: a finished run has each case and repeat once ---------------------------------------------------


@pytest.fixture
def run(world, runs_of):
    """A finished run over four cases of which one failed, with its figures, inside the client's walls."""
    made = runs_of(4, {1})[0]
    with scope(world):
        store_figures(made, figures_of(outcomes(made), seed=made.plan.seed), version=1)
        yield made


def another(run: Run, **changes: Any) -> Run:
    """A run like it that is under way and has no attempt yet."""
    values = {field.attname: getattr(run, field.attname) for field in Run._meta.local_fields}
    fresh = {"id": ids.uuid7(), "number": run.number + 1, "status": "running", "finished_at": None}
    made = Run(**(values | fresh | changes))
    made.save(force_insert=True)
    return made


def ask(run: Run, *cases: Case, repeat: int = 1) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            tenant=run.tenant, run=run, case=case, repeat=repeat, position=case.position, passed=True,
            first_try="answered", answer="x", sent_at=timezone.now(), latency_ms=1.0,
        )
        for case in cases
    )  # fmt: skip


END = "UPDATE demos_run SET status = 'finished', finished_at = now() WHERE id = %s"


def test_14_a_run_is_not_finished_at_the_database_before_its_last_attempt(run):
    cases = list(Case.objects.filter(attempts__run=run))
    going = another(run)  # its counters say that all is done
    for n, case in enumerate(cases):
        refused_by_the_database(lambda: by_sql(END, going.pk), "one attempt for each case and repeat")
        ask(going, case)
        assert Attempt.objects.filter(run=going).count() == n + 1
    refused_by_the_database(lambda: ask(going, cases[0]), "attempt_is_unique")
    by_sql(END, going.pk)
    twice = another(run, number=3, case_count=2)  # four attempts of two cases, each to be asked once
    ask(twice, *cases)
    refused_by_the_database(lambda: by_sql(END, twice.pk), "one attempt for each case and repeat")


def test_14_no_finished_run_gets_loses_or_changes_an_attempt(run):
    case = Case.objects.filter(attempts__run=run).first()
    assert case is not None
    refused_by_the_database(lambda: ask(run, case, repeat=2), "its run is finished")
    for change in ("passed = true", "grades = '[]'", "repeat = 2"):
        statement = f"UPDATE demos_attempt SET {change} WHERE run_id = %s"
        refused_by_the_database(lambda s=statement: by_sql(s, run.pk), "append-only")
    for statement in ("DELETE FROM demos_attempt WHERE run_id = %s", "DELETE FROM demos_run WHERE id = %s"):
        refused_by_the_database(lambda s=statement: by_sql(s, run.pk))
    for change in (
        "status = 'running', finished_at = NULL",
        "passed = 4, failed = 0",
        "total = 8, case_count = 8",
    ):
        statement = f"UPDATE demos_run SET {change} WHERE id = %s"
        refused_by_the_database(lambda s=statement: by_sql(s, run.pk), "stays as it ended")


def test_14_a_run_does_not_come_in_finished(run):
    over = {"status": "finished", "finished_at": timezone.now()}
    refused_by_the_database(lambda: another(run, **over), "one attempt for each case and repeat")


def test_14_the_shell_finishes_nothing_early(run):
    going = another(run, done=3, passed=2)
    code = """
from demos.models import Run
from demos.services.results import finish_run
run = Run.objects.get(pk=key)
finish_run(run)
assert run.status == "running"
"""
    shell(code, key=going.pk)
    over = "status='finished', finished_at='2026-01-01T00:00Z', done=4, passed=3"
    write = f"from demos.models import Run\nRun.objects.filter(pk=key).update({over})\n"
    refused_by_the_database(lambda: shell(write, key=going.pk), "one attempt for each case")


def test_14_neither_page_nor_api_finishes_a_run_or_writes_an_attempt(world, engagement, run):
    going = another(run, done=0, passed=0, failed=0)
    client = browser_of(world.lead)
    page = base(world, engagement) + f"runs/{going.public_id}/move/"
    for move in ("finish", "invalidate", "fail", "limit"):
        answer = client.post(page, {"move": move, "version": going.version})
        assert answer.status_code in {404, 409, 422}, move
    for address, verbs in (
        (f"runs/{going.public_id}", UNSAFE),
        (f"runs/{going.public_id}/attempts", UNSAFE),
        (f"runs/{going.public_id}/finish", ("get", *UNSAFE)),
        (f"attempts/{Attempt.objects.filter(run=run)[0].public_id}", ("get", *UNSAFE)),
    ):
        for verb in verbs:
            assert send(client, verb, address, {"status": "finished"}).status_code in NO_SUCH_VERB, address
    going.refresh_from_db()
    assert going.status == "running"
    shown = send(client, "get", f"runs/{run.public_id}").json()
    told = send(client, "get", f"runs/{run.public_id}/attempts").json()["items"]
    assert (shown["total"], len(told), len({row["case"] for row in told})) == (4, 4, 4)


# --- 15: stored grades and seed give the same figures byte by byte --------------------------------------


def test_15_every_door_gives_the_bytes_that_the_stored_attempts_give(world, engagement, run):
    again = figures_json(figures_of(outcomes(run), seed=run.plan.seed))
    stored = figures_json(MetricResult.objects.filter(run=run))
    assert again == stored
    assert recompute(run.pk).same

    client, address = browser_of(world.lead), f"runs/{run.public_id}"
    page = base(world, engagement) + f"{address}/export/?form=report"
    papers = [
        client.get(page).json(),
        send(client, "get", f"{address}/report").json(),
        client.get(page).json(),
    ]
    hashes = {one["of"]: one["sha256"] for one in papers[0]["hashes"]}
    assert (hashes["figures"], papers[0]["run"]["seed"]) == (hashlib.sha256(again).hexdigest(), run.plan.seed)
    assert papers[0] == papers[1] == papers[2]
    out = io.StringIO()
    call_command("recompute_run", world.tenant.slug, "--run", run.public_id, stdout=out)
    assert "the same bytes" in out.getvalue()


def test_15_nothing_that_a_figure_rests_on_can_be_changed(world, run):
    figure = MetricResult.objects.filter(run=run, key="pass_rate", slice="")[0]
    for table, change, key in (
        ("demos_metricresult", "value = 1", figure.pk),
        ("demos_evaluationplan", "seed = 2", run.plan_id),
        ("demos_evaluationplan", "repeats = 2", run.plan_id),
        ("demos_attempt", "score = 1", run.attempts.all()[0].pk),
    ):
        statement = f"UPDATE {table} SET {change} WHERE id = %s"
        refused_by_the_database(lambda s=statement, k=key: by_sql(s, k), "append-only")
    code = "from demos.models import MetricResult as M\nM.objects.update(value=1)\n"
    refused_by_the_database(lambda: shell(code), "append-only")
    client = browser_of(world.lead)
    for verb in UNSAFE:
        for rest in ("metrics", "report", "junit"):
            answer = send(client, verb, f"runs/{run.public_id}/{rest}", {"value": 1})
            assert answer.status_code == 405, (verb, rest)
