"""Where a run stops by itself: time, calls, tokens, money. Said aloud at 80 % of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from demos.engine.plan import RunLimits
from demos.engine.vocabulary import RunEnd
from demos.models import EvaluationPlan, Run
from demos.services.moves import run_path
from demos.services.spending import MonthStanding, share_of_run
from demos.vocabulary import RUN_NEARS_LIMIT, RunLimit
from portal import audit

NEAR = 0.8
LIMIT_OF_END = {
    RunEnd.LIMIT_CALLS: RunLimit.CALLS,
    RunEnd.LIMIT_COST: RunLimit.COST,
    RunEnd.LIMIT_TOKENS: RunLimit.TOKENS,
    RunEnd.LIMIT_TIME: RunLimit.TIME,
}


@dataclass(frozen=True, slots=True)
class Used:
    """How much of one limit is used, as a fraction; above 1 when it was passed."""

    limit: RunLimit
    share: float


def used_of(run: Run, plan: EvaluationPlan, *, now: datetime) -> list[Used]:
    """How much of each limit that the plan sets is used. Calls count every call of stored attempts."""
    found = []
    if plan.max_cost is not None:
        found.append(Used(RunLimit.COST, _share(run.cost, plan.max_cost)))
    if plan.max_calls is not None:
        found.append(Used(RunLimit.CALLS, _share(run.calls, plan.max_calls)))
    if plan.max_tokens is not None:
        found.append(Used(RunLimit.TOKENS, _share(run.tokens, plan.max_tokens)))
    if plan.max_seconds is not None and run.started_at is not None:
        found.append(Used(RunLimit.TIME, (now - run.started_at).total_seconds() / plan.max_seconds))
    return found


def limit_hit(
    run: Run, plan: EvaluationPlan, *, now: datetime, month: MonthStanding | None = None
) -> RunLimit:
    """The limit that a run has reached, its own before that of the month; NONE if none."""
    own = next((used.limit for used in used_of(run, plan, now=now) if used.share >= 1), RunLimit.NONE)
    return RunLimit.MONTH if not own and month is not None and month.is_reached else own


def limits_left(
    run: Run, plan: EvaluationPlan, *, parts: int, month: MonthStanding | None = None
) -> RunLimits:
    """What one of ``parts`` parts may still spend beyond what is stored. None: no limit of that kind."""
    money = [] if plan.max_cost is None else [max(plan.max_cost - run.cost, Decimal(0))]
    if month is not None:
        money.append(share_of_run(month))
    return RunLimits(
        max_calls=None if plan.max_calls is None else max(plan.max_calls - run.calls, 0) // parts,
        max_cost=min(money) / parts if money else None,
        max_tokens=None if plan.max_tokens is None else max(plan.max_tokens - run.tokens, 0) // parts,
        deadline=deadline_of(run, plan),
    )


def limit_of_end(end: RunEnd, plan: EvaluationPlan) -> RunLimit:
    """Which limit ended a shard: too little was left for one more case."""
    found = LIMIT_OF_END.get(end, RunLimit.NONE)
    return RunLimit.MONTH if found == RunLimit.COST and plan.max_cost is None else found


def deadline_of(run: Run, plan: EvaluationPlan) -> datetime | None:
    """When the time limit strikes; None without one, or before the start."""
    if plan.max_seconds is None or run.started_at is None:
        return None
    return run.started_at + timedelta(seconds=plan.max_seconds)


def warn_if_near(run: Run, plan: EvaluationPlan, *, now: datetime) -> None:
    """Say once that a locked run has used 80 % of a limit."""
    if run.warned_at is not None:
        return
    near = [used for used in used_of(run, plan, now=now) if used.share >= NEAR]
    if not near:
        return
    run.warned_at = now
    run.save(update_fields=["warned_at"])
    worst = max(near, key=lambda used: used.share)
    audit.record(
        actor=None,
        event=RUN_NEARS_LIMIT,
        subject=run,
        path=run_path(run),
        facts={
            "number": run.number, "done": run.done, "attempts": run.total, "limit": str(worst.limit),
        },
    )  # fmt: skip


def _share(used: int | Decimal, most: int | Decimal) -> float:
    return float(used) / float(most) if most else 1.0
