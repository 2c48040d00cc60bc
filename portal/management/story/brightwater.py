"""The second client: its demo was run in earnest, was not good enough, and its sponsor stopped there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from assessments.models import PainPoint
from assessments.rules.costs import Component
from assessments.rules.suitability import Check, Said
from assessments.rules.value import CostLine
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.services.suitability import ScreeningFacts, screen_pain_point
from assessments.services.value_case import BenefitFacts, CostFacts, ValueCaseFacts, save_value_case
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.importing.mapping import Mapping
from demos.models import DatasetVersion, GraderVersion, Run, TargetVersion
from demos.selectors.datasets import asked_sha256_of
from demos.services.datasets import import_cases, review_cases
from demos.services.execution import execute_shard
from demos.services.graders import store_grader
from demos.services.runs import start_run
from demos.services.targets import register_target
from demos.vocabulary import CaseVerdict, RunStatus
from engagements.models import CriteriaSet, CriterionResult, Engagement, Gate, GateRound
from engagements.rules.decisions import DecisionTerms
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms
from engagements.services import criteria, gates
from engagements.services.engagements import create_engagement
from engagements.services.measurements import record_statement
from engagements.services.metrics import save_success_metric, seal_success_metric
from engagements.vocabulary import Aggregation, Direction, EngagementStatus, Outcome, StopReason, Verdict
from engagements.vocabulary import TargetKind as MetricTargetKind
from portal.management.story.cast import BRIGHTWATER, member
from portal.management.story.proof import PROOF
from portal.models import Tenant, User
from portal.scope import tenant_scope
from sample.system import FOLDER, METER_MODEL, answerer_of
from sample.wire import AnswerServer

CODE: Final = "BW-01"
PROBLEM: Final = (
    "Every tenth meter reading that a customer sends is implausible, and a person writes back and sorts the "
    "answer. Most of these letters give one of four reasons."
)
LESSONS: Final = (
    "Eleven lines of notes are not enough to tell a leak from a misread digit: the letters are told apart by "
    "what happened, not by their words. Next time the notes come first, from 300 letters that were answered."
)
COLUMNS: Final = ("input", "expected", "category", "cluster")
NEXT: Final = "A pilot with eight clerks, eight weeks, for £21,000."
FIRST_GATE: Final = ("G0-1", "G0-3", "G0-4", "G0-6")
DEMO_TARGETS: Final[dict[str, dict[str, Any]]] = {
    "G1-1": {
        "text": "Letters sorted to the right reason, on your own accepted letters", "target": Decimal("0.80"),
        "min_n": 60,
    },
    "G1-3": {},
    "G1-6": {"text": "Letters about something else are handed to a person", "target": Decimal("0.80")},
    "G1-8": {"text": "Cost of one letter sorted correctly", "target": Decimal("0.05")},
}  # fmt: skip


class NotMeasured(Exception):
    """The second client's run did not come to its end; the sentence says how."""


def tell(people: dict[str, User], tenant: Tenant) -> None:
    """Everything up to sealed criteria of the demo gate. The run is made by ``conclude``."""
    lead, sponsor = people["Jonas Lindqvist"], people["Tom Ashworth"]
    engagement = create_engagement(
        by=lead, tenant=tenant, code=CODE, title="Disputed meter readings", problem_statement=PROBLEM,
        sponsor=sponsor,
    )  # fmt: skip
    _promise(lead, engagement)
    _agree_metric(lead, sponsor, engagement)
    _pass_first_gate(lead, sponsor, engagement)
    _seal_demo_gate(lead, sponsor, people["Ruth Okafor"], engagement)


def conclude() -> str:
    """Run the demo in earnest, hand in the gate, let the sponsor decide. Safe to repeat; says what it did.

    Without an address of the sample AI system nothing is run. Raises NotMeasured if it fails.
    """
    tenant = Tenant.objects.get(slug=BRIGHTWATER)
    address = os.environ.get("GATEHOUSE_SAMPLE_URL", "")
    with tenant_scope([tenant.pk]):
        engagement = Engagement.objects.get(code=CODE)
        if engagement.status == EngagementStatus.STOPPED:
            return ""
        run = Run.objects.filter(engagement=engagement).order_by("-number").first()
    if not address:
        return "Brightwater’s demo was not run: `bin/up` says where the sample AI system answers."
    with _answering(address):
        if run is None or run.status not in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.FINISHED):
            run = _start(tenant, engagement)
        execute_shard(tenant_id=tenant.pk, run_id=run.pk)
    with tenant_scope([tenant.pk]), transaction.atomic():
        run.refresh_from_db()
        if run.status != RunStatus.FINISHED:
            raise NotMeasured(f"Brightwater’s run ended as {run.status}: {run.fault or 'no fault was kept'}.")
        return _decide(engagement, run)


