"""What a new engagement starts with: stages, gates, criteria, framework, risks and pilot metrics, from a
template that was checked.

The one that ships is ``standard.yaml``; ``template.schema.json`` says which fields a template has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator

from engagements.rules.metrics import Baseline, Guardrail, MetricTerms, check_metric
from engagements.rules.terms import Terms, check_terms
from engagements.vocabulary import (
    Aggregation,
    Comparator,
    CriterionKind,
    Direction,
    SourceKind,
    StageKind,
    TargetKind,
    Unit,
)
from portal.errors import FieldError, Invalid

HERE: Final = Path(__file__).parent
STANDARD: Final = HERE / "standard.yaml"
SCHEMA: Final = HERE / "template.schema.json"
FORMAT: Final = "gatehouse.engagement-template/1"
LARGEST: Final = 256 * 1024
MOST_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """One criterion as a template suggests it. ``source`` None: any that the kind accepts."""

    key: str
    text: str
    kind: CriterionKind
    must: bool
    comparator: Comparator
    unit: Unit
    source_key: str
    target: Decimal | None = None
    margin: Decimal | None = None
    source: SourceKind | None = None
    source_slice: str = ""
    target_source_key: str = ""
    min_n: int = 0
    max_age_days: int | None = None
    waivable: bool = True
    rationale: str = ""

    def terms(self) -> Terms:
        """The values that the rules read."""
        return Terms(
            key=self.key,
            kind=self.kind,
            must=self.must,
            comparator=self.comparator,
            target=self.target,
            unit=self.unit,
            confidence=Decimal("0.95"),
            source_key=self.source_key,
            min_n=self.min_n,
            max_age_days=self.max_age_days,
            margin=self.margin,
            source=self.source,
            source_slice=self.source_slice,
            target_source_key=self.target_source_key,
        )


@dataclass(frozen=True, slots=True)
class StageDraft:
    """One stage with its gate. ``approvers``: roles that sign, by ``policy`` any, all or ordered."""

    kind: StageKind
    name: str
    gate: int
    question: str
    approvers: tuple[str, ...]
    policy: str
    criteria: tuple[CriterionDraft, ...]


@dataclass(frozen=True, slots=True)
class SkippedStage:
    """A usual stage that this way leaves out. ``reason`` "": none was given; older templates needed none."""

    kind: StageKind
    reason: str

    def content(self) -> dict[str, str]:
        """As it is kept with an engagement and frozen with a round."""
        return {"kind": self.kind.value, "name": self.kind.label, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class RiskDraft:
    """A risk of the first day. ``catalogue`` "": of its own; else "" and None are as the catalogue says."""

    catalogue: str
    title: str
    likelihood: int | None
    impact: int | None
    plan: str


@dataclass(frozen=True, slots=True)
class Template:
    """``sha256`` is over the text as it was read.

    ``explained``: why a usual stage is left out. ``framework``: key and version, such as ``gatehouse 1.0.0``;
    "" is the one that ships. ``metric``: the success metric with its guardrails and without a baseline; None:
    the client writes its own.
    """

    key: str
    version: str
    title: str
    sha256: str
    stages: tuple[StageDraft, ...]
    framework: str = ""
    risks: tuple[RiskDraft, ...] = ()
    metric: MetricTerms | None = None
    explained: Mapping[StageKind, str] = field(default_factory=dict)

    @property
    def skipped(self) -> tuple[SkippedStage, ...]:
        """The usual stages that are not on this way, in their order."""
        there = {stage.kind for stage in self.stages}
        return tuple(
            SkippedStage(kind, self.explained.get(kind, "")) for kind in StageKind if kind not in there
        )

    def criterion(self, gate: int, key: str) -> CriterionDraft | None:
        """The suggestion under this key at this gate."""
        return next((row for row in self.criteria(gate) if row.key == key), None)

    def criteria(self, gate: int) -> tuple[CriterionDraft, ...]:
        """What is suggested for a gate."""
        return next((stage.criteria for stage in self.stages if stage.gate == gate), ())

    def measured(self) -> tuple[CriterionDraft, ...]:
        """One criterion for each figure that the template knows how to ask for, statements left out."""
        found: dict[tuple[str, str, str, str], CriterionDraft] = {}
        for stage in self.stages:
            for row in stage.criteria:
                if row.unit != Unit.STATEMENT:
                    found.setdefault((row.kind, row.source_key, row.source_slice, row.unit), row)
        return tuple(found.values())


@cache
def default_template() -> Template:
    """The template that ships."""
    return read_template(STANDARD.read_text(encoding="utf-8"))


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a template."""
    parsed: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return parsed


