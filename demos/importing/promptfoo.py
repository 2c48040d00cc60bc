"""promptfoo test files (YAML or JSON): variables and assertions become cases; what we lack is named.

Nothing is dropped silently: an assertion of a type that Gatehouse does not have is counted by its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, BinaryIO

import orjson
import yaml

from demos.importing.limits import MIB
from demos.importing.table import Row, Table, check_row_count, checked_columns, refused

MOST_BYTES = 2 * MIB
HEAD = re.compile(
    rb"^(?:\s*#.*\n|\s*---.*\n|\s*\n)*(?:tests|prompts|providers|targets|description|defaultTest)\s*:"
)
LIST_HEAD = re.compile(rb"^(?:\s*#.*\n|\s*---.*\n|\s*\n)*-\s+(?:vars|description|assert)\s*:")
NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
ANY_JSON = {"type": ["object", "array", "string", "number", "boolean", "null"]}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the fast one if built
    """Plain values only, and no references: a small file must not unfold into a large one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("references")
        return super().compose_node(parent, index)


def is_promptfoo(head: bytes, whole: bytes) -> bool:
    """Whether a text file is a promptfoo test file rather than a table or JSONL."""
    if head.lstrip().startswith(b"{"):
        return b'"tests"' in whole and _json(whole) is not None
    return HEAD.match(head) is not None or LIST_HEAD.match(head) is not None


def read_promptfoo(file: BinaryIO) -> Table:
    """Its tests as rows: the prompt, each variable, the expected text, checks. Raises Invalid."""
    file.seek(0)
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise refused(
            f"A test file of promptfoo may have at most {MOST_BYTES // MIB} MiB. Split it, or export a CSV.",
            code="too_large",
        )
    document = _document(raw)
    tests = document.get("tests")
    if not isinstance(tests, list) or not tests:
        raise refused(
            "The file has no list of tests. If “tests” names another file, upload that one.", code="no_tests"
        )
    check_row_count(len(tests))
    common = document.get("defaultTest") if isinstance(document.get("defaultTest"), dict) else {}
    prompts = document.get("prompts")
    prompt = prompts[0] if isinstance(prompts, list) and len(prompts) == 1 else prompts
    prompt = prompt if isinstance(prompt, str) and not prompt.startswith("file://") else ""
    left_out: Counter[str] = Counter()
    rows = [_row(number, test, common, prompt, left_out) for number, test in enumerate(tests, start=1)]
    names = dict.fromkeys(name for row in rows for name in row.values)
    columns = checked_columns(list(names) or ["prompt"])
    return Table("promptfoo", columns, iter(rows), dict(left_out))


def _document(raw: bytes) -> dict[str, Any]:
    found = _json(raw)
    if found is None:
        try:
            found = yaml.load(raw.decode("utf-8"), Loader=_Loader)  # noqa: S506  # a safe loader
        except UnicodeDecodeError:
            raise refused("The file is not UTF-8 text.", code="not_utf8") from None
        except yaml.YAMLError as problem:
            mark = getattr(problem, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark else ""
            if "references" in str(problem):
                raise refused(
                    "The file uses anchors and references (& and *). Write the values out.",
                    code="malformed_yaml",
                ) from None
            raise refused(f"The file is not valid YAML{where}.", code="malformed_yaml") from None
    if isinstance(found, list):
        found = {"tests": found}
    if not isinstance(found, dict):
        raise refused("The file holds no tests.", code="no_tests")
    return found


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except ValueError:
        return None


def _row(number: int, test: Any, common: Any, prompt: str, left_out: Counter[str]) -> Row:
    if not isinstance(test, dict):
        return Row(number, {}, "The test is not an object with “vars” and “assert”.")
    given = {**(common.get("vars") or {}), **(test.get("vars") or {})} if isinstance(
        test.get("vars") or {}, dict) else None  # fmt: skip
    if given is None:
        return Row(number, {}, "The variables stand in another file. Write them into the test.")
    lists = [name for name, value in given.items() if isinstance(value, list | dict)]
    if lists:
        return Row(number, {}, f"The variable “{lists[0]}” has several values. Write one test for each.")
    values = {str(name): _text(value) for name, value in given.items()}
    files = [name for name, value in values.items() if value.startswith("file://")]
    if files:
        return Row(number, {}, f"The variable “{files[0]}” stands in another file. Write its text here.")
    expected, checks = "", []
    asserted = [*(common.get("assert") or []), *(test.get("assert") or [])]
    for assertion in asserted:
        check = _check(assertion, values)
        if isinstance(check, str):
            left_out[check] += 1
        elif check["kind"] == "exact" and not expected:
            expected = check["params"]["value"]
        else:
            checks.append(check)
    for word in ("options", "metadata", "threshold", "transform"):
        if test.get(word):
            left_out[word] += 1
    found = {"prompt": _filled(prompt, values)} if prompt else {}
    found |= values | {"expected": expected}
    if checks:
        found["checks"] = orjson.dumps(checks).decode()
    if test.get("description"):
        found["description"] = _text(test["description"])
    return Row(number, found)


def _check(assertion: Any, values: Mapping[str, str]) -> dict[str, Any] | str:
    """The check that an assertion is, or the name of what we lack."""
    if not isinstance(assertion, dict) or not isinstance(assertion.get("type"), str):
        return "assertion without a type"
    kind, value = assertion["type"], assertion.get("value")
    if isinstance(assertion.get("weight"), int | float) and assertion["weight"] != 1:
        return "weight of an assertion"
    negated = kind.startswith("not-")
    plain = kind.removeprefix("not-")
    if isinstance(value, str):
        if value.startswith("file://"):
            return f"{kind} from a file"
        value = _filled(value, values)
    built = _built(plain, value, negated=negated)
    return built if built is not None else kind


def _built(kind: str, value: Any, *, negated: bool) -> dict[str, Any] | None:
    texts = [str(v) for v in value] if isinstance(value, list) else [_text(value)]
    if not all(texts) and kind not in ("is-json", "contains-json", "is-refusal", "word-count"):
        return None
    sensitive = not kind.startswith("i")
    if kind in ("contains", "icontains", "contains-all", "icontains-all", "contains-any", "icontains-any"):
        every = not kind.endswith("-any")
        if negated and len(texts) > 1 and every:
            return None  # “not all of them” has no check here
        key = "none" if negated else "all" if every else "any"
        return {"kind": "contains", "params": {key: texts, "case_sensitive": sensitive}}
    if kind == "regex":
        return {"kind": "regex", "params": {"pattern": texts[0], "case_sensitive": True, "absent": negated}}
    if kind == "starts-with":
        pattern = "^" + re.escape(texts[0])
        return {"kind": "regex", "params": {"pattern": pattern, "case_sensitive": True, "absent": negated}}
    if kind == "is-refusal":
        return {"kind": "refusal", "params": {"absent": negated}}
    if negated:
        return None
    if kind == "equals":
        return {"kind": "exact", "params": {"value": texts[0]}}
    if kind in ("is-json", "contains-json"):
        schema = value if isinstance(value, dict) and value else ANY_JSON
        return {"kind": "json_schema", "params": {"schema": schema}}
    if kind == "word-count":
        least, most = (value.get("min"), value.get("max")) if isinstance(value, dict) else (value, value)
        params = {key: n for key, n in (("least", least), ("most", most)) if isinstance(n, int)}
        return {"kind": "length", "params": params} if params else None
    return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return NAME.sub(lambda match: values.get(match.group(1), match.group(0)), text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
