"""Figures and verdicts in words: rates, bounds, money, waits, and the one sentence that says why."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from engagements.rules.terms import Reading, Terms
from engagements.vocabulary import POINT_COMPARATORS, Comparator, CriterionKind, Reason, Unit

SPACE: Final = "\u00a0"
MINUS: Final = "\u2212"
SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}
_COUNTED_UNITS: Final = {Unit.MONTHS: "month", Unit.MINUTES: "minute"}
_UPWARD: Final = (Comparator.GE_LOWER, Comparator.GE_POINT, Comparator.EQ)
_HUNDRED: Final = Decimal(100)
_FEW: Final = 20


def rate(value: Decimal) -> str:
    """``92.0 %`` from 0.92; one decimal, or two where the second says something about a target."""
    return f"{_round(value * _HUNDRED, 1)}{SPACE}%"


def money(value: Decimal, currency: str) -> str:
    """Whole above 100, cents from 1, three decimals below."""
    places = 0 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
    sign = MINUS if value < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency}{SPACE}")
    return f"{sign}{symbol}{_round(abs(value), places):,}"


def wait(value_ms: Decimal) -> str:
    """A wait in seconds with one decimal, or in milliseconds under one second."""
    if value_ms < 1000:
        return f"{_round(value_ms, 0)}{SPACE}ms"
    return f"{_round(value_ms / 1000, 1)}{SPACE}s"


def figure(value: Decimal, unit: Unit, currency: str = "") -> str:
    """A value with its unit, as a page writes it."""
    if unit == Unit.RATE:
        return rate(value)
    if unit == Unit.MONEY:
        return money(value, currency)
    if unit == Unit.MS:
        return wait(value)
    if unit == Unit.DIFFERENCE:
        return points(value)
    if unit == Unit.RATIO:
        return f"{_short(value)} times"
    if unit in _COUNTED_UNITS:
        noun = _COUNTED_UNITS[unit]
        words = _short(value)
        return f"{words}{SPACE}{noun if words == '1' else noun + 's'}"
    return f"level{SPACE}{_short(value)}" if unit == Unit.LEVEL else _short(value)


def points(value: Decimal) -> str:
    """``+2.1 points`` from a difference of rates."""
    shown = _round(value * _HUNDRED, 1)
    sign = "+" if shown > 0 else MINUS if shown < 0 else ""
    return f"{sign}{abs(shown)}{SPACE}points"


def key_words(key: str) -> str:
    """A measurement's key in words: ``break even pass rate``."""
    return key.replace("_", " ")


def asked(terms: Terms) -> str:
    """What was asked, such as ``at least 85 %``."""
    match terms.comparator:
        case Comparator.EXISTS_FRESH:
            return "there and fresh"
        case Comparator.SUPERIOR:
            return f"better by more than {_plain(terms.target, terms)}" if terms.target else "better"
        case Comparator.NONINFERIOR:
            return f"not worse by more than {_plain(terms.margin or Decimal(0), terms)}"
    if terms.target is None:
        side = "at least" if terms.comparator in _UPWARD else "at most"
        return (
            f"{side} the {key_words(terms.target_source_key)}" if terms.target_source_key else "no target yet"
        )
    words = _plain(terms.target, terms)
    match terms.comparator:
        case Comparator.EQ:
            return "none" if terms.unit == Unit.COUNT and terms.target == 0 else f"exactly {words}"
        case Comparator.ZERO_EVENTS:
            return f"none, and at most {words}"
        case Comparator.LEVEL_GE:
            return f"{words} or higher"
        case Comparator.WITHIN:
            return f"within {_plain(terms.margin or Decimal(0), terms)} of {words}"
    return f"at least {words}" if terms.comparator in _UPWARD else f"at most {words}"


def bound(value: Decimal, terms: Terms) -> str:
    """A bound beside its target: the finer value is added where rounding would hide on which side it lies."""
    words = figure(value, terms.unit, terms.currency)
    if terms.unit != Unit.RATE or terms.target is None or value == terms.target:
        return words
    shown = _round(value * _HUNDRED, 1) / _HUNDRED
    if shown == terms.target or (shown > terms.target) != (value > terms.target):
        return f"{words} ({_finer(value, terms.target)})"
    return words


