"""What figures are computed from, and what they are: attempts, cases over their repeats, figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

SWAP = "swap"
"""The ``change`` of a counterfactual case; every other one is a messy variant."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, as figures need it. ``passed`` None: errored or not graded. ``cost`` None: unknown."""

    case_id: str
    passed: bool | None
    error_class: str
    latency_ms: float
    cost: Decimal | None
    category: str
    slices: Mapping[str, str]
    cluster: str = ""
    variant_of: str = ""
    sealed: bool = False
    change: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``value`` None: not measured. low/high two-sided 95 %, bounds one-sided 95 %."""

    key: str
    unit: str
    n: int
    method: str
    value: Decimal | None = None
    events: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    bound_low: Decimal | None = None
    bound_high: Decimal | None = None
    seed: int | None = None
    slice: str = ""


@dataclass(slots=True)
class CaseOutcome:
    """A case over its repeats."""

    category: str
    slices: Mapping[str, str]
    cluster: str = ""
    variant_of: str = ""
    sealed: bool = False
    change: str = ""
    asked: int = 0
    right: int = 0
    graded: bool = True
    errored: bool = False
    cost: Decimal | None = field(default=Decimal(0))

    @property
    def passed(self) -> bool:
        """Whether every repeat passed."""
        return self.right == self.asked

    @property
    def share(self) -> float:
        """The share of its repeats that passed."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def stable(self) -> bool:
        """Whether all repeats agree."""
        return self.right in (0, self.asked)


def decimal_of(value: float | None) -> Decimal | None:
    """A figure as it is stored: ten decimals. None stays None."""
    return None if value is None else Decimal(repr(value)).quantize(Decimal("1e-10"))
