"""The values that rules work on: what was agreed, and what was measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engagements.vocabulary import (
    NEEDS_MARGIN,
    NEEDS_NO_TARGET,
    POINT_COMPARATORS,
    Comparator,
    CriterionKind,
    Reason,
    SourceKind,
    Unit,
    Verdict,
)
from portal.errors import FieldError, Invalid

SOURCES: Final[Mapping[CriterionKind, frozenset[SourceKind]]] = {
    CriterionKind.METRIC: frozenset(
        {SourceKind.RUN, SourceKind.TEST, SourceKind.SERIES, SourceKind.VALUE_CASE}
    ),
    CriterionKind.COMPARISON: frozenset({SourceKind.COMPARISON, SourceKind.RUN, SourceKind.SERIES}),
    CriterionKind.LEVEL: frozenset({SourceKind.ANSWER}),
    CriterionKind.EVIDENCE: frozenset(
        {SourceKind.EVIDENCE, SourceKind.ANSWER, SourceKind.VALUE_CASE, SourceKind.METRIC, SourceKind.SERIES}
    ),
    CriterionKind.ATTESTATION: frozenset({SourceKind.ATTESTATION}),
    CriterionKind.CONDITION: frozenset({SourceKind.CONDITION}),
    CriterionKind.RISK: frozenset({SourceKind.RISK}),
    CriterionKind.VALUE: frozenset({SourceKind.VALUE_CASE}),
}
"""Which sources may feed a criterion of a kind: a measured figure is never typed in by hand."""

RUN_SOURCES: Final = frozenset({SourceKind.RUN, SourceKind.COMPARISON})
"""Sources that begin after the seal, and on exactly what was sealed: target, cases and graders."""

BOUND_SOURCES: Final = RUN_SOURCES | {SourceKind.TEST}
"""Sources that begin after the seal; a load, fault or privacy test on the target that was sealed."""

COUNTED_KINDS: Final = frozenset(
    {
        CriterionKind.LEVEL,
        CriterionKind.EVIDENCE,
        CriterionKind.ATTESTATION,
        CriterionKind.CONDITION,
        CriterionKind.RISK,
        CriterionKind.VALUE,
    }
)
"""Kinds whose figure is counted or computed, not sampled: without bounds it is exact."""

LEVELS: Final = tuple(Decimal(level) for level in range(5))


@dataclass(frozen=True, slots=True)
class Terms:
    """One criterion as agreed. Rates 0 to 1; ``max_age_days`` None means that it does not age.

    ``binding_sha256`` is that of target, cases and graders together, ``target_sha256`` that of the target
    alone; both "" until something is bound. ``source`` None: any that the kind accepts.
    ``target_source_key``: the measurement that gives the target when both sides seal; ``target`` None until
    then.
    """

    key: str
    kind: CriterionKind
    must: bool
    comparator: Comparator
    target: Decimal | None
    unit: Unit
    confidence: Decimal
    source_key: str
    min_n: int = 0
    binding_sha256: str = ""
    target_sha256: str = ""
    max_age_days: int | None = None
    currency: str = ""
    margin: Decimal | None = None
    source: SourceKind | None = None
    source_slice: str = ""
    target_source_key: str = ""

    @property
    def sources(self) -> frozenset[SourceKind]:
        """The sources that may feed it."""
        return SOURCES[self.kind] if self.source is None else frozenset({self.source})

    @property
    def needs_binding(self) -> bool:
        """Whether it is sealed on target, cases and graders: only then may a run feed it."""
        if self.source is None:
            return self.kind in (CriterionKind.METRIC, CriterionKind.COMPARISON)
        return self.source in BOUND_SOURCES


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement. ``value`` None: nothing was measured; bounds are one-sided at ``confidence``."""

    key: str
    value: Decimal | None
    unit: Unit
    n: int | None
    bound_low: Decimal | None
    bound_high: Decimal | None
    confidence: Decimal
    method: str
    seed: int | None
    slice: str
    source_kind: SourceKind
    config_sha256: str
    started_at: datetime
    measured_at: datetime
    valid: bool


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver of one criterion, as the client granted it."""

    by: str
    until: date
    why: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on one criterion, with what it rests on. ``more_cases`` None: more would not settle it."""

    verdict: Verdict
    reason: Reason
    why: str
    observed: Decimal | None = None
    bound_low: Decimal | None = None
    bound_high: Decimal | None = None
    n: int | None = None
    more_cases: int | None = None
    next_action: str = ""


