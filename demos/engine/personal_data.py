"""Finds personal data in texts by patterns, checksums where there are any, and blacks it out. Pure.

What is found is only ever counted by type; no value leaves this module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PersonalData(StrEnum):
    """The types that are told apart."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    NATIONAL_ID = "national_id"
    PHONE = "phone"


LABELS = {
    PersonalData.EMAIL: "e-mail address",
    PersonalData.IBAN: "bank account (IBAN)",
    PersonalData.CARD: "payment card",
    PersonalData.NATIONAL_ID: "national or tax number",
    PersonalData.PHONE: "phone number",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something of a type stands in a text."""

    kind: PersonalData
    start: int
    end: int


def findings(text: str) -> list[Finding]:
    """Personal data in ``text``, in order, none overlapping: the surer type wins."""
    taken: list[Finding] = []
    for kind, pattern, check in DETECTORS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in taken):
                continue
            if check is None or check(match.group()):
                taken.append(Finding(kind, start, end))
    return sorted(taken, key=lambda finding: finding.start)


def counts_of(texts: Iterable[str]) -> dict[str, int]:
    """How often each type occurs in ``texts``; every type is named, 0 where there is none."""
    counted: Counter[str] = Counter(dict.fromkeys((kind.value for kind in PersonalData), 0))
    for text in texts:
        if text:
            counted.update(finding.kind.value for finding in findings(text))
    return dict(counted)


def masked(text: str) -> str:
    """``text`` with each finding replaced by the name of its type."""
    found = findings(text) if text else []
    for finding in reversed(found):
        text = f"{text[: finding.start]}[{LABELS[finding.kind]}]{text[finding.end :]}"
    return text


def is_iban(text: str) -> bool:
    """ISO 13616: country, length, and the remainder 1 modulo 97."""
    plain = re.sub(r"\s", "", text).upper()
    length = IBAN_LENGTHS.get(plain[:2])
    if len(plain) != length:
        return False
    digits = "".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])
    return int(digits) % 97 == 1


def is_card(text: str) -> bool:
    """A card number: 13 to 19 digits of a known range whose Luhn sum ends in 0."""
    digits = re.sub(r"\D", "", text)
    return 13 <= len(digits) <= 19 and digits[0] in "3456" and len(set(digits)) > 1 and luhn(digits)


def luhn(digits: str) -> bool:
    """The Luhn checksum."""
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def is_national_id(text: str) -> bool:
    """A national or tax number whose own rule of checking holds."""
    return any(check(text) for check in _national_checks())


def _national_checks() -> Iterator[Callable[[str], bool]]:
    yield from (_ssn, _nino, _dni, _codice_fiscale, _ahv, _nir, _pesel)


def _ssn(text: str) -> bool:
    """United States: no area 000, 666 or 9xx, no group 00, no serial 0000."""
    match = re.fullmatch(r"(\d{3})-(\d{2})-(\d{4})", text)
    if match is None:
        return False
    area, group, serial = match.groups()
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _nino(text: str) -> bool:
    """United Kingdom: two letters, six digits, A to D."""
    return re.fullmatch(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]",
                        re.sub(r"\s", "", text)) is not None  # fmt: skip


def _dni(text: str) -> bool:
    """Spain: the letter follows from the number modulo 23."""
    match = re.fullmatch(r"([XYZ]?)(\d{7,8})-?([A-Z])", text)
    if match is None or len(match[1] + match[2]) != 8:
        return False
    number = int({"": "", "X": "0", "Y": "1", "Z": "2"}[match[1]] + match[2])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == match[3]


def _codice_fiscale(text: str) -> bool:
    """Italy: the last letter is a checksum of the fifteen before it."""
    if not re.fullmatch(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", text):
        return False
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", ODD_PLACES, strict=True))
    total = sum(
        odd[letter] if place % 2 == 0 else int(letter, 36) - (0 if letter.isdigit() else 10)
        for place, letter in enumerate(text[:15])
    )
    return chr(ord("A") + total % 26) == text[15]


def _ahv(text: str) -> bool:
    """Switzerland: 756 and twelve digits, checked like a bar code."""
    digits = re.sub(r"\D", "", text)
    if len(digits) != 13 or not digits.startswith("756"):
        return False
    return sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits)) % 10 == 0


def _nir(text: str) -> bool:
    """France: the key is 97 less the number modulo 97."""
    digits = re.sub(r"\s", "", text)
    return bool(re.fullmatch(r"[12]\d{14}", digits)) and 97 - int(digits[:13]) % 97 == int(digits[13:])


def _pesel(text: str) -> bool:
    """Poland: a possible birthday and a weighted checksum."""
    if not re.fullmatch(r"\d{11}", text):
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    month = int(text[2:4]) % 20
    try:
        date(2000 - int(text[:2]) % 4, month, min(int(text[4:6]), 28) or 29)
    except ValueError:
        return False
    return 1 <= int(text[4:6]) <= 31 and sum(w * int(d) for w, d in zip(weights, text, strict=True)) % 10 == 0


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 2


ODD_PLACES = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2,
    *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)
"""What 0 to 9 and A to Z count at the odd places of an Italian tax code."""

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24,
    "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "XK": 20,
}  # fmt: skip

DETECTORS: tuple[tuple[PersonalData, re.Pattern[str], Callable[[str], bool] | None], ...] = (
    (PersonalData.EMAIL, re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"), None),
    (PersonalData.IBAN, re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){2,8}\b"), is_iban),
    (
        PersonalData.NATIONAL_ID,
        re.compile(
            r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]|[XYZ]?\d{7,8}-?[A-Z]"
            r"|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]|756\.?\d{4}\.?\d{4}\.?\d{2}"
            r"|[12]\s?\d{2}\s?\d{2}\s?\d{2}\s?\d{3}\s?\d{3}\s?\d{2}|\d{11})(?![\w-])"
        ),
        is_national_id,
    ),
    (PersonalData.CARD, re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])"), is_card),
    (
        PersonalData.PHONE,
        re.compile(
            r"(?<![\w/.+-])(?:\+\d{1,3}[\s./-]?(?:\(0?\d{1,4}\)[\s./-]?)?\d(?:[\s./-]?\d){6,12}"
            r"|\(\d{3}\)\s?\d{3}[\s.-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4}|0\d{2,4}[\s/-]\d{3,4}[\s-]?\d{3,5})(?![\w-])"
        ),
        _is_phone,
    ),
)  # fmt: skip
"""The surer first: an address is not read as a number, nor an account as a card."""
