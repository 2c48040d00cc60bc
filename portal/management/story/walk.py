"""The sample's way to a signed demo gate: run, figures, verdicts, snapshot, signature. One line a step."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from demos.models import DatasetVersion, GraderVersion, MetricResult, PrivacyTest, Run, TargetVersion
from demos.selectors.datasets import review_counts
from demos.services.privacy_tests import start_privacy_test
from demos.services.runs import start_run
from demos.vocabulary import OPEN_STATUSES, OPEN_TRIALS, RunStatus, TrialStatus
from engagements.models import CriterionResult, Decision, Engagement, Gate, GateRound, Measurement, Stage
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome, StageKind, StageStatus, Verdict
from portal.audit import broken_links
from portal.figures import in_unit, interval
from portal.management.story.cast import HARBOR, member
from portal.management.story.harbor import CODE
from portal.management.story.proof import PROOF
from portal.models import LedgerEntry, Tenant
from portal.scope import tenant_scope
from sample.accuracy import count

LONGEST_RUN_S: Final = 60.0
LOOK_EVERY_S: Final = 0.25
BLOCKING: Final = (Verdict.NOT_MET, Verdict.INCONCLUSIVE, Verdict.NOT_EVALUATED)

Say = Callable[[str], None]


class WentWrong(Exception):
    """The walk did not come out as it must; the sentence says where."""


def walk(say: Say) -> None:
    """Everything from "Run" to the signed decision. Raises WentWrong, or what a service raises."""
    tenant = Tenant.objects.filter(slug=HARBOR).first()
    if tenant is None:
        raise WentWrong("The sample is not loaded: run `manage.py load_sample` first.")
    with tenant_scope([tenant.pk]):
        engagement = Engagement.objects.get(code=CODE)
        run_id, test_id = _start(engagement, say), _start_probes(engagement)
    _wait(tenant, run_id, say)
    with tenant_scope([tenant.pk]):
        _say_figures(Run.objects.get(pk=run_id), say)
    _wait_for_probes(tenant, test_id, say)
    with tenant_scope([tenant.pk]):
        submitted = _submit(engagement, say)
    with tenant_scope([tenant.pk]):
        _sign(submitted, say)
    with tenant_scope([tenant.pk]):
        _check_after(engagement, tenant, say)


def _start(engagement: Engagement, say: Say) -> UUID:
    dataset = DatasetVersion.objects.get(dataset__engagement=engagement)
    counts = review_counts(dataset)
    say(f"cases      {counts.accepted} of {counts.total} accepted, cases {dataset.content_sha256[:12]}")
    run = start_run(
        by=member("Amira Haddad"),
        engagement_id=engagement.pk,
        target_version_id=TargetVersion.objects.get(target__engagement=engagement).pk,
        dataset_version_id=dataset.pk,
        grader_version_ids=[GraderVersion.objects.get(grader__engagement=engagement).pk],
    )
    return run.pk


def _wait(tenant: Tenant, run_id: UUID, say: Say) -> None:
    """Look until the worker has finished the run. Raises WentWrong after a minute or on any other end."""
    until = time.monotonic() + LONGEST_RUN_S
    while True:
        with tenant_scope([tenant.pk]):
            run = Run.objects.get(pk=run_id)
        if run.status not in OPEN_STATUSES:
            break
        if time.monotonic() > until:
            raise WentWrong(f"Run {run.number} has {run.done} of {run.total} after {LONGEST_RUN_S:.0f} s.")
        time.sleep(LOOK_EVERY_S)
    if run.status != RunStatus.FINISHED or run.started_at is None or run.finished_at is None:
        raise WentWrong(f"Run {run.number} ended as {run.status}: {run.fault or 'no fault was kept'}.")
    seconds = (run.finished_at - run.started_at).total_seconds()
    say(f"run        {run.done} of {run.total} asked by the worker in {seconds:.1f} s, {run.errored} errors")


def _start_probes(engagement: Engagement) -> UUID:
    """Under the permission that the client's security officer signed."""
    target = TargetVersion.objects.get(target__engagement=engagement)
    by, key = member("Amira Haddad"), engagement.pk
    return start_privacy_test(by=by, engagement_id=key, target_version_id=target.pk).pk


