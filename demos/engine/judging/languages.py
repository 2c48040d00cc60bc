"""The language that an answer is written in."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from demos.engine.judging.params import TEXT_LENGTH, CannotJudge, Judge, Word, only, share, text_or_none
from demos.engine.vocabulary import CaseInput, Found

PIECE: Final = 300
"""Characters that are looked at together; the detector reads no more than that of one text."""

LEAST_LETTERS: Final = 20

LANGUAGES: Final[Mapping[str, str]] = {
    "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian",
    "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "hy": "Armenian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
    "kn": "Kannada", "ko": "Korean", "ku": "Kurdish", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
    "ml": "Malayalam", "mr": "Marathi", "ms": "Malay", "nl": "Dutch", "no": "Norwegian", "or": "Odia",
    "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip
"""What the detector tells apart, by ISO 639-1 code."""


def language(params: Mapping[str, Any]) -> Judge:
    """The answer is written in ``language`` (an ISO 639-1 code), or without one in that of the question.

    Long answers are looked at in pieces; the score is the share of those pieces, of all whose language is
    sure, that are in the wanted one, and at least ``at_least`` (0.8) of them have to be.
    """
    only(params, {"language", "at_least"})
    fixed = text_or_none(params, "language")
    if fixed and fixed not in LANGUAGES:
        raise ValueError(f"“{fixed}” is no language that can be told. Use a code such as en or de.")
    least = share(params, "at_least", default=0.8)

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        asked = fixed or _sure_language(case.question)
        if asked is None:
            raise CannotJudge("The language of the question cannot be told. Set a language for this grader.")
        told = [each for piece in _pieces(answer) if (each := _sure_language(piece)) is not None]
        if not told:
            raise CannotJudge("The answer is too short or too mixed for its language to be told.")
        score = told.count(asked) / len(told)
        main = max(told, key=told.count)
        return Word(score >= least, f"The answer is in {LANGUAGES[main]}{_share(score, main, asked)}.", score)

    return judge


def _share(score: float, main: str, asked: str) -> str:
    if main != asked:
        return f", not in {LANGUAGES[asked]}"
    return "" if score == 1 else f", and {1 - score:.0%} of it in another language"


def _pieces(text: str) -> Iterator[str]:
    return iter(textwrap.wrap(text[:TEXT_LENGTH], PIECE) or [""])


def _sure_language(text: str) -> str | None:
    """The code of the language, or None where it is not sure. Scripts without spaces need fewer letters."""
    letters = sum(1 if ord(sign) < 0x2E80 else 3 for sign in text if sign.isalpha())
    if letters < LEAST_LETTERS:
        return None
    found = _detector().detect(text)
    return str(found.language) if found.is_reliable() and found.language in LANGUAGES else None


@cache
def _detector() -> Any:
    """Loaded by the first answer that needs it: its tables take a tenth of a second and 30 MB."""
    from eld import LanguageDetector

    return LanguageDetector()