def read_template(text: str) -> Template:
    """Parse and check a template. Raises Invalid with one error for each fault and where it is."""
    if len(text.encode()) > LARGEST:
        raise Invalid("A template has at most 256 KiB.")
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        where = getattr(fault, "problem_mark", None)
        line = f" See line {where.line + 1}." if where else ""
        raise Invalid(f"This is no YAML that can be read.{line}") from None
    _check_shape(raw)
    made = Template(
        key=raw["key"],
        version=raw["version"],
        title=raw["title"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        stages=tuple(_stage(row) for row in raw["stages"]),
        framework=" ".join(raw["framework"][part] for part in ("key", "version"))
        if "framework" in raw
        else "",
        risks=tuple(_risk(row) for row in raw.get("risks", [])),
        metric=_metric(raw["pilot"]) if "pilot" in raw else None,
        explained={StageKind(row["kind"]): row["reason"] for row in raw.get("skipped", [])},
    )
    _check_meaning(made)
    return made


def faults_of_way(template: Template) -> list[FieldError]:
    """What a new template has to say: a usual stage is there, or left out with a reason."""
    return [
        FieldError(
            "/skipped",
            "reason",
            f"{one.kind.label} is not among the stages. Add it, or name it under skipped with the reason: "
            f"{{kind: {one.kind.value}, reason: …}}.",
        )
        for one in template.skipped
        if not one.reason
    ]


def _check_shape(raw: Any) -> None:
    faults = sorted(
        Draft202012Validator(schema()).iter_errors(raw), key=lambda fault: list(map(str, fault.path))
    )
    if faults:
        errors = [
            FieldError("/" + "/".join(map(str, fault.path)), "schema", _words(fault.message))
            for fault in faults[:MOST_FAULTS]
        ]
        raise Invalid("This template does not follow its schema.", errors=errors)


def _check_meaning(template: Template) -> None:
    errors: list[FieldError] = []
    numbers = [stage.gate for stage in template.stages]
    if numbers != sorted(set(numbers)):
        errors.append(FieldError("/stages", "order", "Gates are numbered upwards, each number once."))
    for place, stage in enumerate(template.stages):
        seen: set[str] = set()
        for row in stage.criteria:
            where = f"/stages/{place}/criteria/{row.key}"
            if row.key in seen:
                errors.append(FieldError(where, "twice", f"{row.key} is there twice."))
            seen.add(row.key)
            try:
                check_terms(row.terms())
            except Invalid as refused:
                errors += [FieldError(where + one.pointer, one.code, one.detail) for one in refused.errors]
    there = {stage.kind for stage in template.stages}
    errors += [
        FieldError("/skipped", "there", f"{kind.label} is among the stages and cannot be skipped as well.")
        for kind in template.explained
        if kind in there
    ]
    errors += _faults_of_parts(template)
    if errors:
        raise Invalid(errors[0].detail, errors=errors)


def _faults_of_parts(template: Template) -> list[FieldError]:
    faults: list[FieldError] = []
    seen: set[str] = set()
    for place, row in enumerate(template.risks):
        if row.catalogue and row.catalogue in seen:
            faults.append(
                FieldError(f"/risks/{place}/catalogue", "twice", f"{row.catalogue} is there twice.")
            )
        seen.add(row.catalogue)
    if template.metric is not None:
        try:
            check_metric(template.metric)
        except Invalid as refused:
            faults += [
                FieldError(f"/pilot/metric{one.pointer}", one.code, one.detail) for one in refused.errors
            ]
    return faults


def _words(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:197]}..."


def _stage(row: dict[str, Any]) -> StageDraft:
    return StageDraft(
        kind=StageKind(row["kind"]),
        name=row["name"],
        gate=row["gate"],
        question=row["question"],
        approvers=tuple(row["approvers"]),
        policy=row.get("policy", "all"),
        criteria=tuple(_criterion(item) for item in row.get("criteria", [])),
    )


def _risk(row: dict[str, Any]) -> RiskDraft:
    return RiskDraft(
        catalogue=row.get("catalogue", ""), title=row.get("title", ""), likelihood=row.get("likelihood"),
        impact=row.get("impact"), plan=row.get("plan", ""),
    )  # fmt: skip


def _metric(pilot: dict[str, Any]) -> MetricTerms:
    row = pilot["metric"]
    rails = (
        Guardrail(rail["name"], rail["above"], Decimal(str(rail["limit"])), rail.get("unit", ""))
        for rail in pilot.get("guardrails", [])
    )
    return MetricTerms(
        name=row["name"], unit=row.get("unit", ""), aggregation=Aggregation(row["aggregation"]),
        direction=Direction(row["direction"]), target_kind=TargetKind(row["target_kind"]),
        target=Decimal(str(row["target"])), baseline=Baseline(), guardrails=tuple(rails),
    )  # fmt: skip


def _criterion(row: dict[str, Any]) -> CriterionDraft:
    return CriterionDraft(
        key=row["key"],
        text=row["text"],
        kind=CriterionKind(row["kind"]),
        must=row["must"],
        comparator=Comparator(row["comparator"]),
        unit=Unit(row["unit"]),
        source_key=row["source_key"],
        target=_number(row.get("target")),
        margin=_number(row.get("margin")),
        source=SourceKind(row["source"]) if "source" in row else None,
        source_slice=row.get("source_slice", ""),
        target_source_key=row.get("target_source_key", ""),
        min_n=row.get("min_n", 0),
        max_age_days=row.get("max_age_days"),
        waivable=row.get("waivable", True),
        rationale=row.get("rationale", ""),
    )


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