def _decide(engagement: Engagement, run: Run) -> str:
    """Hand the gate in and stop, if the numbers say so; else the round waits for its sponsor."""
    sponsor, gate = member("Tom Ashworth"), Gate.objects.get(engagement=engagement, number=1)
    submitted = GateRound.objects.filter(gate=gate).order_by("-number").first() or gates.submit_round(
        by=member("Jonas Lindqvist"),
        gate_id=gate.pk,
        next_step=NEXT,
    )
    first = CriterionResult.objects.get(round=submitted, criterion__key="G1-1")
    if first.verdict != Verdict.NOT_MET:
        return "Brightwater’s demo gate waits for its sponsor."
    terms = DecisionTerms(
        outcome=Outcome.STOP, signed_name=sponsor.name, stop_reason=StopReason.NOT_GOOD_ENOUGH,
        lessons=f"{first.why} {LESSONS}",
    )  # fmt: skip
    gates.decide_gate(by=sponsor, round_id=submitted.pk, terms=terms, proof=PROOF)
    return f"Brightwater’s demo had {run.passed} of {run.total} letters right, and stopped at its gate."


def _start(tenant: Tenant, engagement: Engagement) -> Run:
    with tenant_scope([tenant.pk]):
        return start_run(
            by=member("Jonas Lindqvist"),
            engagement_id=engagement.pk,
            target_version_id=TargetVersion.objects.get(target__engagement=engagement).pk,
            dataset_version_id=DatasetVersion.objects.get(dataset__engagement=engagement).pk,
            grader_version_ids=[GraderVersion.objects.get(grader__engagement=engagement).pk],
        )


@contextmanager
def _answering(address: str) -> Iterator[None]:
    """The sample AI system at ``address``: the one that answers there, or one of our own for this moment."""
    place = urlsplit(address)
    host, port = place.hostname or "127.0.0.1", place.port or 80
    with suppress(OSError), closing(HTTPConnection(host, port, timeout=2)) as there:
        there.connect()
        yield
        return
    with AnswerServer(host, port, answerer_of(""), by_model=answerer_of) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _promise(lead: User, engagement: Engagement) -> None:
    letters = Component(
        kind=CostKind.LABOUR,
        inputs={
            "cases_per_year": Decimal(31_000),
            "touch_minutes": Decimal(14),
            "rate_per_hour": Decimal("23.50"),
        },
        grade=EvidenceGrade.C,
        source="Two team leads, asked apart, 9 November",
    )
    calls = Component(
        kind=CostKind.ERROR,
        inputs={
            "cases_per_year": Decimal(31_000),
            "error_rate": Decimal("0.08"),
            "cost_per_error": Decimal(19),
        },
        grade=EvidenceGrade.D,
        source="Head of billing",
    )
    map_pain_point(
        by=lead,
        engagement_id=engagement.pk,
        facts=PainPointFacts(
            title="Writing back about implausible readings",
            kind=PainKind.RESOURCE_DRAIN,
            step="Reading received to reading accepted",
            owner="Tom Ashworth",
            effort_days=Decimal(30),
        ),
        components=[letters, calls],
    )
    point = PainPoint.objects.get(engagement=engagement)
    answers = dict.fromkeys(Check, Said.YES) | {Check.RULES: Said.NO}
    screen_pain_point(
        by=lead, pain_point_id=point.pk, version=point.version, facts=ScreeningFacts(answers, chosen=True)
    )
    save_value_case(
        by=lead, engagement_id=engagement.pk, version=0,
        facts=ValueCaseFacts(
            horizon_months=36, discount_rate=Decimal("0.08"), ramp_months=3, cases_per_year=Decimal(31_000),
            coverage=Decimal("0.90"), wrong_case_cost=Decimal("5.80"), demo_cost=Decimal(9_000),
            model_cost=Decimal("0.01"),
        ),
        costs={
            CostLine.BUILD: CostFacts(
                Decimal(24_000), Decimal(30_000), Decimal(42_000), EvidenceGrade.C, "Two like it, asked apart"
            ),
            CostLine.STAFF: CostFacts(
                Decimal(9_000), Decimal(12_000), Decimal(15_000), EvidenceGrade.D, "Jonas Lindqvist"
            ),
        },
        benefits=[
            BenefitFacts(
                point.pk, CostKind.LABOUR, Decimal("0.35"), Decimal("0.50"), Decimal("0.60"),
                adoption=Decimal("0.85"), cashable=True, owner="Tom Ashworth",
            )
        ],
    )  # fmt: skip


