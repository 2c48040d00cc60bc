"""Runs a plan in one event loop: claims, asks, grades, writes, and stops when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from demos.engine.budget import Budget
from demos.engine.http import Door, EgressRules, Secrets
from demos.engine.part import Part
from demos.engine.plan import RunOutcome, RunPlan
from demos.engine.shares import Shares
from demos.engine.targets.target import Target
from demos.engine.vocabulary import CaseSource, ResultSink


async def run(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
    shares: Shares | None = None,
    budget: Budget | None = None,
) -> RunOutcome:
    """Work until the source is empty, the sink says stop, or a limit is reached.

    ``shares`` divides the target's limits between the parts of all runs; without it they are this part's own.
    ``budget`` may be granted anew by the sink while the run is on; by default it is that of the plan.

    Raises ValueError before anything is sent when the plan is unfit (bad grader, missing secret), and
    whatever ``source`` or ``sink`` raises; rows already written stay written.
    """
    async with Door(egress or EgressRules()) as door:
        target = Target(plan.target, secrets=Secrets(secrets or {}), door=door)
        return await Part(
            plan, target, source, sink, shares=shares, budget=budget or Budget(plan.limits)
        ).go()


def run_sync(
    plan: RunPlan,
    *,
    source: CaseSource,
    sink: ResultSink,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
    shares: Shares | None = None,
    budget: Budget | None = None,
) -> RunOutcome:
    """``run`` in an event loop of its own: the body of a shard task or a script."""
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        return runner.run(
            run(plan, source=source, sink=sink, secrets=secrets, egress=egress, shares=shares, budget=budget)
        )


def fast_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop where it is installed, else None for the standard one."""
    try:
        import uvloop
    except ImportError:  # no uvloop on this platform
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
