"""What of a text is kept under which rule. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
from typing import Any

from demos.engine.personal_data import masked
from demos.vocabulary import TranscriptMode

NOT_KEPT = "not kept"
"""Stands where a text said something that the rule does not keep; an empty text stays empty."""


def kept_text(mode: TranscriptMode, text: str) -> str:
    """A text beside the answer: a reason, an error, an excerpt."""
    match mode:
        case TranscriptMode.FULL:
            return text
        case TranscriptMode.MASKED:
            return masked(text)
    return NOT_KEPT if text else ""


def kept_json(mode: TranscriptMode, value: Any) -> Any:
    """``value`` with every text in it as it is kept; keys, numbers and their places stay."""
    if isinstance(value, str):
        return kept_text(mode, value)
    if isinstance(value, dict):
        return {key: kept_json(mode, part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [kept_json(mode, part) for part in value]
    return value


def kept_answer(mode: TranscriptMode, answer: str | None) -> tuple[str | None, str, int | None]:
    """The answer as it is kept, its SHA-256 and its length; the last two only where the text is not kept."""
    if answer is None:
        return None, "", None
    if mode == TranscriptMode.HASH:
        return None, hashlib.sha256(answer.encode("utf-8", "surrogatepass")).hexdigest(), len(answer)
    return kept_text(mode, answer), "", None
