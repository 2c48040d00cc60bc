"""Graders of numbers and dates, in whatever way they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from demos.engine.judging.params import (
    TEXT_LENGTH,
    CannotJudge,
    Judge,
    Word,
    only,
    plain,
    text_or_none,
    wanted,
    whole,
)
from demos.engine.vocabulary import CaseInput, Found

GROUP_MARKS = ",.'’\u00a0\u202f\u2009"
NUMBER = re.compile(
    r"(?:(?<![\w)])[-+−])?"
    rf"(?:\d{{1,3}}(?P<mark>[{GROUP_MARKS}])\d{{3}}(?:(?P=mark)\d{{3}})*(?!\d)|\d+)"
    r"(?:[.,]\d+)?(?:[eE][-+]?\d{1,3})?"
)
NOT_IN_NUMBERS = re.compile("['’\\s]")


def numbers_in(text: str) -> list[Decimal]:
    """The numbers in ``text``, in order; 1,234.5 and 1.234,5 and 1 234,5 are all understood."""
    found = []
    for match in NUMBER.finditer(text[:TEXT_LENGTH]):
        value = _decimal(match.group())
        if value is not None:
            found.append(value)
    return found


def number(params: Mapping[str, Any]) -> Judge:
    """A number within ``absolute`` or ``relative`` tolerance of ``value`` or of the expected text."""
    only(params, {"value", "absolute", "relative", "which"})
    absolute, relative = _tolerance(params, "absolute"), _tolerance(params, "relative")
    which = params.get("which", "any")
    if which not in ("any", "first", "last"):
        raise ValueError("Which number counts must be “any”, “first” or “last”.")
    fixed = None if params.get("value") is None else _decimal(str(params["value"]))
    if params.get("value") is not None and fixed is None:
        raise ValueError("The expected value is not a number.")

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        expected = fixed if fixed is not None else _expected_number(case)
        allowed = max(absolute, relative * abs(expected))
        seen = numbers_in(answer)
        if not seen:
            return Word(False, "The answer contains no number.")
        picked = {"any": seen, "first": seen[:1], "last": seen[-1:]}[which]
        if any(abs(value - expected) <= allowed for value in picked):
            return Word(True, f"The answer has a number within {plain(allowed)} of {plain(expected)}.")
        nearest = min(picked, key=lambda value: abs(value - expected))
        return Word(
            False, f"Expected {plain(expected)} within {plain(allowed)}; nearest is {plain(nearest)}."
        )

    return judge


def _expected_number(case: CaseInput) -> Decimal:
    numbers = numbers_in(wanted(None, case))
    if not numbers:
        raise CannotJudge("The expected answer of the case contains no number.")
    return numbers[0]


def _decimal(text: str) -> Decimal | None:
    """A written number as Decimal, or None. The last of comma and point is the decimal mark."""
    text = NOT_IN_NUMBERS.sub("", text.replace("−", "-"))
    comma, point = text.rfind(","), text.rfind(".")
    grouped = re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", text) is not None
    if comma > point and (point >= 0 or not grouped):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", "")
    if text.count(".") > 1:
        text = text.replace(".", "")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _tolerance(params: Mapping[str, Any], key: str) -> Decimal:
    if params.get(key) in (None, ""):
        return Decimal(0)
    value = None if isinstance(params[key], bool) else _decimal(str(params[key]))
    if value is None or value < 0:
        raise ValueError(f"The {key} tolerance must be a number that is not negative.")
    return value


MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio",
            "february feb februar février fevrier febrero febbraio",
            "march mar märz maerz mars marzo", "april apr avril abril aprile", "may mai mayo maggio",
            "june jun juni juin junio giugno", "july jul juli juillet julio luglio",
            "august aug août aout agosto", "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre", "november nov novembre noviembre",
            "december dec dezember dez décembre decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
ISO_DATE = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
SHORT_DATE = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(\d{4})"
)
MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def dates_in(text: str, *, month_first: bool = False) -> list[date]:
    """The dates in ``text``: 2026-11-27, 27.11.2026, 27/11/2026, 27 November 2026, November 27, 2026.

    ``month_first`` reads the short form as 11/27/2026; a day above 12 settles its order by itself.
    """
    return [found for parts in _date_parts(text[:TEXT_LENGTH], month_first) if (found := _date(*parts))]


def day(params: Mapping[str, Any]) -> Judge:
    """A date within ``days`` of ``value`` or of the expected text."""
    only(params, {"value", "days", "month_first"})
    month_first = params.get("month_first", False) is True
    allowed = whole(params, "days") or 0
    fixed_text = text_or_none(params, "value")
    if fixed_text and not dates_in(fixed_text, month_first=month_first):
        raise ValueError("The expected value is not a date. Write it as 2026-11-27.")

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        expected = dates_in(wanted(fixed_text, case), month_first=month_first)
        if not expected:
            raise CannotJudge("The expected answer of the case contains no date.")
        seen = dates_in(answer, month_first=month_first)
        if not seen:
            return Word(False, "The answer contains no date.")
        nearest = min(seen, key=lambda one: abs((one - expected[0]).days))
        passed = abs((nearest - expected[0]).days) <= allowed
        said = f"The answer has {nearest.isoformat()}"
        return Word(passed, f"{said}." if passed else f"{said}; {expected[0].isoformat()} is expected.")

    return judge


def _date_parts(text: str, month_first: bool) -> Iterator[tuple[int, int, int]]:
    for match in ISO_DATE.finditer(text):
        yield int(match[1]), int(match[2]), int(match[3])
    for match in SHORT_DATE.finditer(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if (month_first and first <= 12) or second > 12:
            first, second = second, first
        yield year, second, first
    for match in DAY_FIRST.finditer(text):
        if match[2].lower() in MONTHS:
            yield int(match[3]), MONTHS[match[2].lower()], int(match[1])
    for match in MONTH_FIRST.finditer(text):
        if match[1].lower() in MONTHS:
            yield int(match[3]), MONTHS[match[1].lower()], int(match[2])


def _date(year: int, month: int, day_of_month: int) -> date | None:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None
