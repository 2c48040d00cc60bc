"""A run from start to measured end, on the real database, against a target that really answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from demos.models import Attempt, MetricResult, PendingAttempt, Run
from demos.selectors.datasets import asked_sha256_of
from demos.services import datasets, execution, leases, runs, sweeping
from demos.vocabulary import CaseVerdict, RunStatus
from engagements.models import Measurement
from engagements.rules.terms import binding_sha256
from portal import ids
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import LedgerEntry
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)

MIXED = [*(f"question {n}" for n in range(20)), "wrong one", "wrong two", "broken page", "denied door"]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was queued; nothing runs by itself."""
    queued: list[tuple[str, ...]] = []

    def take(name: str, args: list[str], **options: Any) -> None:
        if name.startswith("demos."):
            queued.append((name, *args, options["queue"]))

    monkeypatch.setattr("demos.queue.current_app.send_task", take)
    return queued


def shard(run: Run) -> None:
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)


def again(world: Any, run: Run) -> Run:
    with scope(world):
        return Run.objects.select_related("plan").get(pk=run.pk)


def started(world: Any, order: dict[str, Any], **more: Any) -> Run:
    with scope(world):
        return runs.start_run(by=world.lead, **order, **more)


def test_a_run_asks_grades_counts_and_measures(world, prepared, answering, sent):
    run = started(world, prepared(MIXED))
    assert sent == [("demos.run_shard", str(run.tenant_id), str(run.pk), "evaluate")]
    shard(run)
    run = again(world, run)
    assert (run.status, run.done, run.passed, run.failed, run.errored, run.ungraded) == (
        RunStatus.FINISHED, 24, 20, 2, 2, 0,
    )  # fmt: skip
    with scope(world):
        assert Attempt.objects.count() == 24
        assert not PendingAttempt.objects.exists()
        by_class = dict(Attempt.objects.exclude(error_class="").values_list("case__input", "error_class"))
        assert by_class == {"broken page": "malformed", "denied door": "client_error"}
        figures = {(m.key, m.slice): m for m in MetricResult.objects.all()}
        rate = figures["pass_rate", ""]
        assert (rate.events, rate.n) == (20, 24)
        assert (round(rate.low, 4), round(rate.high, 4)) == (Decimal("0.6415"), Decimal("0.9332"))
        assert figures["error_rate", ""].events == 2
        measured = Measurement.objects.get(key="pass_rate")
        plan = run.plan
        assert measured.value == Decimal(20) / 24 or abs(measured.value - Decimal(20) / 24) < Decimal("1e-9")
        assert measured.valid
        assert measured.config_sha256 == binding_sha256(
            target=plan.target_version.config_sha256, dataset=asked_sha256_of(plan.dataset_version),
            graders=[row.grader_version.config_sha256 for row in plan.plan_graders.all()],
        )  # fmt: skip
        assert LedgerEntry.objects.filter(event="run.finished").count() == 1
    shard(run)
    assert len(answering.asked) >= 24
    with scope(world):
        assert Attempt.objects.count() == 24
        assert LedgerEntry.objects.filter(event="run.finished").count() == 1


def test_each_case_is_asked_as_often_as_planned(world, prepared, sent):
    run = started(world, prepared(["a", "wrong", "c"]), repeats=3)
    shard(run)
    run = again(world, run)
    assert (run.total, run.done, run.case_count) == (9, 9, 3)
    with scope(world):
        rate = MetricResult.objects.get(key="pass_rate", slice="")
        assert (rate.events, rate.n) == (2, 3)


def test_only_accepted_cases_are_asked(world, prepared, answering, sent):
    order = prepared(["a", "b", "c"])
    with scope(world):
        version_id = order["dataset_version_id"]
        case = datasets.reading.cases_of(datasets.reading.dataset_version_for(world.expert, version_id))[1]
        datasets.review_cases(
            by=world.expert, version_id=version_id, verdict=CaseVerdict.REJECTED, case_ids=[case.pk]
        )
    run = started(world, order)
    shard(run)
    assert sorted(answering.asked) == ["a", "c"]
    assert again(world, run).done == 2


def test_without_accepted_cases_nothing_starts(world, prepared, sent):
    order = prepared(["a"], accept=False)
    with pytest.raises(Invalid, match="No case of this version is accepted yet"):
        started(world, order)
    with scope(world):
        assert not Run.objects.exists()
    assert sent == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("expert", Forbidden), ("sponsor", Forbidden), ("reviewer", Forbidden), ("outsider_lead", NotFound)],
)
def test_who_may_not_start_a_run(world, prepared, sent, who, refusal):
    order = prepared(["a"])
    with scope(world), pytest.raises(refusal):
        runs.start_run(by=getattr(world, who), **order)


