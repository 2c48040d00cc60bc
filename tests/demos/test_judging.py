"""A judge model over stored answers: bounded, indicative until people confirm it, its cost kept apart."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from demos.engine.pricing import Price
from demos.models import Attempt, JudgeOpinion, Judging, MetricResult, Run, Target
from demos.selectors import judges as reading
from demos.services import execution, runs, sweeping
from demos.services.judging import calibrate_judge, execute_judging, start_judging, store_judge
from demos.services.recomputing import recompute, versions_of
from demos.services.reviews import ask_for_reviews, review_answer
from demos.services.targets import register_target
from demos.vocabulary import JudgingStatus, ReviewLabel
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, WrongMoment
from tests.demos.conftest import spec_for
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)

RUBRIC = "An answer is right when it repeats the question in capital letters."


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


@pytest.fixture
def judged(world, engagement, prepared, answering, monkeypatch) -> Any:
    """A function: a finished run of n questions (the first two wrong) and a judge that was sent."""

    def make(n: int) -> tuple[Run, Judging]:
        questions = ["wrong a", "wrong b", *(f"question {i}" for i in range(n - 2))]
        with scope(world):
            run = runs.start_run(by=world.lead, **prepared(questions))
        execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
        answer_as_judge(monkeypatch, answering)
        judging = judging_of(world, engagement, run, answering)
        execute_judging(tenant_id=run.tenant_id, judging_id=judging.pk)
        with scope(world):
            judging.refresh_from_db()
        return run, judging

    return make


def judging_of(world: Any, engagement: Any, run: Run, answering: Any, *, concurrency: int = 8) -> Judging:
    """A judge on the small target, sent over a run."""
    price = Price("USD", per_call=Decimal("0.01"))
    with scope(world):
        run.refresh_from_db()
        known = Target.objects.filter(name="Judge").first()
        version = known.versions.get() if known else register_target(
            by=world.lead, engagement_id=engagement.pk, name="Judge", price=price,
            spec=replace(spec_for(answering.url + "?judge"), concurrency=concurrency),
        )  # fmt: skip
        judge = store_judge(
            by=world.lead, engagement_id=engagement.pk, name="Capitals", target_version_id=version.pk,
            rubric=RUBRIC,
        )  # fmt: skip
        return start_judging(by=world.lead, run_id=run.pk, judge_id=judge.pk)


def answer_as_judge(monkeypatch: pytest.MonkeyPatch, answering: Any, *, wait_s: float = 0.0) -> None:
    """From now on the small target judges: "nothing" fails, the last question makes it abstain."""

    def say(asked: str) -> str:
        verdict = "fail" if "<answer>\nnothing" in asked else "abstain" if "QUESTION 7" in asked else "pass"
        return json.dumps({"verdict": verdict, "reason": "By the rubric."})

    answer_with(monkeypatch, answering, say, wait_s=wait_s)


def answer_with(monkeypatch: pytest.MonkeyPatch, answering: Any, say: Any, *, wait_s: float = 0.0) -> None:
    """From now on the small target answers with ``say`` of what it is asked.

    ``answering.judged`` counts the questions, ``answering.most`` how many were under way at once.
    """
    answering.judged = answering.now = answering.most = 0
    lock = threading.Lock()

    def word(handler: Any) -> None:
        with lock:
            answering.judged, answering.now = answering.judged + 1, answering.now + 1
            answering.most = max(answering.most, answering.now)
        time.sleep(wait_s)
        try:
            give(handler)
        finally:
            with lock:
                answering.now -= 1

    def give(handler: Any) -> None:
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))["question"]
        raw = json.dumps({"answer": say(asked)}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    monkeypatch.setattr(answering, "do_POST", word)


def test_a_judge_reads_every_stored_answer_once_and_makes_an_indicative_result(world, judged):
    run, judging = judged(12)
    with scope(world):
        assert (judging.status, judging.total, judging.cost) == (JudgingStatus.FINISHED, 12, Decimal("0.12"))
        said = list(JudgeOpinion.objects.values_list("passed", flat=True))
        assert (said.count(True), said.count(False), said.count(None)) == (9, 2, 1)
        raw = MetricResult.objects.get(key="pass_rate", slice="", result_version=2)
        assert (raw.events, raw.n) == (9, 11)
        newest = Measurement.objects.filter(key="pass_rate").order_by("-measured_at")[0]
        assert newest.valid is False
        assert newest.config_sha256 == judging.result_version.config_sha256 != run.plan.config_sha256
        run.refresh_from_db()
        assert run.cost == 0
    execute_judging(tenant_id=run.tenant_id, judging_id=judging.pk)
    with scope(world):
        assert JudgeOpinion.objects.count() == 12


def test_people_confirm_a_judge_and_the_corrected_rate_stands_beside_the_raw_one(
    world, judged, client, engagement
):
    run, judging = judged(60)
    with scope(world):
        with pytest.raises(Invalid, match="Have answers reviewed first"):
            calibrate_judge(by=world.lead, judging_id=judging.pk)
        found = ask_for_reviews(by=world.lead, run_id=run.pk, size=60, seed=1)
        for item in found.items.select_related("attempt"):
            label = ReviewLabel.RIGHT if item.attempt.passed else ReviewLabel.WRONG
            for person in (world.expert, world.reviewer):
                review_answer(by=person, item_id=item.pk, label=label)
        skill = reading.skill_of(judging)
        assert (skill.n, skill.agreement, skill.sensitivity, skill.specificity) == (59, 1.0, 1.0, 1.0)
        calibration = calibrate_judge(by=world.lead, judging_id=judging.pk)
        assert calibration.counts
        corrected = MetricResult.objects.get(key="corrected_pass_rate", result_version=3)
        assert corrected.value == MetricResult.objects.get(key="pass_rate", slice="", result_version=3).value
        assert corrected.low < corrected.value
        assert Measurement.objects.filter(key="pass_rate").order_by("-measured_at")[0].valid
        assert [recompute(run.pk, version=number).differing for number in versions_of(run)] == [(), (), ()]
        assert all(recompute(run.pk, version=number).same for number in (1, 2, 3))
        with pytest.raises(Forbidden):
            calibrate_judge(by=world.expert, judging_id=judging.pk)
    client.force_login(world.lead)
    page = client.get(
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/runs/{run.public_id}/judge/"
    ).text
    assert "Confirmed by people until" in page
    assert "Corrected for its errors" in page
    assert "$0.60" in page


def test_a_system_does_not_judge_itself_and_nothing_is_judged_twice(world, engagement, judged):
    run, judging = judged(4)
    with scope(world):
        with pytest.raises(WrongMoment, match="has judged"):
            start_judging(by=world.lead, run_id=run.pk, judge_id=judging.judge_id)
        own = store_judge(
            by=world.lead, engagement_id=engagement.pk, name="Itself", rubric=RUBRIC,
            target_version_id=run.plan.target_version_id,
        )  # fmt: skip
        with pytest.raises(Invalid, match="does not judge its own answers"):
            start_judging(by=world.lead, run_id=run.pk, judge_id=own.pk)
        with pytest.raises(Invalid, match="what makes an answer right"):
            store_judge(
                by=world.lead, engagement_id=engagement.pk, name="Short", rubric="Good.",
                target_version_id=run.plan.target_version_id,
            )  # fmt: skip
        assert Attempt.objects.filter(run=run).count() == 4


def test_two_judgings_together_keep_to_what_the_judge_takes(
    world, engagement, prepared, answering, monkeypatch
):
    started = []
    order = prepared([f"question {i}" for i in range(12)])
    for _ in range(2):
        with scope(world):
            run = runs.start_run(by=world.lead, **order)
        execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
        started.append(run)
    answer_as_judge(monkeypatch, answering, wait_s=0.05)
    both = [judging_of(world, engagement, run, answering, concurrency=2) for run in started]

    def work(judging: Judging) -> None:
        execute_judging(tenant_id=judging.tenant_id, judging_id=judging.pk)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, both))
    with scope(world):
        assert {row.status for row in Judging.objects.all()} == {JudgingStatus.FINISHED}
    assert (answering.judged, answering.most) == (24, 2)


def test_a_judging_waits_while_its_judge_is_stopped_and_another_worker_has_it(
    world, engagement, judged, monkeypatch
):
    run, judging = judged(4)
    sent: list[Any] = []
    monkeypatch.setattr(
        "demos.services.judge_desk.current_app.send_task",
        lambda *args, **options: sent.append(options["args"]),
    )
    with scope(world):
        Judging.objects.filter(pk=judging.pk).update(
            status=JudgingStatus.WAITING, finished_at=None, lease_owner=run.pk, sent_at=None,
            lease_expires=timezone.now() + timedelta(seconds=30),
        )  # fmt: skip
    sweeping.sweep_all()
    assert sent == []
    with scope(world):
        Judging.objects.update(lease_expires=timezone.now())
        Target.objects.filter(name="Judge").update(halted_at=timezone.now(), halted_by=world.sponsor)
    sweeping.sweep_all()
    assert sent == []
    with scope(world):
        Target.objects.update(halted_at=None, halted_by=None)
    sweeping.sweep_all()
    sweeping.sweep_all()
    assert sent == [[str(judging.tenant_id), str(judging.pk)]]
