"""A forecast as a page shows it: amounts in words, how far it was off, and the chart gate by gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from assessments.models import ValueCase
from assessments.rules.forecasts import MONEY, QUANTITY_WORDS, Calibration, Forecast, Quantity
from portal import charts, figures


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """Each amount in words, "" where it is not known."""

    forecast: Forecast
    words: str
    foretold: str
    range: str
    actual: str
    error: str


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """One quantity of the record; "" where fewer outcomes than needed are there."""

    record: Calibration
    words: str
    bias: str
    size: str
    inside: str


def line_of(row: Forecast, currency: str) -> ForecastLine:
    """One forecast in words."""

    def amount(value: Decimal | None) -> str:
        if value is None:
            return ""
        if row.quantity not in MONEY:
            return f"{figures.signed(value * 100)}{figures.NBSP}%"
        return figures.money(value, currency, per_case=row.quantity == Quantity.COST)

    between = f"{amount(row.low)} to {amount(row.high)}" if row.low is not None else ""
    return ForecastLine(
        row, QUANTITY_WORDS[row.quantity], amount(row.foretold), between, amount(row.actual), share(row.error)
    )


def calibration_line(row: Calibration) -> CalibrationLine:
    """One quantity of the record in words."""
    inside = "" if row.inside is None else figures.percent(row.inside, digits=0)
    size = "" if row.size is None else figures.percent(row.size)
    return CalibrationLine(row, QUANTITY_WORDS[row.quantity], share(row.bias), size, inside)


def share(error: Decimal | None) -> str:
    """``+12.0 %``; "" for None."""
    return "" if error is None else f"{figures.signed(error * 100)}{figures.NBSP}%"


def by_gate(cases: Sequence[ValueCase], currency: str) -> str:
    """The saving of each frozen version as lying bars; "" for fewer than two."""
    frozen = [row for row in cases if row.is_frozen]
    if len(frozen) < 2:
        return ""
    savings = [Decimal(row.totals["saving"]) for row in frozen]
    rows = [
        (f"Gate {row.gate_number}, version {row.number}", max(float(one), 0.0), figures.money(one, currency))
        for row, one in zip(frozen, savings, strict=True)
    ]
    says = f"From {figures.money(savings[0], currency)} to {figures.money(savings[-1], currency)} a year."
    return charts.bars(charts.Caption("by-gate", "Saving a year in each frozen version", says), rows)