def measured(reading: Reading, terms: Terms) -> str:
    """What came out, with n: ``184 of 200, 92.0 %``. Under 20 cases the count alone; a statement in words."""
    if reading.value is None:
        return "no data"
    if reading.unit == Unit.STATEMENT:
        return "there" if reading.value else "not there"
    where = f"{reading.slice}, " if reading.slice and reading.slice != terms.source_slice else ""
    if terms.kind == CriterionKind.COMPARISON and reading.n:
        return f"{where}{figure(reading.value, terms.unit, terms.currency)} on {reading.n:,} cases"
    if terms.unit != Unit.RATE or not reading.n or terms.kind != CriterionKind.METRIC:
        return where + figure(reading.value, terms.unit, terms.currency)
    hits = int(_round(reading.value * reading.n, 0))
    if hits == 0 and terms.comparator == Comparator.ZERO_EVENTS:
        return f"{where}none in {reading.n:,}"
    count = f"{where}{hits:,} of {reading.n:,}"
    return count if reading.n < _FEW else f"{count}, {rate(reading.value)}"


def bounds(reading: Reading, terms: Terms) -> str:
    """The bound that the verdict uses, such as ``at least 88.3 %``; "" where there is none to show."""
    if terms.comparator in POINT_COMPARATORS:
        return "point value"
    if reading.bound_low is not None and reading.bound_low == reading.bound_high:
        return ""
    if terms.comparator == Comparator.WITHIN and None not in (reading.bound_low, reading.bound_high):
        return between(reading, terms)
    lower = terms.comparator in (Comparator.GE_LOWER, Comparator.NONINFERIOR, Comparator.SUPERIOR)
    if lower and reading.bound_low is not None:
        return f"at least {bound(reading.bound_low, terms)}"
    upper = terms.comparator in (Comparator.LE_UPPER, Comparator.ZERO_EVENTS)
    if upper and reading.bound_high is not None:
        return f"at most {bound(reading.bound_high, terms)}"
    return ""


def between(reading: Reading, terms: Terms) -> str:
    """``76.1 to 92.2 %``; says so when a side is open."""
    low, high = reading.bound_low, reading.bound_high
    if low is not None and high is not None:
        low_words, high_words = bound(low, terms), bound(high, terms)
        tail = f"{SPACE}%"
        return f"{low_words.removesuffix(tail)} to {high_words}" if terms.unit == Unit.RATE else (
            f"{low_words} to {high_words}"
        )  # fmt: skip
    if low is not None:
        return f"{bound(low, terms)} or more"
    return f"{bound(high, terms)} or less" if high is not None else "anything"


def more(cases: int | None, *, roughly: bool) -> str:
    """What would settle it, or "" when more cases would not."""
    if not cases:
        return ""
    noun = "case" if cases == 1 else "cases"
    return f"{'About ' if roughly else ''}{cases:,} more {noun} at the same rate would settle it."


def day(value: date | datetime) -> str:
    """``27 Nov 2026``."""
    return f"{value.day} {value:%b %Y}"


def sure(terms: Terms) -> str:
    return f"{(terms.confidence * _HUNDRED).normalize():f}{SPACE}%"


def refusal(reason: Reason, reading: Reading | None, terms: Terms) -> str:
    """Why there is no verdict."""
    taken = day(reading.measured_at) if reading else ""
    return {
        Reason.NO_DATA: "No measurement.",
        Reason.NO_TARGET: f"The target is the {key_words(terms.target_source_key)}, fixed at the seal.",
        Reason.STALE: f"Measured on {taken}, which is more than {terms.max_age_days} days ago.",
        Reason.INVALID_SOURCE: "The newest run is partial or not valid, so it does not count.",
        Reason.NOT_SEALED: "Both sides have not sealed the criteria yet, so nothing counts.",
        Reason.BEFORE_SEAL: "The newest run began before the criteria were sealed, so it does not count.",
        Reason.OTHER_BINDING: "The newest run used another system, cases or graders than were sealed.",
        Reason.OTHER_UNIT: "The measurement is in another unit than the target.",
        Reason.OTHER_CONFIDENCE: f"The bounds are less sure than the {sure(terms)} that was asked.",
    }[reason]


def _short(value: Decimal) -> str:
    """At most two decimals, none that are zero: ``37.56``, ``24``."""
    text = f"{_round(value, 2).normalize():f}"
    return "0" if text in ("-0", "0") else text.replace("-", MINUS)


def _plain(value: Decimal, terms: Terms) -> str:
    """A target as it was written: no added decimals."""
    if terms.unit == Unit.DIFFERENCE:
        return f"{(value * _HUNDRED).normalize():f}{SPACE}points"
    if terms.unit == Unit.RATE:
        return f"{(value * _HUNDRED).normalize():f}{SPACE}%"
    if terms.unit == Unit.MS and value % 1000 == 0:
        return f"{value / 1000:.0f}{SPACE}s"
    return figure(value, terms.unit, terms.currency)


def _finer(value: Decimal, target: Decimal) -> str:
    for places in (2, 3, 4, 5):
        shown = _round(value * _HUNDRED, places)
        if shown != target * _HUNDRED and (shown > target * _HUNDRED) == (value > target):
            return str(shown)
    return f"{(value * _HUNDRED).normalize():f}"


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
