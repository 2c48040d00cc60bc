"""Runs are started, paused, resumed and stopped here; nothing else writes ``Run.status`` but execution."""

from __future__ import annotations

import secrets as chance
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from demos import queue
from demos.engine.graders import build_graders
from demos.models import (
    DatasetVersion,
    EvaluationPlan,
    GraderVersion,
    PendingAttempt,
    PlanGrader,
    Run,
    Target,
)
from demos.rules import checked_quotas, plan_sha256
from demos.selectors import datasets, runs, targets
from demos.services.graders import spec_of
from demos.services.halting import check_not_halted
from demos.services.moves import change_status, drop_pending, run_path
from demos.services.personal_data import action_for, check_personal_data
from demos.services.prices import version_for
from demos.services.spending import check_may_spend
from demos.vocabulary import (
    ACTIVE_STATUSES,
    RUN_PAUSED,
    RUN_RESUMED,
    RUN_STARTED,
    RUN_STOPPED,
    RunMove,
)
from engagements.models import Engagement
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.bulk import note_many_rows
from portal.errors import FieldError, Invalid, NotFound, RunLimitReached
from portal.events import EventType
from portal.models import User

MOST_ACTIVE_RUNS = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run stops by itself. None means no limit of that kind. Money in the engagement's currency."""

    max_cost: Decimal | None = None
    max_calls: int | None = None
    max_seconds: int | None = None
    max_tokens: int | None = None


@transaction.atomic
def start_run(
    *,
    by: User,
    engagement_id: UUID,
    target_version_id: UUID,
    dataset_version_id: UUID,
    grader_version_ids: Sequence[UUID],
    repeats: int = 1,
    limits: Limits = Limits(),  # frozen
    quotas: Mapping[str, int] | None = None,
) -> Run:
    """Queue a run of every accepted case. Its shard tasks are sent after commit.

    ``quotas``: least number of accepted cases by category; a category below it is warned of, not refused.
    Raises Forbidden, NotFound, RunLimitReached, TargetHalted, PersonalDataBlocked, or Invalid when there is
    no grader or no accepted case.
    """
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    active = Run.objects.filter(tenant_id=engagement.tenant_id, status__in=ACTIVE_STATUSES).count()
    if active >= MOST_ACTIVE_RUNS:
        raise RunLimitReached(f"{active} runs are on already. Wait for one to finish, or stop one.")
    check_may_spend(engagement.tenant_id, engagement.currency)
    plan = _write_plan(
        by, engagement, target_version_id, dataset_version_id, grader_version_ids, repeats=repeats,
        limits=limits, quotas=quotas or {},
    )  # fmt: skip
    last = Run.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
    run = Run(
        tenant_id=engagement.tenant_id, engagement=engagement, plan=plan, number=last + 1,
        currency=engagement.currency, started_by=by, case_count=0, total=0, shards_queued_at=timezone.now(),
    )  # fmt: skip
    run.case_count = datasets.accepted_cases(plan.dataset_version).count()
    if not run.case_count:
        raise _invalid(
            "/dataset_version",
            "No case of this version is accepted yet. The client's expert accepts them on the page of cases.",
        )
    check_personal_data(plan)
    run.total = run.case_count * repeats
    run.save()
    _insert_pending(run)
    note_many_rows(PendingAttempt, run.total)
    audit.record(
        actor=by,
        event=RUN_STARTED,
        subject=run,
        facts={
            "number": run.number,
            "attempts": run.total,
            "config_sha256": plan.config_sha256,
            "target": plan.target_version.public_id,
            "dataset": plan.dataset_version.public_id,
        },
    )
    queue.send_shards(run, waiting=run.total)
    return run


@transaction.atomic
def pause_run(*, by: User, run_id: UUID) -> Run:
    """Hold a run. What is under way may come in; nothing new is sent after the next write of each shard."""
    return _move(by, run_id, RunMove.PAUSE, RUN_PAUSED, action="stop_run")


@transaction.atomic
def resume_run(*, by: User, run_id: UUID) -> Run:
    """Let a paused run go on. Raises WrongMoment if it is not paused."""
    target = Target.objects.filter(versions__plans__runs=run_id).first()
    if target is not None and access.visible(by, Run.objects.filter(pk=run_id)).exists():
        check_not_halted(target)
    run = _move(by, run_id, RunMove.RESUME, RUN_RESUMED, action="start_run")
    run.started_at = run.started_at or timezone.now()
    run.shards_queued_at = timezone.now()
    run.save(update_fields=["started_at", "shards_queued_at"])
    queue.send_shards(run, waiting=run.total - run.done)
    return run


