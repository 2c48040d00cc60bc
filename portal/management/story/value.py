"""Harbor Mutual's process, its screening, and the value case of claims triage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from assessments.models import PainPoint
from assessments.rules.process import read_csv
from assessments.rules.suitability import Check, Said
from assessments.rules.value import CostLine
from assessments.services.process_map import import_steps
from assessments.services.suitability import ScreeningFacts, screen_pain_point
from assessments.services.value_case import BenefitFacts, CostFacts, ValueCaseFacts, save_value_case
from assessments.vocabulary import CostKind, EvidenceGrade
from portal.models import User

Cost = tuple[int, int, int, str, str]
SHARES = (
    (CostKind.LABOUR, "0.25", "0.35", "0.45"),
    (CostKind.ERROR, "0.20", "0.40", "0.50"),
    (CostKind.REWORK, "0.10", "0.25", "0.40"),
)
COSTS: dict[CostLine, Cost] = {
    CostLine.BUILD: (110_000, 140_000, 190_000, "B", "Offer of November, with two like it"),
    CostLine.TRAINING: (15_000, 22_000, 30_000, "C", "Dana Ruiz and the training desk"),
    CostLine.EXIT: (5_000, 8_000, 15_000, "D", "Jonas Lindqvist"),
    CostLine.LICENCES: (9_600, 9_600, 9_600, "A", "Price list"),
    CostLine.STAFF: (30_000, 36_000, 48_000, "C", "Half a post, two team leads asked apart"),
    CostLine.MONITORING: (6_000, 8_000, 12_000, "C", "Two consultants, asked apart"),
}
SIGNED: dict[CostLine, Cost] = {CostLine.BUILD: (110_000, 118_000, 126_000, "A", "Signed offer, with a cap")}
STEPS = """process,name,actor,system,volume_per_year,touch_minutes,wait_minutes,hours_per_year,grade,source
New claims,Take the mail in,Front desk,Mailbox,48000,1,20,1200,B,Two weeks counted in September
New claims,Read and sort,Claims desk,Mailbox and claims system,48000,7,1260,6400,A,Claims system
New claims,Ask for what is missing,Claims desk,Mailbox,10900,9,2880,2100,B,Sample of 200 claims
New claims,Hand to the right handler,Team lead,Claims system,48000,1.5,240,2400,A,Claims system
"""
YES_BUT_RULES = dict.fromkeys(Check, Said.YES) | {Check.RULES: Said.NO}
SCREENED = {
    "Manual triage of new claims": (YES_BUT_RULES, 6, 3, 48_000, "1"),
    "Chasing missing documents": (YES_BUT_RULES | {Check.TRUTH: Said.UNKNOWN}, 7, 2, 10_900, "1"),
    "Referring suspected fraud": (YES_BUT_RULES | {Check.DATA: Said.NO}, 4, 9, 900, "3"),
    "Paying a claim twice": (YES_BUT_RULES | {Check.RULES: Said.YES}, 3, 5, 192, "2"),
    "Typing in repairers’ invoices": (YES_BUT_RULES | {Check.RULES: Said.YES}, 2, 1, 14_600, "0.5"),
}


def map_process(*, lead: User, engagement_id: UUID) -> None:
    """Map how claims come in, step by step."""
    steps, _ = read_csv(STEPS)
    import_steps(by=lead, engagement_id=engagement_id, steps=steps)


def promise_value(*, lead: User, engagement_id: UUID) -> None:
    """Screen all five pain points, choose triage, write down what it is worth."""
    points = {row.title: row for row in PainPoint.objects.filter(engagement_id=engagement_id)}
    for title, (answers, urgency, risk, reach, impact) in SCREENED.items():
        point = points[title]
        facts = ScreeningFacts(
            answers, chosen=title.startswith("Manual"), urgency=Decimal(urgency),
            risk_reduction=Decimal(risk), reach=Decimal(reach), impact=Decimal(impact),
        )  # fmt: skip
        screen_pain_point(by=lead, pain_point_id=point.pk, version=point.version, facts=facts)
    _save(lead, engagement_id, points["Manual triage of new claims"], COSTS)


def firm_up(*, lead: User, engagement_id: UUID) -> None:
    """After the first gate: the offer is signed, so the next version is known better and pays back sooner."""
    triage = PainPoint.objects.get(engagement_id=engagement_id, title="Manual triage of new claims")
    _save(lead, engagement_id, triage, COSTS | SIGNED)


def _save(lead: User, engagement_id: UUID, triage: PainPoint, costs: Mapping[CostLine, Cost]) -> None:
    save_value_case(
        by=lead,
        engagement_id=engagement_id,
        version=0,
        facts=ValueCaseFacts(
            horizon_months=36, discount_rate=Decimal("0.10"), ramp_months=6, cases_per_year=Decimal(48_000),
            coverage=Decimal("0.85"), wrong_case_cost=Decimal("1.90"), demo_cost=Decimal(24_000),
            model_cost=Decimal("0.01"),
        ),
        costs={
            line: CostFacts(Decimal(low), Decimal(likely), Decimal(high), EvidenceGrade(grade), source)
            for line, (low, likely, high, grade, source) in costs.items()
        },
        benefits=[
            BenefitFacts(
                triage.pk, kind, Decimal(low), Decimal(likely), Decimal(high), adoption=Decimal("0.80"),
                cashable=kind != CostKind.LABOUR, owner="Dana Ruiz",
            )
            for kind, low, likely, high in SHARES
        ],
    )  # fmt: skip
