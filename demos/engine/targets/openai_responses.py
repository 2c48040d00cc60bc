"""Targets that speak the responses format: ``input`` in, ``output`` items out."""

from __future__ import annotations

from typing import Any

import orjson

from demos.engine.http import Response
from demos.engine.targets.openai_chat import body_fields, citations_of
from demos.engine.targets.spec import TargetSpec
from demos.engine.targets.stream import events
from demos.engine.targets.wire import (
    NO_TALK,
    Answer,
    Talk,
    Unreadable,
    messages_of,
    read_json,
    text_answer,
    token_count,
    tool_call_of,
)
from demos.engine.vocabulary import CaseInput, ErrorClass, Found

ANSWER_AT = "output[].content[].text"


class OpenAIResponses:
    """Sends the conversation as ``input``; the system message goes as ``instructions``."""

    def __init__(self, spec: TargetSpec) -> None:
        self._fixed = body_fields(spec, taken={"input", "model", "stream", "instructions"})
        if spec.system:
            self._fixed["instructions"] = spec.system
        if spec.stream:
            self._fixed["stream"] = True
        self._streams = spec.stream

    def body(self, case: CaseInput, talk: Talk = NO_TALK) -> bytes:
        """The request body for ``case``."""
        return orjson.dumps({**self._fixed, "input": messages_of(case, talk)})

    def read(self, response: Response) -> Answer:
        """The text of all output messages. Raises Unreadable."""
        document = self._whole(events(response)) if self._streams else read_json(response)
        output = document.get("output") if isinstance(document, dict) else None
        if not isinstance(output, list):
            fault = isinstance(document, dict) and document.get("error")
            raise Unreadable(
                ErrorClass.MALFORMED,
                "The target's JSON carries an error instead of an answer."
                if fault
                else "The JSON has no output; the target does not speak the responses format here.",
            )
        parts = [part for item in output if isinstance(item, dict) for part in _parts(item)]
        text = "".join(str(part.get("text") or part.get("refusal") or "") for part in parts)
        calls = [item for item in output if isinstance(item, dict) and item.get("type") == "function_call"]
        named = [call for item in calls if (call := tool_call_of(item)) is not None]
        notes = [note for part in parts for note in part.get("annotations") or []]
        usage = document.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        details = usage.get("input_tokens_details")
        return Answer(
            text if named and not text.strip() else text_answer(text or None, ANSWER_AT),
            token_count(usage.get("input_tokens")),
            token_count(usage.get("output_tokens")),
            token_count(details.get("cached_tokens")) if isinstance(details, dict) else None,
            Found(citations_of(notes) if notes else None, tuple(named) if named else None),
        )

    def piece(self, event: Any) -> str:
        """The delta of the output text."""
        if isinstance(event, dict) and event.get("type") == "response.output_text.delta":
            return str(event.get("delta") or "")
        return ""

    @staticmethod
    def _whole(found: list[Any]) -> Any:
        """The response that the last event of a stream carries."""
        last = next(
            (
                event["response"]
                for event in reversed(found)
                if isinstance(event, dict)
                and event.get("type") != "response.created"
                and isinstance(event.get("response"), dict)
                and "output" in event["response"]
            ),
            None,
        )
        if last is not None:
            return last
        if len(found) == 1:
            return found[0]
        raise Unreadable(ErrorClass.MALFORMED, "The stream broke off before its last event.")


def _parts(item: dict[str, Any]) -> list[dict[str, Any]]:
    content = item.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
