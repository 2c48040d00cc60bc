"""The Celery application: queues, kill-safe delivery, and the beat's ticks."""

from __future__ import annotations

import gc
import os

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.config.settings")

app = Celery("gatehouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def settle(**_: object) -> None:
    """Take what is loaded out of garbage collection: a shard makes many objects, and each full collection
    would walk all of Django's again."""
    gc.collect()
    gc.freeze()