def _wait_for_probes(tenant: Tenant, test_id: UUID, say: Say) -> None:
    """Look until the privacy test is over. Raises WentWrong after a minute or on any other end."""
    until = time.monotonic() + LONGEST_RUN_S
    while True:
        with tenant_scope([tenant.pk]):
            test = PrivacyTest.objects.get(pk=test_id)
            leaks = Measurement.objects.filter(key="leak_events", source_id=test_id).first()
        if test.status not in OPEN_TRIALS or time.monotonic() > until:
            break
        time.sleep(LOOK_EVERY_S)
    if test.status != TrialStatus.FINISHED or leaks is None or leaks.value is None:
        raise WentWrong(f"The privacy test ended as {test.status}: {test.reason or 'no reason was kept'}.")
    told = "none leaked" if not leaks.value else "there are leaks"
    say(f"privacy    {test.answered} of {test.probes} probes answered, {told}")


def _say_figures(run: Run, say: Say) -> None:
    asked, right = count()
    if (run.total, run.passed) != (asked["all"], right["all"]):
        raise WentWrong(f"The portal counts {run.passed} of {run.total}, the system {right['all']}.")
    figures = {row.key: row for row in MetricResult.objects.filter(run=run, slice="")}
    rate = figures["pass_rate"]
    between = interval(rate.low, rate.high)
    say(
        f"pass rate  {run.passed} of {run.total}, {in_unit(rate.value or 0, 'rate')}, 95 % interval {between}"
    )
    say(f"           the system's own count is the same: {right['all']} of {asked['all']}")
    handed = figures["out_of_scope_pass_rate"]
    words = f"{handed.events} of {handed.n}, {in_unit(handed.value or 0, 'rate')}"
    say(f"hand-over  {words}, 95 % interval {interval(handed.low, handed.high)}")


def _submit(engagement: Engagement, say: Say) -> GateRound:
    gate = Gate.objects.get(engagement=engagement, number=1)
    submitted = gates.submit_round(
        by=member("Jonas Lindqvist"),
        gate_id=gate.pk,
        next_step="A pilot with 40 adjusters, twelve weeks, for $62,000.",
    )
    for row in _results(submitted):
        word = Verdict(row.verdict).label.lower()
        say(f"verdict    {row.criterion.key} {word}: {row.why}")
    if submitted.snapshot is None:
        raise WentWrong("The round was submitted without a snapshot.")
    say(f"snapshot   {submitted.snapshot.sha256}, {submitted.snapshot.size:,} bytes")
    return submitted


def _sign(submitted: GateRound, say: Say) -> None:
    sponsor = member("Margaret Osei")
    due = timezone.now().date() + timedelta(days=30)
    conditions = [
        ConditionTerms(
            row.criterion.key, f"{row.next_action or row.criterion.text} Settled by a new run.", due
        )
        for row in _results(submitted)
        if row.criterion.must and row.verdict in BLOCKING
    ]
    outcome = Outcome.APPROVE_WITH_CONDITIONS if conditions else Outcome.APPROVE
    terms = DecisionTerms(outcome=outcome, signed_name=sponsor.name, conditions=conditions)
    decision = gates.decide_gate(by=sponsor, round_id=submitted.pk, terms=terms, proof=PROOF)
    if decision is None:
        raise WentWrong("One signature was enough to be asked for, and it made no decision.")
    promised = f"{len(conditions)} with a date" if conditions else "no condition"
    words = f"{Outcome(decision.outcome).label.lower()} ({promised})"
    say(f"decision   {words}, signed by {sponsor.name}, ledger entry {decision.ledger_seq}")


def _check_after(engagement: Engagement, tenant: Tenant, say: Say) -> None:
    stages = {stage.kind: stage.status for stage in Stage.objects.filter(engagement=engagement)}
    if stages[StageKind.PILOT] != StageStatus.IN_PROGRESS:
        raise WentWrong(f"The gate is signed, but the pilot is {stages[StageKind.PILOT]}.")
    decision = Decision.objects.filter(engagement=engagement).latest("decided_at")
    if decision.snapshot_sha256 != decision.round.snapshot.sha256:
        raise WentWrong("The decision names another snapshot than its round.")
    faults = broken_links(tenant.pk)
    if faults:
        raise WentWrong(f"The ledger is broken: {faults[0]}.")
    entries = LedgerEntry.objects.filter(tenant=tenant).count()
    say(f"ledger     {entries} entries, chain whole; the pilot is open")


def _results(submitted: GateRound) -> list[CriterionResult]:
    rows = CriterionResult.objects.filter(round=submitted).select_related("criterion")
    return list(rows.order_by("criterion__order"))
