"""When all attempts are in: figures with intervals, measurements for the gates, the end of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from demos.figures import RULES, figures_of
from demos.models import Attempt, MetricResult, ResultVersion, Run
from demos.outcomes import Figure, Outcome
from demos.rules import finishing_move
from demos.selectors.verdicts import changed_verdicts
from demos.services.moves import change_status, run_path
from demos.vocabulary import OPEN_STATUSES, RUN_FINISHED, RunMove
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind
from portal import audit

CONFIDENCE = Decimal("0.95")
WORST = "worst_"
FOR_READING = frozenset({"design_effect"})
"""Figures that explain others; no gate asks for them."""


def finish_run(run: Run) -> None:
    """End a locked run whose attempts are all in. Does nothing to a run that is over; safe to call twice.

    Writes its figures, records those of the whole as measurements, and says so in ledger and outbox.
    """
    if run.status not in OPEN_STATUSES or run.done != run.total:
        return
    move = finishing_move(ungraded=run.ungraded, total=run.total)
    change_status(run, move, now=timezone.now())
    found = figures_of(outcomes(run), seed=run.plan.seed)
    store_figures(run, found, version=1)
    record_figures(run, found, valid=move == RunMove.FINISH, config_sha256=run.plan.config_sha256)
    audit.record(
        actor=None,
        event=RUN_FINISHED,
        subject=run,
        path=run_path(run),
        facts={
            "number": run.number,
            "attempts": run.total,
            "passed": run.passed,
            "failed": run.failed,
            "errored": run.errored,
            "ungraded": run.ungraded,
            "status": str(run.status),
        },
    )


def store_figures(run: Run, found: Iterable[Figure], *, version: int) -> None:
    """Keep the figures of one result version."""
    MetricResult.objects.bulk_create(
        MetricResult(
            tenant_id=run.tenant_id, run=run, result_version=version, key=f.key, slice=f.slice, value=f.value,
            unit=f.unit, n=f.n, events=f.events, low=f.low, high=f.high, bound_low=f.bound_low,
            bound_high=f.bound_high, method=f.method, seed=f.seed, rules=RULES,
        )
        for f in found
    )  # fmt: skip


def record_figures(
    run: Run,
    found: Iterable[Figure],
    *,
    valid: bool,
    config_sha256: str,
    measured_at: datetime | None = None,
    source_id: UUID | None = None,
) -> None:
    """Bring the figures of the whole, and the worst slices, to the gates.

    ``measured_at`` and ``source_id`` are of a later result; None: when the run finished, and the run itself.
    """
    for figure in found:
        if (figure.slice and not figure.key.startswith(WORST)) or figure.key in FOR_READING:
            continue
        when = measured_at or run.finished_at
        _record(run, figure, valid=valid, config_sha256=config_sha256, measured_at=when, source_id=source_id)


def outcomes(run: Run, *, version: int = 1) -> Iterator[Outcome]:
    """Every attempt as the figures of a result version need it, in the order of the cases."""
    changed = changed_verdicts(run, version=version)
    rows = (
        Attempt.objects.filter(run=run)
        .order_by("position", "repeat")
        .values_list(
            "pk", "case_id", "passed", "error_class", "latency_ms", "cost", "case__category", "case__slices",
            "case__cluster", "case__variant_of_id", "case__sealed", "case__change",
        )
    )  # fmt: skip
    for row in rows.iterator(chunk_size=2_000):
        key, case_id, passed, error_class, latency_ms, cost, category, slices, cluster = row[:9]
        parent, sealed, change = row[9:]
        if changed and key in changed:
            passed = changed[key].passed
        variant_of = str(parent) if parent else ""
        yield Outcome(
            str(case_id),
            passed,
            error_class,
            latency_ms,
            cost,
            category,
            slices,
            cluster,
            variant_of,
            sealed,
            change,
        )


def newest_binding(run: Run) -> str:
    """The hash that the newest result of a run is bound to."""
    newest = ResultVersion.objects.filter(run=run).order_by("-number").first()
    return run.plan.config_sha256 if newest is None else newest.config_sha256


def _record(
    run: Run,
    figure: Figure,
    *,
    valid: bool,
    config_sha256: str,
    measured_at: datetime | None,
    source_id: UUID | None,
) -> None:
    if run.started_at is None or measured_at is None:
        raise ValueError("a run that finished has a beginning and an end")
    record_measurement(
        by=None,
        engagement_id=run.engagement_id,
        key=figure.key,
        value=figure.value,
        unit=figure.unit,
        n=figure.n,
        low=figure.low,
        high=figure.high,
        bound_low=figure.bound_low,
        bound_high=figure.bound_high,
        confidence=CONFIDENCE,
        method=figure.method,
        seed=run.plan.seed if figure.seed is None else figure.seed,
        slice=figure.slice,
        source_kind=SourceKind.RUN,
        source_id=source_id or run.pk,
        config_sha256=config_sha256,
        started_at=run.started_at,
        measured_at=measured_at,
        valid=valid,
    )
