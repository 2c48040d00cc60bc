"""Cells that hold JSON: the turns of a conversation, and the checks that a case carries."""

from __future__ import annotations

from typing import Any

import orjson

from demos.engine.graders import build_grader, check_spec

MOST_TURNS = 50
MOST_CHECKS = 50
TRUE = frozenset({"1", "true", "yes", "y", "x", "sealed", "holdout"})
FALSE = frozenset({"", "0", "false", "no", "n", "open"})


def turns_in(text: str) -> list[dict[str, Any]]:
    """The turns in a cell: texts, or objects with “say” and “checks”. Raises ValueError with a sentence."""
    found = _list(text, "turns", '["First I say this", {"say": "Then this", "checks": []}]')
    if len(found) > MOST_TURNS:
        raise ValueError(f"A conversation may have at most {MOST_TURNS} turns before the question.")
    turns = []
    for place, item in enumerate(found, start=1):
        turn = {"say": item} if isinstance(item, str) else item
        if not isinstance(turn, dict) or not isinstance(turn.get("say"), str) or not turn["say"].strip():
            raise ValueError(f"Turn {place} says nothing. Write what is said as “say”.")
        unknown = sorted(set(turn) - {"say", "checks"})
        if unknown:
            raise ValueError(f"Turn {place} has “{unknown[0]}”; a turn has “say” and “checks”.")
        turns.append({"say": turn["say"], "checks": _checked(turn.get("checks") or [])})
    return turns


def checks_in(text: str) -> list[dict[str, Any]]:
    """The checks in a cell: objects with “kind” and “params”. Raises ValueError with a sentence."""
    return _checked(_list(text, "checks", '[{"kind": "contains", "params": {"all": ["4711"]}}]'))


def is_sealed(text: str) -> bool:
    """Whether a cell seals its case. Raises ValueError when it says neither yes nor no."""
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(f"“{text[:40]}” says neither yes nor no. Write yes for a sealed case, or nothing.")
    return word in TRUE


def _list(text: str, what: str, example: str) -> list[Any]:
    if not text.strip():
        return []
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise ValueError(f"The {what} are not a JSON list. Write them like {example}.")
    return found


def _checked(checks: Any) -> list[dict[str, Any]]:
    if not isinstance(checks, list) or not all(isinstance(check, dict) for check in checks):
        raise ValueError("Checks are a list of objects with “kind” and “params”.")
    if len(checks) > MOST_CHECKS:
        raise ValueError(f"A case may carry at most {MOST_CHECKS} checks.")
    for check in checks:
        build_grader(check_spec(check))
    return [{"kind": check["kind"], "params": check.get("params") or {}} for check in checks]
