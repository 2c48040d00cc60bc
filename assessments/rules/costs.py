"""What a pain point costs a year, and how much of that is a guess. Pure: values in, values out.

Money is Decimal in the engagement's currency, rounded to the stored four decimals; shares are 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from assessments.vocabulary import CostKind, EvidenceGrade
from portal.errors import FieldError, Invalid

GUESS_LIMIT: Final = Decimal("0.30")
"""VAL-06: above this share of single guesses a value case cannot pass gate 1."""

STORED: Final = Decimal("0.0001")
LARGEST: Final = Decimal(10) ** 12
MINUTES_PER_HOUR: Final = Decimal(60)


@dataclass(frozen=True, slots=True)
class Input:
    """One number of a formula. ``unit`` is ``cases``, ``min``, ``h``, ``share``, ``events`` or ``money``."""

    key: str
    label: str
    unit: str


CASES = Input("cases_per_year", "Cases a year", "cases")
RATE = Input("rate_per_hour", "Cost of one working hour", "money")

INPUTS: Final[Mapping[CostKind, tuple[Input, ...]]] = {
    CostKind.LABOUR: (CASES, Input("touch_minutes", "Minutes of work per case", "min"), RATE),
    CostKind.REWORK: (
        CASES,
        Input("rework_share", "Share of cases done again", "share"),
        Input("rework_minutes", "Minutes of work to do one again", "min"),
        RATE,
    ),
    CostKind.ERROR: (
        CASES,
        Input("error_rate", "Share of cases with an error", "share"),
        Input("cost_per_error", "Cost of one error", "money"),
    ),
    CostKind.DELAY: (
        Input("delayed_cases_per_year", "Delayed cases a year", "cases"),
        Input("hours_late", "Hours late", "h"),
        Input("cost_per_hour_late", "Cost of one hour late", "money"),
    ),
    CostKind.LOST_MARGIN: (
        Input("lost_cases_per_year", "Lost cases a year", "cases"),
        Input("margin_per_case", "Margin of one case", "money"),
    ),
    CostKind.RISK: (
        Input("events_per_year", "Events a year", "events"),
        Input("impact_per_event", "Cost of one event", "money"),
    ),
    CostKind.SPEND: (Input("yearly_spend", "Spend a year", "money"),),
}

Numbers = Mapping[str, Decimal]

_FORMULAS: Final[Mapping[CostKind, Callable[[Numbers], Decimal]]] = {
    CostKind.LABOUR: lambda n: (
        n["cases_per_year"] * n["touch_minutes"] * n["rate_per_hour"] / MINUTES_PER_HOUR
    ),
    CostKind.REWORK: lambda n: (
        n["cases_per_year"] * n["rework_share"] * n["rework_minutes"] * n["rate_per_hour"] / MINUTES_PER_HOUR
    ),
    CostKind.ERROR: lambda n: n["cases_per_year"] * n["error_rate"] * n["cost_per_error"],
    CostKind.DELAY: lambda n: n["delayed_cases_per_year"] * n["hours_late"] * n["cost_per_hour_late"],
    CostKind.LOST_MARGIN: lambda n: n["lost_cases_per_year"] * n["margin_per_case"],
    CostKind.RISK: lambda n: n["events_per_year"] * n["impact_per_event"],
    CostKind.SPEND: lambda n: n["yearly_spend"],
}


@dataclass(frozen=True, slots=True)
class Component:
    """One claimed part of a cost. ``low`` and ``high`` are an estimate a year, None where nobody gave one."""

    kind: CostKind
    inputs: Numbers
    grade: EvidenceGrade
    source: str
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def likely(self) -> Decimal:
        return annual_cost(self.kind, self.inputs)


def annual_cost(kind: CostKind, inputs: Numbers) -> Decimal:
    """Cost a year of one component. Raises KeyError if an input of the kind is missing."""
    return _FORMULAS[kind](inputs).quantize(STORED, rounding=ROUND_HALF_UP)


def total_cost(parts: Iterable[tuple[EvidenceGrade, Decimal]]) -> Decimal | None:
    """Sum of (grade, cost) pairs; None when nothing was claimed: not known is not free."""
    costs = [cost for _, cost in parts]
    return sum(costs, Decimal(0)) if costs else None


def guess_share(parts: Iterable[tuple[EvidenceGrade, Decimal]]) -> Decimal | None:
    """Share of the cost that stands on a single guess (grade D), 0 to 1; None when there is no cost."""
    rows = list(parts)
    total = total_cost(rows)
    if not total:
        return None
    guessed = sum((cost for grade, cost in rows if grade == EvidenceGrade.D), Decimal(0))
    return guessed / total


def too_much_guessed(share: Decimal | None) -> bool:
    """True above the limit of gate 1; an unknown share is judged by the gate, not here."""
    return share is not None and share > GUESS_LIMIT


def weakest_grade(grades: Iterable[EvidenceGrade]) -> EvidenceGrade | None:
    """The grade that a sum deserves: its worst part's. None without parts."""
    return max(grades, default=None, key=lambda grade: grade.value)


def clean_inputs(kind: CostKind, raw: Mapping[str, object], *, pointer: str = "") -> dict[str, Decimal]:
    """The numbers of one component. Raises Invalid, naming each that is missing, unknown or out of range."""
    wanted = {field.key: field for field in INPUTS[kind]}
    faults = [
        FieldError(f"{pointer}/{key}", "unknown", f"{kind.label} has no input called {key}.")
        for key in sorted(set(raw) - set(wanted))
    ]
    numbers: dict[str, Decimal] = {}
    for key, field in wanted.items():
        number, fault = _number(raw.get(key), field)
        if fault:
            faults.append(FieldError(f"{pointer}/{key}", *fault))
        elif number is not None:
            numbers[key] = number
    if faults:
        raise Invalid(f"Not saved: {kind.label.lower()} needs {_names(wanted.values())}.", errors=faults)
    return numbers


def check_range(component: Component, *, pointer: str = "") -> None:
    """Raise Invalid unless low ≤ likely ≤ high, both given or neither."""
    low, high, likely = component.low, component.high, component.likely
    if low is None and high is None:
        return
    sentence = ""
    if low is None or high is None:
        sentence = "Write both a low and a high estimate, or neither."
    elif not Decimal(0) <= low <= likely <= high:
        sentence = f"The likely cost of {likely:,.2f} has to lie between low and high."
    if sentence:
        raise Invalid(f"Not saved. {sentence}", errors=[FieldError(f"{pointer}/low", "range", sentence)])


def _number(value: object, field: Input) -> tuple[Decimal | None, tuple[str, str] | None]:
    if value is None or value == "":
        return None, ("missing", f"Write a number for “{field.label.lower()}”.")
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None, ("not_a_number", "Write a number, such as 21000.")
    if not number.is_finite() or not 0 <= number <= LARGEST:
        return None, ("range", "Write a number from 0 to one trillion, such as 21000.")
    if field.unit == "share" and number > 1:
        return None, ("range", "A share is at most the whole: 100 %.")
    return number, None


def _names(fields: Iterable[Input]) -> str:
    *most, last = [field.label.lower() for field in fields]
    return f"{', '.join(most)} and {last}" if most else last
