"""Load tests: started under a permission, carried out by one worker, measured. Never sent again by itself."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from celery import current_app
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from kombu.exceptions import OperationalError

from demos.allowances import Wish
from demos.egress import egress_rules, note_call
from demos.engine.arrivals import Guards, LoadEnd, LoadPlan, Step, StepKind, UnfitPlan, Window
from demos.engine.load import LoadOutcome, run_load_sync
from demos.engine.personal_data import findings
from demos.engine.vocabulary import CaseInput
from demos.models import GraderVersion, LoadTest, LoadWindow, TargetVersion
from demos.selectors import datasets, targets
from demos.services import load_figures, privacy_tests
from demos.services.authorisations import covering, still_holds
from demos.services.graders import spec_of as grader_spec
from demos.services.halting import check_not_halted
from demos.services.spending import check_may_spend, count_test, month_left
from demos.services.targets import price_of, spec_of
from demos.vocabulary import LOAD_FINISHED, LOAD_STARTED, OPEN_TRIALS, AllowedTest, TrialStatus
from engagements.models import Engagement
from engagements.services.engagements import locked_engagement
from portal import access, audit
from portal.errors import FieldError, GatehouseError, Invalid, NotFound, WrongMoment
from portal.models import Tenant, User
from portal.scope import tenant_scope
from portal.secrets import read_secrets

TASK = "demos.run_load_test"
LOST_AFTER = timedelta(seconds=30)
UNTAKEN_AFTER = timedelta(minutes=30)
MOST_CASES = 500
USER_CALLS_PER_SECOND = 20
"""How many calls a second one person is counted for when the number of requests is looked at."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What is asked for. ``recovery_s`` 0: recovery is not looked for."""

    steps: tuple[Step, ...]
    target_p95_ms: float
    guards: Guards
    max_in_flight: int = 500
    recovery_s: int = 0
    sample_per_step: int = 0


@transaction.atomic
def start_load_test(
    *, by: User, engagement_id: UUID, target_version_id: UUID, dataset_version_id: UUID,
    grader_version_ids: Sequence[UUID] = (), order: LoadOrder,
) -> LoadTest:  # fmt: skip
    """Queue a load test. Raises NotFound, Invalid, TargetHalted; Forbidden: no permission covers it."""
    engagement = locked_engagement(by, engagement_id)
    access.require(by, "start_run", engagement)
    version = targets.target_version_for(by, target_version_id)
    cases = datasets.dataset_version_for(by, dataset_version_id)
    if version.target.engagement_id != engagement.pk or cases.dataset.engagement_id != engagement.pk:
        raise NotFound
    check_not_halted(version.target)
    currency = price_of(version).currency
    check_may_spend(engagement.tenant_id, currency)
    if LoadTest.objects.filter(target_version__target=version.target, status__in=OPEN_TRIALS).exists():
        raise WrongMoment(f"A load test of {version.target} is on already. Wait for its end, or stop it.")
    plan = _plan_json(order)
    _engine_plan(version, plan, _cases(cases), ())
    most, peak = _most_requests(order), _peak(order)
    host = spec_of(version).place
    signed = covering(version.target, Wish(AllowedTest.LOAD, host, peak, most))
    graders = [str(key) for key in _graders(engagement, grader_version_ids).values_list("pk", flat=True)]
    seal = {"plan": plan, "target": version.config_sha256, "cases": cases.content_sha256, "graders": graders}
    last = LoadTest.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
    test = LoadTest.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, number=last + 1, authorisation=signed,
        target_version=version, dataset_version=cases, grader_ids=graders, plan=plan, peak_per_second=peak,
        most_requests=most, started_by=by, currency=currency,
        config_sha256=hashlib.sha256(orjson.dumps(seal, option=orjson.OPT_SORT_KEYS)).hexdigest(),
    )  # fmt: skip
    audit.record(
        actor=by, event=LOAD_STARTED, subject=test, path=load_path(test),
        facts={
            "number": test.number, "target": version.public_id, "peak": peak, "steps": len(order.steps),
        },
    )  # fmt: skip
    _send(test)
    return test


@transaction.atomic
def cancel_load_test(*, by: User, test_id: UUID) -> LoadTest:
    """Stop a test; one that is on ends within two seconds. Raises WrongMoment when it is over."""
    rows = access.visible(by, LoadTest.objects.select_for_update(of=("self",)).filter(pk=test_id))
    test = rows.select_related("engagement", "tenant").first()
    if test is None:
        raise NotFound
    access.require(by, "stop_run", test.engagement)
    if test.status not in OPEN_TRIALS:
        raise WrongMoment(f"{test} is over.")
    test.cancelled_at = timezone.now()
    test.save(update_fields=["cancelled_at"])
    if test.status == TrialStatus.QUEUED:
        _close(test, TrialStatus.STOPPED, f"{by.name} stopped it before it began.")
    return test


