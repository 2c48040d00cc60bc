"""How numbers are written: pure functions from a value to the words a reader sees.

Values come as they are stored: rates as fractions 0 to 1, money as Decimal, durations in milliseconds,
None for "was not measured". A function never turns None into a number; it returns the word for it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

Number = Decimal | float | int

NBSP = "\u00a0"
MINUS = "\u2212"

NOT_MEASURED = "not measured"
MISSING_WORDS = {
    "not_measured": NOT_MEASURED,
    "no_data": "no data",
    "not_applicable": "not applicable",
}
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
SMALL_SAMPLE = 20
"""Under this many cases a percentage pretends too much: only the count is written."""
FINEST_DIGITS = 6


def exact(value: Number | str) -> Decimal:
    """The value as a Decimal, floats by their shortest writing (0.92 is 0.92)."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def fixed(value: Number, digits: int, rounding: str = ROUND_HALF_UP) -> str:
    """A number with thousands commas, ``digits`` decimals and a true minus sign."""
    rounded = exact(value).quantize(Decimal(1).scaleb(-digits), rounding=rounding)
    if rounded == 0:
        rounded = abs(rounded)
    return f"{rounded:,.{digits}f}".replace("-", MINUS)


def plain(value: Number, digits: int = 3) -> str:
    """A number without trailing zeros, for targets and ends of a scale: 85, 67.2, 0.05."""
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def missing(kind: str = "not_measured") -> str:
    """The word that stands where a number could not."""
    return MISSING_WORDS[kind.replace("-", "_")]


def percent(value: Number | None, *, digits: int = 1) -> str:
    """A fraction 0 to 1 as ``92.0 %``."""
    return NOT_MEASURED if value is None else f"{fixed(exact(value) * 100, digits)}{NBSP}%"


def count_of(passed: int | None, n: int | None) -> str:
    """``184 of 200``."""
    if n is None or passed is None:
        return NOT_MEASURED
    return f"{fixed(passed, 0)} of {fixed(n, 0)}" if n else missing("no_data")


def rate(value: Number | None, n: int | None = None, passed: int | None = None) -> str:
    """``92.0 %``; under 20 cases the count only, ``9 of 10``. None is "not measured", n = 0 is "no data"."""
    if n == 0:
        return missing("no_data")
    if value is None:
        return NOT_MEASURED
    if n is not None and n < SMALL_SAMPLE:
        return count_of(
            int((exact(value) * n).to_integral_value(ROUND_HALF_UP)) if passed is None else passed, n
        )
    return percent(value)


def rate_in_full(value: Number | None, n: int | None, passed: int | None) -> str:
    """``184 of 200, 92.0 %``: the count before the rate; under 20 cases the count only."""
    short = rate(value, n, passed)
    if value is None or not n or n < SMALL_SAMPLE or passed is None:
        return short
    return f"{count_of(passed, n)}, {short}"


def points(difference: Number | None) -> str:
    """A difference of two rates (fractions), always with its sign: ``+6.0 points``."""
    return NOT_MEASURED if difference is None else f"{signed(exact(difference) * 100)}{NBSP}points"


def signed(value: Number, digits: int = 1) -> str:
    """``+6.0``, ``−2.5``; zero has no sign."""
    text = fixed(value, digits)
    return f"+{text}" if exact(text.replace(MINUS, "-").replace(",", "")) > 0 else text


def points_interval(low: Number | None, high: Number | None) -> str:
    """``+0.8 to +11.1``, in points, the unit being written at the value."""
    if low is None or high is None:
        return NOT_MEASURED
    return f"{signed(exact(low) * 100)} to {signed(exact(high) * 100)}"


def in_unit(value: Number, unit: str, *, digits: int | None = None) -> str:
    """A value of a measurement in its unit: ratio, ms, count, or a currency code; else unit behind it."""
    if unit in {"ratio", "rate", "fraction"}:
        return percent(value) if digits is None else percent(value, digits=digits)
    if unit == "ms":
        return duration_ms(value)
    if unit in {"count", ""}:
        return plain(value)
    if len(unit) == 3 and unit.isupper():
        return money(value, unit, per_case=abs(exact(value)) < 1)
    return f"{plain(value)}{NBSP}{unit}"


def _hides_verdict(shown: Decimal, true: Decimal, target: Decimal) -> bool:
    """Would a reader of the rounded value judge otherwise, or not be able to judge, than by the true one?"""
    return true != target and (shown == target or (shown > target) != (true > target))


