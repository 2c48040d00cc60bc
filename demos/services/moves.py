"""The one place that writes ``Run.status``, and what every move of a run needs."""

from __future__ import annotations

from datetime import datetime

from demos.models import PendingAttempt, Run
from demos.rules import next_status
from demos.vocabulary import RunMove, RunStatus


def change_status(run: Run, move: RunMove, *, now: datetime) -> None:
    """Move a locked run. Sets started_at and finished_at as the status asks; raises WrongMoment."""
    run.status = next_status(RunStatus(run.status), move)
    if move == RunMove.START:
        run.started_at = run.started_at or now
    if run.status not in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED):
        run.finished_at = now
    run.version += 1
    run.save(update_fields=["status", "started_at", "finished_at", "version"])


def drop_pending(run: Run) -> None:
    """Forget what a run that is over will not ask. A shard that still holds some gives back nothing."""
    PendingAttempt.objects.filter(run=run).delete()


def run_path(run: Run) -> str:
    """Where a run is read in the browser."""
    return f"/{run.tenant.slug}/engagements/{run.engagement.public_id}/runs/{run.public_id}/"
