"""Graders: deterministic judges of one answer, built from a checked dictionary of parameters.

``build_grader`` raises ValueError with a sentence for bad parameters. A grader that cannot judge
an answer returns a GradeResult with ``error`` set; it never turns that into a zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from demos.engine.judging import languages, structures, values, wordings
from demos.engine.judging.params import CannotJudge, Judge, Word, only
from demos.engine.vocabulary import NOTHING_FOUND, CaseInput, Found, GradeResult, TurnResult


class GraderKind(StrEnum):
    """The graders there are."""

    EXACT = "exact"
    NORMALISED = "normalised"
    CONTAINS = "contains"
    REGEX = "regex"
    NUMBER = "number"
    DATE = "date"
    JSON_SCHEMA = "json_schema"
    JSON_PATH = "json_path"
    WORD_OVERLAP = "word_overlap"
    EDIT_SIMILARITY = "edit_similarity"
    REFUSAL = "refusal"
    LANGUAGE = "language"
    LENGTH = "length"
    CITATION = "citation"
    TOOL_CALL = "tool_call"
    CHECKS = "checks"


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
        """Whether this grader has a say on ``case``; that of a case's own checks only where there are any."""
        if self.spec.kind is GraderKind.CHECKS and not case.checks:
            return False
        return not self.spec.categories or case.category in self.spec.categories

    def grade(self, answer: str, case: CaseInput, found: Found = NOTHING_FOUND) -> GradeResult:
        """Judge ``answer``, and what came with it. Never raises for what is in the answer or the case."""
        try:
            passed, reason, score = self.judge(answer, case, found)
        except CannotJudge as problem:
            return GradeResult(None, None, "Not graded.", error=str(problem), grader=self.spec.title)
        if score is None:
            score = 1.0 if passed else 0.0
        return GradeResult(score, passed, reason, grader=self.spec.title)


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


def grade_answer(
    graders: Sequence[Grader], answer: str, case: CaseInput, found: Found = NOTHING_FOUND
) -> tuple[GradeResult, ...]:
    """The grades of every grader that applies to ``case``, in order."""
    return tuple(g.grade(answer, case, found) for g in graders if g.applies_to(case))


def check_spec(stored: Mapping[str, Any]) -> GraderSpec:
    """A check that a case carries, from its JSON. Raises ValueError with a sentence."""
    unknown = sorted(set(stored) - {"kind", "params"})
    if unknown:
        raise ValueError(f"A check has “kind” and “params”, not “{unknown[0]}”.")
    try:
        kind = GraderKind(stored.get("kind", ""))
    except ValueError:
        raise ValueError(f"There is no check of the kind “{stored.get('kind', '')}”.") from None
    if kind is GraderKind.CHECKS:
        raise ValueError("A check cannot be made of checks.")
    return GraderSpec(kind, stored.get("params") or {})


def judge_checks(checks: Sequence[Mapping[str, Any]], answer: str, case: CaseInput, found: Found) -> Word:
    """The first check that fails, or that all hold. Raises CannotJudge when one cannot say."""
    for stored in checks:
        spec = check_spec(stored)
        word = BUILDERS[spec.kind](spec.params)(answer, case, found)
        if not word.passed:
            return word
    return Word(True, f"Each of the case's own checks holds ({len(checks)}).")


def _checks(params: Mapping[str, Any]) -> Judge:
    only(params, set())

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        try:
            return judge_checks(case.checks, answer, case, found)
        except ValueError as problem:
            raise CannotJudge(str(problem)) from None

    return judge


def combine(
    graders: Sequence[Grader], grades: Sequence[GradeResult], case: CaseInput, *, threshold: float = 1.0
) -> GradeResult:
    """One verdict from several grades.

    A failed required grader fails the case whatever the score. Otherwise any grader that could not
    judge leaves the case ungraded (``error``), and the case passes when the graders that passed hold at
    least the share ``threshold`` of all weight. That share is the score of the verdict.
    """
    pairs = list(zip((g for g in graders if g.applies_to(case)), grades, strict=True))
    if not pairs:
        return GradeResult(None, None, "Not graded.", error="No grader applies to this case.")
    judged = [(g, r) for g, r in pairs if r.score is not None]
    total = sum(g.spec.weight for g, _ in judged)
    score = sum(g.spec.weight for g, r in judged if r.passed) / total if total else None
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


def with_turns(
    turns: Sequence[TurnResult], grades: tuple[GradeResult, ...], verdict: GradeResult
) -> tuple[tuple[GradeResult, ...], GradeResult]:
    """Grades and verdict of a conversation: a turn whose check fails, fails the case."""
    added = tuple(
        GradeResult(
            None if turn.error else float(turn.passed or 0), turn.passed, turn.reason or "Not graded.",
            error=turn.error, grader=f"Turn {number}",
        )
        for number, turn in enumerate(turns, start=1)
        if turn.passed is not None or turn.error
    )  # fmt: skip
    failed = next((grade for grade in added if grade.passed is False), None)
    unjudged = next((grade for grade in added if grade.error), None)
    if failed is not None:
        verdict = GradeResult(verdict.score or 0.0, False, f"{failed.grader}: {failed.reason}")
    elif unjudged is not None and verdict.passed is not False:
        verdict = GradeResult(None, None, "Not graded.", error=f"{unjudged.grader}: {unjudged.error}")
    return (*added, *grades), verdict


BUILDERS: dict[GraderKind, Callable[[Mapping[str, Any]], Judge]] = {
    GraderKind.EXACT: wordings.exact,
    GraderKind.NORMALISED: wordings.same_text,
    GraderKind.CONTAINS: wordings.contains,
    GraderKind.REGEX: wordings.pattern,
    GraderKind.LANGUAGE: languages.language,
    GraderKind.LENGTH: wordings.length,
    GraderKind.WORD_OVERLAP: wordings.word_overlap,
    GraderKind.EDIT_SIMILARITY: wordings.edit_similarity,
    GraderKind.REFUSAL: wordings.refusal,
    GraderKind.NUMBER: values.number,
    GraderKind.DATE: values.day,
    GraderKind.JSON_SCHEMA: structures.json_schema,
    GraderKind.JSON_PATH: structures.json_path,
    GraderKind.CITATION: structures.citation,
    GraderKind.TOOL_CALL: structures.tool_call,
    GraderKind.CHECKS: _checks,
}
