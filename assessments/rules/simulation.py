"""What a value case comes to when every uncertain number varies at once. Pure, and the same for a seed.

Each input with a range is drawn from a beta distribution over low to high with its mode at likely (PERT),
so its mean is (low + 4·likely + high) ÷ 6. Inputs vary independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from random import Random
from typing import Final

from assessments.rules.value import AT_START, EACH_YEAR, YEAR, CostLine, Estimate, Terms, ramp

DRAWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles (nearest rank) of the NPV, and the share of draws in which it is below zero."""

    p10: int
    p50: int
    p90: int
    loses: Decimal
    seed: int
    draws: int


def simulate(terms: Terms, *, seed: int, draws: int = DRAWS) -> Spread:
    """Draw the NPV ``draws`` times. The same terms and seed give the same answer, bit by bit."""
    chance = Random(seed)  # noqa: S311  # an estimate that can be repeated, no secret
    gains, yearly = _weights(terms)
    usage = float(terms.model_cost or 0) * float(terms.cases_per_year * terms.coverage)
    last = (1 + float(terms.discount_rate)) ** -ceil(terms.horizon_months / YEAR)
    found: list[float] = []
    for _ in range(draws):
        gain = sum(
            draw(chance, b.cost) * draw(chance, b.reduction) * float(b.adoption * terms.coverage)
            for b in terms.benefits
        )
        cost = {line: draw(chance, terms.costs[line]) for line in CostLine if line in terms.costs}
        running = usage + sum(cost.get(line, 0.0) for line in EACH_YEAR)
        at_start = sum(cost.get(line, 0.0) for line in AT_START)
        found.append(gain * gains - running * yearly - at_start - cost.get(CostLine.EXIT, 0.0) * last)
    found.sort()
    lost = Decimal(sum(worth < 0 for worth in found)) / draws
    p10, p50, p90 = (round(found[ceil(share * draws) - 1]) for share in (0.1, 0.5, 0.9))
    return Spread(p10, p50, p90, lost, seed, draws)


def draw(chance: Random, estimate: Estimate) -> float:
    """One value of an estimate; an estimate without a range takes no chance."""
    low, likely, high = float(estimate.low), float(estimate.likely), float(estimate.high)
    if low == high:
        return likely
    across = high - low
    left, right = 1 + 4 * (likely - low) / across, 1 + 4 * (high - likely) / across
    return low + chance.betavariate(left, right) * across


def _weights(terms: Terms) -> tuple[float, float]:
    """What one unit of benefit and one of running cost a year come to in the NPV."""
    gains = yearly = 0.0
    rate = 1 + float(terms.discount_rate)
    for month in range(1, terms.horizon_months + 1):
        weight = rate ** -ceil(month / YEAR) / YEAR
        yearly += weight
        gains += weight * float(ramp(month, terms.ramp_months))
    return gains, yearly
