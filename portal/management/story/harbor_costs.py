"""What Harbor Mutual's pain points cost: five, each with its formula and how well it is known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from assessments.models import ProcessStep
from assessments.rules.costs import Component
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from portal.management.story.value import map_process
from portal.models import User

OWNER = "Dana Ruiz"
CLAIMS = Decimal(48_000)
RATE = Decimal(46)


def _part(
    kind: CostKind, grade: str, source: str, *, between: tuple[int, int] | None = None, **inputs: object
) -> Component:
    low, high = between if between else (None, None)
    return Component(
        kind=kind,
        inputs={key: Decimal(str(value)) for key, value in inputs.items()},
        grade=EvidenceGrade(grade),
        source=source,
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
    )


def _facts(title: str, kind: PainKind, *, days: int) -> PainPointFacts:
    return PainPointFacts(title, kind, owner=OWNER, effort_days=Decimal(days))


def _triage() -> tuple[PainPointFacts, list[Component]]:
    facts = PainPointFacts(
        title="Manual triage of new claims",
        kind=PainKind.BOTTLENECK,
        step="First notice to first handler, 48,000 claims a year",
        description="Every new claim is read and sorted by hand. Keyword rules help, and 7 of 100 go astray.",
        owner=OWNER,
        effort_days=Decimal(40),
    )
    study, files = "Time study, 12 to 23 October, n = 412", "350 files reviewed, October"
    return facts, [
        _part(CostKind.LABOUR, "A", study, between=(368_000, 442_000),
              cases_per_year=CLAIMS, touch_minutes=11, rate_per_hour=RATE),
        _part(CostKind.ERROR, "B", files, between=(95_000, 166_000),
              cases_per_year=CLAIMS, error_rate="0.07", cost_per_error=38),
        _part(CostKind.REWORK, "D", "Team lead, 2 October", between=(59_000, 118_000),
              cases_per_year=CLAIMS, rework_share="0.12", rework_minutes=20, rate_per_hour=RATE),
    ]  # fmt: skip


def _others() -> list[tuple[PainPointFacts, list[Component]]]:
    return [
        (
            _facts("Chasing missing documents", PainKind.BOTTLENECK, days=35),
            [_part(CostKind.DELAY, "B", "Letters of three months, counted",
                   delayed_cases_per_year=10_900, hours_late=7, cost_per_hour_late=3)],
        ),
        (
            _facts("Referring suspected fraud", PainKind.COMPLIANCE_EXPOSURE, days=90),
            [_part(CostKind.RISK, "C", "Two investigators, asked apart",
                   events_per_year="0.4", impact_per_event=355_000)],
        ),
        (
            _facts("Paying a claim twice", PainKind.ERROR_COST, days=12),
            [_part(CostKind.ERROR, "A", "Ledger of last year",
                   cases_per_year=CLAIMS, error_rate="0.004", cost_per_error=610)],
        ),
        (
            _facts("Typing in repairers’ invoices", PainKind.RESOURCE_DRAIN, days=18),
            [_part(CostKind.LABOUR, "B", "120 invoices timed",
                   cases_per_year=14_600, touch_minutes="5.5", rate_per_hour=RATE)],
        ),
    ]  # fmt: skip


HURTS = {
    "Manual triage of new claims": "Read and sort",
    "Chasing missing documents": "Ask for what is missing",
}
"""The step of the process map that a pain point hangs on."""


def map_costs(*, by: User, engagement_id: UUID) -> None:
    """Map how claims come in, then all five, two of them where they hurt, through the services."""
    map_process(lead=by, engagement_id=engagement_id)
    steps = ProcessStep.objects.filter(engagement_id=engagement_id, name__in=HURTS.values())
    places = {row.name: row.pk for row in steps}
    for told, components in [_triage(), *_others()]:
        facts = replace(told, process_step_id=places.get(HURTS.get(told.title, "")))
        map_pain_point(by=by, engagement_id=engagement_id, facts=facts, components=components)
