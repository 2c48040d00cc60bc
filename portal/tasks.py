"""Background work of the portal."""

from uuid import UUID

from celery import shared_task

from portal.outbox import DELIVER_TASK, RESETS_TASK


@shared_task(name=DELIVER_TASK, time_limit=300, soft_time_limit=280)
def deliver_outbox(tenant_id: str | None = None) -> None:
    """Deliver what waits in the outbox, of one client or of all. Safe to run twice."""
    from portal.services.delivery import deliver_waiting  # leaf: models load after Celery is set up

    deliver_waiting(tenant_id=UUID(tenant_id) if tenant_id else None)


@shared_task(name=RESETS_TASK, time_limit=300, soft_time_limit=280)
def deliver_resets() -> None:
    """Send the mails of forgotten passwords that wait. Safe to run twice."""
    from portal.services.resets import deliver_resets as deliver  # leaf: models load late

    deliver()


@shared_task(name="portal.forget_expired_keys", time_limit=300, soft_time_limit=280)
def forget_expired_keys() -> None:
    """Delete what stands under idempotency keys older than a day. Safe to run twice."""
    from portal.services.housekeeping import forget_expired_keys as forget  # leaf: models load late

    forget()
