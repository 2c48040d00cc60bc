"""Drafting what a gate asks for: add, move; targets that are measured; all five gates sealed; templates."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engagements.catalogue import CriterionDraft, default_template, read_template
from engagements.models import CriteriaSet, Criterion
from engagements.services import criteria
from engagements.vocabulary import Comparator, CriterionKind, SourceKind, Unit
from portal.errors import CriteriaSealed, Forbidden, Invalid, WrongMoment
from tests.engagements.conftest import BINDING, measure, open_set, seal_gate

OWN = CriterionDraft(
    key="G0-9", text="Our works council was told", kind=CriterionKind.ATTESTATION, must=True,
    comparator=Comparator.EXISTS_FRESH, unit=Unit.STATEMENT, source_key="works_council_told",
    source=SourceKind.ATTESTATION,
)  # fmt: skip


def draft_of(engagement, number: int) -> CriteriaSet:
    """The draft as the template gave it, whole."""
    return CriteriaSet.objects.get(gate__engagement=engagement, gate__number=number, status="draft")


def keys_of(draft: CriteriaSet) -> list[str]:
    return list(draft.criteria.order_by("order").values_list("key", flat=True))


def break_even(engagement, rate: str):
    value = Decimal(rate)
    none = {"low": None, "high": None, "bound_low": None, "bound_high": None}
    return measure(engagement, "break_even_pass_rate", 1, 3, value=value, **none, method="formula",
                   source_kind="value_case", config_sha256="")  # fmt: skip


def test_every_gate_starts_with_the_criteria_of_the_template(engagement):
    for stage in default_template().stages:
        assert keys_of(draft_of(engagement, stage.gate)) == [row.key for row in stage.criteria]
    assert {stage.gate: len(stage.criteria) for stage in default_template().stages} == {
        0: 6, 1: 13, 2: 16, 3: 12, 4: 5
    }  # fmt: skip


def test_the_template_asks_two_roles_at_the_pilot_and_deployment_gates():
    both = ("client_sponsor", "client_security")
    assert [(stage.gate, stage.approvers, stage.policy) for stage in default_template().stages] == [
        (0, both[:1], "all"), (1, both[:1], "all"), (2, both, "all"), (3, both, "all"), (4, both[:1], "all"),
    ]  # fmt: skip


def test_all_five_gates_can_be_sealed_with_everything_that_the_template_asks(world, engagement):
    break_even(engagement, "0.61")
    for number in range(5):
        draft = draft_of(engagement, number)
        criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
        criteria.propose(by=world.lead, criteria_set_id=draft.pk)
        criteria.seal(by=world.lead, criteria_set_id=draft.pk)
        sealed = criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)
        assert (sealed.status, len(sealed.content_sha256)) == ("sealed", 64)


def test_a_target_that_is_measured_is_the_figure_at_the_proposal_and_is_sealed_as_that(world, engagement):
    draft = draft_of(engagement, 1)
    criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
    with pytest.raises(Invalid) as refused:
        criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    assert [fault.pointer for fault in refused.value.errors] == ["/criteria/G1-3/target"]
    break_even(engagement, "0.613")
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    criteria.seal(by=world.lead, criteria_set_id=draft.pk)
    criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)
    break_even(engagement, "0.9")
    assert Criterion.objects.get(criteria_set=draft, key="G1-3").target == Decimal("0.613")


def test_nobody_seals_a_target_that_has_moved_since_it_was_proposed(world, engagement):
    draft = draft_of(engagement, 1)
    criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
    break_even(engagement, "0.61")
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    criteria.seal(by=world.lead, criteria_set_id=draft.pk)
    break_even(engagement, "0.70")
    with pytest.raises(WrongMoment, match="has changed since the proposal"):
        criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)
    draft.refresh_from_db()
    assert (draft.status, draft.sealed_by_client) == ("proposed", None)


def test_an_own_criterion_joins_the_end_of_a_draft(world, engagement):
    draft = open_set(engagement, 0)
    made = criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=OWN)
    assert keys_of(draft)[-1] == "G0-9"
    assert (made.owner, made.source) == (world.lead, "attestation")


def test_a_measured_criterion_takes_over_what_the_others_are_bound_to(world, engagement):
    draft = open_set(engagement, 1)
    criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=BINDING)
    suggested = default_template().criterion(1, "G1-4")
    assert suggested is not None
    made = criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=suggested)
    assert made.binding["dataset_sha256"] == BINDING["dataset_sha256"]


def test_a_key_that_is_taken_and_parts_that_do_not_fit_are_refused(world, engagement):
    draft = open_set(engagement, 0)
    criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=OWN)
    with pytest.raises(Invalid, match="G0-9 is asked for already"):
        criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=OWN)
    assert keys_of(draft).count("G0-9") == 1


def test_only_who_may_propose_adds_and_moves_and_nobody_after_the_seal(world, engagement):
    draft = open_set(engagement, 0)
    for person in (world.sponsor, world.auditor):
        with pytest.raises(Forbidden):
            criteria.add_criterion(by=person, criteria_set_id=draft.pk, draft=OWN)
        with pytest.raises(Forbidden):
            criteria.move_criterion(by=person, criterion_id=draft.criteria.all()[0].pk, places=1)
    sealed = seal_gate(world, engagement, 0)
    with pytest.raises(CriteriaSealed):
        criteria.add_criterion(by=world.lead, criteria_set_id=sealed.pk, draft=OWN)
    with pytest.raises(CriteriaSealed):
        criteria.move_criterion(by=world.lead, criterion_id=sealed.criteria.all()[0].pk, places=1)


@pytest.mark.parametrize(
    ("key", "places", "order"),
    [
        ("G0-4", -1, ["G0-1", "G0-4", "G0-3", "G0-6"]),
        ("G0-1", 1, ["G0-3", "G0-1", "G0-4", "G0-6"]),
        ("G0-1", -1, ["G0-1", "G0-3", "G0-4", "G0-6"]),
        ("G0-6", 1, ["G0-1", "G0-3", "G0-4", "G0-6"]),
        ("G0-6", -9, ["G0-6", "G0-1", "G0-3", "G0-4"]),
    ],
)
def test_a_criterion_moves_among_its_set(world, engagement, key, places, order):
    draft = open_set(engagement, 0)
    criteria.move_criterion(by=world.lead, criterion_id=draft.criteria.get(key=key).pk, places=places)
    assert keys_of(draft) == order


GOOD = """
schema: gatehouse.engagement-template/1
key: short
version: "1.0"
title: One gate
skipped:
  - {kind: pain_points, reason: The process is known.}
  - {kind: pilot, reason: Nothing is connected.}
  - {kind: deployment, reason: Nothing is installed.}
  - {kind: benefits, reason: The work ends with the demo.}
