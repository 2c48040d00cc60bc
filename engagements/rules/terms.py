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
    CriterionKind.METRIC: frozenset({SourceKind.RUN, SourceKind.SERIES, SourceKind.VALUE_CASE}),
    CriterionKind.EVIDENCE: frozenset(
        {SourceKind.ANSWER, SourceKind.VALUE_CASE, SourceKind.METRIC, SourceKind.EVIDENCE}
    ),
    CriterionKind.ATTESTATION: frozenset({SourceKind.ATTESTATION}),
}
"""Which sources may feed a criterion of a kind: a measured figure is never typed in by hand."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One criterion as agreed. Rates 0 to 1; ``max_age_days`` None means that it does not age."""

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
    max_age_days: int | None = None
    currency: str = ""


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
    if terms.target is None and terms.comparator != Comparator.EXISTS_FRESH:
        raise Invalid(
            f"{terms.key} has no target.",
            errors=[FieldError("/target", "missing", "Write a number, such as 0.85.")],
        )
    if terms.unit == Unit.RATE and terms.target is not None and not 0 <= terms.target <= 1:
        raise Invalid(
            f"{terms.key} asks for a rate outside 0 to 100 %.",
            errors=[FieldError("/target", "range", "Write a rate from 0 to 1, such as 0.85.")],
        )
    if not Decimal("0.5") < terms.confidence < 1:
        raise Invalid(
            f"{terms.key} asks for a confidence outside 0.5 to 1.",
            errors=[FieldError("/confidence", "range", "Write a share such as 0.95.")],
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
    """Same key, a source that this kind of criterion accepts, and the whole rather than one slice of it."""
    whole = reading.slice == "" or terms.source_key.startswith("worst_")
    return reading.key == terms.source_key and reading.source_kind in SOURCES[terms.kind] and whole


def eligible_reason(terms: Terms, reading: Reading, *, sealed_at: datetime | None) -> Reason | None:
    """Why a reading may not feed a criterion whatever it says; None when it may."""
    if not reading.valid:
        return Reason.INVALID_SOURCE
    if sealed_at is None:
        return Reason.NOT_SEALED
    if reading.source_kind == SourceKind.RUN:
        if reading.started_at <= sealed_at:
            return Reason.BEFORE_SEAL
        if not terms.binding_sha256 or reading.config_sha256 != terms.binding_sha256:
            return Reason.OTHER_BINDING
    if reading.unit != terms.unit:
        return Reason.OTHER_UNIT
    if reading.confidence < terms.confidence:
        return Reason.OTHER_CONFIDENCE
    return None