def _agree_metric(lead: User, sponsor: User, engagement: Engagement) -> None:
    today = timezone.now().date()
    metric = MetricTerms(
        name="time to sort and answer a letter", unit="min", aggregation=Aggregation.MEAN,
        direction=Direction.REDUCE, target_kind=MetricTargetKind.RELATIVE, target=Decimal("0.50"),
        baseline=Baseline(
            value=Decimal(14), n=180, begins=today.replace(day=1), ends=today, source="Time study, two clerks"
        ),
        guardrails=(Guardrail("customers who write again", above=False, limit=Decimal(8), unit="%"),),
    )  # fmt: skip
    save_success_metric(by=lead, engagement_id=engagement.pk, metric=metric)
    for person in (lead, sponsor):
        seal_success_metric(by=person, engagement_id=engagement.pk)


def _pass_first_gate(lead: User, sponsor: User, engagement: Engagement) -> None:
    gate = Gate.objects.get(engagement=engagement, number=0)
    _agree_on(gate, lead, sponsor, {key: {} for key in FIRST_GATE})
    for key in ("case_data_allowed", "stop_rule_agreed"):
        record_statement(by=sponsor, engagement_id=engagement.pk, key=key, holds=True)
    submitted = gates.submit_round(
        by=lead, gate_id=gate.pk, next_step="A demo on 72 of your letters, one week, for £9,000."
    )
    terms = DecisionTerms(outcome=Outcome.APPROVE, signed_name=sponsor.name)
    gates.decide_gate(by=sponsor, round_id=submitted.pk, terms=terms, proof=PROOF)


def _seal_demo_gate(lead: User, sponsor: User, expert: User, engagement: Engagement) -> None:
    base = os.environ.get("GATEHOUSE_SAMPLE_URL", "http://127.0.0.1:8801")
    spec = TargetSpec(
        kind=TargetKind.OPENAI_CHAT, url=f"{base}/v1/chat/completions", model=METER_MODEL,
        system="Say why this reading is implausible: one word, or hand over.",
        timeouts=Timeouts(connect_s=5, first_byte_s=20, total_s=30), concurrency=8,
    )  # fmt: skip
    target = register_target(
        by=lead, engagement_id=engagement.pk, name="Meter assistant", spec=spec,
        price=Price(engagement.currency, per_call=Decimal("0.004")),
    )  # fmt: skip
    with (FOLDER / "readings.jsonl").open("rb") as file:
        dataset = import_cases(
            by=lead, engagement_id=engagement.pk, dataset_name="Letters about readings",
            file_name="readings.jsonl", file=file,
            mapping=Mapping(**{name: name for name in COLUMNS}, case_key="id", slices=()),
        ).version  # fmt: skip
    review_cases(by=expert, version_id=dataset.pk, verdict=CaseVerdict.ACCEPTED)
    grader = store_grader(
        by=lead, engagement_id=engagement.pk, name="Right reason",
        spec=GraderSpec(GraderKind.NORMALISED, name="Right reason", must=True),
    )  # fmt: skip
    binding = {
        "target_sha256": target.config_sha256, "dataset_sha256": asked_sha256_of(dataset),
        "grader_sha256s": [grader.config_sha256], "label": f"{target}, {dataset}, {grader}",
    }  # fmt: skip
    gate = Gate.objects.get(engagement=engagement, number=1)
    _agree_on(gate, lead, sponsor, DEMO_TARGETS, binding)


def _agree_on(
    gate: Gate, lead: User, sponsor: User, targets: dict[str, dict[str, Any]],
    binding: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Take out what is not asked for, change the rest, and seal by both sides."""
    draft = CriteriaSet.objects.get(gate=gate)
    for criterion in draft.criteria.all():
        if criterion.key not in targets:
            criteria.remove_criterion(by=lead, criterion_id=criterion.pk)
        elif targets[criterion.key]:
            criteria.change_criterion(by=lead, criterion_id=criterion.pk, changes=targets[criterion.key])
    if binding:
        criteria.bind(by=lead, criteria_set_id=draft.pk, binding=binding)
    criteria.propose(by=lead, criteria_set_id=draft.pk)
    for person in (lead, sponsor):
        criteria.seal(by=person, criteria_set_id=draft.pk)
