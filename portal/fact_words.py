"""The facts of an event as a reader wants them: in words, hashes short, keys of rows left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

_HASH: Final = re.compile(r"^[0-9a-f]{64}$")
_ROW_KEY: Final = re.compile(r"^[a-z]{3}_[0-9a-z]{26}$")
_NUMBER: Final = re.compile(r"^-?\d+(\.\d+)?$")
_DAY: Final = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MOMENT: Final = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_WORDS: Final = {
    "n": "n = {}",
    "key": "{}",
    "source": "from {}",
    "side": "for the {}",
    "verdict": "{}",
    "outcome": "{}",
    "kind": "{}",
    "number": "number {}",
    "method": "shown by {}",
    "hosts": "{} hosts",
}
"""How a fact is said where its own name before its value would not read well."""
YES_OR_NO: Final = {
    "delegated": ("by delegation", ""),
    "internal": ("inside the consultancy", "for both sides"),
    "is_on": ("switched on", "paused"),
    "judges_may_sign": ("who judged may sign", "who judged may not sign"),
    "comments_without_names": ("without names for the other side", "with names"),
    "masked": ("without the name", ""),
    "reply": ("a reply", ""),
    "same_system": ("the same system", "another system"),
    "second_factor": ("with a second factor", "without a second factor"),
    "works": ("works", "does not work"),
}
"""How a fact that holds or not is said where its name, or "not" before it, would not read well."""


def fact_words(facts: Mapping[str, object]) -> list[str]:
    """One phrase for each fact that says something; the order of ``facts`` is kept."""
    phrases = (_phrase(key, value) for key, value in facts.items())
    return [phrase for phrase in phrases if phrase]


def _phrase(key: str, value: object) -> str:
    name = key.removesuffix("_sha256").removesuffix("sha256").replace("_", " ").strip()
    if value is None or value == "" or _ROW_KEY.match(str(value)):
        return ""
    if isinstance(value, bool):
        yes, no = YES_OR_NO.get(key, (name, f"not {name}"))
        return yes if value else no
    text = str(value)
    if _HASH.match(text):
        return f"{name} hash {text[:12]}".strip()
    return _WORDS.get(key, f"{name} {{}}").format(_value(text))


def _value(text: str) -> str:
    if _DAY.match(text):
        return _day(date.fromisoformat(text))
    if _MOMENT.match(text):
        moment = datetime.fromisoformat(text).astimezone(UTC)
        return f"{_day(moment)}, {moment:%H:%M} UTC"
    if not _NUMBER.match(text):
        return text.replace("_", " ")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(whole.lstrip("-")) > 4:  # 2026 is a year as well as a number
        whole = f"{Decimal(whole):,}"
    return f"{whole}.{part}" if part else whole


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
