"""The invariants of the lifecycle, through the services and past them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from engagements.evidence import Failure, Failures, _failure_sources, register_failure_source
from engagements.models import (
    CriteriaSet,
    Criterion,
    CriterionResult,
    Decision,
    Engagement,
    GateRound,
    Measurement,
    Snapshot,
    Stage,
    SuccessMetric,
)
from engagements.report.pack import render_pack
from engagements.rules.brief import MOST_WORDS, brief, words
from engagements.rules.canonical import sha256
from engagements.rules.decisions import ConditionTerms, DecisionTerms
from engagements.services import criteria, gates, measurements, metrics
from engagements.vocabulary import Outcome
from portal import grants, ids
from portal.errors import (
    CriteriaNotSealed,
    CriteriaSealed,
    DeciderNotAllowed,
    Forbidden,
    Invalid,
    NotFound,
    ReauthenticationRequired,
    RoundNotOpen,
    SecondFactorRequired,
    SegregationOfDuties,
    WrongMoment,
)
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.engagements.conftest import (
    Shown,
    fresh,
    gate_of,
    later,
    measure,
    measure_demo,
    metric_terms,
    open_set,
    pass_first_gate,
    seal_gate,
)

APPROVE = DecisionTerms(Outcome.APPROVE, signed_name="Margaret Osei")


def sign(by, row, terms=APPROVE, proof=None):
    return gates.decide_gate(by=by, round_id=row.pk, terms=terms, proof=proof or Shown())


def refused_by_the_database(sql: str, *values, error=DatabaseError) -> None:
    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(error):
        run()


def save_and_check(row) -> None:
    """Save, and have the deferred constraints looked at."""
    with transaction.atomic(), connection.cursor() as cursor:
        row.save(force_insert=True)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- 1: one decision per decided round, one open round per gate ----------------------------------


def test_a_second_signature_finds_the_round_decided(world, demo_round):
    sign(world.sponsor, demo_round)
    with pytest.raises(RoundNotOpen):
        sign(world.sponsor, demo_round)
    assert Decision.objects.filter(round=demo_round).count() == 1


def test_a_round_cannot_be_called_decided_without_a_decision(demo_round):
    table = "engagements_gateround"
    refused_by_the_database(f"UPDATE {table} SET status = 'decided' WHERE id = %s", demo_round.pk)
    refused_by_the_database(
        f"UPDATE {table} SET status = 'decided', decision_id = %s WHERE id = %s", ids.uuid7(), demo_round.pk,
        error=IntegrityError,
    )  # fmt: skip


def copy_of(decision: Decision, **changes) -> Decision:
    values = {f.attname: getattr(decision, f.attname) for f in Decision._meta.concrete_fields}
    return Decision(**(values | {"id": ids.uuid7()} | changes))


def test_a_decision_cannot_stand_without_its_decided_round(world, engagement, demo_round):
    first = Decision.objects.get()
    with pytest.raises(IntegrityError):
        save_and_check(copy_of(first, round_id=demo_round.pk))


def test_a_round_takes_one_decision_only(demo_round):
    first = Decision.objects.get()
    with pytest.raises(IntegrityError, match="decision_one_per_round"), transaction.atomic():
        copy_of(first).save(force_insert=True)


def test_a_gate_has_one_open_round(world, demo_round):
    with pytest.raises(WrongMoment):
        gates.submit_round(by=world.lead, gate_id=demo_round.gate_id)
    again = GateRound.objects.get(pk=demo_round.pk)
    again.pk, again.number = ids.uuid7(), 2
    with pytest.raises(IntegrityError, match="round_at_most_one_open"), transaction.atomic():
        again.save(force_insert=True)
    again.number, again.status = 1, "withdrawn"
    with pytest.raises(IntegrityError, match="round_number_once"), transaction.atomic():
        again.save(force_insert=True)


def test_two_stages_are_never_current_at_once(engagement):
    refused_by_the_database(
        'UPDATE engagements_stage SET status = \'in_progress\' WHERE engagement_id = %s AND "order" = 1',
        engagement.pk, error=IntegrityError,
    )  # fmt: skip
    assert Stage.objects.filter(engagement=engagement, status__in=["in_progress", "gate_open"]).count() == 1


# --- 2: who signs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("lead", DeciderNotAllowed), ("consultant", DeciderNotAllowed), ("member", DeciderNotAllowed),
        ("security", DeciderNotAllowed), ("auditor", DeciderNotAllowed), ("outsider", NotFound),
    ],
)  # fmt: skip
def test_who_may_not_sign(world, demo_round, who, error):
    with pytest.raises(error):
        sign(getattr(world, who), demo_round, replace(APPROVE, signed_name=getattr(world, who).name))
    assert not Decision.objects.filter(round=demo_round).exists()


def test_a_superuser_of_the_consultancy_cannot_sign(world, demo_round):
    world.lead.is_superuser = True
    world.lead.save()
    with pytest.raises(DeciderNotAllowed):
        sign(fresh(world.lead), demo_round, replace(APPROVE, signed_name=world.lead.name))


def test_a_place_that_has_ended_signs_nothing(world, demo_round):
    grants.end_membership(world.sponsor.memberships.get())
    with pytest.raises(NotFound):
        sign(world.sponsor, demo_round)


def test_a_guest_with_the_right_signs(world, engagement, demo_round):
    grants.add_guest(world.outsider, engagement, ["see_engagement", "decide_gate"])
    sign(fresh(world.outsider), demo_round, replace(APPROVE, signed_name=world.outsider.name))
    assert Decision.objects.get(round=demo_round).decided_by == world.outsider


def test_who_judged_the_evidence_cannot_sign(world, engagement, scope):
    shown = Failures("Run 1.", 1, 200, (Failure("C-1", "", "q", "a", "b"),), judges=(world.sponsor.pk,))

    def source(engagement_id):
        return shown

    pass_first_gate(world, engagement)
    register_failure_source(source)
    try:
        seal_gate(world, engagement, 1)
        measure_demo(engagement)
        row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    finally:
        _failure_sources.remove(source)
    with pytest.raises(SegregationOfDuties):
        sign(world.sponsor, row)


def test_a_proof_must_be_fresh_and_as_strong_as_the_client_wants(world, demo_round):
    with pytest.raises(ReauthenticationRequired):
        sign(world.sponsor, demo_round, proof=Shown(age_s=301))
    world.harbor.mfa_policy = "second_factor"
    world.harbor.save()
    with pytest.raises(SecondFactorRequired):
        sign(world.sponsor, demo_round)
    sign(world.sponsor, demo_round, proof=Shown("passkey", 3, second_factor=True))
    decision = Decision.objects.get(round=demo_round)
    assert (decision.auth_method, decision.auth_age_s, decision.second_factor) == ("passkey", 3, True)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"decided_by_affiliation": "consultancy"}, "decision_is_the_clients"),
        ({"auth_age_s": 301}, "decision_signed_within_five_minutes"),
        ({"outcome": "hold"}, "decision_hold_has_a_date"),
        ({"outcome": "stop"}, "decision_stop_has_a_reason"),
    ],
)
def test_the_database_says_so_too(demo_round, changes, constraint):
    first = Decision.objects.get()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        copy_of(first, round_id=demo_round.pk, **changes).save(force_insert=True)
    with pytest.raises(IntegrityError, match="decision_not_by_the_submitter"), transaction.atomic():
        copy_of(first, submitted_by_id=first.decided_by_id).save(force_insert=True)


def test_a_gate_that_is_not_ready_takes_conditions_only(world, engagement):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    with pytest.raises(Invalid):
        sign(world.sponsor, row)
    keys = row.snapshot.content()["readiness"]["blocking"]
    assert sorted(keys) == ["G1-1", "G1-6", "G1-8"]
    promises = [ConditionTerms(key, f"Show {key}", later(20)) for key in keys]
    some = DecisionTerms(Outcome.APPROVE_WITH_CONDITIONS, "Margaret Osei", conditions=promises[:2])
    with pytest.raises(Invalid):
        sign(world.sponsor, row, some)
    sign(world.sponsor, row, replace(some, conditions=promises))


# --- 3 and 4: frozen ------------------------------------------------------------------------------


def test_the_snapshot_hashes_to_its_hash_and_later_changes_leave_it_alone(world, engagement, demo_round):
    before = Snapshot.objects.get(pk=demo_round.snapshot_id)
    paper = render_pack(demo_round, None)
    measure(engagement, "pass_rate", 20, 200)
    engagement.title = "Renamed"
    engagement.save(update_fields=["title"])
    after = Snapshot.objects.get(pk=demo_round.snapshot_id)
    assert (after.body, after.sha256) == (before.body, sha256(before.body))
    assert after.size == len(after.body.encode())
    assert after.content()["engagement"]["title"] == "Claims triage"
    again = GateRound.objects.select_related("engagement", "gate", "snapshot").get(pk=demo_round.pk)
    assert render_pack(again, None) == paper


def test_a_body_with_another_hash_is_refused(demo_round):
    row = Snapshot.objects.get(pk=demo_round.snapshot_id)
    row.pk, row.body = ids.uuid7(), row.body + " "
    with pytest.raises(IntegrityError, match="snapshot_body_has_its_hash"), transaction.atomic():
        row.save(force_insert=True)


SIGNED = [Decision, Snapshot, Measurement, CriterionResult]


@pytest.mark.parametrize("model", SIGNED)
@pytest.mark.parametrize(
    "verb", ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_signed_things_are_only_added(demo_round, model, verb):
    refused_by_the_database(verb.format(model._meta.db_table))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE engagements_criteriaset SET number = 9 WHERE sealed_at IS NOT NULL",
        "DELETE FROM engagements_criteriaset WHERE sealed_at IS NOT NULL",
        "UPDATE engagements_criterion SET target = 0.1 WHERE key = 'G1-1'",
        "DELETE FROM engagements_criterion WHERE key = 'G1-1'",
        "UPDATE engagements_successmetric SET target = 0.1",
        "DELETE FROM engagements_successmetric",
        "UPDATE engagements_gateround SET number = 7 WHERE status = 'decided'",
        "UPDATE engagements_gateround SET submitted_at = now() WHERE status = 'submitted'",
        "DELETE FROM engagements_gateround WHERE status = 'decided'",
    ],
)
def test_sealed_and_decided_things_do_not_change(demo_round, sql):
    refused_by_the_database(sql)


def test_nothing_joins_a_sealed_set(demo_round):
    row = Criterion.objects.filter(criteria_set=demo_round.criteria_set).first()
    row.pk, row.key = ids.uuid7(), "G1-99"
    with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
        row.save(force_insert=True)


def test_sealed_criteria_are_amended_not_changed(world, demo_round):
    row = Criterion.objects.get(criteria_set=demo_round.criteria_set, key="G1-1")
    with pytest.raises(CriteriaSealed):
        criteria.change_criterion(by=world.lead, criterion_id=row.pk, changes={"target": Decimal("0.5")})
    with pytest.raises(CriteriaSealed):
        criteria.propose(by=world.lead, criteria_set_id=demo_round.criteria_set_id)


def test_an_amendment_replaces_the_sealed_set_when_both_sides_sealed_it(world, engagement):
    pass_first_gate(world, engagement)
    first = seal_gate(world, engagement, 1)
    draft = criteria.amend(by=world.lead, gate_id=first.gate_id, reason="The limit was a typing error.")
    assert CriteriaSet.objects.get(pk=first.pk).status == "sealed"
    row = draft.criteria.get(key="G1-8")
    criteria.change_criterion(by=world.lead, criterion_id=row.pk, changes={"target": Decimal("0.50")})
    second = seal_gate(world, engagement, 1)
    assert (second.number, CriteriaSet.objects.get(pk=first.pk).status) == (2, "superseded")
    assert second.content_sha256 != first.content_sha256
    measure_demo(engagement)
    snapshot = gates.submit_round(by=world.lead, gate_id=first.gate_id).snapshot.content()
    assert snapshot["criteria_set"]["reason"] == "The limit was a typing error."
    assert any("typing error" in line for line in snapshot["brief"]["promised"])


# --- 5 and 9: what counts -------------------------------------------------------------------------


def verdicts_of(row):
    return dict(CriterionResult.objects.filter(round=row).values_list("criterion__key", "reason"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"config_sha256": "f" * 64}, "other_binding"),
        ({"valid": False}, "invalid_source"),
        ({"started_at": timezone.now() - timedelta(days=1)}, "before_seal"),
        ({"value": None, "low": None, "high": None, "bound_low": None, "bound_high": None}, "no_data"),
    ],
)
def test_a_run_that_was_not_sealed_feeds_nothing(world, engagement, changes, reason):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measure(engagement, "pass_rate", 200, 200, **changes)
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    assert verdicts_of(row)["G1-1"] == reason
    assert verdicts_of(row)["G1-6"] == "no_data"
    assert row.snapshot.content()["readiness"]["ready"] is False


def test_the_database_takes_no_verdict_without_data(demo_round):
    row = CriterionResult.objects.filter(round=demo_round).first()
    row.pk, row.observed, row.verdict = ids.uuid7(), None, "met"
    row.round = GateRound.objects.exclude(pk=demo_round.pk).first()
    with pytest.raises(IntegrityError, match="result_without_data"), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize("value", [Decimal("1.01"), Decimal("-0.1"), Decimal("NaN")])
def test_a_rate_outside_0_to_1_is_refused(engagement, value):
    with pytest.raises(Invalid):
        measure(engagement, "pass_rate", 1, 2, value=value)


def test_a_figure_is_stated_only_where_it_is_a_statement(world, engagement):
    """A typed-in value never feeds a measured criterion."""
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    measurements.record_statement(by=world.lead, engagement_id=engagement.pk, key="pass_rate", holds=True)
    row = gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    assert verdicts_of(row)["G1-1"] == "no_data"


# --- the order of things --------------------------------------------------------------------------


def test_criteria_are_sealed_by_one_person_of_each_side(world, engagement):
    draft = open_set(engagement, 1)
    with pytest.raises(Invalid, match="Name the target"):
        criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    with pytest.raises(WrongMoment):
        criteria.seal(by=world.sponsor, criteria_set_id=draft.pk)
    first = open_set(engagement, 0)
    criteria.propose(by=world.lead, criteria_set_id=first.pk)
    half = criteria.seal(by=world.lead, criteria_set_id=first.pk)
    assert (half.status, half.sealed_at) == ("proposed", None)
    with pytest.raises(WrongMoment):
        criteria.seal(by=world.consultant, criteria_set_id=first.pk)
    with pytest.raises(Forbidden):
        criteria.seal(by=world.member, criteria_set_id=first.pk)
    whole = criteria.seal(by=world.sponsor, criteria_set_id=first.pk)
    assert (whole.status, len(whole.content_sha256)) == ("sealed", 64)
    assert whole.content_sha256 == criteria.content_sha256(CriteriaSet.objects.get(pk=first.pk))


def test_taking_a_proposal_back_takes_the_seals_back(world, engagement):
    first = open_set(engagement, 0)
    criteria.propose(by=world.lead, criteria_set_id=first.pk)
    criteria.seal(by=world.sponsor, criteria_set_id=first.pk)
    again = criteria.revise(by=world.lead, criteria_set_id=first.pk)
    assert (again.status, again.sealed_by_client_id) == ("draft", None)


def test_a_gate_is_submitted_when_its_stage_is_on_and_its_criteria_are_sealed(world, engagement):
    with pytest.raises(CriteriaNotSealed):
        gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 0).pk)
    with pytest.raises(WrongMoment, match="not started"):
        gates.submit_round(by=world.lead, gate_id=gate_of(engagement, 1).pk)
    with pytest.raises(Forbidden):
        gates.submit_round(by=world.sponsor, gate_id=gate_of(engagement, 0).pk)
    with pytest.raises(NotFound):
        gates.submit_round(by=world.outsider, gate_id=gate_of(engagement, 0).pk)


def test_a_metric_without_baseline_is_saved_and_not_sealed(world, engagement):
    from engagements.rules.metrics import Baseline

    loose = metric_terms(baseline=Baseline())
    metrics.save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=loose)
    with pytest.raises(Invalid) as caught:
        metrics.seal_success_metric(by=world.lead, engagement_id=engagement.pk)
    assert "/baseline_value" in [error.pointer for error in caught.value.errors]
    metrics.save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=metric_terms())
    metrics.seal_success_metric(by=world.lead, engagement_id=engagement.pk)
    metrics.save_success_metric(by=world.lead, engagement_id=engagement.pk, metric=metric_terms(unit="min"))
    assert SuccessMetric.objects.get().sealed_by_consultancy_id is None


# --- 7: one tenant --------------------------------------------------------------------------------


def test_a_child_cannot_point_into_another_client(world, engagement):
    stray = Stage(tenant=world.other, engagement=engagement, kind="demo", name="x", order=77)
    with tenant_scope([world.harbor.pk, world.other.pk]), pytest.raises(IntegrityError):
        save_and_check(stray)


def test_another_scope_sees_no_row(world, demo_round):
    with tenant_scope([world.other.pk]):
        assert Engagement.objects.count() == GateRound.objects.count() == Decision.objects.count() == 0


# --- 16: one entry each ---------------------------------------------------------------------------


def test_a_refused_verb_leaves_no_trace(world, demo_round):
    before = LedgerEntry.objects.count()
    with pytest.raises(Invalid):
        sign(world.sponsor, demo_round, replace(APPROVE, signed_name="Somebody Else"))
    assert LedgerEntry.objects.count() == before
    assert GateRound.objects.get(pk=demo_round.pk).status == "submitted"


# --- the brief ------------------------------------------------------------------------------------


def test_the_brief_keeps_to_600_words_whatever_comes_in(demo_round):
    content = demo_round.snapshot.content()
    long = " ".join(["word"] * 400)
    failure = {
        "case": "C-1",
        "group": "g",
        "question": long,
        "expected": long,
        "answered": long,
        "consequence": long,
    }
    content["failures"] = {"title": "t", "total": 9, "asked": 200, "items": [failure] * 5, "repeats": 1}
    content["next_step"] = long
    content["criteria_set"] |= {"number": 2, "reason": long}
    worst = dict(content["results"][0]) | {"verdict": "inconclusive", "must": True}
    content["results"] = [worst] * 14
    assert words(brief(content)) <= MOST_WORDS


def test_the_brief_of_the_snapshot_is_the_frozen_one(demo_round):
    content = json.loads(demo_round.snapshot.body)
    frozen = content.pop("brief")
    assert brief(content) == frozen