def binding_sha256(*, target: str, dataset: str, graders: Iterable[str]) -> str:
    """One hash for what is under test: target, dataset and graders (their order does not matter).

    A criterion is sealed with it and a run's measurements carry it; only equal ones meet.
    """
    parts = {"dataset": dataset, "graders": sorted(graders), "target": target}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def binding_hash(binding: Mapping[str, Any]) -> str:
    """The hash of a criterion's stored binding; "" when nothing is bound."""
    if not binding:
        return ""
    return binding_sha256(
        target=binding["target_sha256"],
        dataset=binding["dataset_sha256"],
        graders=binding["grader_sha256s"],
    )


def check_terms(terms: Terms) -> None:
    """Raises Invalid where the parts of a criterion do not fit each other."""
    if terms.must and terms.comparator in POINT_COMPARATORS:
        raise Invalid(
            f"{terms.key} must be met, so it needs a bound: a point value can only advise.",
            errors=[FieldError("/comparator", "point_value", "Choose a bound, or make it not binding.")],
        )
    _check_target(terms)
    if terms.comparator in NEEDS_MARGIN and (terms.margin is None or terms.margin < 0):
        raise Invalid(
            f"{terms.key} needs a margin.",
            errors=[FieldError("/margin", "missing", "Write how much is allowed, such as 0.03.")],
        )
    if terms.source is not None and terms.source not in SOURCES[terms.kind]:
        allowed = ", ".join(sorted(source.label.lower() for source in SOURCES[terms.kind]))
        raise Invalid(
            f"{terms.key} cannot be fed by {terms.source.label.lower()}.",
            errors=[FieldError("/source", "kind", f"This kind is fed by: {allowed}.")],
        )
    if not Decimal("0.5") < terms.confidence < 1:
        raise Invalid(
            f"{terms.key} asks for a confidence outside 0.5 to 1.",
            errors=[FieldError("/confidence", "range", "Write a share such as 0.95.")],
        )


def _check_target(terms: Terms) -> None:
    if terms.target is None:
        if terms.comparator not in NEEDS_NO_TARGET and not terms.target_source_key:
            raise Invalid(
                f"{terms.key} has no target.",
                errors=[FieldError("/target", "missing", "Write a number, such as 0.85.")],
            )
        return
    if terms.unit == Unit.RATE and not 0 <= terms.target <= 1:
        raise Invalid(
            f"{terms.key} asks for a rate outside 0 to 100 %.",
            errors=[FieldError("/target", "range", "Write a rate from 0 to 1, such as 0.85.")],
        )
    if terms.unit == Unit.DIFFERENCE and not -1 <= terms.target <= 1:
        raise Invalid(
            f"{terms.key} asks for a difference outside −100 to 100 points.",
            errors=[FieldError("/target", "range", "Write a difference from −1 to 1, such as 0.05.")],
        )
    if terms.unit == Unit.LEVEL and terms.target not in LEVELS:
        raise Invalid(
            f"{terms.key} asks for a level that there is not.",
            errors=[FieldError("/target", "range", "Levels are 0, 1, 2, 3 and 4.")],
        )


def choose_reading(
    terms: Terms, readings: Iterable[Reading], *, sealed_at: datetime | None
) -> Reading | None:
    """The newest reading that may feed the criterion, or else the newest that would be refused, or None.

    The refused one is returned so that its verdict can say why it does not count.
    """
    fitting = [reading for reading in readings if fits(terms, reading)]
    eligible = [
        reading for reading in fitting if eligible_reason(terms, reading, sealed_at=sealed_at) is None
    ]
    return max(eligible or fitting, key=lambda reading: reading.measured_at, default=None)


def fits(terms: Terms, reading: Reading) -> bool:
    """Same key, a source that the criterion accepts, and its slice: the whole unless it names one."""
    same_slice = reading.slice == terms.source_slice
    if not terms.source_slice and terms.source_key.startswith("worst_"):
        same_slice = True
    return reading.key == terms.source_key and reading.source_kind in terms.sources and same_slice


def eligible_reason(terms: Terms, reading: Reading, *, sealed_at: datetime | None) -> Reason | None:
    """Why a reading may not feed a criterion whatever it says; None when it may."""
    if not reading.valid:
        return Reason.INVALID_SOURCE
    if sealed_at is None:
        return Reason.NOT_SEALED
    if reading.source_kind in BOUND_SOURCES:
        if reading.started_at <= sealed_at:
            return Reason.BEFORE_SEAL
        sealed_on = terms.binding_sha256 if reading.source_kind in RUN_SOURCES else terms.target_sha256
        if not sealed_on or reading.config_sha256 != sealed_on:
            return Reason.OTHER_BINDING
    if reading.unit != terms.unit:
        return Reason.OTHER_UNIT
    if reading.confidence < terms.confidence:
        return Reason.OTHER_CONFIDENCE
    return None
