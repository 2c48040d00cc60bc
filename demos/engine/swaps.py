"""Counterfactual cases: the same question about somebody else, by declared swaps of terms. Pure.

A set of swaps names an attribute, such as gender, and for each of its values the terms that stand for it, in
the same order. A text that holds terms of one value alone gets one counterfactual for each other value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

FEWEST_VALUES: Final = 2
MOST_VALUES: Final = 6
MOST_TERMS: Final = 60
LONGEST: Final = 40
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}\Z")


@dataclass(frozen=True)
class SwapSet:
    """``values`` maps each value to its terms; the third of one is swapped for the third of another."""

    attribute: str
    values: Mapping[str, Sequence[str]]

    def faults(self) -> list[tuple[str, str]]:
        """Why these swaps cannot be made, as (field, sentence); empty when they can."""
        found = []
        if not _NAME.match(self.attribute) or self.attribute == "change":
            found.append(("attribute", "Name what is swapped in small letters, such as gender or district."))
        if not FEWEST_VALUES <= len(self.values) <= MOST_VALUES:
            found.append(("values", f"Give {FEWEST_VALUES} to {MOST_VALUES} values, each with its terms."))
        if len({len(terms) for terms in self.values.values()}) > 1:
            counts = ", ".join(f"{value} {len(terms)}" for value, terms in self.values.items())
            found.append(("values", f"Each value needs as many terms as the others: {counts}."))
        for value, terms in self.values.items():
            found += [("values", fault) for fault in _value_faults(value, terms)]
        every = [term.casefold() for terms in self.values.values() for term in terms]
        twice = sorted({term for term in every if every.count(term) > 1})
        if twice:
            found.append(("values", f"“{twice[0]}” stands there twice, so its way back is not clear."))
        return found

    def value_of(self, text: str) -> str | None:
        """The one value whose terms stand in ``text``; None for no value or several."""
        found = {self._owner[match[0].casefold()][0] for match in self._pattern.finditer(text)}
        return found.pop() if len(found) == 1 else None

    def names_any(self, text: str) -> bool:
        """Whether any term stands in ``text``."""
        return self._pattern.search(text) is not None

    def swapped(self, text: str, value: str) -> str:
        """``text`` with each term replaced by that of ``value`` in the same place, in the same case."""

        def other(match: re.Match[str]) -> str:
            owner, place = self._owner[match[0].casefold()]
            declared, wanted = self.values[owner][place], self.values[value][place]
            return _in_case(match[0], declared, wanted)

        return self._pattern.sub(other, text)

    @cached_property
    def _owner(self) -> dict[str, tuple[str, int]]:
        return {
            term.casefold(): (value, place)
            for value, terms in self.values.items()
            for place, term in enumerate(terms)
        }

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._owner, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def _value_faults(value: str, terms: Sequence[str]) -> list[str]:
    if not 0 < len(value.strip()) <= LONGEST:
        return [f"A value has a name of 1 to {LONGEST} characters."]
    if not 0 < len(terms) <= MOST_TERMS:
        return [f"Give 1 to {MOST_TERMS} terms for {value}."]
    bad = [term for term in terms if not 0 < len(term.strip()) <= LONGEST]
    return [f"A term of {value} is empty or longer than {LONGEST} characters."] if bad else []


def _in_case(found: str, declared: str, wanted: str) -> str:
    """``wanted`` in the case in which ``declared`` was ``found``."""
    if found == declared:
        return wanted
    if found == declared.upper():
        return wanted.upper()
    if found == declared.lower():
        return wanted.lower()
    return wanted[:1].upper() + wanted[1:] if found[:1].isupper() else wanted
