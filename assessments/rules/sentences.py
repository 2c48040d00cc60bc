"""How a cost comes about, in the words of a page: ``48,000 × 11 min ÷ 60 × $46``."""

from __future__ import annotations

from decimal import Decimal

from assessments.rules.costs import INPUTS, Input, Numbers
from assessments.vocabulary import CostKind
from portal.figures import NBSP, money, percent, plain

PER_HOUR = {"touch_minutes", "rework_minutes"}


def formula(kind: CostKind, inputs: Numbers, currency: str) -> str:
    """The multiplication behind one component, with its numbers and their units."""
    return " × ".join(_factor(field, inputs[field.key], currency) for field in INPUTS[kind])


def formula_in_words(kind: CostKind) -> str:
    """The same without numbers: ``cases a year × share of cases with an error × cost of one error``."""
    return " × ".join(
        field.label.lower() + (" ÷ 60" if field.key in PER_HOUR else "") for field in INPUTS[kind]
    )


def _factor(field: Input, value: Decimal, currency: str) -> str:
    if field.unit == "money":
        return money(value, currency)
    if field.unit == "share":
        return percent(value)
    text = f"{value:,f}".rstrip("0").rstrip(".") if value % 1 else plain(value, 0)
    if field.unit not in {"min", "h"}:
        return text
    return f"{text}{NBSP}{field.unit}" + (" ÷ 60" if field.key in PER_HOUR else "")