def execute_load_test(*, tenant_id: UUID, test_id: UUID) -> None:
    """Carry a queued test out. Does nothing for one that was taken before: nothing is sent twice."""
    prepared = _take(tenant_id, test_id)
    if prepared is None:
        return
    plan, secrets, authorisation_id = prepared
    desk = _Desk(tenant_id, test_id, authorisation_id)
    note_call(plan.target.url, tenant_id=tenant_id, what="load test")
    try:
        outcome = run_load_sync(plan, report=desk.report, secrets=secrets, egress=egress_rules(tenant_id))
    except (ValueError, OSError, TimeoutError) as problem:
        with tenant_scope([tenant_id]):
            _close(_locked(test_id), TrialStatus.FAILED, str(problem) or type(problem).__name__)
        return
    finally:
        desk.close()
    with tenant_scope([tenant_id]):
        test = _locked(test_id)
        if test.status == TrialStatus.RUNNING:
            count_test(test, outcome.cost)
            _finish(test, outcome, plan)


def sweep_load_tests() -> None:
    """Mark tests as failed whose worker is gone, or that none took. They are not sent again."""
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        with tenant_scope([tenant_id]):
            now = timezone.now()
            lost = LoadTest.objects.select_for_update(skip_locked=True).filter(status__in=OPEN_TRIALS)
            for test in lost:
                if test.status == TrialStatus.RUNNING and (test.beat_at or now) < now - LOST_AFTER:
                    _close(test, TrialStatus.FAILED, "Its worker was lost. Start it again when you want to.")
                elif test.status == TrialStatus.QUEUED and test.created_at < now - UNTAKEN_AFTER:
                    _close(test, TrialStatus.FAILED, "No worker took it within half an hour.")
            privacy_tests.close_lost(lost_before=now - LOST_AFTER, untaken_before=now - UNTAKEN_AFTER)


def load_path(test: LoadTest) -> str:
    """Where a load test is read in the browser."""
    return f"/{test.tenant.slug}/engagements/{test.engagement.public_id}/load/{test.public_id}/"


class _Desk:
    """Stores the seconds that are over and looks whether the test may go on, in one thread."""

    def __init__(self, tenant_id: UUID, test_id: UUID, authorisation_id: UUID) -> None:
        self.tenant_id, self.test_id, self.authorisation_id = tenant_id, test_id, authorisation_id
        self.thread = ThreadPoolExecutor(1, "load-database")
        self.looked_at = 0.0

    async def report(self, windows: Sequence[Window]) -> str:
        """The engine's Report: at most two looks a second, more only when there is something to store."""
        if not windows and time.monotonic() - self.looked_at < 0.5:
            return ""
        self.looked_at = time.monotonic()
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._store, list(windows))

    def _store(self, windows: list[Window]) -> str:
        with tenant_scope([self.tenant_id]):
            LoadWindow.objects.bulk_create(
                [
                    LoadWindow(
                        tenant_id=self.tenant_id, test_id=self.test_id, second=w.second, step=w.step,
                        offered=w.offered, started=w.started, done=w.done, errors=w.errors, dropped=w.dropped,
                        p50_ms=w.p(0.5), p95_ms=w.p(0.95), p99_ms=w.p(0.99),
                    )
                    for w in windows
                ],
                ignore_conflicts=True,
            )  # fmt: skip
            now = timezone.now()
            mine = LoadTest.objects.filter(pk=self.test_id, status=TrialStatus.RUNNING)
            if not mine.update(beat_at=now):
                return "The test was closed."
            if LoadTest.objects.filter(pk=self.test_id, cancelled_at__isnull=False).exists():
                return "Somebody stopped it."
            return still_holds(self.authorisation_id)

    def close(self) -> None:
        """Close the thread and its database connection."""
        self.thread.submit(lambda: connection.close()).result()
        self.thread.shutdown()


def _take(tenant_id: UUID, test_id: UUID) -> tuple[LoadPlan, dict[str, str], UUID] | None:
    with tenant_scope([tenant_id]):
        test = _locked(test_id)
        if test.status != TrialStatus.QUEUED:
            return None
        why = still_holds(test.authorisation_id)
        if why:
            _close(test, TrialStatus.STOPPED, why)
            return None
        now = timezone.now()
        test.status, test.started_at, test.beat_at = TrialStatus.RUNNING, now, now
        test.save(update_fields=["status", "started_at", "beat_at"])
        graders = GraderVersion.objects.select_related("grader").filter(pk__in=test.grader_ids).order_by("pk")
        try:
            plan = _engine_plan(
                test.target_version, test.plan, _cases(test.dataset_version),
                tuple(grader_spec(row) for row in graders), most=test.most_requests,
                most_per_second=test.authorisation.max_per_second,
            )  # fmt: skip
            plan = within_month(plan, month_left(tenant_id, test.currency))
            secrets = read_secrets(tenant_id, plan.target.secret_names)
        except (GatehouseError, ValueError) as problem:
            _close(test, TrialStatus.FAILED, str(problem))
            return None
        return plan, secrets, test.authorisation_id


