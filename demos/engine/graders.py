"""Graders: deterministic judges of one answer, built from a checked dictionary of parameters.

``build_grader`` raises ValueError with a sentence for bad parameters. A grader that cannot judge
an answer returns a GradeResult with ``error`` set; it never turns that into a zero.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import orjson
import regex

from demos.engine.vocabulary import CaseInput, GradeResult

PATTERN_LENGTH = 500
TEXT_LENGTH = 50_000
LIST_ENTRIES = 200
REGEX_SECONDS = 0.05

GROUP_MARKS = ",.'’\u00a0\u202f\u2009"
NUMBER = re.compile(
    r"(?:(?<![\w)])[-+−])?"
    rf"(?:\d{{1,3}}(?P<mark>[{GROUP_MARKS}])\d{{3}}(?:(?P=mark)\d{{3}})*(?!\d)|\d+)"
    r"(?:[.,]\d+)?(?:[eE][-+]?\d{1,3})?"
)
NOT_IN_NUMBERS = re.compile("['’\\s]")
SPACES = re.compile(r"\s+")
PUNCTUATION_EDGES = re.compile(r"^[\W_]+|[\W_]+$")

Judge = Callable[[str, CaseInput], tuple[bool, str]]
"""Says whether the answer passes and why. Raises CannotJudge when it cannot say."""


class CannotJudge(Exception):
    """This grader has no word on this answer; the message says why."""


class GraderKind(StrEnum):
    """The graders there are."""

    EXACT = "exact"
    NORMALISED = "normalised"
    CONTAINS = "contains"
    REGEX = "regex"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class GraderSpec:
    """A grader as it is stored and hashed.

    ``must`` makes a failure of this grader fail the case. ``weight`` counts in the weighted score.
    ``categories`` limits it to cases of these categories; empty means every case.
    """

    kind: GraderKind
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    must: bool = False
    weight: float = 1.0
    categories: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """The name shown with each grade."""
        return self.name or self.kind.value

    @property
    def config_sha256(self) -> str:
        """Hash over everything that can change a grade."""
        parts = {
            "kind": self.kind.value,
            "params": dict(self.params),
            "must": self.must,
            "weight": self.weight,
            "categories": sorted(self.categories),
        }
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Grader:
    """A ready grader. Build it with ``build_grader``."""

    spec: GraderSpec
    judge: Judge

    def applies_to(self, case: CaseInput) -> bool:
        """Whether this grader has a say on ``case``."""
        return not self.spec.categories or case.category in self.spec.categories

    def grade(self, answer: str, case: CaseInput) -> GradeResult:
        """Judge ``answer``. Never raises for what is in the answer or the case."""
        try:
            passed, reason = self.judge(answer, case)
        except CannotJudge as problem:
            return GradeResult(None, None, "Not graded.", error=str(problem), grader=self.spec.title)
        return GradeResult(1.0 if passed else 0.0, passed, reason, grader=self.spec.title)


def build_grader(spec: GraderSpec) -> Grader:
    """Check ``spec`` and make the grader. Raises ValueError with a sentence for bad parameters."""
    if not 0 <= spec.weight <= 1000:
        raise ValueError("A weight must lie between 0 and 1000.")
    return Grader(spec, BUILDERS[GraderKind(spec.kind)](spec.params))


def build_graders(specs: Sequence[GraderSpec]) -> tuple[Grader, ...]:
    """All graders of a plan. Raises ValueError when one is bad, or none has a weight or a veto."""
    graders = tuple(build_grader(spec) for spec in specs)
    if graders and not any(g.spec.must or g.spec.weight > 0 for g in graders):
        raise ValueError("At least one grader must have a weight above 0 or be required.")
    return graders


def grade_answer(graders: Sequence[Grader], answer: str, case: CaseInput) -> tuple[GradeResult, ...]:
    """The grades of every grader that applies to ``case``, in order."""
    return tuple(g.grade(answer, case) for g in graders if g.applies_to(case))


def combine(
    graders: Sequence[Grader], grades: Sequence[GradeResult], case: CaseInput, *, threshold: float = 1.0
) -> GradeResult:
    """One verdict from several grades.

    A failed required grader fails the case whatever the score. Otherwise any grader that could not
    judge leaves the case ungraded (``error``), and the case passes when the weighted mean score
    reaches ``threshold``.
    """
    pairs = list(zip((g for g in graders if g.applies_to(case)), grades, strict=True))
    if not pairs:
        return GradeResult(None, None, "Not graded.", error="No grader applies to this case.")
    judged = [(g, r) for g, r in pairs if r.score is not None]
    total = sum(g.spec.weight for g, _ in judged)
    score = sum(g.spec.weight * (r.score or 0.0) for g, r in judged) / total if total else None
    vetoes = [r for g, r in judged if g.spec.must and not r.passed]
    if vetoes:
        return GradeResult(score or 0.0, False, f"Required: {vetoes[0].reason}")
    unjudged = [r for _, r in pairs if r.error]
    if unjudged:
        return GradeResult(None, None, "Not graded.", error=f"{unjudged[0].grader}: {unjudged[0].error}")
    if score is None:  # only required graders without weight, and all of them passed
        return GradeResult(1.0, True, pairs[0][1].reason)
    passed = score >= threshold - 1e-9
    failed = [r.reason for _, r in pairs if not r.passed]
    return GradeResult(score, passed, failed[0] if failed else pairs[0][1].reason)


def normalised(text: str) -> str:
    """Text for a lenient comparison: one Unicode form, no case, single spaces, no edge punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return PUNCTUATION_EDGES.sub("", SPACES.sub(" ", folded).strip())


