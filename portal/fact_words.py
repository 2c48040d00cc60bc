"""The facts of an event as a reader wants them: in words, hashes short, keys of rows left out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_HASH: Final = re.compile(r"^[0-9a-f]{64}$")
_ROW_KEY: Final = re.compile(r"^[a-z]{3}_[0-9a-z]{26}$")
_NUMBER: Final = re.compile(r"^-?\d+(\.\d+)?$")
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


def fact_words(facts: Mapping[str, object]) -> list[str]:
    """One phrase for each fact that says something; the order of ``facts`` is kept."""
    phrases = (_phrase(key, value) for key, value in facts.items())
    return [phrase for phrase in phrases if phrase]


def _phrase(key: str, value: object) -> str:
    name = key.removesuffix("_sha256").removesuffix("sha256").replace("_", " ").strip()
    if value is None or value == "" or _ROW_KEY.match(str(value)):
        return ""
    if isinstance(value, bool):
        return name if value else f"not {name}"
    text = str(value)
    if _HASH.match(text):
        return f"{name} hash {text[:12]}".strip()
    return _WORDS.get(key, f"{name} {{}}").format(_value(text))


def _value(text: str) -> str:
    if not _NUMBER.match(text):
        return text.replace("_", " ")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if len(whole.lstrip("-")) > 4:  # 2026 is a year as well as a number
        whole = f"{Decimal(whole):,}"
    return f"{whole}.{part}" if part else whole
