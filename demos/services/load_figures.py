"""What a load test pays into the gates, and its result as stored."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from demos.engine.arrivals import StepKind
from demos.engine.load import LoadOutcome
from demos.models import LoadTest
from demos.services.trial_figures import record_figure, record_rate
from engagements.vocabulary import Unit


def result_json(outcome: LoadOutcome) -> dict[str, Any]:
    """The outcome as stored: steps, knee by position, recovery, the generator's own wait."""
    stored = {
        "end": outcome.end.value,
        "steps": [asdict(step) | {"error_rate": step.error_rate, "per_second": step.per_second}
                  for step in outcome.steps],
        "knee": None if outcome.knee is None else outcome.knee.position,
        "recovered_s": outcome.recovered_s,
        "echo_p50_ms": outcome.echo_p50_ms,
        "requests": outcome.requests,
        "cost": str(outcome.cost),
        "seconds": outcome.seconds,
    }  # fmt: skip
    plain: dict[str, Any] = orjson.loads(orjson.dumps(stored))
    return plain


def record(test: LoadTest, outcome: LoadOutcome, *, looked_for_recovery: bool) -> None:
    """What gates can read. Partial figures are not valid.

    Without a slice: p95 and quality at the highest step, errors over all, knee, recovery. With the load as
    the slice ("30/s", "200 users"): p95 and errors of that step, so that a criterion can name its load.
    """
    if not outcome.steps:
        return
    top = max(outcome.steps, key=lambda step: step.level)
    record_figure(
        test, "load_p95_ms", Unit.MS, top.waits["p95"], n=top.done, method="nearest rank at the highest step",
        bound_high=top.bounds["p95"],
    )  # fmt: skip
    for step in outcome.steps:
        load = load_slice(step.kind, step.level)
        record_figure(
            test, "load_p95_ms", Unit.MS, step.waits["p95"], n=step.done, method="nearest rank",
            bound_high=step.bounds["p95"], slice=load,
        )  # fmt: skip
        record_rate(test, "load_error_rate", step.errors + step.dropped, step.offered, slice=load)
    offered = sum(step.offered for step in outcome.steps)
    bad = sum(step.errors + step.dropped for step in outcome.steps)
    record_rate(test, "load_error_rate", bad, offered)
    knee = None if outcome.knee is None else outcome.knee.per_second
    steps = len(outcome.steps)
    record_figure(test, "load_knee_per_s", Unit.OTHER, knee, n=steps, method="highest step that holds")
    if looked_for_recovery:
        record_figure(
            test, "load_recovery_s", Unit.OTHER, outcome.recovered_s, n=1,
            method="first span like the first step",
        )  # fmt: skip
    if top.graded:
        record_rate(test, "load_pass_rate", top.passed, top.graded)


def load_slice(kind: str, level: float) -> str:
    """How a criterion names a load: "30/s" for arrivals a second, "200 users" for people at once."""
    return f"{level:g}/s" if kind == StepKind.RATE else f"{level:g} users"
