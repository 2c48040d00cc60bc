"""After commit: wake whoever delivers. A lost kick is harmless, the tick looks every ten seconds."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

DELIVER_TASK = "portal.deliver_outbox"
RESETS_TASK = "portal.deliver_resets"

logger = logging.getLogger(__name__)


def kick(tenant_id: UUID) -> None:
    """Queue one delivery for a tenant after the transaction commits, however many events it wrote."""
    _after_commit(DELIVER_TASK, str(tenant_id))


def kick_resets() -> None:
    """Queue one delivery of the mails of forgotten passwords after the transaction commits."""
    _after_commit(RESETS_TASK)


def _after_commit(task: str, *args: str) -> None:
    waiting: list[Any] = connection.run_on_commit
    key = ":".join((task, *args))
    if any(getattr(entry[1], "kick_key", None) == key for entry in waiting):
        return

    def send() -> None:
        try:
            current_app.send_task(task, args=list(args), queue="deliver", retry=False)
        except OperationalError:
            logger.warning("the broker did not take the delivery; the tick will", exc_info=True)

    send.kick_key = key  # type: ignore[attr-defined]  # marks the callback so that it is added once
    transaction.on_commit(send)
