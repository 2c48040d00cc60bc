"""A figure of a test that is over, as gates read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from demos.engine.statistics import rate
from demos.models import FaultReport, LoadTest
from demos.outcomes import decimal_of
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit

CONFIDENCE: Final = Decimal("0.95")
Trial = LoadTest | FaultReport


def record_rate(test: Trial, key: str, events: int, n: int, *, slice: str = "") -> None:
    """``events`` of ``n`` as a share with its intervals."""
    found = rate(events, n)
    record_figure(
        test, key, Unit.RATE, found.value, n=n, method=found.method, low=found.low, high=found.high,
        bound_low=found.bound_low, bound_high=found.bound_high, slice=slice,
    )  # fmt: skip


def record_figure(
    test: Trial, key: str, unit: Unit, value: float | None, *, n: int, method: str,
    low: float | None = None, high: float | None = None, bound_low: float | None = None,
    bound_high: float | None = None, slice: str = "",
) -> None:  # fmt: skip
    """One figure; ``value`` None: looked for and not found. Raises ValueError before the end of the test."""
    if test.started_at is None or test.finished_at is None:
        raise ValueError("a test that is over has a beginning and an end")
    record_measurement(
        by=None, engagement_id=test.engagement_id, key=key, value=decimal_of(value), unit=unit, n=n,
        low=decimal_of(low), high=decimal_of(high), bound_low=decimal_of(bound_low),
        bound_high=decimal_of(bound_high), confidence=CONFIDENCE, method=method, seed=None, slice=slice,
        source_kind=SourceKind.TEST, source_id=test.pk,
        config_sha256=test.target_version.config_sha256,
        started_at=test.started_at, measured_at=test.finished_at, valid=bool(test.valid),
    )  # fmt: skip
