"""Targets that speak the chat-completions format: ``messages`` in, ``choices`` out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from demos.engine.http import Response
from demos.engine.targets.spec import TargetSpec
from demos.engine.targets.wire import Answer, Unreadable, read_json, text_answer, token_count
from demos.engine.vocabulary import CaseInput, ErrorClass

ANSWER_AT = "choices[0].message.content"


class OpenAIChat:
    """Sends the question (after the context, if there is one) as the user message."""

    def __init__(self, spec: TargetSpec) -> None:
        extras = spec.template if spec.template is not None else {}
        if not isinstance(extras, Mapping):
            raise ValueError("The further fields of a chat request must be a JSON object.")
        taken = sorted({"messages", "model", "stream"} & set(extras))
        if taken:
            raise ValueError(f"The field “{taken[0]}” is set by the target itself and cannot be given here.")
        if not spec.model:
            raise ValueError("Name the model that the chat target should use.")
        self._fixed: dict[str, Any] = {"model": spec.model, **extras}
        self._before = [{"role": "system", "content": spec.system}] if spec.system else []

    def body(self, case: CaseInput) -> bytes:
        """The request body for ``case``."""
        content = f"{case.context}\n\n{case.question}" if case.context else case.question
        messages = [*self._before, {"role": "user", "content": content}]
        return orjson.dumps({**self._fixed, "messages": messages})

    def read(self, response: Response) -> Answer:
        """The text of the first choice. Raises Unreadable."""
        document = read_json(response)
        try:
            message = document["choices"][0]["message"]
            content = message["content"] if message.get("content") is not None else message.get("refusal")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Unreadable(ErrorClass.MALFORMED, _missing(document)) from None
        if isinstance(content, list):
            content = "".join(_part(part) for part in content)
        usage = document.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Answer(
            text_answer(content, ANSWER_AT),
            token_count(usage.get("prompt_tokens")),
            token_count(usage.get("completion_tokens")),
        )


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _missing(document: Any) -> str:
    if isinstance(document, dict) and document.get("error"):
        return "The target's JSON carries an error instead of an answer."
    return f"The JSON has no {ANSWER_AT}; the target does not speak the chat-completions format here."