stages:
  - kind: demo
    name: Demo
    gate: 1
    question: Does it work?
    approvers: [client_sponsor]
    criteria:
      - {key: A-1, text: It works, kind: metric, must: true, comparator: ge_lower, target: 0.9, unit: rate,
         source_key: pass_rate}
"""


def test_a_template_that_follows_its_schema_is_read():
    made = read_template(GOOD)
    assert (made.key, made.stages[0].policy, made.criteria(1)[0].target) == ("short", "all", Decimal("0.9"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (("kind: metric", "kind: feeling"), "/stages/0/criteria/0/kind"),
        (("target: 0.9", "target: 90"), "/stages/0/criteria/A-1/target"),
        (("comparator: ge_lower", "comparator: ge_point"), "/stages/0/criteria/A-1/comparator"),
        (("approvers: [client_sponsor]", "approvers: [lead]"), "/stages/0/approvers/0"),
        (("title: One gate", "colour: red"), "/"),
        (('version: "1.0"', "version: 1.0"), "/version"),
    ],
)
def test_a_template_that_does_not_is_refused_with_the_place(change, pointer):
    with pytest.raises(Invalid) as refused:
        read_template(GOOD.replace(*change))
    assert pointer in [fault.pointer for fault in refused.value.errors]


@pytest.mark.parametrize("text", ["a: [b", "", "- 1", "!!python/object/apply:os.system [id]", "x" * 300_000])
def test_what_is_no_template_is_refused_in_words(text):
    with pytest.raises(Invalid) as refused:
        read_template(text)
    assert refused.value.detail.endswith(".")
