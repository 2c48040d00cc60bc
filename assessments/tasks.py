"""Tasks: ids in, one service called, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task


@shared_task(name="assessments.refresh", acks_late=True, time_limit=120, soft_time_limit=100)
def refresh_readiness(tenant_id: str, engagement_id: str) -> None:
    """Take over what was measured in one engagement."""
    from assessments.services.measured import refresh  # leaf: tasks load late
    from portal.scope import tenant_scope

    with tenant_scope([UUID(tenant_id)]):
        refresh(engagement_id=UUID(engagement_id))


@shared_task(name="assessments.refresh_all", time_limit=840, soft_time_limit=800)
def refresh_all() -> None:
    """Evidence expires and acceptances end by themselves: look at every engagement that goes on."""
    from assessments.services.measured import refresh_every  # leaf: tasks load late

    refresh_every()
