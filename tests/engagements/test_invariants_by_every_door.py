"""Invariants 3, 4, 5 and 9 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 404 or 405. The services' own tests are in test_invariants.
"""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.catalogue import DEFAULT
from assessments.models import FrameworkVersion
from assessments.services import frameworks
from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.models import DatasetVersion, GraderVersion, TargetVersion
from demos.services import datasets, graders, targets
from engagements.models import CriteriaSet, CriterionResult, Decision, GateRound, Measurement, Snapshot
from engagements.rules.decisions import DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal import ids
from portal.models import LedgerEntry
from tests.doors import NO_SUCH_VERB, UNSAFE, browser_of, by_sql, refused_by_the_database, send, shell
from tests.engagements.conftest import Shown, gate_of, in_days, later, measure, pass_first_gate, seal_gate


def url(name: str, engagement: Any, *keys: Any) -> str:
    return reverse(f"engagements:{name}", args=["harbor", engagement.pk, *keys])


# --- 3: a snapshot hashes to its hash, and what changes later leaves it and its papers alone ------


def papers(client: Client, row: GateRound) -> dict[str, bytes]:
    return {
        name: client.get(url(name, row.engagement, row.pk)).content for name in ("pack", "report", "proof")
    }


def test_3_the_papers_of_a_round_carry_its_hash_and_stay_the_same_bytes(world, engagement, demo_round):
    client, address = browser_of(world.lead), f"gates/{demo_round.gate.public_id}"
    before, told = papers(client, demo_round), send(client, "get", address).json()["rounds"]
    snapshot = Snapshot.objects.get(pk=demo_round.snapshot_id)
    digest = hashlib.sha256(snapshot.body.encode()).hexdigest()
    assert digest == snapshot.sha256 == told[0]["snapshot_sha256"]
    assert digest.encode() in before["pack"]

    measure(engagement, "pass_rate", 20, 200)
    changed = client.post(
        url("edit", engagement), {"title": "By page", "problem_statement": "", "version": engagement.version}
    )
    engagement.refresh_from_db()
    assert (changed.status_code, engagement.title) == (302, "By page")
    etag = client.get(f"/api/v1/engagements/{engagement.public_id}")["ETag"]
    renamed = client.patch(
        f"/api/v1/engagements/{engagement.public_id}", {"title": "By API"}, headers={"If-Match": etag},
        content_type="application/json",
    )  # fmt: skip
    assert renamed.status_code == 200

    assert papers(client, demo_round) == before
    assert send(client, "get", address).json()["rounds"] == told


def test_3_the_api_has_no_verb_that_changes_a_round(world, demo_round):
    client = browser_of(world.sponsor)
    for method in ("put", "patch", "delete"):
        for rest in ("", "/rounds", "/decisions"):
            answer = send(client, method, f"gates/{demo_round.gate.public_id}{rest}")
            assert answer.status_code in NO_SUCH_VERB, (method, rest)


def test_3_the_shell_cannot_change_a_snapshot(demo_round):
    for line in (
        "one.body += ' '; one.save()",
        "Snapshot.objects.filter(pk=key).update(body='{}')",
        "one.delete()",
    ):
        code = f"from engagements.models import Snapshot\none = Snapshot.objects.get(pk=key)\n{line}\n"
        refused_by_the_database(lambda code=code: shell(code, key=demo_round.snapshot_id))


# --- 4: what is signed, sealed or published stays ------------------------------------------------


@pytest.fixture
def fixed(world, engagement, demo_round) -> dict[str, Any]:
    """One row of each kind that stays as it is, by the name of its model."""
    gates.decide_gate(
        by=world.sponsor, round_id=demo_round.pk, proof=Shown(),
        terms=DecisionTerms(Outcome.APPROVE, signed_name=world.sponsor.name),
    )  # fmt: skip
    here = {"by": world.lead, "engagement_id": engagement.pk}
    target = targets.register_target(
        **here, name="Assistant", price=Price("USD"), spec=spec("https://ai.example.com/ask")
    )
    data = datasets.import_cases(
        **here, dataset_name="Claims", file_name="c.csv", file=io.BytesIO(b"question,answer\na,b\n")
    ).version
    grader = graders.store_grader(**here, name="Same", spec=GraderSpec(GraderKind.EXACT))
    draft = frameworks.import_framework(by=world.lead, tenant=world.harbor, text=DEFAULT.read_text())
    rows = [
        Decision.objects.get(round=demo_round), Snapshot.objects.get(pk=demo_round.snapshot_id),
        LedgerEntry.objects.filter(event="gate.decided").latest("seq"),
        CriteriaSet.objects.get(pk=demo_round.criteria_set_id), target, data, grader,
        frameworks.publish_framework(by=world.lead, version_id=draft.pk),
    ]  # fmt: skip
    return {type(row).__name__: row for row in rows}


