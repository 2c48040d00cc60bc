"""Harbor Mutual: past the pain-point gate, before the demo gate. Everything goes through the services."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import TargetKind, TargetSpec, Timeouts
from demos.importing.mapping import Mapping
from demos.models import DatasetVersion, GraderVersion, TargetVersion
from demos.selectors.datasets import asked_sha256_of
from demos.services.authorisations import sign_authorisation
from demos.services.datasets import import_cases, review_cases
from demos.services.graders import store_grader
from demos.services.targets import register_target
from demos.vocabulary import AllowedTest, CaseVerdict
from engagements.models import CriteriaSet, Engagement, Gate
from engagements.rules.decisions import DecisionTerms
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms
from engagements.services import criteria, gates
from engagements.services.engagements import create_engagement
from engagements.services.measurements import record_statement
from engagements.services.metrics import save_success_metric, seal_success_metric
from engagements.vocabulary import Aggregation, Direction, Outcome
from engagements.vocabulary import TargetKind as MetricTargetKind
from portal.management.story.harbor_costs import map_costs
from portal.management.story.proof import PROOF
from portal.management.story.readiness import answer_readiness
from portal.management.story.value import firm_up, promise_value
from portal.models import Tenant, User
from sample.system import FOLDER, SLICES

CODE: Final = "HM-01"
PROBLEM: Final = (
    "Each new claim is read and sorted by hand before anybody works on it. "
    "It takes 26 hours until a claim is with the right handler, and 7 of 100 go to the wrong one first."
)
FIRST_GATE: Final = ("G0-1", "G0-3", "G0-4", "G0-6")
LEFT_OUT: Final = ("G1-4",)
"""Of the demo gate: it takes two people who read 59 answers each. A wrong line sends nothing out."""
PILOT_GATE: Final = ("G2-1", "G2-2", "G2-8", "G2-9", "G2-11", "G2-12", "G2-13", "G2-14b")
"""What an afternoon can measure; load, faults and privacy are left to whoever tries them in earnest."""

DEMO_TARGETS: Final[dict[str, dict[str, Any]]] = {
    "G1-1": {"text": "Claims mail sorted correctly, on your own accepted cases", "target": Decimal("0.85")},
    "G1-6": {"text": "Mail outside its task is handed to a person", "target": Decimal("0.80")},
    "G1-8": {"text": "Cost of one correctly sorted mail", "target": Decimal("0.02")},
    "G1-2": {"text": "The weakest group of 30 cases or more", "target": Decimal("0.80")},
    "G1-7": {"text": "Wait for an answer, 95 of 100 mails", "target": Decimal(2000)},
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What an evaluation of the sample needs."""

    target: TargetVersion
    dataset: DatasetVersion
    grader: GraderVersion


def tell(people: dict[str, User], tenant: Tenant) -> None:
    """From the first pain point to sealed criteria of the demo gate; no run yet."""
    engagement = create_engagement(
        by=people["Jonas Lindqvist"],
        tenant=tenant,
        code=CODE,
        title="Claims triage",
        problem_statement=PROBLEM,
        sponsor=people["Margaret Osei"],
    )
    map_costs(by=people["Jonas Lindqvist"], engagement_id=engagement.pk)
    promise_value(lead=people["Jonas Lindqvist"], engagement_id=engagement.pk)
    _agree_metric(people, engagement)
    _pass_first_gate(people, engagement)
    bench = set_bench(people, engagement)
    _seal_demo_gate(people, engagement, bench)
    _agree_on(Gate.objects.get(engagement=engagement, number=2), people["Jonas Lindqvist"], PILOT_GATE)
    answer_readiness(people, engagement)
    firm_up(lead=people["Jonas Lindqvist"], engagement_id=engagement.pk)


def _agree_metric(people: dict[str, User], engagement: Engagement) -> None:
    today = timezone.now().date()
    metric = MetricTerms(
        name="time from first notice to the right handler",
        unit="h",
        aggregation=Aggregation.MEDIAN,
        direction=Direction.REDUCE,
        target_kind=MetricTargetKind.RELATIVE,
        target=Decimal("0.40"),
        baseline=Baseline(
            value=Decimal(26),
            n=4_120,
            begins=today - timedelta(days=82),
            ends=today - timedelta(days=42),
            source="claims system, all first notices",
        ),
        guardrails=(
            Guardrail("the share of misrouted claims", above=False, limit=Decimal(7), unit="%"),
            Guardrail("satisfaction, of 5,", above=True, limit=Decimal("4.2")),
        ),
    )
    save_success_metric(by=people["Jonas Lindqvist"], engagement_id=engagement.pk, metric=metric)
    for name in ("Jonas Lindqvist", "Margaret Osei"):
        seal_success_metric(by=people[name], engagement_id=engagement.pk)


