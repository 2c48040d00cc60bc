"""Should this be AI at all? Seven checks, one answer, and the reasons for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Check(StrEnum):
    RULES = "rules"
    ERRORS = "errors"
    DATA = "data"
    TRUTH = "truth"
    PERSON = "person"
    VOLUME = "volume"
    LEGAL = "legal"


class Said(StrEnum):
    """The answer to one check."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class CallsFor(StrEnum):
    AI = "ai"
    AUTOMATION = "automation"
    PROCESS = "process"
    NO = "no"
    OPEN = "open"


QUESTIONS: Final[Mapping[Check, str]] = {
    Check.RULES: "Could a few fixed rules settle nearly every case?",
    Check.ERRORS: "Can the work bear an error now and then, if it is found?",
    Check.DATA: "Is there data of past cases that may be used?",
    Check.TRUTH: "Can an expert say for each case what was right?",
    Check.PERSON: "Can a person look before harm is done?",
    Check.VOLUME: "Are there enough cases a year, done in one agreed way?",
    Check.LEGAL: "Is there a legal basis for a machine to do this?",
}
WORDS: Final[Mapping[CallsFor, str]] = {
    CallsFor.AI: "AI",
    CallsFor.AUTOMATION: "plain automation",
    CallsFor.PROCESS: "fix the process first",
    CallsFor.NO: "no AI",
    CallsFor.OPEN: "not known yet",
}
_AGAINST: Final[Mapping[Check, str]] = {
    Check.LEGAL: "Without a legal basis a machine may not do it.",
    Check.ERRORS: "An error cannot be borne, and nobody can look before harm is done.",
    Check.DATA: "There is no data of past cases; collect it first.",
    Check.TRUTH: "Nobody can say what is right, so nothing can be tested; agree on that first.",
    Check.VOLUME: "There are too few cases done in one way; agree on the way of working first.",
    Check.RULES: "Fixed rules settle it, cheaper and with less to watch.",
}
_FOR: Final[Mapping[Check, str]] = {
    Check.RULES: "fixed rules are not enough",
    Check.ERRORS: "an error can be borne",
    Check.DATA: "data may be used",
    Check.TRUTH: "an expert can say what is right",
    Check.PERSON: "a person can look first",
    Check.VOLUME: "there are enough cases",
    Check.LEGAL: "there is a legal basis",
}


@dataclass(frozen=True, slots=True)
class Screening:
    """What a pain point calls for, why, and how many of the seven checks speak for AI."""

    calls_for: CallsFor
    reasons: tuple[str, ...]
    speak_for: int

    @property
    def word(self) -> str:
        return WORDS[self.calls_for]

    @property
    def says_ai(self) -> bool:
        return self.calls_for == CallsFor.AI


def screen(answers: Mapping[str, str]) -> Screening:
    """Rule on the answers; a check without an answer is unknown. Law first, then rules, then the process."""
    said = {check: Said(answers.get(check, Said.UNKNOWN)) for check in Check}
    speak_for = [c for c in Check if said[c] == (Said.NO if c == Check.RULES else Said.YES)]
    for found, calls_for in (
        (_refusals(said), CallsFor.NO),
        ([Check.RULES] if said[Check.RULES] == Said.YES else [], CallsFor.AUTOMATION),
        ([c for c in (Check.DATA, Check.TRUTH, Check.VOLUME) if said[c] == Said.NO], CallsFor.PROCESS),
    ):
        if found:
            return Screening(calls_for, tuple(_AGAINST[c] for c in found), len(speak_for))
    open_checks = _undecided(said)
    if open_checks:
        return Screening(
            CallsFor.OPEN, tuple(f"Not known: {QUESTIONS[c].lower()}" for c in open_checks), len(speak_for)
        )
    sentence = ", ".join(_FOR[c] for c in speak_for)
    return Screening(CallsFor.AI, (f"{sentence[:1].upper()}{sentence[1:]}.",), len(speak_for))


def _refusals(said: Mapping[Check, Said]) -> list[Check]:
    found = [Check.LEGAL] if said[Check.LEGAL] == Said.NO else []
    if said[Check.ERRORS] == Said.NO and said[Check.PERSON] == Said.NO:
        found.append(Check.ERRORS)
    return found


def _undecided(said: Mapping[Check, Said]) -> list[Check]:
    """Unknown checks that could still change the answer. One of "errors" and "person" is enough."""
    safe = Said.YES in (said[Check.ERRORS], said[Check.PERSON])
    pair = {Check.ERRORS, Check.PERSON}
    return [c for c in Check if said[c] == Said.UNKNOWN and not (safe and c in pair)]
