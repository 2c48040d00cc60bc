"""Graders of what an answer is made of: JSON, tools that were called, sources that were cited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from demos.engine.judging.params import (
    TEXT_LENGTH,
    CannotJudge,
    Judge,
    Word,
    flag,
    only,
    short,
    text_or_none,
    texts,
    wanted,
)
from demos.engine.judging.wordings import REGEX_SECONDS, compiled_pattern, normalised
from demos.engine.targets.json_path import PathFinder
from demos.engine.vocabulary import CaseInput, Found, ToolCall

SCHEMA_BYTES = 50_000
FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)
MARKS = re.compile(r"\[([^\[\]\n]{1,80})\]")


def json_in(answer: str) -> Any:
    """The JSON that an answer is, or holds in its first fence. Raises ValueError when there is none."""
    text = answer.strip()
    fenced = FENCE.search(text)
    return orjson.loads(fenced.group(1) if fenced and not text.startswith(("{", "[")) else text)


def json_schema(params: Mapping[str, Any]) -> Judge:
    """The answer is JSON and fits ``schema`` (JSON Schema 2020-12, references only within itself)."""
    only(params, {"schema"})
    schema = params.get("schema")
    if not isinstance(schema, Mapping) or not schema:
        raise ValueError('Give a JSON Schema, such as {"type": "object", "required": ["code"]}.')
    if len(orjson.dumps(schema)) > SCHEMA_BYTES:
        raise ValueError(f"A schema may have at most {SCHEMA_BYTES:,} bytes.")
    try:
        Draft202012Validator.check_schema(schema)
        _check_patterns(schema)
    except SchemaError as problem:
        raise ValueError(f"This is not a JSON Schema: {short(problem.message)}.") from None
    validator = _Bounded(schema, registry=Registry())

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        if len(answer) > TEXT_LENGTH:
            raise CannotJudge(f"The answer is longer than the {TEXT_LENGTH:,} characters that are checked.")
        try:
            document = json_in(answer)
        except ValueError:
            return Word(False, "The answer is not JSON.")
        try:
            fault = next(validator.iter_errors(document), None)
        except (TimeoutError, RecursionError, Unresolvable):
            raise CannotJudge("The schema cannot be applied to this answer.") from None
        if fault is None:
            return Word(True, "The answer is JSON and fits the schema.")
        return Word(False, f"At {fault.json_path} the answer does not fit: {short(fault.message)}.")

    return judge


def json_path(params: Mapping[str, Any]) -> Judge:
    """The value at ``path`` of an answer in JSON is ``value``, or the expected text."""
    only(params, {"path", "value"})
    path = text_or_none(params, "path")
    if not path:
        raise ValueError("Say where the value stands, for example $.code.")
    finder = PathFinder(path)
    has_value = params.get("value") is not None

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        try:
            there, value = finder.first(json_in(answer))
        except ValueError:
            return Word(False, "The answer is not JSON.")
        if not there:
            return Word(False, f"The answer has nothing at {path}.")
        expected = params["value"] if has_value else wanted(None, case)
        same = value == expected or (isinstance(expected, str) and _as_text(value) == expected.strip())
        said = short(_as_text(value))
        if same:
            return Word(True, f"At {path} stands “{said}”.")
        return Word(False, f"At {path} stands “{said}”; “{short(_as_text(expected))}” is expected.")

    return judge


def citation(params: Mapping[str, Any]) -> Judge:
    """Something is cited, and each cited source exists in the context that the case supplies.

    Sources are what the target names as citations; without any, marks such as [policy 4] in the answer.
    """
    only(params, {"optional"})
    optional = flag(params, "optional")

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        cited = list(found.citations or ()) or MARKS.findall(answer[:TEXT_LENGTH])
        if not cited:
            return Word(optional, "The answer cites no source.")
        if not case.context:
            raise CannotJudge("The case supplies no context that a source could stand in.")
        context = normalised(case.context)
        missing = [source for source in cited if normalised(source) not in context]
        if missing:
            return Word(False, f"The source “{short(missing[0])}” is not in the supplied context.")
        return Word(True, f"Each cited source is in the supplied context: {short(', '.join(cited))}.")

    return judge


def tool_call(params: Mapping[str, Any]) -> Judge:
    """The tool ``name`` was called, with at least ``arguments``; or, with ``absent``, it was not."""
    only(params, {"name", "arguments", "absent", "exactly"})
    name, absent = text_or_none(params, "name"), flag(params, "absent")
    if not name:
        raise ValueError("Name the tool that has to be called.")
    arguments = params.get("arguments") or {}
    if not isinstance(arguments, Mapping):
        raise ValueError('The arguments must be a JSON object, such as {"claim": "4711"}.')
    allowed = [name, *texts(params, "exactly")] if "exactly" in params else None

    def judge(answer: str, case: CaseInput, found: Found) -> Word:
        if found.tool_calls is None:
            raise CannotJudge("The target does not say which tools it called.")
        strangers = [c.name for c in found.tool_calls if allowed is not None and c.name not in allowed]
        if strangers:
            return Word(False, f"The tool {short(strangers[0])} was called, which is not expected.")
        calls = [call for call in found.tool_calls if call.name == name]
        fitting = [call for call in calls if _holds(call, arguments)]
        if absent:
            return Word(not fitting, f"The tool {name} was {'called' if fitting else 'not called'}.")
        if not calls:
            return Word(False, f"The tool {name} was not called.")
        if not fitting:
            return Word(False, f"The tool {name} was called with other arguments.")
        return Word(True, f"The tool {name} was called as expected.")

    return judge


def _holds(call: ToolCall, arguments: Mapping[str, Any]) -> bool:
    return all(call.arguments.get(key) == value for key, value in arguments.items())


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _check_patterns(schema: Any) -> None:
    """Every pattern in a schema must be one that can be bounded in time. Raises ValueError."""
    if isinstance(schema, Mapping):
        if "patternProperties" in schema:
            raise ValueError("“patternProperties” is not supported; name the properties.")
        if isinstance(schema.get("pattern"), str):
            compiled_pattern(schema["pattern"], sensitive=True)
        for value in schema.values():
            _check_patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            _check_patterns(value)


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Any:
    if isinstance(instance, str):
        hit = compiled_pattern(pattern, sensitive=True).search(instance, timeout=REGEX_SECONDS)
        if hit is None:
            yield ValidationError(f"{short(instance)} does not match {short(pattern)}")


_Bounded = extend(Draft202012Validator, {"pattern": _pattern})
