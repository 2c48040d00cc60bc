"""A load plan and its figures: steps, windows of one second, knee, recovery. Pure arithmetic, no clock."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from demos.engine import statistics as st
from demos.engine.graders import GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetSpec
from demos.engine.vocabulary import CaseInput

MOST_STEPS = 20
MOST_SECONDS = 600
MOST_PER_SECOND = 5_000
MOST_USERS = 1_000
KNEE_ERRORS = 0.01
OVERHEAD_SHARE = 0.05
SLIP_MS = 5.0
RECOVERY_WINDOW_S = 30
JOIN_WITHIN_S = 1.0
JOIN_SHARE = 0.1


class StepKind(StrEnum):
    RATE = "rate"
    USERS = "users"


class LoadEnd(StrEnum):
    """Why a load test ended."""

    FINISHED = "finished"
    ERRORS = "errors"
    WAITS = "waits"
    COST = "cost"
    REQUESTS = "requests"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class Step:
    """``level`` arrivals a second (rate) or people who ask again at once (users), for ``seconds``."""

    kind: StepKind
    level: float
    seconds: int

    def joins_after(self, number: int) -> float:
        """Seconds from the step's beginning to the first question of person ``number``, counted from 0.

        People come in one after the other: all in one instant would measure how fast the generator opens
        connections.
        """
        return number / self.level * min(JOIN_WITHIN_S, JOIN_SHARE * self.seconds)


@dataclass(frozen=True, slots=True)
class Guards:
    """Where the test stops itself. None: no guard of that kind. Judged over the last two seconds."""

    max_error_rate: float | None = 0.5
    max_p95_ms: float | None = None
    max_cost: Decimal | None = None
    least_calls: int = 20


class UnfitPlan(ValueError):
    """A load plan that cannot be carried out. ``field``: which part of it; the text is one sentence."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What is sent how fast. ``sample_per_step`` answers of each step are graded; 0: none.

    ``max_per_second`` holds people back who would ask faster; None: they ask as fast as they are answered.
    """

    target: TargetSpec
    steps: tuple[Step, ...]
    cases: tuple[CaseInput, ...]
    target_p95_ms: float
    guards: Guards = Guards()
    max_in_flight: int = 1_000
    max_requests: int = 100_000
    max_per_second: int | None = None
    recovery_s: int = 0
    recovery_window_s: int = RECOVERY_WINDOW_S
    graders: tuple[GraderSpec, ...] = ()
    sample_per_step: int = 0
    price: Price | None = None

    def __post_init__(self) -> None:
        problem = self.problem()
        if problem is not None:
            raise problem

    def problem(self) -> UnfitPlan | None:
        """What is wrong with the plan; None when nothing is."""
        if not 1 <= len(self.steps) <= MOST_STEPS:
            return UnfitPlan("steps", f"Give between 1 and {MOST_STEPS} steps.")
        for step in self.steps:
            most = MOST_PER_SECOND if step.kind is StepKind.RATE else MOST_USERS
            if not 0 < step.level <= most or not 1 <= step.seconds <= MOST_SECONDS:
                words = f"A step is at most {most:,} high and takes 1 to {MOST_SECONDS} seconds."
                return UnfitPlan("steps", words)
        if 0 < self.recovery_s < self.recovery_window_s:
            words = f"Look for recovery during at least {self.recovery_window_s} seconds; 0 leaves it out."
            return UnfitPlan("recovery_s", words)
        if sum(step.seconds for step in self.steps) + self.recovery_s > MOST_SECONDS:
            return UnfitPlan("steps", f"All steps together take at most {MOST_SECONDS} seconds.")
        if not self.cases:
            return UnfitPlan("cases", "At least one question is needed.")
        if self.target_p95_ms <= 0:
            return UnfitPlan("target_p95_ms", "The wait to hold is longer than 0 ms.")
        return None

    @property
    def peak(self) -> float:
        """The highest rate of arrivals in the plan; 0 when no step is one of arrivals."""
        return max((step.level for step in self.steps if step.kind is StepKind.RATE), default=0.0)

    def phases(self) -> list[tuple[int, Step]]:
        """The steps in order and, with recovery, the first step's load again (numbered -1)."""
        found = list(enumerate(self.steps))
        if self.recovery_s:
            first = self.steps[0]
            found.append((-1, Step(first.kind, first.level, self.recovery_s)))
        return found