def _pass_first_gate(people: dict[str, User], engagement: Engagement) -> None:
    lead, sponsor = people["Jonas Lindqvist"], people["Margaret Osei"]
    gate = Gate.objects.get(engagement=engagement, number=0)
    _agree_on(gate, lead, FIRST_GATE)
    _propose_and_seal(gate, lead, sponsor)
    for key in ("case_data_allowed", "stop_rule_agreed"):
        record_statement(by=people["Dana Ruiz"], engagement_id=engagement.pk, key=key, holds=True)
    submitted = gates.submit_round(
        by=lead, gate_id=gate.pk, next_step="A demo on your own mail, four weeks, no access to live claims."
    )
    terms = DecisionTerms(outcome=Outcome.APPROVE, signed_name=sponsor.name)
    gates.decide_gate(by=sponsor, round_id=submitted.pk, terms=terms, proof=PROOF)


def set_bench(people: dict[str, User], engagement: Engagement) -> Bench:
    """Register the sample AI system, import its cases, have them accepted, store the grader."""
    consultant = people["Amira Haddad"]
    target = register_target(
        by=consultant,
        engagement_id=engagement.pk,
        name="Triage assistant",
        spec=_system_under_test(),
        price=Price(engagement.currency, per_call=Decimal("0.004")),
    )
    columns = ("input", "expected", "category", "cluster")
    with (FOLDER / "cases.jsonl").open("rb") as file:
        imported = import_cases(
            by=consultant,
            engagement_id=engagement.pk,
            dataset_name="Claims mail",
            file_name="cases.jsonl",
            file=file,
            mapping=Mapping(**{name: name for name in columns}, case_key="id", slices=SLICES),
        )
    review_cases(by=people["Priya Nair"], version_id=imported.version.pk, verdict=CaseVerdict.ACCEPTED)
    grader = store_grader(
        by=consultant,
        engagement_id=engagement.pk,
        name="Right line and kind",
        spec=GraderSpec(GraderKind.NORMALISED, name="Right line and kind", must=True),
    )
    return Bench(target, imported.version, grader)


def _system_under_test() -> TargetSpec:
    base = os.environ.get("GATEHOUSE_SAMPLE_URL", "http://127.0.0.1:8801")
    return TargetSpec(
        kind=TargetKind.OPENAI_CHAT,
        url=f"{base}/v1/chat/completions",
        model="claims-desk-1",
        system="Sort this mail. Answer with line/kind, or hand over.",
        timeouts=Timeouts(connect_s=5, first_byte_s=20, total_s=30),
        concurrency=8,
    )


def _seal_demo_gate(people: dict[str, User], engagement: Engagement, bench: Bench) -> None:
    lead = people["Jonas Lindqvist"]
    gate = Gate.objects.get(engagement=engagement, number=1)
    draft = CriteriaSet.objects.get(gate=gate)
    for criterion in draft.criteria.all():
        if criterion.key in LEFT_OUT:
            criteria.remove_criterion(by=lead, criterion_id=criterion.pk)
        elif criterion.key in DEMO_TARGETS:
            criteria.change_criterion(by=lead, criterion_id=criterion.pk, changes=DEMO_TARGETS[criterion.key])
    criteria.bind(
        by=lead,
        criteria_set_id=draft.pk,
        binding={
            "target_sha256": bench.target.config_sha256,
            "dataset_sha256": asked_sha256_of(bench.dataset),
            "grader_sha256s": [bench.grader.config_sha256],
            "label": f"{bench.target}, {bench.dataset}, {bench.grader}",
        },
    )
    _propose_and_seal(gate, lead, people["Margaret Osei"])
    _allow_tests(people["Ifeoma Eze"], bench.target)


def _allow_tests(security: User, version: TargetVersion) -> None:
    """The client's security officer lets the consultancy send privacy probes for a month."""
    now = timezone.now()
    allowance = Allowance(
        hosts=(_system_under_test().place,), kinds=(AllowedTest.PRIVACY,), starts=now,
        ends=now + timedelta(days=30), max_per_second=100, max_requests=1_000,
    )  # fmt: skip
    sign_authorisation(
        by=security, target_id=version.target_id, allowance=allowance, signed_name=security.name, proof=PROOF
    )


def _agree_on(gate: Gate, lead: User, keys: Collection[str]) -> CriteriaSet:
    """Both sides take out what they do not ask for."""
    draft = CriteriaSet.objects.get(gate=gate)
    for criterion in draft.criteria.exclude(key__in=keys):
        criteria.remove_criterion(by=lead, criterion_id=criterion.pk)
    return draft


def _propose_and_seal(gate: Gate, lead: User, sponsor: User) -> None:
    draft = CriteriaSet.objects.get(gate=gate)
    criteria.propose(by=lead, criteria_set_id=draft.pk)
    for person in (lead, sponsor):
        criteria.seal(by=person, criteria_set_id=draft.pk)