def test_pause_resume_and_stop(world, prepared, answering, sent):
    run = started(world, prepared(["a", "b"]))
    with scope(world):
        runs.pause_run(by=world.client_member, run_id=run.pk)
        with pytest.raises(WrongMoment, match="A run that is paused cannot be paused"):
            runs.pause_run(by=world.lead, run_id=run.pk)
    shard(run)
    assert answering.asked == []
    with scope(world):
        with pytest.raises(Forbidden):
            runs.resume_run(by=world.client_member, run_id=run.pk)
        runs.resume_run(by=world.lead, run_id=run.pk)
    assert len(sent) == 2
    with scope(world):
        runs.cancel_run(by=world.lead, run_id=run.pk)
        assert not PendingAttempt.objects.exists()
    shard(run)
    run = again(world, run)
    assert (run.status, run.done, answering.asked) == (RunStatus.STOPPED_USER, 0, [])
    with scope(world):
        assert not Measurement.objects.filter(source_id=run.pk).exists()


def test_a_limit_of_calls_stops_the_run_and_feeds_nothing(world, prepared, sent):
    run = started(world, prepared([f"q{n}" for n in range(60)]), limits=runs.Limits(max_calls=10))
    shard(run)
    run = again(world, run)
    assert (run.status, run.limit_hit) == (RunStatus.STOPPED_BUDGET, "calls")
    assert 10 <= run.done < 60
    with scope(world):
        assert not Measurement.objects.filter(source_id=run.pk).exists()
        assert LedgerEntry.objects.filter(event="run.stopped").count() == 1


def test_answers_that_no_grader_can_judge_make_the_run_invalid(world, prepared, sent):
    from demos.engine.graders import GraderKind, GraderSpec
    from demos.services.graders import store_grader

    order = prepared(["no figure", "none here"])
    with scope(world):
        grader = store_grader(
            by=world.lead,
            engagement_id=order["engagement_id"],
            name="Figure",
            spec=GraderSpec(GraderKind.NUMBER),
        )
    run = started(world, order | {"grader_version_ids": [grader.pk]})
    shard(run)
    run = again(world, run)
    assert (run.status, run.ungraded) == (RunStatus.INVALID, 2)
    with scope(world):
        assert not Measurement.objects.get(key="pass_rate", source_id=run.pk).valid


def test_a_dead_shard_is_replaced_and_its_attempts_are_done_once(world, prepared, sent, settings):
    settings.EVALUATION_LEASE_S = 60
    run = started(world, prepared([f"q{n}" for n in range(10)]))
    with scope(world):
        Run.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, started_at=run.created_at)
    dead = leases.Lease(run.tenant_id, run.pk, ids.uuid7(), 60)
    assert len(leases.claim(dead, 6)) == 6
    live = leases.Lease(run.tenant_id, run.pk, ids.uuid7(), 60)
    assert len(leases.claim(live, 100)) == 4
    with scope(world):
        PendingAttempt.objects.filter(lease_owner=dead.owner).update(lease_expires=run.created_at)
    sent.clear()
    sweeping.sweep_all()
    assert len(sent) == 0 or sent[0][0] == "demos.run_shard"
    assert len(leases.claim(live, 100)) == 6


def test_the_sweeper_queues_lost_shards_again(world, prepared, sent, settings):
    settings.EVALUATION_LEASE_S = 0
    run = started(world, prepared(["a"]))
    sent.clear()
    sweeping.sweep_all()
    assert sent == [("demos.run_shard", str(run.tenant_id), str(run.pk), "evaluate")]


def test_a_run_whose_last_shard_died_at_the_end_is_finished_by_the_sweeper(
    world, prepared, sent, monkeypatch
):
    run = started(world, prepared(["a"]))
    monkeypatch.setattr(execution, "_settle", lambda *where, **how: None)
    shard(run)
    assert again(world, run).status == RunStatus.RUNNING
    sweeping.sweep_all()
    assert again(world, run).status == RunStatus.FINISHED


def test_a_run_that_cannot_be_prepared_fails_with_its_reason(world, prepared, sent):
    from demos.engine.targets.spec import Header

    order = prepared(["a"], headers=(Header("Authorization", "Bearer ", secret="missing"),))
    run = started(world, order)
    shard(run)
    run = again(world, run)
    assert run.status == RunStatus.FAILED
    assert "There is no secret called missing" in run.fault


def test_storing_the_same_row_twice_counts_it_once(world, prepared, sent):
    run = started(world, prepared(["a"]))
    shard(run)
    with scope(world):
        attempt = Attempt.objects.get()
        Run.objects.filter(pk=run.pk)
    assert isinstance(attempt.pk, UUID)
    assert again(world, run).done == 1
