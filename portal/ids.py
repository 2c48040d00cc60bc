"""Keys: UUIDv7 in the database, ``eng_…`` in pages and API.

A public id is the prefix of its kind, an underscore, and the 128 bits in 26 lower-case
characters of Crockford's base 32 (no i, l, o, u).
"""

from __future__ import annotations

import os
import re
import time
from uuid import UUID

from django.urls import converters, register_converter

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_LENGTH = 26


def uuid7() -> UUID:
    """A new key that sorts by the time it was made (RFC 9562, version 7, millisecond clock)."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """So many new keys of one moment: randomness is asked for once, which rows by the hundred notice."""
    milliseconds = (time.time_ns() // 1_000_000) & ((1 << 48) - 1)
    head, random = milliseconds << 80 | 0x7 << 76 | 0b10 << 62, os.urandom(10 * count)
    keys = []
    for start in range(0, 10 * count, 10):
        rand = int.from_bytes(random[start : start + 10], "big")
        keys.append(UUID(int=head | (rand >> 68 & 0xFFF) << 64 | rand & ((1 << 62) - 1)))
    return keys


def encode(prefix: str, key: UUID) -> str:
    """``encode("eng", key)`` is ``eng_`` and 26 characters."""
    number, characters = key.int, []
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        characters.append(ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(characters))}"


def decode(prefix: str, text: str) -> UUID:
    """The key in a public id. Raises ValueError if it is of another kind or not an id at all."""
    kind, _, digits = text.partition("_")
    if kind != prefix or len(digits) != _LENGTH:
        raise ValueError(f"{text!r} is not an id of the kind {prefix!r}")
    number = 0
    for character in digits:
        if character not in _VALUES:
            raise ValueError(f"{text!r} holds a character that no id has")
        number = number * 32 + _VALUES[character]
    if number >> 128:
        raise ValueError(f"{text!r} is longer than an id can be")
    return UUID(int=number)


def register_prefix(prefix: str) -> None:
    """Make ``<eng:engagement_id>`` a path part that gives a UUID. Calling it twice is harmless."""
    if prefix in converters.get_converters():
        return
    converter = type(
        f"{prefix.title()}Converter",
        (),
        {
            "regex": f"{re.escape(prefix)}_[{ALPHABET}]{{{_LENGTH}}}",
            "to_python": lambda self, text: decode(prefix, text),
            "to_url": lambda self, key: encode(prefix, key),
        },
    )
    register_converter(converter, prefix)