def numbers_in(text: str) -> list[Decimal]:
    """The numbers in ``text``, in order; 1,234.5 and 1.234,5 and 1 234,5 are all understood."""
    found = []
    for match in NUMBER.finditer(text[:TEXT_LENGTH]):
        value = _decimal(match.group())
        if value is not None:
            found.append(value)
    return found


def _exact(params: Mapping[str, Any]) -> Judge:
    _only(params, {"value"})
    fixed = _text_or_none(params, "value")

    def judge(answer: str, case: CaseInput) -> tuple[bool, str]:
        wanted = _wanted(fixed, case)
        passed = answer.strip() == wanted.strip()
        return passed, "The answer is the expected text." if passed else _differs(wanted)

    return judge


def _normalised(params: Mapping[str, Any]) -> Judge:
    _only(params, {"value"})
    fixed = _text_or_none(params, "value")

    def judge(answer: str, case: CaseInput) -> tuple[bool, str]:
        wanted = _wanted(fixed, case)
        passed = normalised(answer) == normalised(wanted)
        same = "The answer is the expected text, apart from case, spaces and punctuation."
        return passed, same if passed else _differs(wanted)

    return judge


def _contains(params: Mapping[str, Any]) -> Judge:
    """Lists ``any``, ``all``, ``none``; without any list the case's expected text must be contained."""
    _only(params, {"any", "all", "none", "case_sensitive"})
    sensitive = _flag(params, "case_sensitive")

    def fold(text: str) -> str:
        return text if sensitive else text.casefold()

    some, every, never = (
        [(entry, fold(entry)) for entry in _texts(params, key)] for key in ("any", "all", "none")
    )

    def judge(answer: str, case: CaseInput) -> tuple[bool, str]:
        text = fold(answer)
        must_hold = every
        if not (some or every or never):
            wanted = _wanted(None, case)
            must_hold = [(wanted, fold(wanted))]
        for entry, folded in never:
            if folded in text:
                return False, f"The answer contains “{_short(entry)}”, which it must not."
        for entry, folded in must_hold:
            if folded not in text:
                return False, f"The answer does not contain “{_short(entry)}”."
        if some and not any(folded in text for _, folded in some):
            return False, "The answer contains none of the expected texts."
        return True, "The answer contains what it must and nothing that it must not."

    return judge


