"""When a scheduled run is worse than the accepted one, and the sentence that says so. Pure."""

from __future__ import annotations

from decimal import Decimal

from demos.vocabulary import ComparisonVerdict
from portal import figures


def is_worse(verdict: str, bound_low: Decimal, margin: Decimal) -> bool:
    """Whether quality fell: really (the whole 95 % interval below zero), and maybe by more than the margin.

    ``bound_low`` is the one-sided 95 % lower bound of the difference, ``margin`` a fraction: while the bound
    lies above −margin the run is shown not to be worse by more than that (non-inferior). Margin 0: every
    real fall.
    """
    return verdict == ComparisonVerdict.WORSE and bound_low < -margin


def sentence(verdict: str, bound_low: Decimal, margin: Decimal) -> str:
    """What a scheduled comparison says, with the margin it was held against."""
    label = ComparisonVerdict(verdict).label
    if not margin:
        return f"{label}."
    points = f"{figures.plain(margin * 100)} points"
    bound = f"the lower bound is {figures.points(bound_low)}"
    if is_worse(verdict, bound_low, margin):
        return f"Worse: a real fall, and it may be more than the margin of {points}; {bound}."
    if verdict == ComparisonVerdict.WORSE:
        return f"Not worse by more than the margin of {points}, though really lower; {bound}."
    if bound_low > -margin:
        return f"Not worse by more than the margin of {points}; {bound}."
    return f"{label}: not shown to be within the margin of {points}; {bound}."
