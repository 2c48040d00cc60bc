"""What a pilot changed: against before, and against a group beside it; with an interval and a stored seed.

The unit is the period. Periods are drawn again with replacement (10,000 times). The spread of what comes out,
times √(G/(G−1)), is the standard error, and Student's t with G−1 degrees gives the interval: percentiles of a
bootstrap of few periods are too sure of themselves. For one mean this is Student's interval.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import pstdev
from typing import Final

FEWEST_PERIODS: Final = 4
"""Under this many periods chance between periods cannot be told, so there is no interval."""

RESAMPLES: Final = 10_000
BREACHES_IN_A_ROW: Final = 2
_STUDENT: Final = (
    (3, 2.353, 3.182), (4, 2.132, 2.776), (5, 2.015, 2.571), (6, 1.943, 2.447), (7, 1.895, 2.365),
    (8, 1.860, 2.306), (9, 1.833, 2.262), (10, 1.812, 2.228), (12, 1.782, 2.179), (15, 1.753, 2.131),
    (20, 1.725, 2.086), (30, 1.697, 2.042), (60, 1.671, 2.000),
)  # fmt: skip
"""Degrees of freedom, the one-sided and the two-sided 95 % points; between two rows the smaller holds."""


@dataclass(frozen=True, slots=True)
class Point:
    """One period's figure. ``n`` None: not told, and then every period weighs the same."""

    value: float
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """``low``/``high`` two-sided, the bounds one-sided, all at 95 %; None where there are too few periods."""

    value: float
    periods: int
    n: int | None
    low: float | None = None
    high: float | None = None
    bound_low: float | None = None
    bound_high: float | None = None

    def scaled(self, factor: float) -> Estimate:
        """The same in another measure; a negative factor turns the bounds round."""
        ends = [(self.low, self.high), (self.bound_low, self.bound_high)]
        if factor < 0:
            ends = [(high, low) for low, high in ends]
        (low, high), (bound_low, bound_high) = [
            tuple(None if end is None else end * factor for end in pair) for pair in ends
        ]
        return Estimate(self.value * factor, self.periods, self.n, low, high, bound_low, bound_high)


def mean(points: Sequence[Point]) -> float:
    """The mean over periods, weighted by their cases where all of them tell how many."""
    weights = [point.n or 0 for point in points] if all(point.n for point in points) else [1] * len(points)
    return sum(point.value * weight for point, weight in zip(points, weights, strict=True)) / sum(weights)


def level(points: Sequence[Point], *, seed: int) -> Estimate:
    """Where a figure stood over these periods. Raises ValueError without any."""
    return _estimate([points], lambda groups: mean(groups[0]), seed=seed)


def change(
    pilot: Sequence[Point],
    before: Sequence[Point],
    *,
    beside: Sequence[Point] = (),
    beside_before: Sequence[Point] = (),
    seed: int,
) -> Estimate | None:
    """``pilot ÷ before − 1``, less the same of the group beside it where there is one.

    ``before`` of fewer than four periods is taken as exact. None where what is divided by is zero.
    """
    with_control = bool(beside and beside_before)
    if not mean(before) or (with_control and not mean(beside_before)):
        return None
    groups = [pilot, before, *([beside, beside_before] if with_control else [])]

    def difference(drawn: Sequence[Sequence[Point]]) -> float:
        moved = mean(drawn[0]) / mean(drawn[1])
        return moved - (mean(drawn[2]) / mean(drawn[3]) if with_control else 1)

    return _estimate(groups, difference, seed=seed)


def breached_in_a_row(values: Sequence[float], *, above: bool, limit: float) -> bool:
    """Whether the newest two periods both lie outside the limit. ``values`` oldest first."""
    newest = values[-BREACHES_IN_A_ROW:]
    outside = [value < limit if above else value > limit for value in newest]
    return len(newest) == BREACHES_IN_A_ROW and all(outside)


def is_broken(found: Estimate, *, above: bool, limit: float) -> bool | None:
    """Whether the worst bound lies outside; None while nothing bounds it and the value itself is inside."""
    worst = found.bound_low if above else found.bound_high
    if worst is None:
        outside = found.value < limit if above else found.value > limit
        return True if outside else None
    return worst < limit if above else worst > limit


def half_widths(spread: float, n: int) -> tuple[float, float]:
    """The one-sided and two-sided 95 % distances of a mean over ``n`` cases (two or more) from its value."""
    _, one, two = _student(max(n - 1, _STUDENT[0][0]))
    return spread / sqrt(n) * one, spread / sqrt(n) * two


def _estimate(
    groups: Sequence[Sequence[Point]], formula: Callable[[Sequence[Sequence[Point]]], float], *, seed: int
) -> Estimate:
    value, first = formula(groups), groups[0]
    total = sum(point.n or 0 for point in first) if all(point.n for point in first) else None
    found = Estimate(value, len(first), total)
    if len(first) < FEWEST_PERIODS:
        return found
    chance = random.Random(seed)  # noqa: S311  # resampling is no secret; the seed is stored
    drawn = [formula([_again(group, chance) for group in groups]) for _ in range(RESAMPLES)]
    fewest = min(len(group) for group in groups if len(group) >= FEWEST_PERIODS)
    error = pstdev(drawn) * sqrt(fewest / (fewest - 1))
    _, one, two = _student(fewest - 1)
    return Estimate(
        value, len(first), total, value - error * two, value + error * two, value - error * one,
        value + error * one,
    )  # fmt: skip


def _again(group: Sequence[Point], chance: random.Random) -> Sequence[Point]:
    return chance.choices(group, k=len(group)) if len(group) >= FEWEST_PERIODS else group


def _student(freedom: int) -> tuple[int, float, float]:
    return max(row for row in _STUDENT if row[0] <= freedom)
