"""Mapping a pain point: who may, what is stored, what is measured, what the ledger keeps."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assessments.models import CostComponent, PainPoint
from assessments.rules.costs import Component
from assessments.selectors.pain_points import pain_points_map
from assessments.services.pain_points import PainPointFacts, map_pain_point, revise_pain_point
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from engagements.models import Engagement, Measurement
from portal.errors import Forbidden, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import LedgerEntry
from portal.scope import tenant_scope

pytestmark = pytest.mark.usefixtures("scope")

FACTS = PainPointFacts(title="Manual triage", kind=PainKind.BOTTLENECK, effort_days=Decimal(40))
V, R = Decimal(12000), Decimal(42)
LABOUR = Component(
    CostKind.LABOUR,
    {"cases_per_year": V, "touch_minutes": Decimal(18), "rate_per_hour": R},
    EvidenceGrade.A,
    "Time study, n = 412",
    Decimal(140_000),
    Decimal(160_000),
)
ERROR = Component(
    CostKind.ERROR,
    {"cases_per_year": V, "error_rate": Decimal("0.06"), "cost_per_error": Decimal(35)},
    EvidenceGrade.B,
    "350 files",
)
REWORK = Component(
    CostKind.REWORK,
    {
        "cases_per_year": V,
        "rework_share": Decimal("0.10"),
        "rework_minutes": Decimal(25),
        "rate_per_hour": R,
    },
    EvidenceGrade.D,
    "",
)
ALL = [LABOUR, ERROR, REWORK]


def mapped(harbor, components=ALL, by=None):
    return map_pain_point(
        by=by or harbor.lead, engagement_id=harbor.engagement.pk, facts=FACTS, components=components
    )


def test_a_pain_point_is_stored_with_its_costs(harbor):
    point = mapped(harbor)

    costs = {row.kind: row.likely for row in point.components.all()}
    assert costs == {
        "labour": Decimal(151_200),
        "error": Decimal(25_200),
        "rework": Decimal(21_000),
    }
    assert sum(costs.values()) == Decimal(197_400)


def test_the_engagement_gets_the_cost_and_the_share_of_guesses_as_measurements(harbor):
    mapped(harbor)

    found = {row.key: row for row in Measurement.objects.filter(engagement=harbor.engagement)}
    assert found["pain_point_annual_cost"].value == Decimal(197_400)
    assert found["pain_point_annual_cost"].bound_low is None
    assert found["d_grade_share"].value == Decimal("0.106383")
    assert found["d_grade_share"].bound_high == Decimal("0.106383")


def test_each_change_measures_all_pain_points_anew(harbor):
    mapped(harbor)
    second = mapped(harbor, [ERROR])
    revise_pain_point(by=harbor.lead, pain_point_id=second.pk, version=1, facts=FACTS, components=[LABOUR])

    values = Measurement.objects.filter(key="pain_point_annual_cost").order_by("created_at")
    assert [row.value for row in values] == [197_400, 222_600, 348_600]


def test_the_ledger_keeps_figures_and_no_words_of_the_client(harbor):
    mapped(harbor)

    entry = LedgerEntry.objects.get(event="pain_point.mapped")
    assert entry.facts == {
        "kind": "bottleneck",
        "components": 3,
        "annual_cost": "197400.0000",
        "guess_share": "0.106383",
    }


@pytest.mark.parametrize("who", ["lead", "expert"])
def test_a_lead_and_the_clients_expert_may_map(harbor, who):
    assert mapped(harbor, by=getattr(harbor, who)).version == 1


@pytest.mark.parametrize("who", ["member", "reviewer"])
def test_a_member_and_a_reviewer_may_not_map(harbor, who):
    with pytest.raises(Forbidden):
        mapped(harbor, by=getattr(harbor, who))

    assert not PainPoint.objects.exists()


def test_an_outsider_meets_nothing(harbor, other):
    with pytest.raises(NotFound), tenant_scope([other.tenant.pk]):
        mapped(harbor, by=other.outsider)


def test_nobody_maps_into_a_completed_engagement(harbor):
    Engagement.objects.filter(pk=harbor.engagement.pk).update(status="completed")

    with pytest.raises(WrongMoment, match="completed"):
        mapped(harbor)


@pytest.mark.parametrize(
    ("components", "pointer"),
    [
        ([], "/components"),
        ([LABOUR, LABOUR], "/components/labour"),
        ([replace(LABOUR, source=" ")], "/components/labour/source"),
        ([replace(LABOUR, low=Decimal(152_000), high=Decimal(160_000))], "/components/labour/low"),
        ([replace(ERROR, inputs={"cases_per_year": V})], "/components/error/error_rate"),
    ],
)
def test_costs_that_cannot_be_used_are_refused_by_name(harbor, components, pointer):
    with pytest.raises(Invalid) as refused:
        mapped(harbor, components)

    assert refused.value.errors[0].pointer == pointer
    assert not PainPoint.objects.exists()
    assert not Measurement.objects.exists()


def test_a_single_guess_needs_no_source(harbor):
    assert mapped(harbor, [REWORK]).components.get().source == ""


def test_a_revision_replaces_the_costs_and_counts_the_version(harbor):
    point = mapped(harbor)

    revised = revise_pain_point(
        by=harbor.lead,
        pain_point_id=point.pk,
        version=1,
        facts=replace(FACTS, title="Triage by hand"),
        components=[ERROR],
    )

    assert (revised.title, revised.version) == ("Triage by hand", 2)
    assert [row.kind for row in CostComponent.objects.all()] == ["error"]


def test_a_revision_of_what_somebody_else_changed_is_refused(harbor):
    point = mapped(harbor)
    change = {"by": harbor.lead, "pain_point_id": point.pk, "version": 1, "facts": FACTS}
    revise_pain_point(components=[ERROR], **change)

    with pytest.raises(VersionConflict):
        revise_pain_point(components=ALL, **change)

    assert CostComponent.objects.count() == 1


@pytest.mark.parametrize("n", [1, 3])
def test_reading_the_map_costs_two_queries(harbor, n, django_assert_num_queries):
    for _ in range(n):
        mapped(harbor)

    harbor_map_reader = harbor.member
    pain_points_map(harbor_map_reader, harbor.engagement)
    with django_assert_num_queries(2):
        found = pain_points_map(harbor_map_reader, harbor.engagement)

    assert len(found.rows) == n
    assert found.annual_cost == n * Decimal(197_400)


def test_the_map_puts_the_dearest_first_and_shows_formula_and_grade(harbor):
    mapped(harbor, [ERROR])
    dear = mapped(harbor)

    found = pain_points_map(harbor.lead, harbor.engagement)

    first = found.rows[0]
    assert first.pain_point == dear
    assert first.weakest == EvidenceGrade.D
    assert first.cost_per_day == Decimal(197_400) / 40
    assert first.components[0].formula == "12,000 × 18\u00a0min ÷ 60 × $42.00"
    assert [row.component.kind for row in first.components] == ["labour", "error", "rework"]
    assert found.too_much_guessed is False
    assert found.effort_days == 80


def test_an_empty_map_knows_no_cost(harbor):
    found = pain_points_map(harbor.lead, harbor.engagement)

    assert (found.rows, found.annual_cost, found.guess_share, found.effort_days) == ([], None, None, None)
