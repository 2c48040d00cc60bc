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

from demos.models import Attempt, PendingAttempt, Run
from demos.services import runs, sweeping
from demos.vocabulary import RunStatus
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
    wait_for(world, run, lambda now: now.done >= 1, seconds=30)
    second = worker()
    wait_for(world, run, lambda now: now.done >= 40, seconds=30)
    kill(first)
    with scope(world):
        done = Run.objects.get(pk=run.pk).done
    wait_for(world, run, lambda now: now.done > done, seconds=30)
    worker()
    wait_for(world, run, lambda now: now.done >= done + 60, seconds=30)
    kill(second)
    ended = wait_for(world, run, lambda now: now.status != RunStatus.RUNNING, seconds=40)
    assert (ended.status, ended.done, ended.total) == (RunStatus.FINISHED, CASES, CASES)
    assert (ended.passed, ended.failed, ended.errored, ended.ungraded) == (360, 40, 0, 0)
    with scope(world):
        assert Attempt.objects.filter(run=run).values("case", "repeat").distinct().count() == CASES
        assert Attempt.objects.filter(run=run).count() == CASES
        assert not PendingAttempt.objects.exists()
    asked_again = len(answering.asked) - CASES
    assert 0 <= asked_again <= 2 * 100, "only what was under way or not yet written is asked a second time"