def _finish(test: LoadTest, outcome: LoadOutcome, plan: LoadPlan) -> None:
    test.requests = outcome.requests
    test.result = load_figures.result_json(outcome)
    whole = outcome.end is LoadEnd.FINISHED
    test.valid = whole and bool(outcome.steps) and not any(step.reason for step in outcome.steps)
    _close(test, TrialStatus.FINISHED if whole else TrialStatus.STOPPED, outcome.reason)
    load_figures.record(test, outcome, looked_for_recovery=plan.recovery_s > 0)


def _close(test: LoadTest, status: TrialStatus, reason: str) -> None:
    test.status, test.reason, test.finished_at = status, reason[:2000], timezone.now()
    test.save()
    audit.record(
        actor=None, event=LOAD_FINISHED, subject=test, path=load_path(test),
        facts={
            "number": test.number, "status": str(status), "requests": test.requests,
            "reason": test.reason[:200], "valid": test.valid,
        },
    )  # fmt: skip


def _locked(test_id: UUID) -> LoadTest:
    rows = LoadTest.objects.select_for_update(of=("self",))
    return rows.select_related(
        "engagement", "tenant", "target_version__target", "dataset_version", "authorisation"
    ).get(pk=test_id)


def _send(test: LoadTest) -> None:
    args = [str(test.tenant_id), str(test.pk)]

    def send() -> None:
        try:
            current_app.send_task(TASK, args=args, queue="evaluate", retry=False)
        except OperationalError:
            logger.warning("the broker did not take load test %s", args[1], exc_info=True)

    transaction.on_commit(send)


def _plan_json(order: LoadOrder) -> dict[str, Any]:
    plan: dict[str, Any] = orjson.loads(orjson.dumps(asdict(order), default=str))
    return plan


def _engine_plan(
    version: TargetVersion, plan: Mapping[str, Any], cases: tuple[CaseInput, ...], graders: tuple[Any, ...],
    *, most: int = 1, most_per_second: int | None = None,
) -> LoadPlan:  # fmt: skip
    """The engine's plan. Raises Invalid when it does not fit."""
    guards = dict(plan["guards"])
    if guards["max_cost"] is not None:
        guards["max_cost"] = Decimal(guards["max_cost"])
    try:
        return LoadPlan(
            target=spec_of(version),
            steps=tuple(Step(StepKind(s["kind"]), s["level"], s["seconds"]) for s in plan["steps"]),
            cases=cases, target_p95_ms=plan["target_p95_ms"], guards=Guards(**guards),
            max_in_flight=plan["max_in_flight"], max_requests=most, max_per_second=most_per_second,
            recovery_s=plan["recovery_s"],
            graders=graders, sample_per_step=plan["sample_per_step"], price=price_of(version),
        )  # fmt: skip
    except UnfitPlan as problem:
        raise _invalid(f"/{problem.field}", str(problem)) from None


def within_month(plan: LoadPlan, left: Decimal | None) -> LoadPlan:
    """The plan, stopping also where the money of the month is spent. None: no limit is set."""
    own = plan.guards.max_cost
    if left is None or (own is not None and own <= left):
        return plan
    return replace(plan, guards=replace(plan.guards, max_cost=left))


def _cases(version: Any) -> tuple[CaseInput, ...]:
    """The first accepted cases that are not sealed, are one question, and hold no personal data."""
    rows = datasets.accepted_cases(version).filter(sealed=False).order_by("position")[:MOST_CASES]
    return tuple(
        CaseInput(str(case.pk), case.input, case.expected, case.context, case.category)
        for case in rows
        if not case.turns and not findings(f"{case.input} {case.context}")
    )


def _graders(engagement: Engagement, keys: Sequence[UUID]) -> Any:
    found = GraderVersion.objects.filter(pk__in=keys, grader__engagement=engagement).order_by("pk")
    if found.count() != len(set(keys)):
        raise NotFound
    return found


def _peak(order: LoadOrder) -> int:
    """The rate that the permission has to cover: arrivals, or one call a second for each person.

    People who would ask faster than the permission allows are held back by the generator.
    """
    return max((math.ceil(step.level) for step in order.steps), default=0)


def _most_requests(order: LoadOrder) -> int:
    each = {StepKind.RATE: 1, StepKind.USERS: USER_CALLS_PER_SECOND}
    total = sum(step.level * step.seconds * each[step.kind] for step in order.steps)
    if order.steps:
        total += order.steps[0].level * order.recovery_s * each[order.steps[0].kind]
    return int(total) + 1


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