@transaction.atomic
def cancel_run(*, by: User, run_id: UUID) -> Run:
    """Stop a run for good. What was measured stays readable; it feeds no criterion."""
    run = _move(by, run_id, RunMove.STOP, RUN_STOPPED, action="stop_run")
    drop_pending(run)
    return run


def _move(by: User, run_id: UUID, move: RunMove, event: EventType, *, action: str) -> Run:
    runs.run_for(by, run_id)
    run = Run.objects.select_for_update(of=("self",)).select_related("engagement", "tenant").get(pk=run_id)
    access.require(by, action, run.engagement)
    change_status(run, move, now=timezone.now())
    facts: dict[str, audit.Fact] = {"number": run.number, "done": run.done, "attempts": run.total}
    if event is RUN_STOPPED:
        facts["limit"] = ""
    audit.record(actor=by, event=event, subject=run, facts=facts, path=run_path(run))
    return run


def _write_plan(
    by: User,
    engagement: Engagement,
    target_version_id: UUID,
    dataset_version_id: UUID,
    grader_version_ids: Sequence[UUID],
    *,
    repeats: int,
    limits: Limits,
    quotas: Mapping[str, int],
) -> EvaluationPlan:
    target = targets.target_version_for(by, target_version_id)
    check_not_halted(Target.objects.select_for_update().get(pk=target.target_id))
    dataset = datasets.dataset_version_for(by, dataset_version_id)
    DatasetVersion.objects.select_for_update().get(pk=dataset.pk)  # nobody reviews its cases meanwhile
    found = {
        version.pk: version
        for version in GraderVersion.objects.filter(
            pk__in=grader_version_ids, grader__engagement=engagement
        ).select_related("grader")
    }
    if target.target.engagement_id != engagement.pk or dataset.dataset.engagement_id != engagement.pk:
        raise NotFound
    if len(found) != len(set(grader_version_ids)):
        raise NotFound
    graders = [found[key] for key in dict.fromkeys(grader_version_ids)]
    _check_plan(graders, repeats)
    plan = EvaluationPlan.objects.create(
        tenant_id=engagement.tenant_id,
        engagement=engagement,
        target_version=target,
        dataset_version=dataset,
        repeats=repeats,
        max_cost=limits.max_cost,
        max_calls=limits.max_calls,
        max_seconds=limits.max_seconds,
        max_tokens=limits.max_tokens,
        quotas=checked_quotas(quotas),
        personal_data=action_for(engagement.pk),
        price_version=version_for(engagement, str(target.config.get("model", "")), on=timezone.localdate()),
        seed=chance.randbelow(2**31),
        config_sha256=plan_sha256(
            target=target.config_sha256,
            dataset=datasets.asked_sha256_of(dataset),
            graders=[grader.config_sha256 for grader in graders],
            repeats=repeats,
        ),
        created_by=by,
    )
    PlanGrader.objects.bulk_create(
        PlanGrader(tenant_id=plan.tenant_id, plan=plan, grader_version=grader, position=position)
        for position, grader in enumerate(graders, start=1)
    )
    return plan


def _check_plan(graders: Sequence[GraderVersion], repeats: int) -> None:
    if not graders:
        raise _invalid("/graders", "Choose at least one grader: without one, no answer is right or wrong.")
    if not 1 <= repeats <= 10:
        raise _invalid("/repeats", "Each case is asked 1 to 10 times.")
    try:
        build_graders([spec_of(grader) for grader in graders])
    except ValueError as problem:
        raise _invalid("/graders", str(problem)) from None


def _insert_pending(run: Run) -> None:
    """One INSERT … SELECT: a row for every accepted case and repeat, first all cases once, then again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO demos_pendingattempt (id, tenant_id, created_at, run_id, case_id, repeat, position) "
            "SELECT gen_random_uuid(), c.tenant_id, now(), %s, c.id, n.repeat, "
            "(n.repeat - 1) * 1000000 + c.position "
            "FROM demos_case c CROSS JOIN generate_series(1, %s) AS n(repeat) "
            "WHERE c.dataset_version_id = %s AND 'accepted' = (SELECT r.verdict FROM demos_casereview r "
            "WHERE r.case_id = c.id ORDER BY r.created_at DESC, r.id DESC LIMIT 1)",
            [run.pk, run.total // run.case_count, run.plan.dataset_version_id],
        )
        if cursor.rowcount != run.total:
            raise _invalid(
                "/dataset_version", "A case was accepted or rejected just now. Start the run again."
            )


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