def _regex(params: Mapping[str, Any]) -> Judge:
    _only(params, {"pattern", "case_sensitive", "absent"})
    pattern = _text_or_none(params, "pattern")
    if not pattern:
        raise ValueError("Give a pattern to look for.")
    if len(pattern) > PATTERN_LENGTH:
        raise ValueError(f"A pattern may have at most {PATTERN_LENGTH} characters.")
    try:
        compiled = regex.compile(pattern, 0 if _flag(params, "case_sensitive") else regex.IGNORECASE)
    except regex.error as problem:
        raise ValueError(f"This is not a valid pattern: {problem}.") from None
    absent = _flag(params, "absent")

    def judge(answer: str, case: CaseInput) -> tuple[bool, str]:
        if len(answer) > TEXT_LENGTH:
            raise CannotJudge(f"The answer is longer than the {TEXT_LENGTH} characters that a pattern reads.")
        try:
            found = compiled.search(answer, timeout=REGEX_SECONDS) is not None
        except TimeoutError:
            raise CannotJudge("The pattern takes too long on this answer; make it simpler.") from None
        verb = "matches" if found else "does not match"
        return found is not absent, f"The answer {verb} the pattern."

    return judge


def _number(params: Mapping[str, Any]) -> Judge:
    """A number within ``absolute`` or ``relative`` tolerance of ``value`` or of the expected text."""
    _only(params, {"value", "absolute", "relative", "which"})
    absolute, relative = _tolerance(params, "absolute"), _tolerance(params, "relative")
    which = params.get("which", "any")
    if which not in ("any", "first", "last"):
        raise ValueError("Which number counts must be “any”, “first” or “last”.")
    fixed = None if params.get("value") is None else _decimal(str(params["value"]))
    if params.get("value") is not None and fixed is None:
        raise ValueError("The expected value is not a number.")

    def judge(answer: str, case: CaseInput) -> tuple[bool, str]:
        wanted = fixed if fixed is not None else _expected_number(case)
        allowed = max(absolute, relative * abs(wanted))
        found = numbers_in(answer)
        if not found:
            return False, "The answer contains no number."
        picked = {"any": found, "first": found[:1], "last": found[-1:]}[which]
        if any(abs(number - wanted) <= allowed for number in picked):
            return True, f"The answer has a number within {_plain(allowed)} of {_plain(wanted)}."
        nearest = min(picked, key=lambda number: abs(number - wanted))
        return False, f"Expected {_plain(wanted)} within {_plain(allowed)}; nearest is {_plain(nearest)}."

    return judge


BUILDERS: dict[GraderKind, Callable[[Mapping[str, Any]], Judge]] = {
    GraderKind.EXACT: _exact,
    GraderKind.NORMALISED: _normalised,
    GraderKind.CONTAINS: _contains,
    GraderKind.REGEX: _regex,
    GraderKind.NUMBER: _number,
}


def _wanted(fixed: str | None, case: CaseInput) -> str:
    wanted = fixed if fixed is not None else case.expected
    if not wanted:
        raise CannotJudge("The case has no expected answer.")
    return wanted


def _expected_number(case: CaseInput) -> Decimal:
    numbers = numbers_in(_wanted(None, case))
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


def _only(params: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(params) - known)
    if unknown:
        raise ValueError(f"Unknown setting: {', '.join(map(str, unknown))}.")


def _flag(params: Mapping[str, Any], key: str) -> bool:
    value = params.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"“{key}” must be true or false.")
    return value


def _text_or_none(params: Mapping[str, Any], key: str) -> str | None:
    value = params.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"“{key}” must be a text.")
    return value


def _texts(params: Mapping[str, Any], key: str) -> list[str]:
    value = params.get(key) or []
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
        raise ValueError(f"“{key}” must be a list of texts, none of them empty.")
    if len(value) > LIST_ENTRIES:
        raise ValueError(f"“{key}” may have at most {LIST_ENTRIES} entries.")
    return list(value)


def _differs(wanted: str) -> str:
    return f"The answer is not “{_short(wanted)}”."


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"
