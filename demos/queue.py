"""Sends shard tasks to the broker after commit. A message that gets lost is made good by the sweeper."""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from demos.models import Run
from demos.rules import shards_wanted
from demos.services import fairness

SHARD_TASK = "demos.run_shard"
CLAIM_SIZE = 200

logger = logging.getLogger(__name__)


def send_shards(run: Run, *, waiting: int, alive: int = 0) -> int:
    """Queue as many shards as ``waiting`` attempts are worth, less those ``alive``. Returns how many."""
    most = settings.EVALUATION_SHARDS
    count = max(0, shards_wanted(waiting=waiting, claim_size=CLAIM_SIZE, most=most) - alive)
    tenant_id, run_id = str(run.tenant_id), str(run.pk)

    def send() -> None:
        try:
            for _ in range(count):
                current_app.send_task(SHARD_TASK, args=[tenant_id, run_id], queue="evaluate", retry=False)
        except OperationalError:
            logger.warning(
                "the broker did not take the shards of run %s; the sweeper will", run_id, exc_info=True
            )

    if count:
        transaction.on_commit(send)
        transaction.on_commit(lambda: fairness.note_waiting(run.tenant_id, run.pk))
    return count
