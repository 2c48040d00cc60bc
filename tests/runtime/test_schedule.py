"""What beat queues exists, and the broker's client accepts it."""

import pytest

from portal.config.celery import app
from portal.runtime.up import QUEUES

app.loader.import_default_modules()
TICKS = app.conf.beat_schedule


@pytest.mark.parametrize("tick", TICKS.values(), ids=TICKS.keys())
def test_a_tick_names_a_task_and_a_queue_that_a_worker_reads(tick):
    assert tick["task"] in app.tasks
    assert tick["options"]["queue"] in QUEUES.split(",")


@pytest.mark.parametrize(
    "task",
    [t for name, t in sorted(app.tasks.items()) if not name.startswith("celery.")],
    ids=lambda t: t.name,
)
def test_a_task_is_asked_to_end_before_it_is_made_to(task):
    hard = task.time_limit or app.conf.task_time_limit
    soft = task.soft_time_limit or app.conf.task_soft_time_limit
    assert soft < hard, "a soft limit above the hard one is refused when the task is queued"
    assert hard < app.conf.broker_transport_options["visibility_timeout"], "a longer task would run twice"
