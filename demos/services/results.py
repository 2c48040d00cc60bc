"""When all attempts are in: figures with intervals, measurements for the gates, the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone

from demos.figures import Figure, Outcome, figures_of
from demos.models import Attempt, MetricResult, Run
from demos.rules import finishing_move
from demos.services.runs import change_status
from demos.vocabulary import OPEN_STATUSES, RUN_FINISHED, RunMove
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind
from portal import audit

CONFIDENCE = Decimal("0.95")
WORST = "worst_slice_pass_rate"


def finish_run(run: Run) -> None:
    """End a locked run whose attempts are all in. Does nothing to a run that is over; safe to call twice.

    Writes its figures, records those of the whole as measurements, and says so in ledger and outbox.
    """
    if run.status not in OPEN_STATUSES or run.done != run.total:
        return
    move = finishing_move(ungraded=run.ungraded, total=run.total)
    change_status(run, move, now=timezone.now())
    found = figures_of(outcomes(run), seed=run.plan.seed)
    MetricResult.objects.bulk_create(
        MetricResult(
            tenant_id=run.tenant_id, run=run, key=f.key, slice=f.slice, value=f.value, unit=f.unit, n=f.n,
            events=f.events, low=f.low, high=f.high, bound_low=f.bound_low, bound_high=f.bound_high,
            method=f.method, seed=f.seed,
        )
        for f in found
    )  # fmt: skip
    for figure in found:
        if figure.slice and figure.key != WORST:
            continue
        _record(run, figure, valid=move == RunMove.FINISH)
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


def outcomes(run: Run) -> Iterator[Outcome]:
    """Every attempt of a run as the figures need it, in the order of the cases."""
    rows = (
        Attempt.objects.filter(run=run)
        .order_by("position", "repeat")
        .values_list(
            "case_id", "passed", "error_class", "latency_ms", "cost", "case__category", "case__slices"
        )
    )
    for case_id, passed, error_class, latency_ms, cost, category, slices in rows.iterator(chunk_size=2_000):
        yield Outcome(str(case_id), passed, error_class, latency_ms, cost, category, slices)


def run_path(run: Run) -> str:
    """Where a run is read in the browser."""
    return f"/{run.tenant.slug}/engagements/{run.engagement.public_id}/runs/{run.public_id}/"


def _record(run: Run, figure: Figure, *, valid: bool) -> None:
    if run.started_at is None or run.finished_at is None:
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
        source_id=run.pk,
        config_sha256=run.plan.config_sha256,
        started_at=run.started_at,
        measured_at=run.finished_at,
        valid=valid,
    )
