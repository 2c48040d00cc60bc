"""One evaluation through the portal's own services: client, people, target, cases, run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec
from demos.importing.mapping import Mapping
from demos.models import Attempt, MetricResult, Run
from demos.services.datasets import import_cases, review_cases
from demos.services.graders import store_grader
from demos.services.runs import start_run
from demos.services.targets import register_target
from demos.vocabulary import OPEN_STATUSES, CaseVerdict
from engagements.services.engagements import create_engagement
from portal.grants import add_member
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.vocabulary import Affiliation

LONGEST_RUN_S = 300.0
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """A client with accepted cases and a grader, ready to be run against any target."""

    tenant: Tenant
    lead: User
    engagement_id: UUID
    dataset_version_id: UUID
    grader_version_id: UUID
    cases: int
    import_s: float


def prepare(test: Path) -> Prepared:
    """Import the whole test file and have every case accepted by the client's expert."""
    lead = User.objects.create_user("lead@example.test", name="Lea Lead", affiliation=Affiliation.CONSULTANCY)
    expert = User.objects.create_user("expert@example.test", name="Ed Expert", affiliation=Affiliation.CLIENT)
    tenant = Tenant.objects.create(name="Bench", slug="bench", currency="EUR")
    add_member(lead, tenant, Role.LEAD)
    add_member(expert, tenant, Role.CLIENT_EXPERT)
    with tenant_scope([tenant.pk]):
        engagement = create_engagement(by=lead, tenant=tenant, title="Intents")
        began = time.perf_counter()
        with test.open("rb") as file:
            version = import_cases(
                by=lead, engagement_id=engagement.pk, dataset_name="Questions", file_name=test.name,
                file=file, mapping=Mapping(input="text", expected="category"),
            ).version  # fmt: skip
        took = time.perf_counter() - began
        review_cases(by=expert, version_id=version.pk, verdict=CaseVerdict.ACCEPTED)
        spec = GraderSpec(GraderKind.EXACT, name="Same intent", must=True)
        grader = store_grader(by=lead, engagement_id=engagement.pk, name="Same intent", spec=spec)
    return Prepared(tenant, lead, engagement.pk, version.pk, grader.pk, version.case_count, took)


def target_spec(kind: TargetKind, base: str) -> TargetSpec:
    """The classifier as a target of one of the two kinds."""
    if kind == TargetKind.OPENAI_CHAT:
        return TargetSpec(kind, f"{base}/v1/chat/completions", model="intents", concurrency=CONNECTIONS)
    return TargetSpec(
        kind, f"{base}/classify", template={"text": "{{question}}"}, answer_path="$.label",
        tokens_in_path="$.usage.prompt_tokens", tokens_out_path="$.usage.completion_tokens",
        concurrency=CONNECTIONS,
    )  # fmt: skip


def request_body(kind: TargetKind, text: str) -> dict[str, Any]:
    """What the portal sends for one question, for measuring the target alone."""
    if kind == TargetKind.OPENAI_CHAT:
        return {"model": "intents", "messages": [{"role": "user", "content": text}]}
    return {"text": text}


def run_once(prepared: Prepared, kind: TargetKind, base: str) -> dict[str, Any]:
    """Run all cases against the target and say what the portal found. Raises RuntimeError on a bad end."""
    with tenant_scope([prepared.tenant.pk]):
        target = register_target(
            by=prepared.lead, engagement_id=prepared.engagement_id, name=f"Classifier, {kind}",
            spec=target_spec(kind, base), price=Price("EUR"),
        )  # fmt: skip
        queued = time.perf_counter()
        run = start_run(
            by=prepared.lead, engagement_id=prepared.engagement_id, target_version_id=target.pk,
            dataset_version_id=prepared.dataset_version_id, grader_version_ids=[prepared.grader_version_id],
        )  # fmt: skip
    finished = _wait(prepared.tenant, run.pk)
    wall_s = time.perf_counter() - queued
    with tenant_scope([prepared.tenant.pk]):
        return _found(finished, wall_s)


def _wait(tenant: Tenant, run_id: UUID) -> Run:
    until = time.monotonic() + LONGEST_RUN_S
    while time.monotonic() < until:
        with tenant_scope([tenant.pk]):
            run = Run.objects.get(pk=run_id)
        if run.status == "finished":
            return run
        if run.status not in OPEN_STATUSES:
            raise RuntimeError(f"The run ended as {run.status}: {run.fault}")
        time.sleep(0.05)
    raise RuntimeError(f"The run is not over after {LONGEST_RUN_S:.0f} s: {run.done} of {run.total}.")


def _found(run: Run, wall_s: float) -> dict[str, Any]:
    if run.started_at is None or run.finished_at is None:
        raise RuntimeError("A run that finished has a beginning and an end.")
    rate = MetricResult.objects.get(run=run, key="pass_rate", slice="")
    seconds = (run.finished_at - run.started_at).total_seconds()
    return {
        "portal_passes": run.passed,
        "cases": run.total,
        "errors": run.errored,
        "rows_stored": Attempt.objects.filter(run=run).count(),
        "pass_rate": round(float(rate.value or 0), 6),
        "interval_95": [round(float(rate.low or 0), 6), round(float(rate.high or 0), 6)],
        "run_s": round(seconds, 3),
        "from_start_to_result_s": round(wall_s, 3),
        "cases_per_s": round(run.total / seconds, 1),
    }