def spec(address: str) -> Any:
    from tests.demos.conftest import spec_for

    return spec_for(address)


MODELS = [
    Decision, Snapshot, LedgerEntry, CriteriaSet, TargetVersion, DatasetVersion, GraderVersion,
    FrameworkVersion,
]  # fmt: skip


def test_4_the_database_and_the_shell_refuse_every_change_of_what_is_fixed(fixed):
    assert set(fixed) == {model.__name__ for model in MODELS}
    for model in MODELS:
        row, table = fixed[model.__name__], model._meta.db_table
        refused_by_the_database(lambda t=table, k=row.pk: by_sql(f"DELETE FROM {t} WHERE id = %s", k))
        for column in ("created_at", "tenant_id"):
            value = {"created_at": timezone.now(), "tenant_id": ids.uuid7()}[column]
            statement = f"UPDATE {table} SET {column} = %s WHERE id = %s"
            refused_by_the_database(lambda s=statement, v=value, k=row.pk: by_sql(s, v, k))
        refused_by_the_database(lambda t=table: by_sql(f"TRUNCATE {t} CASCADE"))
        for line in ("rows.update(created_at=now())", "rows.delete()", "rows.get().delete()"):
            code = (
                f"from django.utils.timezone import now\nfrom {model.__module__} import {model.__name__}\n"
                f"rows = {model.__name__}.objects.filter(pk=key)\n{line}\n"
            )
            with pytest.raises(Exception, match=r"append-only|frozen|foreign key"), transaction.atomic():
                shell(code, key=row.pk)


def test_4_a_published_framework_does_not_become_a_draft_again(fixed):
    row = fixed["FrameworkVersion"]
    statement = "UPDATE assessments_frameworkversion SET status = 'draft' WHERE id = %s"
    refused_by_the_database(lambda: by_sql(statement, row.pk))


def test_4_the_api_has_no_verb_that_changes_what_is_fixed(world, fixed):
    client = browser_of(world.lead)
    targets_row = fixed["TargetVersion"].target
    for address, methods in (
        (f"dataset-versions/{fixed['DatasetVersion'].public_id}", UNSAFE),
        (f"framework-versions/{fixed['FrameworkVersion'].public_id}", UNSAFE),
        (f"target-versions/{fixed['TargetVersion'].public_id}", ("get", *UNSAFE)),
        (f"grader-versions/{fixed['GraderVersion'].public_id}", ("get", *UNSAFE)),
        (f"decisions/{fixed['Decision'].public_id}", ("get", *UNSAFE)),
        (f"snapshots/{fixed['Snapshot'].public_id}", ("get", *UNSAFE)),
        (f"criteria-sets/{fixed['CriteriaSet'].public_id}", ("get", *UNSAFE)),
        (f"targets/{targets_row.public_id}", ("post", "patch", "delete")),
        ("ledger", UNSAFE),
        (f"ledger/{fixed['LedgerEntry'].public_id}", UNSAFE),
    ):
        for method in methods:
            answer = send(client, method, address)
            assert answer.status_code in NO_SUCH_VERB, (method, address)


def test_4_no_page_changes_sealed_criteria_and_none_signs_twice(world, engagement, demo_round):
    fixed = CriteriaSet.objects.get(pk=demo_round.criteria_set_id)
    one, gate = fixed.criteria.get(key="G1-1"), demo_round.gate_id
    before = list(fixed.criteria.order_by("key").values())
    lead, sponsor = browser_of(world.lead), browser_of(world.sponsor)

    for name, keys, given in (
        ("edit_criterion", (gate, one.pk), {"target": "0.1", "must": "on", "text": "Easier"}),
        ("remove_criterion", (gate, one.pk), {}),
        ("move_criterion", (gate, one.pk), {"to": "down"}),
        ("draft", (gate, fixed.pk), {"key": "G1-99", "text": "One more"}),
        ("suggest_criterion", (gate, fixed.pk), {"key": "G1-3"}),
        ("bind", (gate, fixed.pk), {}),
        ("propose", (gate, fixed.pk), {}),
        ("revise", (gate, fixed.pk), {}),
        ("seal", (gate, fixed.pk), {}),
    ):
        answer = lead.post(url(name, engagement, *keys), given)
        assert answer.status_code in {200, 409, 422}, (name, answer.status_code)
        fixed.refresh_from_db()
        assert (fixed.status, list(fixed.criteria.order_by("key").values())) == ("sealed", before), name

    signature = {"outcome": "approve", "signed_name": world.sponsor.name, "has_read": "on"}
    sign_in(sponsor, world.sponsor)
    address = url("decide", engagement, demo_round.pk)
    assert [sponsor.post(address, signature).status_code for _ in range(2)] == [302, 409]
    assert Decision.objects.filter(round=demo_round).count() == 1


