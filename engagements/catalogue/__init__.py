"""The stages, gates and criteria that a new engagement starts with, read once from ``gates.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engagements.vocabulary import Comparator, CriterionKind, StageKind, Unit

FILE = Path(__file__).with_name("gates.yaml")


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """One criterion as the catalogue suggests it."""

    key: str
    text: str
    kind: CriterionKind
    must: bool
    comparator: Comparator
    target: Decimal | None
    unit: Unit
    source_key: str
    min_n: int = 0
    max_age_days: int | None = None
    waivable: bool = True
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class StageDraft:
    """One stage with the gate at its end."""

    kind: StageKind
    name: str
    gate: int
    question: str
    approver_role: str
    criteria: tuple[CriterionDraft, ...]


@dataclass(frozen=True, slots=True)
class Template:
    version: str
    stages: tuple[StageDraft, ...]


@cache
def default_template() -> Template:
    """The template that ships. Raises ValueError or KeyError when the file is not well-formed."""
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Template(str(raw["version"]), tuple(_stage(row) for row in raw["stages"]))


def _stage(row: dict[str, Any]) -> StageDraft:
    return StageDraft(
        kind=StageKind(row["kind"]),
        name=row["name"],
        gate=row["gate"],
        question=row["question"],
        approver_role=row["approver_role"],
        criteria=tuple(_criterion(item) for item in row.get("criteria", [])),
    )


def _criterion(row: dict[str, Any]) -> CriterionDraft:
    target = row.get("target")
    return CriterionDraft(
        key=row["key"],
        text=row["text"],
        kind=CriterionKind(row["kind"]),
        must=row["must"],
        comparator=Comparator(row["comparator"]),
        target=None if target is None else Decimal(str(target)),
        unit=Unit(row["unit"]),
        source_key=row["source_key"],
        min_n=row.get("min_n", 0),
        max_age_days=row.get("max_age_days"),
        waivable=row.get("waivable", True),
        rationale=row.get("rationale", ""),
    )
