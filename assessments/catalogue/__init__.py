"""Frameworks and risks as versioned YAML: read, checked against their schema, written again.

What ships lies beside this file; a consultancy imports its own through the same door.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator

from assessments.rules.framework import framework_of
from engagements.rules.canonical import canonical
from portal.errors import FieldError, Invalid

HERE: Final = Path(__file__).parent
DEFAULT: Final = HERE / "framework-gatehouse-1.0.0.yaml"
RISKS: Final = HERE / "risks-1.0.0.yaml"
LARGEST: Final = 512 * 1024
MOST_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class CatalogueRisk:
    """One failure mode with its likelihood and impact before any control, 1 to 5 each."""

    key: str
    family: str
    text: str
    early_sign: str
    seen_by: str
    likelihood: int
    impact: int
    elements: tuple[str, ...]


@cache
def default_framework() -> str:
    """The canonical text of the framework that ships."""
    return framework_text(DEFAULT.read_text(encoding="utf-8"))


@cache
def risks() -> dict[str, CatalogueRisk]:
    """The risks that ship, by key."""
    raw = _parse(RISKS.read_text(encoding="utf-8"), "risks.schema.json")
    rows = (CatalogueRisk(**{**row, "elements": tuple(row["elements"])}) for row in raw["risks"])
    return {row.key: row for row in rows}


def framework_text(text: str) -> str:
    """Check a framework in YAML or JSON and give its canonical text, whose hash names it.

    Raises Invalid with one error for each fault and where it is.
    """
    raw = _parse(text, "framework.schema.json")
    framework_of(raw)
    return canonical(raw)


def framework_yaml(body: str) -> str:
    """A framework's canonical text as YAML that can be read, changed and imported again."""
    return str(yaml.safe_dump(json.loads(body), sort_keys=False, allow_unicode=True, width=100))


@cache
def _schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((HERE / name).read_text(encoding="utf-8")))


def _parse(text: str, schema: str) -> dict[str, Any]:
    if len(text.encode()) > LARGEST:
        raise Invalid("A framework has at most 512 KiB.")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise Invalid("Write it out: this YAML uses aliases (*name), which can grow without end.")
        raw = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        where = getattr(fault, "problem_mark", None)
        line = f" See line {where.line + 1}." if where else ""
        raise Invalid(f"This is no YAML that can be read.{line}") from None
    faults = sorted(_schema(schema).iter_errors(raw), key=lambda fault: [str(part) for part in fault.path])
    if faults:
        errors = [
            FieldError("/" + "/".join(map(str, fault.path)), "schema", fault.message[:200])
            for fault in faults[:MOST_FAULTS]
        ]
        raise Invalid("This file does not follow its schema.", errors=errors)
    made: dict[str, Any] = raw
    return made