def bound(value: Number | None, *, lower: bool, target: Number | None = None) -> str:
    """A one-sided bound of a rate in words: ``at least 88.3 %`` (``lower``) or ``at most 1.5 %``.

    Rounded to the nearest tenth; where that would hide on which side of ``target`` it lies, rounded
    outward with the finer value behind it: ``at most 5.0 % (4.95)``.
    """
    if value is None:
        return NOT_MEASURED
    return (
        f"{'at least' if lower else 'at most'} {_outward(value, lower, target)}{NBSP}%{_finer(value, target)}"
    )


def _outward(value: Number, lower: bool, target: Number | None) -> str:
    hundredfold = exact(value) * 100
    shown = exact(fixed(hundredfold, 1).replace(MINUS, "-").replace(",", ""))
    if target is None or not _hides_verdict(shown, hundredfold, exact(target) * 100):
        return fixed(hundredfold, 1)
    return fixed(hundredfold, 1, ROUND_FLOOR if lower else ROUND_CEILING)


def _finer(value: Number, target: Number | None) -> str:
    """`` (4.95)`` when one decimal hides the side of the target, else nothing."""
    if target is None:
        return ""
    true, aim = exact(value) * 100, exact(target) * 100
    for digits in range(1, FINEST_DIGITS + 1):
        shown = true.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
        if not _hides_verdict(shown, true, aim):
            return "" if digits == 1 else f" ({fixed(shown, digits)})"
    return f" ({plain(true, 12)})"


def interval(
    low: Number | None, high: Number | None, *, unit: str = "ratio", target: Number | None = None
) -> str:
    """``87.4 to 95.0 %``: the word "to", the unit once. Not for estimates, which say "low to high"."""
    if low is None or high is None:
        return NOT_MEASURED
    if unit not in {"ratio", "rate", "fraction"}:
        return f"{in_unit(low, unit)} to {in_unit(high, unit)}"
    return f"{_outward(low, True, target)} to {_outward(high, False, target)}{NBSP}%"


def money(amount: Number | None, currency: str = "USD", *, per_case: bool = False) -> str:
    """``$620,800`` from 100 upward, ``$22.08`` below, ``$0.120`` for a cost per case."""
    if amount is None:
        return NOT_MEASURED
    value = exact(amount)
    digits = 3 if per_case else 0 if abs(value) >= 100 or value == 0 else 2
    sign, text = (MINUS if value < 0 else ""), fixed(abs(value), digits)
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{currency}{NBSP}{text}"


def money_in_prose(amount: Number | None, currency: str = "USD") -> str:
    """``$1.25 million`` from a million upward, else as ``money``."""
    if amount is None or abs(exact(amount)) < 1_000_000:
        return money(amount, currency)
    value = exact(amount) / 1_000_000
    sign, text = (MINUS if value < 0 else ""), plain(abs(value), 2)
    return f"{sign}{SYMBOLS.get(currency, currency + NBSP)}{text}{NBSP}million"


def duration_ms(milliseconds: Number | None) -> str:
    """``380 ms``, ``6.4 s``, ``3.5 min``, ``26.0 h``, ``2 days``: the unit in which two digits say enough."""
    if milliseconds is None:
        return NOT_MEASURED
    ms = exact(milliseconds)
    for limit, divisor, digits, unit in (
        (1_000, 1, 0, "ms"),
        (120_000, 1_000, 1, "s"),
        (7_200_000, 60_000, 1, "min"),
        (172_800_000, 3_600_000, 1, "h"),
    ):
        if abs(ms) < limit:
            return f"{fixed(ms / divisor, digits)}{NBSP}{unit}"
    return days(int(abs(ms) // 86_400_000))


def days(count: int) -> str:
    """``1 day``, ``3 days``."""
    return f"{count}{NBSP}{'day' if count == 1 else 'days'}"


def day(value: date | None, *, today: date, missing_word: str = "no date") -> str:
    """``27 Nov``; the year is written when it is not this one: ``26 Feb 2027``."""
    if value is None:
        return missing_word
    text = f"{value.day}{NBSP}{value:%b}"
    return text if value.year == today.year else f"{text}{NBSP}{value.year}"


def moment(value: datetime | None, *, now: datetime) -> str:
    """``today 08:40`` or ``18 Nov 16:05``, in UTC as everything on a page."""
    if value is None:
        return "never"
    if value.date() == now.date():
        return f"today {value:%H:%M}"
    return f"{day(value.date(), today=now.date())} {value:%H:%M}"


def age(since: datetime | date, *, now: datetime) -> str:
    """How long something has waited, in days: ``today``, ``1 day``, ``3 days``."""
    start = since.date() if isinstance(since, datetime) else since
    passed: timedelta = now.date() - start
    return "today" if passed.days <= 0 else days(passed.days)
