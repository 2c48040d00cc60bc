"""The kinds of graders as people choose them: what each asks, an example, and the settings it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from demos.engine.graders import GraderKind
from demos.engine.judging.languages import LANGUAGES

Fields = Mapping[str, Callable[[], forms.Field]]
Params = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class KindOfGrader:
    """One kind. ``example`` is a case in words: what is expected, what is answered, what is said."""

    title: str
    example: str
    fields: Fields = field(default_factory=dict)
    params: Params = lambda data: {}


def _text(label: str, hint: str = "", *, required: bool = False) -> Callable[[], forms.Field]:
    return lambda: forms.CharField(max_length=500, required=required, label=label, help_text=hint)


def _area(label: str, hint: str, *, required: bool = False) -> Callable[[], forms.Field]:
    return lambda: forms.CharField(
        max_length=50_000, required=required, label=label, help_text=hint,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def _flag(label: str) -> Callable[[], forms.Field]:
    return lambda: forms.BooleanField(required=False, label=label)


def _share() -> Callable[[], forms.Field]:
    return lambda: forms.FloatField(
        required=False,
        min_value=0,
        max_value=1,
        initial=0.8,
        label="At least",
        help_text="From 0 to 1. Empty: 0.8.",
    )


def _whole(label: str, hint: str = "") -> Callable[[], forms.Field]:
    return lambda: forms.IntegerField(required=False, min_value=0, label=label, help_text=hint)


def _choice(label: str, choices: list[tuple[str, str]]) -> Callable[[], forms.Field]:
    return lambda: forms.ChoiceField(required=False, label=label, choices=choices)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _given(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those of the settings that were filled in."""
    return {name: data[name] for name in names if data.get(name) not in (None, "", False)}


def _contains(data: Mapping[str, Any]) -> dict[str, Any]:
    lists = {"all": data["words"], "any": data["any_words"], "none": data["no_words"]}
    found: dict[str, Any] = {key: _lines(text) for key, text in lists.items() if _lines(text)}
    return found | _given(data, "case_sensitive")


def _number(data: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: str(data[name]) for name in ("absolute", "relative") if data.get(name) is not None}
    return found | _given(data, "which")


def _refusal(data: Mapping[str, Any]) -> dict[str, Any]:
    phrases = _lines(data["phrases"])
    return _given(data, "absent") | ({"phrases": phrases} if phrases else {})


