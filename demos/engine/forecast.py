"""What a month will cost: volume times cost per case, simulated from what the cases of a run cost. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from demos.engine.statistics import rank

SIMULATIONS = 2_000
RESAMPLED_UP_TO = 500
"""Up to so many cases each simulation draws all of them again; above, their mean is near enough to normal."""
PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Forecast:
    """Money for a month. low and high hold 95 of 100 simulations; ``breach`` is the share above the budget,
    None without one.
    """

    expected: Decimal
    low: Decimal
    high: Decimal
    breach: float | None
    n: int
    simulations: int
    seed: int
    method: str


def forecast(
    costs: Sequence[Decimal], *, volume: int, spread: float = 0.0, budget: Decimal | None = None, seed: int
) -> Forecast | None:
    """Simulate months of ``volume`` cases, give or take the fraction ``spread``. None: no cost is known.

    Each simulation draws the mean cost anew from the cases and the volume evenly from its range. The same
    seed gives the same figures. Raises ValueError for a volume under 1 or a spread outside 0 to 1.
    """
    if volume < 1 or not 0 <= spread <= 1:
        raise ValueError("The volume is at least 1 and its spread a fraction from 0 to 1.")
    if not costs:
        return None
    known = [float(cost) for cost in costs]
    chance = random.Random(seed)  # noqa: S311 - simulation, not a secret
    months = sorted(
        chance.uniform(volume * (1 - spread), volume * (1 + spread)) * mean for mean in _means(known, chance)
    )
    low, high = (_money(months[rank(q, SIMULATIONS) - 1]) for q in (0.025, 0.975))
    breach = None if budget is None else sum(month > float(budget) for month in months) / SIMULATIONS
    how = "bootstrap over cases" if len(known) <= RESAMPLED_UP_TO else "normal mean over cases"
    expected = (sum(costs, Decimal(0)) / len(costs) * volume).quantize(PLACES)
    return Forecast(expected, low, high, breach, len(known), SIMULATIONS, seed, how)


def _means(known: Sequence[float], chance: random.Random) -> list[float]:
    n = len(known)
    if n <= RESAMPLED_UP_TO:
        return [sum(chance.choices(known, k=n)) / n for _ in range(SIMULATIONS)]
    mean = sum(known) / n
    error = sqrt(sum((cost - mean) ** 2 for cost in known) / (n - 1) / n)
    return [max(chance.gauss(mean, error), 0.0) for _ in range(SIMULATIONS)]


def _money(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(PLACES)
