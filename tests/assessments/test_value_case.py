"""The value case: who may write it, what it refuses, what it pays in, and that a gate freezes it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from assessments.models import Benefit, ValueCase
from assessments.rules.costs import Component
from assessments.rules.suitability import Check, Said
from assessments.rules.value import CostLine
from assessments.services.pain_points import PainPointFacts, map_pain_point, revise_pain_point
from assessments.services.suitability import ScreeningFacts, screen_pain_point
from assessments.services.value_case import (
    BenefitFacts,
    CostFacts,
    ValueCaseFacts,
    freeze_value_case,
    save_value_case,
)
from assessments.services.value_sections import value_section
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from engagements.models import Measurement
from engagements.rules.canonical import canonical
from portal.errors import Forbidden, Invalid, VersionConflict
from portal.models import LedgerEntry
from tests.engagements.conftest import measure

pytestmark = pytest.mark.usefixtures("scope")
V, R = Decimal(12_000), Decimal(42)
LABOUR = Component(
    CostKind.LABOUR,
    {"cases_per_year": V, "touch_minutes": Decimal(18), "rate_per_hour": R},
    EvidenceGrade.A,
    "Time study",
)
ERROR = Component(
    CostKind.ERROR,
    {"cases_per_year": V, "error_rate": Decimal("0.06"), "cost_per_error": Decimal(35)},
    EvidenceGrade.B,
    "350 files",
)
FRAME = ValueCaseFacts(
    horizon_months=36, discount_rate=Decimal("0.10"), ramp_months=0, cases_per_year=V, coverage=Decimal(1),
    wrong_case_cost=Decimal(2),
)  # fmt: skip


def cost(amount):
    return CostFacts(Decimal(amount), Decimal(amount), Decimal(amount), EvidenceGrade.C, "two offers")


COSTS = {CostLine.BUILD: cost(85_000), CostLine.STAFF: cost(24_000)}


@pytest.fixture
def point(harbor):
    return map_pain_point(
        by=harbor.lead,
        engagement_id=harbor.engagement.pk,
        facts=PainPointFacts("Manual triage", PainKind.BOTTLENECK, effort_days=Decimal(40)),
        components=[LABOUR, ERROR],
    )


def gain(point, kind, reduction, **more):
    share = Decimal(reduction)
    return replace(BenefitFacts(point.pk, kind, share, share, share, Decimal("0.70"), cashable=True), **more)


def save(harbor, point, *, version=0, by=None, benefits=None, frame=FRAME, costs=COSTS):
    gains = benefits or [gain(point, CostKind.LABOUR, "0.40"), gain(point, CostKind.ERROR, "0.50")]
    return save_value_case(
        by=by or harbor.lead, engagement_id=harbor.engagement.pk, version=version, facts=frame, costs=costs,
        benefits=gains,
    )  # fmt: skip


def paid_in(harbor, key):
    rows = Measurement.objects.filter(engagement=harbor.engagement, key=key).order_by("created_at")
    return rows.last()


def test_a_losing_case_is_stored_with_its_totals_and_pays_them_in(harbor, point):
    case = save(harbor, point)

    assert round(Decimal(case.totals["npv"]), 2) == Decimal("-17467.05")
    assert round(paid_in(harbor, "payback_months").value, 2) == Decimal("37.56")
    assert paid_in(harbor, "break_even_pass_rate").value is None
    assert paid_in(harbor, "net_value_per_case").value is None
    assert LedgerEntry.objects.filter(event="value_case.saved").count() == 1


def test_what_a_run_measured_replaces_the_expectation_and_gives_the_value_of_a_case(harbor, point):
    save(harbor, point, frame=replace(FRAME, model_cost=Decimal("0.5"), demo_cost=Decimal(10_000)))
    assumed = paid_in(harbor, "break_even_pass_rate").value

    none = {"low": None, "high": None, "bound_high": None}
    measure(harbor.engagement, "cost_per_success", 1, 200, **none, bound_low=None, value=Decimal("0.10"),
            unit="money", method="ratio", confidence=Decimal("0.95"))  # fmt: skip
    measure(harbor.engagement, "pass_rate", 180, 200)

    found = paid_in(harbor, "net_value_per_case")
    assert found.value == Decimal("3.5467")
    assert found.bound_low < found.value
    assert paid_in(harbor, "break_even_pass_rate").value < assumed
    assert paid_in(harbor, "expected_value_over_demo_cost").value is not None


def test_a_case_that_never_pays_back_is_no_unknown(harbor, point):
    save(harbor, point, costs={**COSTS, CostLine.STAFF: cost(90_000)})

    assert paid_in(harbor, "payback_months").value == 600
    assert paid_in(harbor, "payback_months").method == "never pays back"


def test_no_cost_is_saved_twice_by_the_service_nor_in_the_database(harbor, point):
    twice = [gain(point, CostKind.LABOUR, "0.60"), gain(point, CostKind.LABOUR, "0.41")]
    with pytest.raises(Invalid) as refused:
        save(harbor, point, benefits=twice)
    assert "Each cost can be saved once" in refused.value.errors[0].detail
    assert not ValueCase.objects.exists()

    case = save(harbor, point, benefits=twice[:1])
    row = case.benefits.get()
    again = Benefit(
        tenant_id=row.tenant_id, value_case=case, pain_point=point, kind=row.kind, cashable=True,
        reduction_low=0, reduction=Decimal("0.41"), reduction_high=Decimal("0.41"), adoption=1,
    )  # fmt: skip
    with pytest.raises(DatabaseError, match="more than the whole"), transaction.atomic():
        again.save()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"frame": replace(FRAME, horizon_months=0)}, "/horizon_months"),
        ({"frame": replace(FRAME, coverage=Decimal(70))}, "/coverage"),
        ({"frame": replace(FRAME, cases_per_year=Decimal(0))}, "/cases_per_year"),
        ({"costs": {}}, "/costs/build/likely"),
        ({"costs": {CostLine.BUILD: replace(cost(5), low=Decimal(6))}}, "/costs/build/low"),
        ({"costs": {CostLine.BUILD: replace(cost(5), source="")}}, "/costs/build/source"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_stored(harbor, point, changes, pointer):
    with pytest.raises(Invalid) as refused:
        save(harbor, point, **changes)

    assert pointer in [fault.pointer for fault in refused.value.errors]
    assert not ValueCase.objects.exists()


def test_a_benefit_needs_a_cost_that_is_claimed(harbor, point):
    with pytest.raises(Invalid):
        save(harbor, point, benefits=[gain(point, CostKind.SPEND, "0.1")])


def test_only_who_keeps_the_value_case_may_write_it(harbor, point):
    with pytest.raises(Forbidden):
        save(harbor, point, by=harbor.member)


def test_a_change_that_came_second_is_refused(harbor, point):
    save(harbor, point)
    with pytest.raises(VersionConflict):
        save(harbor, point, version=0)
    assert save(harbor, point, version=1).version == 2


def test_the_same_case_saved_again_has_the_same_spread(harbor, point):
    first = save(harbor, point).totals["spread"]
    assert save(harbor, point, version=1).totals["spread"] == first


def test_a_gate_freezes_the_version_and_the_next_change_starts_another(harbor, point):
    first = save(harbor, point)
    section = value_section(harbor.engagement.pk, 0)
    first.refresh_from_db()

    assert section is not None
    assert canonical(section)
    assert section["number"] == first.number == 1
    assert (first.gate_number, first.is_frozen) == (0, True)
    for change in (first.save, first.benefits.all().delete):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            change() if change != first.save else ValueCase.objects.filter(pk=first.pk).update(version=9)
    second = save(harbor, point)
    assert (second.number, second.is_frozen) == (2, False)
    assert freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=1).number == 2


def test_a_changed_pain_point_changes_the_draft_and_leaves_the_frozen_one(harbor, point):
    save(harbor, point)
    freeze_value_case(engagement_id=harbor.engagement.pk, gate_number=0)
    frozen = ValueCase.objects.get(number=1).totals
    draft = save(harbor, point)
    revise_pain_point(
        by=harbor.lead, pain_point_id=point.pk, version=1,
        facts=PainPointFacts("Manual triage", PainKind.BOTTLENECK), components=[LABOUR],
    )  # fmt: skip

    draft.refresh_from_db()
    assert Decimal(draft.totals["saving"]) == Decimal(42_336)
    assert ValueCase.objects.get(number=1).totals == frozen


def test_the_screen_of_the_chosen_pain_point_is_paid_in(harbor, point):
    answers = dict.fromkeys(Check, Said.YES) | {Check.RULES: Said.NO}
    facts = ScreeningFacts(answers, chosen=True)
    found = screen_pain_point(by=harbor.lead, pain_point_id=point.pk, version=1, facts=facts)
    assert found.says_ai
    assert paid_in(harbor, "suitability_says_ai").value == 1

    other = replace(facts, answers=answers | {Check.RULES: Said.YES})
    screen_pain_point(by=harbor.lead, pain_point_id=point.pk, version=2, facts=other)
    assert paid_in(harbor, "suitability_says_ai").value == 0
    with pytest.raises(Invalid):
        screen_pain_point(
            by=harbor.lead, pain_point_id=point.pk, version=3, facts=ScreeningFacts({}, urgency=Decimal(11))
        )
