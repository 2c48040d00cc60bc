"""One evaluation by the real way: the API is asked, Celery works, PostgreSQL holds every row."""

from __future__ import annotations

import io
import json
import time
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.models import Attempt, Run
from demos.services.datasets import import_cases, review_cases
from demos.services.graders import store_grader
from demos.services.targets import register_target
from demos.vocabulary import CaseVerdict
from engagements.services.engagements import create_engagement
from portal import ids
from portal.grants import add_member
from portal.models import Tenant, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services.signing import SigningProof
from portal.services.tokens import create_token
from portal.vocabulary import Affiliation

LONGEST_RUN_S = 600.0
LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Desk:
    """A client with a lead, a machine's token, and a grader."""

    tenant: Tenant
    lead: User
    expert: User
    engagement_id: UUID
    grader_id: str
    token: str
    web: str


def open_desk(web: str) -> Desk:
    """Make the client once; every measured run belongs to it."""
    lead = User.objects.create_user("lead@example.test", name="Lea Lead", affiliation=Affiliation.CONSULTANCY)
    expert = User.objects.create_user("expert@example.test", name="Ed Expert", affiliation=Affiliation.CLIENT)
    tenant = Tenant.objects.create(name="Bench", slug="bench", currency="EUR")
    add_member(lead, tenant, Role.LEAD)
    add_member(expert, tenant, Role.CLIENT_EXPERT)
    with tenant_scope([tenant.pk]):
        engagement = create_engagement(by=lead, tenant=tenant, title="Speed")
        spec = GraderSpec(GraderKind.EXACT, name="Same code", must=True)
        grader = store_grader(by=lead, engagement_id=engagement.pk, name="Same code", spec=spec)
        token = create_token(
            by=lead, proof=SigningProof("password", 0, False), tenant_id=tenant.pk, name="bench",
            scopes=["runs:start", "runs:read"], expires=timezone.now() + timedelta(days=1), service=True,
        )  # fmt: skip
    return Desk(tenant, lead, expert, engagement.pk, ids.encode("grv", grader.pk), token.text, web)


def cases(desk: Desk, count: int) -> str:
    """A dataset version of so many accepted cases, by its public id. The numbers begin anew each time."""
    rows = [
        json.dumps({"input": f"What is the code of number {n}", "expected": f"code-{n}"})
        for n in range(count)
    ]
    with tenant_scope([desk.tenant.pk]):
        version = import_cases(
            by=desk.lead, engagement_id=desk.engagement_id, dataset_name=f"{count} questions",
            file_name="questions.jsonl", file=io.BytesIO("\n".join(rows).encode()),
        ).version  # fmt: skip
        review_cases(by=desk.expert, version_id=version.pk, verdict=CaseVerdict.ACCEPTED)
    return ids.encode("dsv", version.pk)


def target(desk: Desk, base: str, *, name: str, concurrency: int, attempt_s: float = 60.0) -> str:
    """The measured target, by its version's public id. ``attempt_s``: the longest that one try may take."""
    spec = TargetSpec(
        TargetKind.OPENAI_CHAT, f"{base}/v1/chat/completions", model="bench", concurrency=concurrency,
        timeouts=Timeouts(first_byte_s=attempt_s, total_s=attempt_s),
    )  # fmt: skip
    with tenant_scope([desk.tenant.pk]):
        version = register_target(
            by=desk.lead, engagement_id=desk.engagement_id, name=name, spec=spec, price=Price("EUR")
        )
    return ids.encode("tgv", version.pk)


def evaluate(desk: Desk, *, target_version: str, dataset_version: str, repeats: int = 1) -> dict[str, Any]:
    """Ask the API for a run and wait for its end. Raises RuntimeError when it does not finish."""
    body = {
        "target_version": target_version, "dataset_version": dataset_version,
        "grader_versions": [desk.grader_id], "repeats": repeats,
    }  # fmt: skip
    began = time.perf_counter()
    made = _ask(desk, f"engagements/{ids.encode('eng', desk.engagement_id)}/runs", body)
    accepted = time.perf_counter()
    run_id = ids.decode("run", made["id"])
    first = _until(desk, run_id, lambda run: run.done > 0 or run.finished_at is not None)
    first_at = time.perf_counter()
    run = first if first.finished_at else _until(desk, run_id, lambda run: run.finished_at is not None)
    ended = time.perf_counter()
    if run.status not in ("finished", "invalid"):
        raise RuntimeError(f"The run ended as {run.status}: {run.fault}")
    with tenant_scope([desk.tenant.pk]):
        stored = Attempt.objects.filter(run_id=run_id).count()
    if run.started_at is None or run.finished_at is None:
        raise RuntimeError("A run that finished has a beginning and an end.")
    seconds = (run.finished_at - run.started_at).total_seconds()
    return {
        "attempts": run.total, "rows_stored": stored, "passed": run.passed, "failed": run.failed,
        "errored": run.errored, "ungraded": run.ungraded, "retries": run.retries, "status": str(run.status),
        "api_answer_s": round(accepted - began, 3), "first_stored_after_202_s": round(first_at - accepted, 3),
        "run_s": round(seconds, 3), "from_call_to_result_s": round(ended - began, 3),
        "per_s": round(run.total / seconds, 1),
    }  # fmt: skip


def errors_by_class(desk: Desk) -> dict[str, int]:
    """How the newest run's attempts without an answer are classed."""
    with tenant_scope([desk.tenant.pk]):
        run = Run.objects.filter(engagement_id=desk.engagement_id).latest("number")
        found: dict[str, int] = {}
        for error_class in (
            Attempt.objects.filter(run=run).exclude(error_class="").values_list("error_class", flat=True)
        ):
            found[error_class] = found.get(error_class, 0) + 1
    return dict(sorted(found.items()))


def _ask(desk: Desk, address: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own web process on loopback
        f"{desk.web}/api/v1/{address}", json.dumps(body).encode(), method="POST",
        headers={"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - see above
        made: dict[str, Any] = json.load(answer)
    return made


def _until(desk: Desk, run_id: UUID, is_so: Any) -> Run:
    until = time.monotonic() + LONGEST_RUN_S
    while time.monotonic() < until:
        with tenant_scope([desk.tenant.pk]):
            run = Run.objects.get(pk=run_id)
        if is_so(run):
            return run
        time.sleep(LOOK_EVERY_S)
    raise RuntimeError(f"The run is not over after {LONGEST_RUN_S:.0f} s: {run.done} of {run.total}.")
