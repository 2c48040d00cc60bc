"""Tasks: ids in, one service called, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task


@shared_task(
    name="demos.run_shard", acks_late=True, reject_on_worker_lost=True, time_limit=900, soft_time_limit=870
)
def run_shard(tenant_id: str, run_id: str) -> None:
    """Work on a run until nothing is left to claim. A second shard of the same run takes other attempts."""
    from demos.services.execution import execute_shard  # leaf: tasks load late

    execute_shard(tenant_id=UUID(tenant_id), run_id=UUID(run_id))


@shared_task(name="demos.sweep_runs", time_limit=60, soft_time_limit=50)
def sweep_runs() -> None:
    """Free expired leases, queue shards again, finish what is complete. Safe at any time."""
    from demos.services.sweeping import sweep_all  # leaf: tasks load late

    sweep_all()


@shared_task(
    name="demos.run_load_test",
    acks_late=True,
    reject_on_worker_lost=True,
    time_limit=900,
    soft_time_limit=870,
)
def run_load_test(tenant_id: str, test_id: str) -> None:
    """Carry a queued load test out once. A second delivery finds it taken and sends nothing."""
    from demos.services.load_tests import execute_load_test  # leaf: tasks load late

    execute_load_test(tenant_id=UUID(tenant_id), test_id=UUID(test_id))


@shared_task(name="demos.sweep_tests", time_limit=60, soft_time_limit=50)
def sweep_tests() -> None:
    """Close load and privacy tests whose worker is gone. Safe at any time."""
    from demos.services.load_tests import sweep_load_tests  # leaf: tasks load late

    sweep_load_tests()


@shared_task(name="demos.run_privacy_test", time_limit=900, soft_time_limit=870)
def run_privacy_test(tenant_id: str, test_id: str) -> None:
    """Carry a queued privacy test out once. A second delivery finds it taken and sends nothing."""
    from demos.services.privacy_tests import execute_privacy_test  # leaf: tasks load late

    execute_privacy_test(tenant_id=UUID(tenant_id), test_id=UUID(test_id))


@shared_task(
    name="demos.judge_answers",
    acks_late=True,
    reject_on_worker_lost=True,
    time_limit=900,
    soft_time_limit=870,
)
def judge_answers(tenant_id: str, judging_id: str) -> None:
    """Ask a judge model about the stored answers that it has no word on yet."""
    from demos.services.judging import execute_judging  # leaf: tasks load late

    execute_judging(tenant_id=UUID(tenant_id), judging_id=UUID(judging_id))


@shared_task(
    name="demos.judge_pairs",
    acks_late=True,
    reject_on_worker_lost=True,
    time_limit=900,
    soft_time_limit=870,
)
def judge_pairs(tenant_id: str, judging_id: str) -> None:
    """Ask a judge model about the pairs of answers that it has no word on yet."""
    from demos.services.pairwise import execute_pair_judging  # leaf: tasks load late

    execute_pair_judging(tenant_id=UUID(tenant_id), judging_id=UUID(judging_id))


@shared_task(name="demos.tick_schedules", time_limit=120, soft_time_limit=110)
def tick_schedules() -> None:
    """Start scheduled runs that are due and compare those that ended. Safe at any time."""
    from demos.services.drift import tick  # leaf: tasks load late

    tick()


@shared_task(name="demos.delete_texts", time_limit=900, soft_time_limit=870)
def delete_texts() -> None:
    """Delete the texts of runs that are past their engagement's retention. Safe at any time."""
    from demos.services.retention import delete_due  # leaf: tasks load late

    delete_due()
