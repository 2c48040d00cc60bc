"""What was foretold against what came of it, and how far past forecasts were off. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Final

FEWEST: Final = 5
"""From fewer forecasts with an outcome no median and no share is told: one would be a story, not a record."""


class Quantity(StrEnum):
    """What a value case foretells and what is known of it later."""

    COST = "cost_per_case"
    EFFECT = "effect"
    SAVING = "saving"
    WORTH = "npv"


QUANTITY_WORDS: Final = {
    Quantity.COST: "Cost of one case",
    Quantity.EFFECT: "Change of the success metric",
    Quantity.SAVING: "Saving a year, at full use",
    Quantity.WORTH: "Net present value",
}
MONEY: Final = frozenset({Quantity.COST, Quantity.SAVING, Quantity.WORTH})


@dataclass(frozen=True, slots=True)
class Forecast:
    """One forecast and its outcome, in money of the engagement or, for the effect, as a fraction.

    ``low`` and ``high`` None: it was told without a range. ``gate`` None: with the success metric's seal.
    ``actual`` None: it is not known yet; ``source`` says where it comes from, or what it waits for.
    """

    quantity: Quantity
    foretold: Decimal
    source: str
    low: Decimal | None = None
    high: Decimal | None = None
    gate: int | None = None
    foretold_on: date | None = None
    actual: Decimal | None = None
    actual_on: date | None = None

    @property
    def error(self) -> Decimal | None:
        """How far it was off, as a fraction of what was foretold: +0.1 is a tenth above. None: not known.

        None for a forecast of exactly 0 too: nothing can be a fraction of it.
        """
        if self.actual is None or not self.foretold:
            return None
        return (self.actual - self.foretold) / abs(self.foretold)

    @property
    def is_inside(self) -> bool | None:
        """Whether it came out within its range, ends included; None without outcome or range."""
        if self.actual is None or self.low is None or self.high is None:
            return None
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class Calibration:
    """The record of one quantity. ``n`` counts forecasts with an outcome, ``ranged`` those with a range too.

    ``bias`` is the median error with its sign, ``size`` the median without; ``inside`` the share within the
    range. None: fewer than ``FEWEST``.
    """

    quantity: Quantity
    n: int
    ranged: int
    bias: Decimal | None
    size: Decimal | None
    inside: Decimal | None

    @property
    def missing(self) -> int:
        """How many more outcomes it takes before a median is told."""
        return max(FEWEST - self.n, 0)


def calibrate(quantity: Quantity, forecasts: Iterable[Forecast]) -> Calibration:
    """How far forecasts of one quantity were off, each engagement once."""
    mine = [row for row in forecasts if row.quantity == quantity]
    errors = [row.error for row in mine if row.error is not None]
    inside = [row.is_inside for row in mine if row.is_inside is not None]
    enough, ranged = len(errors) >= FEWEST, len(inside) >= FEWEST
    return Calibration(
        quantity=quantity,
        n=len(errors),
        ranged=len(inside),
        bias=median(errors) if enough else None,
        size=median(map(abs, errors)) if enough else None,
        inside=Decimal(sum(inside)) / len(inside) if ranged else None,
    )
