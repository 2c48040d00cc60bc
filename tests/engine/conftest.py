"""Fixtures of the engine's tests: a target on loopback, and a source and a sink in memory."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.http import EgressRules
from demos.engine.plan import Pace, RetryPolicy, RunOutcome, RunPlan
from demos.engine.runner import run
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.engine.vocabulary import CaseInput, Claim, Control, GradedAttempt
from tests.engine.faulty import FaultyTarget

CONTAINS = GraderSpec(GraderKind.CONTAINS)


@dataclass
class MemorySource:
    """Claims cut from a list, and what was given back."""

    claims: list[Claim]
    released: list[Claim] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    async def claim(self, limit: int) -> Sequence[Claim]:
        taken, self.claims = self.claims[:limit], self.claims[limit:]
        self.sizes.append(len(taken))
        return taken

    async def release(self, claims: Sequence[Claim]) -> None:
        self.released += claims


@dataclass
class MemorySink:
    """Keeps rows; ``say`` decides what to answer to a write."""

    rows: list[GradedAttempt] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    say: Callable[["MemorySink"], Control] = lambda sink: Control.CONTINUE
    delay_s: float = 0.0

    async def write(self, rows: Sequence[GradedAttempt]) -> Control:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        self.batches.append(len(rows))
        self.rows += rows
        return self.say(self)

    @property
    def by_case(self) -> dict[str, GradedAttempt]:
        return {row.attempt.case_id: row for row in self.rows}


def cases(n: int) -> list[Claim]:
    """Cases c0 … whose question is their id and whose echo passes."""
    return [Claim(CaseInput(id=f"c{i}", question=f"c{i}", expected=f"echo c{i}")) for i in range(n)]


QUICK = Timeouts(connect_s=2.0, first_byte_s=0.6, total_s=1.2)
"""For targets that hang; a busy machine may need longer for an ordinary answer."""


def spec_for(server: FaultyTarget, **changes: Any) -> TargetSpec:
    settings: dict[str, Any] = {
        "kind": TargetKind.OPENAI_CHAT,
        "url": server.url,
        "model": "test-1",
        "timeouts": Timeouts(connect_s=5.0, first_byte_s=5.0, total_s=5.0),
        "concurrency": 8,
    }
    return TargetSpec(**(settings | changes))


def plan_for(server: FaultyTarget, **changes: Any) -> RunPlan:
    target = changes.pop("target", None) or spec_for(server, **changes.pop("spec", {}))
    settings: dict[str, Any] = {
        "target": target,
        "graders": (CONTAINS,),
        "retries": RetryPolicy(base_s=0.02, cap_s=0.1),
        "pace": Pace(flush_s=0.05),
    }
    return RunPlan(**(settings | changes))


def loopback(server: FaultyTarget) -> EgressRules:
    return EgressRules(internal=frozenset({("127.0.0.1", server.port)}))


async def run_against(
    server: FaultyTarget, claims: list[Claim], *, sink: MemorySink | None = None, **plan: Any
) -> tuple[RunOutcome, MemorySink, MemorySource]:
    """Run ``claims`` against ``server`` and give back outcome, sink and source."""
    secrets = plan.pop("secrets", None)
    source, sink = MemorySource(list(claims)), sink or MemorySink()
    outcome = await run(
        plan_for(server, **plan), source=source, sink=sink, secrets=secrets, egress=loopback(server)
    )
    return outcome, sink, source


def in_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one coroutine, with a limit so that a hanging test fails instead of waiting."""

    async def bounded() -> Any:
        return await asyncio.wait_for(work, 90)

    return asyncio.run(bounded())


@pytest.fixture(autouse=True)
def _no_database_needed() -> None:
    """The engine is pure; nothing here may ask for a database."""
