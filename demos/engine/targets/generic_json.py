"""Targets with any JSON in and any JSON out: a request template, and paths into the response."""

from __future__ import annotations

from typing import Any

import orjson

from demos.engine.http import Response
from demos.engine.targets.json_path import PathFinder
from demos.engine.targets.spec import TargetSpec
from demos.engine.targets.stream import events
from demos.engine.targets.wire import (
    NO_TALK,
    Answer,
    Talk,
    Unreadable,
    check_template,
    fill,
    read_json,
    text_answer,
    texts_of,
    token_count,
    tool_call_of,
    values_of,
)
from demos.engine.vocabulary import NOTHING_FOUND, CaseInput, ErrorClass, Found, ToolCall


class GenericJson:
    """Fills the template and picks the answer, and what comes with it, out by path."""

    def __init__(self, spec: TargetSpec) -> None:
        if spec.template is None:
            raise ValueError("Give the JSON that is sent, with {{question}} where the question belongs.")
        check_template(spec.template, needs_question=True)
        if not spec.answer_path:
            raise ValueError("Say where the answer stands in the response, for example $.answer.")
        self._template = spec.template
        self._answer = PathFinder(spec.answer_path)
        self._tokens = [
            _finder(path) for path in (spec.tokens_in_path, spec.tokens_out_path, spec.tokens_cached_path)
        ]
        self._session = _finder(spec.session_path)
        self._citations = _finder(spec.citations_path)
        self._tools = _finder(spec.tools_path)
        self._finds = bool(spec.session_path or spec.citations_path or spec.tools_path)
        self._streams = spec.stream

    def body(self, case: CaseInput, talk: Talk = NO_TALK) -> bytes:
        """The request body for ``case``."""
        return orjson.dumps(fill(self._template, values_of(case, talk)))

    def read(self, response: Response) -> Answer:
        """The answer at the answer path. Raises Unreadable."""
        if self._streams:
            found = events(response)
            return self._answer_of(found, text="".join(self.piece(event) for event in found))
        document = read_json(response)
        there, value = self._answer.first(document)
        if not there:
            raise self._nothing()
        return self._answer_of([document], text=text_answer(value, self._answer.path))

    def piece(self, event: Any) -> str:
        """The text at the answer path of one event."""
        there, value = self._answer.first(event)
        return value if there and isinstance(value, str) else ""

    def _answer_of(self, documents: list[Any], *, text: str) -> Answer:
        if not text:
            raise self._nothing()
        tokens = [token_count(_last(path, documents)) for path in self._tokens]
        return Answer(text, tokens[0], tokens[1], tokens[2], self._found(documents))

    def _found(self, documents: list[Any]) -> Found:
        if not self._finds:
            return NOTHING_FOUND
        citations, tools = _last(self._citations, documents), _last(self._tools, documents)
        session = _last(self._session, documents)
        calls: tuple[ToolCall, ...] | None = None
        if self._tools is not None:
            items = tools if isinstance(tools, list) else [tools]
            calls = tuple(call for item in items if (call := tool_call_of(item)) is not None)
        return Found(
            citations=None if self._citations is None else texts_of(citations),
            tool_calls=calls,
            session_id="" if session is None else str(session)[:200],
        )

    def _nothing(self) -> Unreadable:
        return Unreadable(
            ErrorClass.MALFORMED, f"The answer path {self._answer.path} finds nothing in the response."
        )


def _finder(path: str) -> PathFinder | None:
    return PathFinder(path) if path else None


def _last(finder: PathFinder | None, documents: list[Any]) -> Any:
    """The value at a path in the last document that has one; None without."""
    if finder is None:
        return None
    for document in reversed(documents):
        there, value = finder.first(document)
        if there:
            return value
    return None
