"""Targets that speak the chat-completions format: ``messages`` in, ``choices`` out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from demos.engine.http import Response
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
from demos.engine.vocabulary import NOTHING_FOUND, CaseInput, ErrorClass, Found

ANSWER_AT = "choices[0].message.content"


class OpenAIChat:
    """Sends the question (after the context, if there is one) as the user message."""

    def __init__(self, spec: TargetSpec) -> None:
        self._fixed = body_fields(spec, taken={"messages", "model", "stream"})
        if spec.stream:
            self._fixed |= {"stream": True, "stream_options": {"include_usage": True}}
        self._before = [{"role": "system", "content": spec.system}] if spec.system else []
        self._streams = spec.stream

    def body(self, case: CaseInput, talk: Talk = NO_TALK) -> bytes:
        """The request body for ``case``."""
        return orjson.dumps({**self._fixed, "messages": [*self._before, *messages_of(case, talk)]})

    def read(self, response: Response) -> Answer:
        """The text of the first choice. Raises Unreadable."""
        document = merged(events(response), self.piece) if self._streams else read_json(response)
        try:
            message = document["choices"][0]["message"]
            content = message["content"] if message.get("content") is not None else message.get("refusal")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise Unreadable(ErrorClass.MALFORMED, _missing(document)) from None
        if isinstance(content, list):
            content = "".join(_part(part) for part in content)
        calls = message.get("tool_calls")
        found = _found(message, calls) if calls or message.get("annotations") else NOTHING_FOUND
        usage = document.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        details = usage.get("prompt_tokens_details")
        return Answer(
            "" if calls and not content else text_answer(content, ANSWER_AT),
            token_count(usage.get("prompt_tokens")),
            token_count(usage.get("completion_tokens")),
            token_count(details.get("cached_tokens")) if isinstance(details, dict) else None,
            found,
        )

    def piece(self, event: Any) -> str:
        """The delta of the first choice."""
        try:
            return event["choices"][0]["delta"].get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            return ""


def body_fields(spec: TargetSpec, *, taken: set[str]) -> dict[str, Any]:
    """The model and the further fields of a body. Raises ValueError when they are unfit."""
    extras = spec.template if spec.template is not None else {}
    if not isinstance(extras, Mapping):
        raise ValueError("The further fields of a chat request must be a JSON object.")
    twice = sorted(taken & set(extras))
    if twice:
        raise ValueError(f"The field “{twice[0]}” is set by the target itself and cannot be given here.")
    if not spec.model:
        raise ValueError("Name the model that the chat target should use.")
    return {"model": spec.model, **extras}


def merged(found: list[Any], piece: Any) -> Any:
    """The events of a stream as the one document that a call without streaming gives back."""
    if len(found) == 1 and isinstance(found[0], dict) and "message" in str(found[0].get("choices", "")):
        return found[0]  # the target did not stream
    fault = next((event for event in found if isinstance(event, dict) and event.get("error")), None)
    if fault is not None:
        return fault
    calls: dict[int, dict[str, str]] = {}
    for event in found:
        for part in _deltas(event):
            call = calls.setdefault(part.get("index", 0), {"name": "", "arguments": ""})
            function = part.get("function") or {}
            call["name"] += function.get("name") or ""
            call["arguments"] += function.get("arguments") or ""
    usage = next((e["usage"] for e in reversed(found) if isinstance(e, dict) and e.get("usage")), None)
    message: dict[str, Any] = {"content": "".join(piece(event) for event in found)}
    if calls:
        message["tool_calls"] = [{"function": call} for call in calls.values()]
    return {"choices": [{"message": message}], "usage": usage}


def _deltas(event: Any) -> list[dict[str, Any]]:
    try:
        return list(event["choices"][0]["delta"].get("tool_calls") or [])
    except (KeyError, IndexError, TypeError, AttributeError):
        return []


def _found(message: Mapping[str, Any], calls: Any) -> Found:
    tools = None
    if isinstance(calls, list):
        named = (tool_call_of(call.get("function")) for call in calls if isinstance(call, dict))
        tools = tuple(call for call in named if call is not None)
    return Found(citations=citations_of(message.get("annotations")), tool_calls=tools)


def citations_of(annotations: Any) -> tuple[str, ...] | None:
    """The sources that annotations name; None when there are no annotations."""
    if not isinstance(annotations, list):
        return None
    found = []
    for note in annotations:
        if isinstance(note, dict):
            inner = note.get(str(note.get("type", "")))
            inner = inner if isinstance(inner, dict) else note
            source = next((inner[k] for k in ("title", "filename", "file_id", "url") if inner.get(k)), "")
            if source:
                found.append(str(source))
    return tuple(found)


def _part(part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _missing(document: Any) -> str:
    if isinstance(document, dict) and document.get("error"):
        return "The target's JSON carries an error instead of an answer."
    return f"The JSON has no {ANSWER_AT}; the target does not speak the chat-completions format here."
