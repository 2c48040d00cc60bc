"""The dry run: one cheapest step for each criterion in the way, whose turn it is, and what else would do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engagements.rules.next_steps import in_order, next_step
from engagements.rules.terms import Ruling, Terms
from engagements.rules.verdicts import CLEARING
from engagements.selectors.verdicts import standing_of, steps_of
from engagements.vocabulary import Comparator, CriterionKind, Effort, Reason, Side, SourceKind, Unit, Verdict
from tests.engagements.conftest import gate_of, measure_demo, pass_first_gate, seal_gate
from tests.engagements.test_verdicts import NOW

K, R, V, E = CriterionKind, Reason, Verdict, Effort
OURS, THEIRS = Side.CONSULTANCY, Side.CLIENT


def terms(kind: CriterionKind, source: SourceKind | None = None) -> Terms:
    return Terms(
        key="G", kind=kind, must=True, comparator=Comparator.GE_LOWER, target=Decimal("0.9"), unit=Unit.RATE,
        confidence=Decimal("0.95"), source_key="pass_rate", source=source,
    )  # fmt: skip


def step(kind, verdict, reason, *, more=None, source=None, waivable=True, **changes):
    asked = replace(terms(kind, source), **changes)
    return next_step(
        asked, Ruling(verdict, reason, "Why.", more_cases=more), text="It works", waivable=waivable
    )


@pytest.mark.parametrize("verdict", sorted(CLEARING))
def test_what_is_not_in_the_way_needs_no_step(verdict):
    assert step(K.METRIC, verdict, R.NONE_SEEN) is None


@pytest.mark.parametrize(
    ("kind", "verdict", "reason", "side", "effort", "words"),
    [
        (K.METRIC, V.NOT_EVALUATED, R.NOT_SEALED, None, E.MINUTES, "Both sides seal"),
        (K.METRIC, V.NOT_EVALUATED, R.NO_DATA, OURS, E.HOURS, "Run the evaluation"),
        (K.METRIC, V.NOT_EVALUATED, R.STALE, OURS, E.HOURS, "again: what there is has become too old"),
        (K.METRIC, V.NOT_EVALUATED, R.OTHER_BINDING, OURS, E.HOURS, "used something else"),
        (K.ATTESTATION, V.NOT_EVALUATED, R.NO_DATA, None, E.MINUTES, "State it by name"),
        (K.EVIDENCE, V.NOT_EVALUATED, R.NO_DATA, OURS, E.HOURS, "Hand in the evidence"),
        (K.LEVEL, V.NOT_EVALUATED, R.NO_DATA, None, E.DAYS, "Answer the readiness questions"),
        (K.VALUE, V.NOT_EVALUATED, R.NO_DATA, OURS, E.HOURS, "Compute the value case"),
        (K.RISK, V.NOT_EVALUATED, R.NO_DATA, OURS, E.HOURS, "Rate the open risks"),
        (K.CONDITION, V.NOT_EVALUATED, R.NO_DATA, None, E.DAYS, "Close the conditions"),
        (K.METRIC, V.INCONCLUSIVE, R.STRADDLES, OURS, E.WEEKS, "more cases alone would not settle it"),
        (K.METRIC, V.NOT_MET, R.BOUND_MISSES_TARGET, OURS, E.WEEKS, "Improve the system"),
        (K.EVIDENCE, V.NOT_MET, R.ABSENT, OURS, E.DAYS, "Repeat it until it holds"),
        (K.LEVEL, V.NOT_MET, R.LEVEL_MISSED, None, E.WEEKS, "Raise the weakest elements"),
        (K.VALUE, V.NOT_MET, R.BOUND_MISSES_TARGET, OURS, E.WEEKS, "or stop here"),
        (K.RISK, V.NOT_MET, R.BOUND_MISSES_TARGET, THEIRS, E.MINUTES, "Accept the highest risk"),
        (K.CONDITION, V.NOT_MET, R.NOT_EQUAL, None, E.DAYS, "Close the conditions"),
        (K.ATTESTATION, V.NOT_MET, R.ABSENT, None, E.DAYS, "then state it by name"),
    ],
)
def test_each_kind_of_trouble_has_its_cheapest_step(kind, verdict, reason, side, effort, words):
    found = step(kind, verdict, reason)
    assert (found.side, found.effort) == (side, effort)
    assert words in found.action


def test_more_cases_are_named_with_what_they_cost():
    asked = terms(K.METRIC)
    ruling = Ruling(V.INCONCLUSIVE, R.STRADDLES, "Why.", more_cases=44)
    found = next_step(asked, ruling, text="It works", waivable=True, cost_per_case=Decimal("0.12"))
    assert (found.side, found.cost) == (THEIRS, Decimal("5.28"))
    assert found.action == "Have 44 more cases accepted, amend the seal, and run again."


def test_what_cannot_be_waived_says_so_and_what_advises_too():
    assert step(K.METRIC, V.NOT_MET, R.EVENT_SEEN, waivable=False).otherwise == "It cannot be waived."
    assert "waives it until a date" in step(K.METRIC, V.NOT_MET, R.EVENT_SEEN).otherwise
    assert "advises only" in step(K.METRIC, V.NOT_MET, R.EVENT_SEEN, must=False).otherwise


def test_must_comes_before_should_and_the_cheapest_first():
    steps = [
        step(K.METRIC, V.NOT_MET, R.EVENT_SEEN, key="weeks"),
        step(K.ATTESTATION, V.NOT_EVALUATED, R.NO_DATA, key="advice", must=False),
        step(K.ATTESTATION, V.NOT_EVALUATED, R.NO_DATA, key="minutes"),
    ]
    assert [one.key for one in in_order(steps)] == ["minutes", "weeks", "advice"]


def test_the_gate_page_and_its_standing_name_the_same_steps(world, engagement, client):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure_demo(engagement, handed_over=70)
    gate = gate_of(engagement, 1)
    steps = steps_of(standing_of(gate, now=NOW), "USD")
    client.force_login(world.sponsor)
    page = client.get(f"/harbor/engagements/{engagement.public_id}/gates/{gate.public_id}/").content.decode()
    assert [one.key for one in steps if one.must] == ["G1-6"]
    assert "What would bring it forward" in page
    assert steps[0].action in page