def _tool(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": data["tool"]} | _given(data, "arguments", "absent")


def _languages() -> list[tuple[str, str]]:
    return sorted(LANGUAGES.items(), key=lambda pair: pair[1])


def _tolerance(label: str, hint: str) -> Callable[[], forms.Field]:
    return lambda: forms.DecimalField(required=False, min_value=0, label=label, help_text=hint)


GRADER_KINDS: Mapping[GraderKind, KindOfGrader] = {
    GraderKind.NORMALISED: KindOfGrader(
        "The expected text, whatever case, spaces and punctuation",
        "Expected “Water damage”. “ water  DAMAGE.” is right, “Damage by water” is wrong.",
    ),
    GraderKind.EXACT: KindOfGrader(
        "The expected text, letter for letter",
        "Expected “A-17”. “A-17” is right, “a-17” is wrong.",
    ),
    GraderKind.CONTAINS: KindOfGrader(
        "Words that must, may or must not occur",
        "All of: policy, claim. “Your policy covers the claim.” is right. None of: password.",
        {
            "words": _area("All of these", "One a line. All three empty: the expected answer."),
            "any_words": _area("Any of these", "One a line."),
            "no_words": _area("None of these", "One a line."),
            "case_sensitive": _flag("Capital and small letters differ"),
        },
        _contains,
    ),
    GraderKind.NUMBER: KindOfGrader(
        "The expected number, within a tolerance",
        "Expected 1234.50, give or take 0.5. “Das macht 1.234,80” is right.",
        {
            "absolute": _tolerance("Give or take", "In the unit of the number."),
            "relative": _tolerance("Or give or take a share", "0.02 is two per cent. The wider one counts."),
            "which": _choice(
                "Which number of the answer", [("any", "Any"), ("first", "The first"), ("last", "The last")]
            ),
        },
        _number,
    ),
    GraderKind.DATE: KindOfGrader(
        "The expected date, however it is written",
        "Expected 2026-11-27. “27 November 2026” and “27.11.2026” are right.",
        {
            "days": _whole("Give or take", "In days. Empty: that very day."),
            "month_first": _flag("03/04/2026 means the 4th of March"),
        },
        lambda data: _given(data, "days", "month_first"),
    ),
    GraderKind.REGEX: KindOfGrader(
        "A pattern",
        "Pattern “\\bC-\\d{4}\\b”. “Your claim is C-4711.” is right.",
        {
            "pattern": _text("Pattern", "A regular expression.", required=True),
            "case_sensitive": _flag("Capital and small letters differ"),
            "absent": _flag("It must not be found"),
        },
        lambda data: _given(data, "pattern", "case_sensitive", "absent"),
    ),
    GraderKind.WORD_OVERLAP: KindOfGrader(
        "Words or entries in common (F1)",
        "Expected “red; blue”, entries separated by “;”. “blue; red” scores 1, “red” scores 0.67.",
        {
            "at_least": _share(),
            "separator": _text("Separator", "For lists: what stands between entries. Empty: words."),
        },
        lambda data: _given(data, "at_least", "separator"),
    ),
    GraderKind.EDIT_SIMILARITY: KindOfGrader(
        "Letters in common (edit distance)",
        "Expected “Lindqvist”. “Lindquist” scores 0.89.",
        {"at_least": _share()},
        lambda data: _given(data, "at_least"),
    ),
    GraderKind.LANGUAGE: KindOfGrader(
        "The language it is written in",
        "German is asked for. “Ihr Schaden wurde erfasst.” is right, “Your claim was recorded.” is wrong.",
        {
            "language": _choice("Language", [("", "That of the question"), *_languages()]),
            "at_least": _share(),
        },
        lambda data: _given(data, "language", "at_least"),
    ),
    GraderKind.LENGTH: KindOfGrader(
        "How long the answer is",
        "At most 50 words. An answer of 51 is wrong.",
        {
            "least": _whole("At least"),
            "most": _whole("At most"),
            "unit": _choice("Counted in", [("words", "Words"), ("characters", "Characters")]),
        },
        lambda data: _given(data, "least", "most", "unit"),
    ),
    GraderKind.REFUSAL: KindOfGrader(
        "It refuses, or it does not",
        "For cases that must be refused. “I cannot help with that.” is right.",
        {
            "absent": _flag("It must not refuse"),
            "phrases": _area("Further words of a refusal", "One a line, as your system says it."),
        },
        _refusal,
    ),
    GraderKind.JSON_PATH: KindOfGrader(
        "A value in an answer that is JSON",
        'At $.claim.code stands the expected answer: {"claim": {"code": "A-17"}}.',
        {
            "path": _text("Where the value stands", "A JSONPath such as $.code.", required=True),
            "value": _text("Value", "Empty: the expected answer."),
        },
        lambda data: _given(data, "path", "value"),
    ),
    GraderKind.JSON_SCHEMA: KindOfGrader(
        "JSON that fits a schema",
        '{"type": "object", "required": ["code"]}. {"code": 1} is right, “code 1” is wrong.',
        {"schema": _area("JSON Schema", "2020-12. References only within itself.", required=True)},
        lambda data: _given(data, "schema"),
    ),
    GraderKind.CITATION: KindOfGrader(
        "Each source it cites stands in the supplied context",
        "The context holds “Policy 4”. An answer with [Policy 4] is right, with [Policy 9] wrong.",
        {"optional": _flag("An answer without a source is right as well")},
        lambda data: _given(data, "optional"),
    ),
    GraderKind.TOOL_CALL: KindOfGrader(
        "A tool was called, with these arguments",
        'Tool “book”, arguments {"claim": "4711"}. The call book(claim=4711, day=3) is right.',
        {
            "tool": _text("Name of the tool", required=True),
            "arguments": _area("Arguments", "As JSON; further arguments are allowed. Empty: any."),
            "absent": _flag("It must not be called"),
        },
        _tool,
    ),
    GraderKind.CHECKS: KindOfGrader(
        "The checks that the cases carry themselves",
        "From a promptfoo file, or a column “checks”. Cases without checks are left to the other graders.",
    ),
}
