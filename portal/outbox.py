"""After commit: wake whoever delivers. A lost kick is harmless, the tick looks every ten seconds."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

DELIVER_TASK = "portal.deliver_outbox"

logger = logging.getLogger(__name__)


def kick(tenant_id: UUID) -> None:
    """Queue one delivery for a tenant after the transaction commits, however many events it wrote."""
    waiting: list[Any] = connection.run_on_commit
    key = f"kick:{tenant_id}"
    if any(getattr(entry[1], "kick_key", None) == key for entry in waiting):
        return

    def send() -> None:
        try:
            current_app.send_task(DELIVER_TASK, args=[str(tenant_id)], queue="deliver", retry=False)
        except OperationalError:
            logger.warning("the broker did not take the delivery; the tick will", exc_info=True)

    send.kick_key = key  # type: ignore[attr-defined]  # marks the callback so that it is added once
    transaction.on_commit(send)
