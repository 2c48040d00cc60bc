"""Targets with any JSON in and any JSON out: a request template, and paths into the response."""

from __future__ import annotations

import orjson

from demos.engine.http import Response
from demos.engine.targets.json_path import PathFinder
from demos.engine.targets.spec import TargetSpec
from demos.engine.targets.wire import (
    Answer,
    Unreadable,
    check_template,
    fill,
    read_json,
    text_answer,
    token_count,
    values_of,
)
from demos.engine.vocabulary import CaseInput, ErrorClass


class GenericJson:
    """Fills the template and picks the answer out by path."""

    def __init__(self, spec: TargetSpec) -> None:
        if spec.template is None:
            raise ValueError("Give the JSON that is sent, with {{question}} where the question belongs.")
        check_template(spec.template, needs_question=True)
        if not spec.answer_path:
            raise ValueError("Say where the answer stands in the response, for example $.answer.")
        self._template = spec.template
        self._answer = PathFinder(spec.answer_path)
        self._tokens_in = PathFinder(spec.tokens_in_path) if spec.tokens_in_path else None
        self._tokens_out = PathFinder(spec.tokens_out_path) if spec.tokens_out_path else None

    def body(self, case: CaseInput) -> bytes:
        """The request body for ``case``."""
        return orjson.dumps(fill(self._template, values_of(case)))

    def read(self, response: Response) -> Answer:
        """The answer at the answer path. Raises Unreadable."""
        document = read_json(response)
        found, value = self._answer.first(document)
        if not found:
            raise Unreadable(
                ErrorClass.MALFORMED, f"The answer path {self._answer.path} finds nothing in the response."
            )
        tokens = [
            token_count(path.first(document)[1]) if path is not None else None
            for path in (self._tokens_in, self._tokens_out)
        ]
        return Answer(text_answer(value, self._answer.path), tokens[0], tokens[1])
