"""Success metric sentence, canonical text, and the rules of a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from engagements.rules import canonical, decisions, metrics, sentences
from engagements.vocabulary import Aggregation, Direction, Outcome, TargetKind
from portal.errors import (
    DeciderNotAllowed,
    Invalid,
    ReauthenticationRequired,
    SecondFactorRequired,
    SegregationOfDuties,
)

METRIC = metrics.MetricTerms(
    name="time from first notice to the right handler",
    unit="h",
    aggregation=Aggregation.MEDIAN,
    direction=Direction.REDUCE,
    target_kind=TargetKind.RELATIVE,
    target=Decimal("0.40"),
    baseline=metrics.Baseline(
        Decimal("26.0"), 4120, date(2026, 9, 1), date(2026, 10, 11), "claim log of the core system"
    ),
    guardrails=(metrics.Guardrail("satisfaction", True, Decimal("4.2")),),
)
TODAY = date(2026, 11, 20)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_metric_is_one_specific_sentence():
    assert plain(metrics.sentence(METRIC)) == (
        "Reduce the median time from first notice to the right handler by 40 %, from 26 h to 15.6 h or less, "
        "while satisfaction stays above 4.2."
    )


def test_a_metric_without_baseline_names_no_figures_it_does_not_have():
    metric = replace(METRIC, baseline=metrics.Baseline())
    assert "from" not in plain(metrics.sentence(metric)).replace("from first notice", "")
    assert metrics.baseline_sentence(metric.baseline) == "Baseline not measured."


def test_two_guardrails_and_an_absolute_target():
    metric = replace(
        METRIC,
        target_kind=TargetKind.ABSOLUTE,
        target=Decimal(16),
        guardrails=(*METRIC.guardrails, metrics.Guardrail("misroutes", False, Decimal(7), "%")),
    )
    assert plain(metrics.sentence(metric)).endswith(
        "from 26 h to 16 h or less, while satisfaction stays above 4.2 and misroutes stays under 7 %."
    )


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"baseline": metrics.Baseline()}, 5),
        ({"baseline": replace(METRIC.baseline, n=None)}, 1),
        ({"baseline": replace(METRIC.baseline, source="")}, 1),
        ({"guardrails": ()}, 1),
        ({}, 0),
    ],
)
def test_a_target_without_a_whole_baseline_cannot_be_sealed(changes, missing):
    assert len(metrics.missing_for_seal(replace(METRIC, **changes))) == missing


@pytest.mark.parametrize(
    "changes",
    [
        {"target": Decimal(0)},
        {"target": Decimal("1.2")},
        {"target_kind": TargetKind.ABSOLUTE, "target": Decimal(30)},
        {"baseline": replace(METRIC.baseline, ends=date(2026, 8, 1))},
    ],
)
def test_a_metric_that_contradicts_itself_is_refused(changes):
    with pytest.raises(Invalid):
        metrics.check_metric(replace(METRIC, **changes))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("620800", "$620,800"), ("12.5", "$12.50"), ("0.1204", "$0.120"), ("-85000", "\u2212$85,000")],
)
def test_money(value, expected):
    assert sentences.money(Decimal(value), "USD") == expected


# --- canonical text ------------------------------------------------------------------------------


def test_the_same_value_has_the_same_spelling():
    one = {"b": Decimal("0.920000"), "a": datetime(2026, 11, 17, 12, 30, tzinfo=UTC), "c": [None, True, "ä"]}
    assert canonical.canonical(one) == '{"a":"2026-11-17T12:30:00Z","b":"0.92","c":[null,true,"ä"]}'
    assert canonical.canonical(dict(reversed(one.items()))) == canonical.canonical(one)


@pytest.mark.parametrize("value", [0.1, float("nan"), {1, 2}, b"x", object()])
def test_what_has_no_one_spelling_is_refused(value):
    with pytest.raises(TypeError):
        canonical.canonical({"x": value})


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        canonical.canonical(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


# --- decisions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    age_s: float = 10
    second_factor: bool = True
    method: str = "totp"


@pytest.mark.parametrize("affiliation", ["consultancy", "auditor", "service", "system", ""])
def test_only_the_client_decides(affiliation):
    with pytest.raises(DeciderNotAllowed):
        decisions.check_decider(
            affiliation=affiliation, decider_id=uuid4(), submitted_by_id=uuid4(), judges=()
        )


def test_the_submitter_and_a_judge_of_evidence_cannot_sign():
    me, other = uuid4(), uuid4()
    for submitted_by, judges in ((me, ()), (other, {me})):
        with pytest.raises(SegregationOfDuties):
            decisions.check_decider(
                affiliation="client", decider_id=me, submitted_by_id=submitted_by, judges=judges
            )
    decisions.check_decider(affiliation="client", decider_id=me, submitted_by_id=other, judges={other})


@pytest.mark.parametrize("age_s", [300.01, 86400, -1])
def test_a_proof_older_than_five_minutes_is_refused(age_s):
    with pytest.raises(ReauthenticationRequired):
        decisions.check_proof(Shown(age_s=age_s), second_factor_needed=False)


def test_a_password_is_enough_only_where_the_policy_says_so():
    weak = Shown(age_s=300, second_factor=False, method="password")
    decisions.check_proof(weak, second_factor_needed=False)
    with pytest.raises(SecondFactorRequired):
        decisions.check_proof(weak, second_factor_needed=True)


def chosen(outcome: Outcome, **changes) -> decisions.DecisionTerms:
    return decisions.DecisionTerms(outcome=outcome, signed_name="Margaret Osei", **changes)


def check(terms, blocking=()):
    decisions.check_terms(terms, signer="Margaret Osei", blocking=blocking, today=TODAY)


def pointers(terms, blocking=()):
    with pytest.raises(Invalid) as caught:
        check(terms, blocking)
    return [error.pointer for error in caught.value.errors]


LATER = TODAY + timedelta(days=14)


def test_a_gate_that_is_not_ready_is_not_simply_approved():
    check(chosen(Outcome.APPROVE))
    assert pointers(chosen(Outcome.APPROVE), ["G1-6"]) == ["/outcome"]


def test_conditions_are_one_for_each_unmet_must_criterion():
    one = decisions.ConditionTerms("G1-6", "Hand-over shown on 121 cases", LATER)
    two = replace(one, criterion_key="G1-10")
    both = ["G1-6", "G1-10"]
    check(chosen(Outcome.APPROVE_WITH_CONDITIONS, conditions=[one, two]), both)
    assert pointers(chosen(Outcome.APPROVE_WITH_CONDITIONS, conditions=[one]), both) == ["/conditions/G1-10"]
    assert pointers(chosen(Outcome.APPROVE_WITH_CONDITIONS, conditions=[one, two]), ["G1-6"]) == [
        "/conditions/G1-10"
    ]
    late = replace(one, due=TODAY)
    assert pointers(chosen(Outcome.APPROVE_WITH_CONDITIONS, conditions=[late]), ["G1-6"]) == [
        "/conditions/G1-6/due"
    ]
    assert pointers(chosen(Outcome.APPROVE_WITH_CONDITIONS)) == ["/outcome"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (chosen(Outcome.REWORK), ["/reason"]),
        (chosen(Outcome.HOLD), ["/hold_until"]),
        (chosen(Outcome.HOLD, hold_until=TODAY), ["/hold_until"]),
        (chosen(Outcome.STOP), ["/stop_reason", "/lessons"]),
        (replace(chosen(Outcome.APPROVE), signed_name="M. Osei"), ["/signed_name"]),
    ],
)
def test_each_outcome_asks_for_what_it_needs(terms, expected):
    assert pointers(terms) == expected


def test_the_typed_name_may_differ_in_case_and_spaces_only():
    check(replace(chosen(Outcome.APPROVE), signed_name="  margaret   OSEI "))


def test_the_statement_names_what_is_not_met():
    one = decisions.ConditionTerms("G1-6", "More cases", LATER)
    words = decisions.statement(
        chosen(Outcome.APPROVE_WITH_CONDITIONS, conditions=[one]), signer="Margaret Osei", gate=1,
        client="Harbor Mutual", blocking=["G1-6"], next_stage="Pilot",
    )  # fmt: skip
    assert words == (
        "I, Margaret Osei, approve gate 1 for Harbor Mutual with one condition. Pilot may begin. "
        "I have seen that one must-criterion is not met today: G1-6."
    )


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_moves_the_stage(outcome):
    assert decisions.STAGE_MOVES[outcome]