@dataclass(slots=True)
class Window:
    """One second by scheduled start. ``waits``: ms since the scheduled instant, time-outs as waited."""

    second: int
    step: int
    offered: int = 0
    started: int = 0
    done: int = 0
    errors: int = 0
    dropped: int = 0
    waits: array[float] = field(default_factory=lambda: array("d"))
    slips: array[float] = field(default_factory=lambda: array("d"))

    def p(self, q: float) -> float | None:
        """A percentile of the waits by nearest rank; None without any."""
        return st.percentile(self.waits, q) if self.waits else None


@dataclass(slots=True)
class StepResult:
    """What a step came to. Bounds are order statistics, None under the n they need."""

    position: int
    kind: str
    level: float
    seconds: float
    offered: int
    started: int
    done: int
    errors: int
    dropped: int
    waits: dict[str, float | None]
    bounds: dict[str, float | None]
    slip_p99_ms: float | None
    passed: int = 0
    graded: int = 0
    reason: str = ""

    @property
    def error_rate(self) -> float | None:
        """Failed or dropped of all that were to start; None when nothing was."""
        return (self.errors + self.dropped) / self.offered if self.offered else None

    @property
    def per_second(self) -> float:
        """Answers a second, right or not, errors left out."""
        return (self.done - self.errors) / self.seconds if self.seconds else 0.0

    def holds(self, target_p95_ms: float) -> bool | None:
        """Whether the step holds the target; None: too few calls to say, or the figures are not valid."""
        p95 = self.waits["p95"]
        if p95 is None or self.bounds["p95"] is None or self.reason:
            return None
        return p95 <= target_p95_ms and (self.error_rate or 0.0) <= KNEE_ERRORS


def step_result(position: int, step: Step, windows: Sequence[Window], seconds: float) -> StepResult:
    """The figures of one step from its windows."""
    waits = [wait for window in windows for wait in window.waits]
    slips = [slip for window in windows for slip in window.slips]
    names = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
    return StepResult(
        position=position, kind=step.kind.value, level=step.level, seconds=seconds,
        offered=sum(w.offered for w in windows), started=sum(w.started for w in windows),
        done=sum(w.done for w in windows), errors=sum(w.errors for w in windows),
        dropped=sum(w.dropped for w in windows),
        waits={name: st.percentile(waits, q) if waits else None for name, q in names.items()},
        bounds={name: st.percentile_upper_bound(waits, q) if waits else None for name, q in names.items()},
        slip_p99_ms=st.percentile(slips, 0.99) if slips else None,
    )  # fmt: skip


def why_invalid(result: StepResult, echo_p50_ms: float | None) -> str:
    """Why the figures of a step measure the generator and not the target; empty when they are valid."""
    p50, slip = result.waits["p50"], result.slip_p99_ms
    if p50 is None:
        return ""
    if slip is not None and slip > max(SLIP_MS, OVERHEAD_SHARE * p50):
        return f"the generator started late: 99 of 100 calls within {slip:.1f} ms"
    if echo_p50_ms is not None and echo_p50_ms > OVERHEAD_SHARE * p50:
        share = 100 * echo_p50_ms / p50
        return f"{share:.0f} % of the wait is the generator’s own ({echo_p50_ms:.2f} ms of {p50:.2f} ms)"
    return ""


def knee_of(results: Sequence[StepResult], target_p95_ms: float) -> StepResult | None:
    """The highest step that holds the target with at most 1 % errors; None when no step does."""
    good = [result for result in results if result.holds(target_p95_ms)]
    return max(good, key=lambda result: (result.level, result.per_second), default=None)


def recovery_seconds(
    base: StepResult, windows: Sequence[Window], *, span_s: int = RECOVERY_WINDOW_S
) -> float | None:
    """Seconds from the end of the load to the first ``span_s`` seconds that are like the base again.

    Like the base: p95 at most 1.2 times its p95, errors at most half a point above. None: not seen.
    """
    p95 = base.waits["p95"]
    if p95 is None:
        return None
    most_errors = (base.error_rate or 0.0) + 0.005
    for start in range(len(windows) - span_s + 1):
        span = windows[start : start + span_s]
        waits = [wait for window in span for wait in window.waits]
        offered = sum(window.offered for window in span)
        bad = sum(window.errors + window.dropped for window in span)
        if waits and (st.percentile(waits, 0.95) or 0.0) <= 1.2 * p95 and bad <= most_errors * offered:
            return float(start)
    return None
