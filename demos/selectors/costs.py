"""What the cases of a run cost, for its forecast."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, Sum

from demos.engine.forecast import Forecast, forecast
from demos.models import Attempt, Run
from demos.selectors.runs import visible_runs
from demos.vocabulary import RunStatus
from portal.models import User

MOST_CASES_A_MONTH = 1_000_000_000


@dataclass(frozen=True, slots=True)
class CaseCosts:
    """What asking each case once cost; ``unknown`` cases have an attempt whose cost nobody knows."""

    known: tuple[Decimal, ...]
    unknown: int


def case_costs(run: Run) -> CaseCosts:
    """One entry for each case, its repeats averaged, in the order of the cases. One query."""
    rows = (
        Attempt.objects.filter(run=run)
        .values("case_id")
        .annotate(spent=Sum("cost"), asked=Count("pk"), untold=Count("pk", filter=Q(cost=None)))
        .order_by("case_id")
    )
    known, unknown = [], 0
    for row in rows:
        if row["untold"]:
            unknown += 1
        else:
            known.append(row["spent"] / row["asked"])
    return CaseCosts(tuple(known), unknown)


def forecast_of(
    run: Run, costs: CaseCosts, *, volume: int, spread: float = 0.0, budget: Decimal | None = None
) -> Forecast | None:
    """A month of ``volume`` cases at what the run cost. None: not measured, some case's cost is unknown."""
    if costs.unknown:
        return None
    return forecast(costs.known, volume=volume, spread=spread, budget=budget, seed=run.plan.seed)


def costed_runs(viewer: User, engagement_id: UUID) -> list[Run]:
    """Finished runs that a forecast can start from, newest first."""
    return list(visible_runs(viewer, engagement_id).filter(status=RunStatus.FINISHED)[:50])
