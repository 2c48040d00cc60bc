"""The load generator by itself: so many starts a second at scheduled instants, and so many people at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from demos.engine.arrivals import Guards, LoadPlan, Step, StepKind, StepResult, Window
from demos.engine.http import EgressRules
from demos.engine.load import run_load_sync
from demos.engine.targets.spec import TargetKind, TargetSpec
from demos.engine.vocabulary import CaseInput
from portal.runtime import processes

SECONDS = 10
RATES, RATES_WAIT_MS = (1_000, 2_000, 3_000, 3_500, 4_000), 50
PEOPLE, PEOPLE_WAIT_MS = 500, 500
LONGEST_START_S = 20.0


def steps(scale: int) -> dict[str, Any]:
    """What each step came to: starts on time, answers, waits from the scheduled instant."""
    seconds = max(1, SECONDS // scale)
    found: dict[str, Any] = {}
    with _target(RATES_WAIT_MS) as port:
        for rate in RATES:
            found[f"{rate:,} starts a second"] = _sent(port, Step(StepKind.RATE, rate, seconds))
    with _target(PEOPLE_WAIT_MS) as port:
        found[f"{PEOPLE} people at once"] = _sent(port, Step(StepKind.USERS, PEOPLE, seconds))
    return found


def _sent(port: int, step: Step) -> dict[str, Any]:
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    plan = LoadPlan(
        TargetSpec(TargetKind.OPENAI_CHAT, url, model="bench"),
        (step,),
        tuple(CaseInput(f"c{n}", f"What is the code of number {n}", "") for n in range(100)),
        target_p95_ms=1_000,
        guards=Guards(max_error_rate=None),
        max_in_flight=2_000,
    )
    began = time.process_time()
    outcome = run_load_sync(plan, report=_go_on, egress=EgressRules(frozenset({("127.0.0.1", port)})))
    used = time.process_time() - began
    return _figures(outcome.steps[0]) | {
        "echo_p50_ms": _rounded(outcome.echo_p50_ms), "core_used": round(used / outcome.seconds, 2)
    }  # fmt: skip


def _figures(result: StepResult) -> dict[str, Any]:
    return {
        "started": result.started, "answered_per_s": round(result.per_second, 1), "errors": result.errors,
        "dropped": result.dropped, "slip_p99_ms": _rounded(result.slip_p99_ms),
        "waits_ms": {name: _rounded(wait) for name, wait in result.waits.items()},
        "valid": not result.reason, "reason": result.reason,
    }  # fmt: skip


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 2)


async def _go_on(windows: Sequence[Window]) -> str:
    return ""


@contextmanager
def _target(wait_ms: int) -> Iterator[int]:
    """The measured target in a process of its own, without a house around it."""
    port = processes.free_port()
    words = ("-m", "benchmarks.evaluation.target", "--port", str(port), "--wait-ms", str(wait_ms))
    process = subprocess.Popen([sys.executable, *words])
    try:
        until = time.monotonic() + LONGEST_START_S
        while not processes.answers("127.0.0.1", port) and time.monotonic() < until:
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()
