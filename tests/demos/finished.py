"""Finished runs without a call: rows as a run leaves them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from demos.models import Attempt, Case, EvaluationPlan, PlanGrader, Run
from tests.personas import scope


@pytest.fixture
def runs_of(world, engagement, prepared):
    """A function: finished runs over n cases, one for each set of failing case numbers. No call leaves."""

    def make(n: int, *failing: set[int], **more: Any) -> list[Run]:
        order = prepared([f"question {i}" for i in range(n)])
        with scope(world):
            cases = list(
                Case.objects.filter(dataset_version_id=order["dataset_version_id"]).order_by("position")
            )
            return [
                finished(world, engagement, order, cases, number, wrong, **more)
                for number, wrong in enumerate(failing, start=1)
            ]

    return make


def finished(world, engagement, order, cases, number, wrong, *, target_version_id=None, **more) -> Run:
    plan = EvaluationPlan.objects.create(
        tenant=world.tenant, engagement=engagement, dataset_version_id=order["dataset_version_id"],
        target_version_id=target_version_id or order["target_version_id"], seed=1, config_sha256="e" * 64,
        created_by=world.lead,
    )  # fmt: skip
    PlanGrader.objects.create(
        tenant=world.tenant, plan=plan, grader_version_id=order["grader_version_ids"][0], position=1
    )
    now, total = timezone.now(), len(cases)
    run = Run.objects.create(
        tenant=world.tenant, engagement=engagement, plan=plan, number=number, case_count=total, total=total,
        done=total, passed=total - len(wrong), failed=len(wrong), currency="USD", started_by=world.lead,
        status="running", started_at=now,
    )  # fmt: skip
    Attempt.objects.bulk_create(
        Attempt(
            tenant=world.tenant, run=run, case=case, repeat=1, position=index, first_try="answered",
            passed=index not in wrong, score=float(index not in wrong), answer=f"run {number} on {index}",
            sent_at=now, latency_ms=100.0 + number * 10 + index % 3, cost=Decimal("0.01") * number,
        )
        for index, case in enumerate(cases)
    )  # fmt: skip
    return end(run)


def end(run: Run) -> Run:
    """The run as finished, now that its attempts are there."""
    run.status, run.finished_at = "finished", run.started_at
    run.save(update_fields=["status", "finished_at"])
    return run
