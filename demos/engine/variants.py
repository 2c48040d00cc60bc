"""Messy variants of a text by declared, seeded changes: as data comes in real life. Pure.

The same text, change and seed give the same variant. A change that cannot be made gives None: a text without
a number has no other way of writing it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from demos.engine.judging.values import ISO_DATE

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w-])|(?<![\w.,-])\d+(?:\.\d+)?(?![\w.,-]*\w)"
)
FIELD = re.compile(r"^[^\n:]{1,40}:[^\n]*$", re.MULTILINE)


class Change(StrEnum):
    """What can be done to a clean text."""

    TYPING_ERRORS = "typing_errors"
    MISSING_FIELD = "missing_field"
    CASE_AND_SPACING = "case_and_spacing"
    TRUNCATED = "truncated"
    REORDERED = "reordered"
    OTHER_FORMATS = "other_formats"


LABELS = {
    Change.TYPING_ERRORS: "Typing errors: about one word in eight",
    Change.MISSING_FIELD: "A missing field or sentence",
    Change.CASE_AND_SPACING: "Other case and spacing",
    Change.TRUNCATED: "Cut off after two thirds",
    Change.REORDERED: "Sentences or fields in another order",
    Change.OTHER_FORMATS: "Dates and numbers written in another way",
}


def variant(text: str, change: Change, *, seed: int, key: str) -> str | None:
    """``text`` after ``change``, drawn by ``seed`` and ``key`` of the case. None: nothing changes."""
    chance = random.Random(f"{seed}:{key}:{change}")  # noqa: S311 - a repeatable draw, not a secret
    changed = CHANGES[change](text, chance)
    return None if changed.strip() in ("", text.strip()) else changed


def _typing_errors(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    long_ones = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for place in chance.sample(long_ones, min(len(long_ones), max(1, len(words) // 8))):
        words[place] = _mistyped(words[place], chance)
    return " ".join(words)


def _mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + chance.choice(NEIGHBOURS.get(word[at].lower(), "e")) + word[at + 1 :]


def _missing_field(text: str, chance: random.Random) -> str:
    parts, joint = _parts(text)
    if len(parts) < 2:
        return text
    del parts[chance.randrange(len(parts))]
    return joint.join(parts)


def _case_and_spacing(text: str, chance: random.Random) -> str:
    changed = chance.choice((str.upper, str.lower))(text)
    return re.sub(r" ", lambda match: chance.choice((" ", " ", "  ", "\t")), changed)


def _truncated(text: str, chance: random.Random) -> str:
    return text[: max(1, len(text) * 2 // 3)] if len(text) >= 12 else text


def _reordered(text: str, chance: random.Random) -> str:
    parts, joint = _parts(text)
    if len(set(parts)) < 2:
        return text
    before = list(parts)
    while parts == before:
        chance.shuffle(parts)
    return joint.join(parts)


def _other_formats(text: str, chance: random.Random) -> str:
    kept: list[str] = []

    def put_by(said: str) -> str:
        kept.append(said)
        return f"\x00{len(kept) - 1}\x00"

    def day(match: re.Match[str]) -> str:
        try:
            found = date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return match[0]
        in_words = f"{found.day} {found:%B} {found.year}"
        return put_by(chance.choice((f"{found:%d.%m.%Y}", in_words, f"{found:%B} {found.day}, {found.year}")))

    def number(match: re.Match[str]) -> str:
        plain = match[0].replace(",", "")
        if len(plain.split(".")[0]) < 4 and "." not in plain:
            return match[0]
        whole, _, rest = plain.partition(".")
        grouped, dot, comma = f"{int(whole):,}", f".{rest}" if rest else "", f",{rest}" if rest else ""
        if "," in match[0]:
            return chance.choice((plain, grouped.replace(",", " ") + dot))
        return chance.choice((grouped + dot, grouped.replace(",", ".") + comma))

    changed = NUMBER.sub(number, ISO_DATE.sub(day, text))
    return re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], changed)


def _parts(text: str) -> tuple[list[str], str]:
    """The fields of a text of “name: value” lines, or else its sentences; and what joins them."""
    if len(FIELD.findall(text)) >= 2:
        return text.split("\n"), "\n"
    return [part for part in re.split(r"(?<=[.!?])\s+", text) if part], " "


CHANGES: dict[Change, Callable[[str, random.Random], str]] = {
    Change.TYPING_ERRORS: _typing_errors,
    Change.MISSING_FIELD: _missing_field,
    Change.CASE_AND_SPACING: _case_and_spacing,
    Change.TRUNCATED: _truncated,
    Change.REORDERED: _reordered,
    Change.OTHER_FORMATS: _other_formats,
}
