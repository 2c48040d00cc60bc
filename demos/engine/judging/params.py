"""What the builders of graders share: checking settings, and the word of a judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from demos.engine.vocabulary import CaseInput, Found

LIST_ENTRIES = 200
TEXT_LENGTH = 50_000


class CannotJudge(Exception):
    """This grader has no word on this answer; the message says why."""


class Word(NamedTuple):
    """What a judge says. ``score`` None: 1 when it passes, 0 when not."""

    passed: bool
    reason: str
    score: float | None = None


Judge = Callable[[str, CaseInput, Found], Word]
"""Says whether the answer passes and why. Raises CannotJudge when it cannot say."""


def only(params: Mapping[str, Any], known: set[str]) -> None:
    """Raises ValueError for a setting that the grader does not have."""
    unknown = sorted(set(params) - known)
    if unknown:
        raise ValueError(f"Unknown setting: {', '.join(map(str, unknown))}.")


def flag(params: Mapping[str, Any], key: str) -> bool:
    """A setting that is true or false; false when it is not there."""
    value = params.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"“{key}” must be true or false.")
    return value


def text_or_none(params: Mapping[str, Any], key: str) -> str | None:
    """A text, or None when it is not there."""
    value = params.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"“{key}” must be a text.")
    return value


def texts(params: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts; empty when it is not there."""
    value = params.get(key) or []
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
        raise ValueError(f"“{key}” must be a list of texts, none of them empty.")
    if len(value) > LIST_ENTRIES:
        raise ValueError(f"“{key}” may have at most {LIST_ENTRIES} entries.")
    return list(value)


def share(params: Mapping[str, Any], key: str, *, default: float) -> float:
    """A fraction from 0 to 1."""
    value = params.get(key, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise ValueError(f"“{key}” must be a number from 0 to 1, such as 0.8.")
    return number


def whole(params: Mapping[str, Any], key: str) -> int | None:
    """A whole number that is not negative, or None when it is not there."""
    value = params.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"“{key}” must be a whole number that is not negative.")
    return value


def wanted(fixed: str | None, case: CaseInput) -> str:
    """The expected text: the fixed one, or that of the case. Raises CannotJudge without either."""
    text = fixed if fixed is not None else case.expected
    if not text:
        raise CannotJudge("The case has no expected answer.")
    return text


def short(text: str) -> str:
    """A text for a sentence: at most 80 characters."""
    return text if len(text) <= 80 else text[:79] + "…"


def plain(value: Decimal) -> str:
    """A number for a sentence, without trailing zeros."""
    return format(value.normalize(), "f") if value else "0"
