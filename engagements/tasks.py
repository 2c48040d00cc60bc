"""Tasks: ids in, one service called, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import Task, shared_task


@shared_task(
    name="engagements.scan_evidence", acks_late=True, time_limit=180, soft_time_limit=150,
    autoretry_for=(RuntimeError, OSError), retry_backoff=30, max_retries=5,
)  # fmt: skip
def scan_evidence(tenant_id: str, version_id: str) -> None:
    """Have the installation's scanner read one file."""
    from engagements.services.scanning import scan  # leaf: tasks load late

    scan(tenant_id=UUID(tenant_id), version_id=UUID(version_id))


@shared_task(name="engagements.tick", time_limit=240, soft_time_limit=220)
def tick() -> None:
    """What the date brings: lapsed conditions, expired rounds, waivers that end. Safe to run twice."""
    from engagements.services.ticking import tick_all  # leaf: tasks load late

    tick_all()


@shared_task(
    name="engagements.make_report", bind=True, acks_late=True, time_limit=180, soft_time_limit=150,
    autoretry_for=(OSError,), retry_backoff=10, max_retries=5,
)  # fmt: skip
def make_report(self: Task[..., None], tenant_id: str, report_id: str) -> None:
    """Print one report that was ordered."""
    from engagements.services.reports import make_report as make  # leaf: tasks load late

    is_last = self.request.retries >= (self.max_retries or 0)
    make(tenant_id=UUID(tenant_id), report_id=UUID(report_id), last_try=is_last)
