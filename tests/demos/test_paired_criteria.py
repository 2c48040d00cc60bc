"""Criteria on paired figures are judged by their bound: proven, refuted, or too few pairs to say (STA-01)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from demos.figures import figures_of
from demos.outcomes import Outcome
from engagements.catalogue import CriterionDraft
from engagements.selectors.verdicts import standing_of
from engagements.services import criteria
from engagements.vocabulary import Comparator, CriterionKind, SourceKind, Verdict
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    BINDING,
    gate_of,
    make_world,
    measure,
    open_set,
    pass_first_gate,
    start,
)

AT_MOST, AT_LEAST = Comparator.LE_UPPER, Comparator.GE_LOWER


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def engagement(world):
    with tenant_scope([world.harbor.pk]):
        yield start(world)


def outcome(key, passed=True, **more):
    fields = {"error_class": "", "latency_ms": 100.0, "cost": None, "category": "typical", "slices": {}}
    return Outcome(case_id=key, passed=passed, **{**fields, **more})


def messy(pairs, lost):
    """``pairs`` right answers, and as many messy variants of which ``lost`` are wrong."""
    rows = [outcome(str(n)) for n in range(pairs)]
    return rows + [outcome(f"m{n}", n >= lost, variant_of=str(n)) for n in range(pairs)]


def sealed(cases, wrong):
    return [outcome(str(n), n >= wrong, sealed=True) for n in range(cases)]


def swapped(pairs, lost):
    rows = [outcome(str(n), slices={"gender": "woman"}) for n in range(pairs)]
    more = {"slices": {"gender": "man"}, "change": "swap"}
    return rows + [outcome(f"s{n}", n >= lost, variant_of=str(n), **more) for n in range(pairs)]


@pytest.mark.parametrize(
    ("key", "comparator", "target", "rows", "verdict"),
    [
        ("messy_fall", AT_MOST, "0.10", messy(200, 4), Verdict.MET),
        ("messy_fall", AT_MOST, "0.10", messy(20, 1), Verdict.INCONCLUSIVE),
        ("messy_fall", AT_MOST, "0.10", messy(200, 60), Verdict.NOT_MET),
        ("sealed_pass_rate", AT_LEAST, "0.80", sealed(60, 3), Verdict.MET),
        ("sealed_pass_rate", AT_LEAST, "0.80", sealed(10, 1), Verdict.INCONCLUSIVE),
        ("sealed_pass_rate", AT_LEAST, "0.80", sealed(60, 30), Verdict.NOT_MET),
        ("counterfactual_gap", AT_MOST, "0.05", swapped(200, 2), Verdict.MET),
        ("counterfactual_gap", AT_MOST, "0.05", swapped(20, 0), Verdict.INCONCLUSIVE),
        ("counterfactual_gap", AT_MOST, "0.05", swapped(200, 40), Verdict.NOT_MET),
        ("counterfactual_flips", AT_MOST, "0.05", swapped(200, 2), Verdict.MET),
        ("counterfactual_flips", AT_MOST, "0.05", messy(200, 2), Verdict.NOT_EVALUATED),
    ],
)
def test_a_paired_figure_is_judged_by_its_bound_and_never_by_its_point(
    world, engagement, key, comparator, target, rows, verdict
):
    pass_first_gate(world, engagement)
    found = {figure.key: figure for figure in figures_of(rows, seed=1)}
    unit = "rate" if key not in found else found[key].unit
    draft = open_set(engagement, 1)
    draft.criteria.all().delete()
    terms = CriterionDraft(
        key="X-1", text="It holds", kind=CriterionKind.METRIC, must=True, comparator=comparator,
        target=Decimal(target), unit=unit, source=SourceKind.RUN, source_key=key, rationale="It was agreed.",
    )  # fmt: skip
    criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=terms)
    criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    for person in (world.lead, world.sponsor):
        criteria.seal(by=person, criteria_set_id=draft.pk)
    if key in found:
        figure = found[key]
        names = ("unit", "value", "low", "high", "bound_low", "bound_high", "method")
        measure(engagement, key, 1, figure.n, **{name: getattr(figure, name) for name in names})

    (row,) = standing_of(gate_of(engagement, 1), now=timezone.now()).rows
    assert row.ruling.verdict == verdict
