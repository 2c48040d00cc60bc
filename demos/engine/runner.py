"""Runs a plan: claims cases, asks the target, grades, writes, and stops when it is told to."""

from __future__ import annotations

from collections.abc import Mapping

from demos.engine.http import EgressRules
from demos.engine.plan import RunOutcome, RunPlan
from demos.engine.vocabulary import CaseSource, ResultSink


async def run(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
) -> RunOutcome:
    """Work until the source is empty, the sink says stop, or a limit is reached."""
    raise NotImplementedError


def run_sync(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
) -> RunOutcome:
    """``run`` in an event loop of its own (uvloop when there is one)."""
    raise NotImplementedError