def sign_in(client: Client, user: Any) -> None:
    client.logout()
    given = {"login": user.email, "password": "correct horse battery"}
    assert client.post(reverse("account_login"), given).status_code == 302


# --- 5 and 9: what was not sealed, is missing, stale or partial is met by no door -----------------

PERFECT_BUT = {
    "missing": None,
    "unknown": {"value": None, "low": None, "high": None, "bound_low": None, "bound_high": None},
    "stale": {},
    "partial": {"valid": False},
    "another target, dataset or grader": {"config_sha256": "f" * 64},
    "started before the seal": {"started_at": timezone.now() - timedelta(days=1)},
}
SUBMIT = """
from engagements.services import gates
from portal.models import User
gates.submit_round(by=User.objects.get(pk=who), gate_id=gate)
"""


def hand_in(door: str, client: Client, world: Any, gate: Any) -> None:
    if door == "page":
        given = {"next_step": "A pilot.", "due": later(9).isoformat()}
        assert client.post(url("submit", gate.engagement, gate.pk), given).status_code == 302
    elif door == "api":
        assert send(client, "post", f"gates/{gate.public_id}/rounds").status_code == 201
    else:
        shell(SUBMIT, who=world.lead.pk, gate=gate.pk)


@pytest.mark.parametrize("door", ["page", "api", "shell"])
def test_5_and_9_a_perfect_figure_that_does_not_count_is_met_by_no_door(world, engagement, door):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    gate = gate_of(engagement, 1)
    for name, changes in PERFECT_BUT.items():
        with transaction.atomic():
            if changes is not None:
                measure(engagement, "pass_rate", 200, 200, **changes)
            with in_days(91 if name == "stale" else 0):
                client = browser_of(world.lead)
                hand_in(door, client, world, gate)
                shown = send(client, "get", f"gates/{gate.public_id}").json()
            result = CriterionResult.objects.get(round__gate=gate, criterion__key="G1-1")
            transaction.set_rollback(True)
        assert (name, result.verdict, shown["is_ready"]) == (name, "not_evaluated", False)
        assert [one["verdict"] for one in shown["verdicts"] if one["key"] == "G1-1"] == ["not_evaluated"]


def test_5_neither_a_figure_nor_what_was_sealed_can_be_moved_afterwards(engagement, demo_round):
    figure = Measurement.objects.filter(engagement=engagement, key="pass_rate").latest("measured_at")
    for column, value in (("started_at", timezone.now()), ("config_sha256", "a" * 64), ("value", 1)):
        statement = f"UPDATE engagements_measurement SET {column} = %s WHERE id = %s"
        refused_by_the_database(lambda s=statement, v=value: by_sql(s, v, figure.pk))
    sealed = demo_round.criteria_set_id
    for statement in (
        "UPDATE engagements_criteriaset SET sealed_at = NULL WHERE id = %s",
        "UPDATE engagements_criterion SET binding = '{}' WHERE criteria_set_id = %s",
    ):
        refused_by_the_database(lambda s=statement: by_sql(s, sealed))


def test_5_and_9_nobody_writes_a_figure_over_the_api(world, engagement):
    client, address = browser_of(world.lead), f"engagements/{engagement.public_id}/measurements"
    for method in UNSAFE:
        given = {"key": "pass_rate", "value": "1.0", "valid": True}
        assert send(client, method, address, given).status_code == 405
    assert not Measurement.objects.filter(engagement=engagement, key="pass_rate").exists()


def test_5_and_9_what_is_stated_by_page_is_no_measured_figure(world, engagement):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    client, gate = browser_of(world.lead), gate_of(engagement, 1)

    client.post(url("state", engagement), {"key": "pass_rate", "holds": "yes"})

    shown = send(client, "get", f"gates/{gate.public_id}").json()["verdicts"]
    assert [(one["verdict"], one["reason"]) for one in shown if one["key"] == "G1-1"] == [
        ("not_evaluated", "no_data")
    ]


def test_a_statement_without_a_proper_name_is_not_there(world, engagement):
    before, client = Measurement.objects.count(), browser_of(world.lead)
    for key in ("", "x" * 200, "pass rate", "<b>", "\u0661"):
        assert client.post(url("state", engagement), {"key": key}).status_code == 404, key
    assert Measurement.objects.count() == before


def test_9_the_database_takes_no_verdict_without_a_figure(demo_round):
    row = CriterionResult.objects.filter(round=demo_round).first()
    assert row is not None
    row.pk, row.observed, row.verdict = ids.uuid7(), None, "met"
    row.round = GateRound.objects.exclude(pk=demo_round.pk).get()
    refused_by_the_database(lambda: row.save(force_insert=True))
