"""kill -9 of the worker in the middle of a run, and again: the same set, nothing twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from demos.models import Attempt, JudgeOpinion, Judging, PendingAttempt, Run
from demos.services import execution, runs, sweeping
from demos.vocabulary import JudgingStatus, RunStatus
from tests.demos.test_judging import answer_as_judge, judging_of
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)

CASES = 400
LEASE_S = 2
ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(settings: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a real Celery worker on the tests' database and broker; each has a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []
    settings.EVALUATION_LEASE_S = LEASE_S
    url = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}")),
        "GATEHOUSE_ALLOWED_TARGETS": ",".join(settings.ALLOWED_TARGETS),
        "GATEHOUSE_LEASE_S": str(LEASE_S),
    }
    command = [
        sys.executable, "-m", "celery", "-A", "portal.config", "worker", "-Q", "evaluate", "-c", "1",
        "--without-gossip", "--without-mingle", "-l", "WARNING",
    ]  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_for(world: Any, run: Run, reached: Callable[[Run], bool], *, seconds: float) -> Run:
    """Look until ``reached``; the sweeper ticks meanwhile, as beat would make it."""
    end, tick = time.monotonic() + seconds, 0.0
    while True:
        with scope(world):
            now = Run.objects.get(pk=run.pk)
        if reached(now):
            return now
        assert time.monotonic() < end, f"still {now.status} with {now.done} of {now.total}"
        if time.monotonic() > tick:
            sweeping.sweep_run(tenant_id=run.tenant_id, run_id=run.pk)
            tick = time.monotonic() + 1
        time.sleep(0.05)


def test_killed_twice_in_mid_run_the_result_set_is_whole_and_single(world, prepared, answering, worker):
    answering.wait_s = 0.1
    order = prepared([f"wrong {n}" if n % 10 == 0 else f"question {n}" for n in range(CASES)])
    first = worker()
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
    wait_for(world, run, lambda now: now.done >= 1, seconds=120)
    second = worker()
    wait_for(world, run, lambda now: now.done >= 40, seconds=120)
    kill(first)
    with scope(world):
        done = Run.objects.get(pk=run.pk).done
    wait_for(world, run, lambda now: now.done > done, seconds=120)
    worker()
    wait_for(world, run, lambda now: now.done >= done + 60, seconds=120)
    kill(second)
    ended = wait_for(world, run, lambda now: now.status != RunStatus.RUNNING, seconds=120)
    assert (ended.status, ended.done, ended.total) == (RunStatus.FINISHED, CASES, CASES)
    assert (ended.passed, ended.failed, ended.errored, ended.ungraded) == (360, 40, 0, 0)
    with scope(world):
        assert Attempt.objects.filter(run=run).values("case", "repeat").distinct().count() == CASES
        assert Attempt.objects.filter(run=run).count() == CASES
        assert not PendingAttempt.objects.exists()
    asked_again = len(answering.asked) - CASES
    assert 0 <= asked_again <= 2 * 100, "only what was under way or not yet written is asked a second time"


def test_a_judge_whose_worker_is_killed_goes_on_by_itself_and_asks_nothing_twice_that_has_a_word(
    world, engagement, prepared, answering, worker, monkeypatch
):
    with scope(world):
        run = runs.start_run(by=world.lead, **prepared([f"question {n}" for n in range(40)]))
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
    answer_as_judge(monkeypatch, answering, wait_s=0.2)
    first = worker()
    judging = judging_of(world, engagement, run, answering)

    def words() -> int:
        with scope(world):
            return JudgeOpinion.objects.filter(judging=judging).count()

    until(lambda: words() >= 4, seconds=120)
    kill(first)
    had = words()
    assert had < 40
    worker()

    def is_over() -> bool:
        sweeping.sweep_all()
        with scope(world):
            return Judging.objects.get(pk=judging.pk).status != JudgingStatus.WAITING

    until(is_over, seconds=120, pause=0.5)
    with scope(world):
        judging.refresh_from_db()
        assert (judging.status, words(), judging.lease_owner) == (JudgingStatus.FINISHED, 40, None)
        assert judging.result_version is not None
    asked_again = answering.judged - 40
    assert 0 <= asked_again <= 40 - had, "an answer that has a word is not asked about again"


def until(reached: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "not reached"
        time.sleep(pause)
