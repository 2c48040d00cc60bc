"""A later result: other graders over stored answers, or a dispute upheld. The first result stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from demos.engine.graders import GraderKind, GraderSpec
from demos.models import Attempt, Dispute, MetricResult, Regrade
from demos.selectors.results import result_of
from demos.selectors.runs import failures
from demos.services import execution, runs
from demos.services.disputes import dispute_grade, rule_on_dispute
from demos.services.graders import store_grader
from demos.services.recomputing import recompute
from demos.services.regrading import regrade_run, sha256_with
from demos.vocabulary import CaseVerdict, DisputeOutcome, ReviewLabel
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, SegregationOfDuties, WrongMoment
from portal.models import LedgerEntry
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


@pytest.fixture
def run(world, prepared) -> Any:
    """Four answered questions, one of them wrong, and one broken."""
    with scope(world):
        order = prepared(["one", "two", "three", "wrong four", "broken five"])
        found = runs.start_run(by=world.lead, **order)
    execution.execute_shard(tenant_id=found.tenant_id, run_id=found.pk)
    with scope(world):
        found.refresh_from_db()
    return found


def lenient(world, engagement) -> Any:
    spec = GraderSpec(GraderKind.REGEX, {"pattern": "."})
    return store_grader(by=world.lead, engagement_id=engagement.pk, name="Says anything", spec=spec)


def rates(run) -> dict[int, tuple[int | None, int]]:
    rows = MetricResult.objects.filter(run=run, key="pass_rate", slice="")
    return {row.result_version: (row.events, row.n) for row in rows}


def test_stored_answers_are_graded_again_without_a_call_and_the_first_result_stays(
    world, engagement, run, answering
):
    calls = len(answering.asked)
    with scope(world):
        version = regrade_run(
            by=world.lead,
            run_id=run.pk,
            grader_version_ids=[lenient(world, engagement).pk],
            note="Too strict",
        )
        assert len(answering.asked) == calls
        assert rates(run) == {1: (3, 5), 2: (4, 5)}
        assert recompute(run.pk).same
        assert recompute(run.pk, version=2).same
        both = list(Measurement.objects.filter(key="pass_rate").order_by("measured_at"))
        assert [m.config_sha256 for m in both] == [run.plan.config_sha256, version.config_sha256]
        assert version.config_sha256 not in ("", run.plan.config_sha256)
        assert all(m.valid for m in both)
        assert [a.case.input for a in failures(run)] == ["broken five"]
        assert LedgerEntry.objects.filter(event="run.regraded").count() == 1
        assert result_of(run).version == 2
        assert result_of(run, version=1).pass_rate.events == 3
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Regrade.objects.update(passed=False)
        with pytest.raises(Invalid, match="at least one grader"):
            regrade_run(by=world.lead, run_id=run.pk, grader_version_ids=[])
        with pytest.raises(Forbidden):
            regrade_run(by=world.client_member, run_id=run.pk, grader_version_ids=[])


def test_the_same_graders_give_the_same_result_and_the_same_binding(world, run):
    with scope(world):
        own = [row.grader_version_id for row in run.plan.plan_graders.all()]
        version = regrade_run(by=world.lead, run_id=run.pk, grader_version_ids=own)
        assert version.config_sha256 == run.plan.config_sha256
        assert rates(run) == {1: (3, 5), 2: (3, 5)}


def test_a_result_feeds_nothing_when_the_accepted_cases_are_no_longer_those_asked(world, engagement, run):
    from demos.services.datasets import review_cases

    with scope(world):
        case = run.plan.dataset_version.cases.first()
        review_cases(
            by=world.expert, version_id=run.plan.dataset_version_id, verdict=CaseVerdict.REJECTED,
            case_ids=[case.pk],
        )  # fmt: skip
        assert sha256_with(run, ["a" * 64]) == ""
        regrade_run(by=world.lead, run_id=run.pk, grader_version_ids=[lenient(world, engagement).pk])
        assert Measurement.objects.filter(key="pass_rate").order_by("-created_at")[0].valid is False


def test_an_upheld_dispute_makes_a_further_result_and_keeps_both_values(world, run):
    with scope(world):
        attempt = Attempt.objects.get(case__input="wrong four")
        with pytest.raises(Invalid, match="Write why"):
            dispute_grade(by=world.expert, attempt_id=attempt.pk, says=ReviewLabel.RIGHT, reason=" ")
        dispute = dispute_grade(
            by=world.expert, attempt_id=attempt.pk, says=ReviewLabel.RIGHT, reason="“nothing” is what we say."
        )
        with pytest.raises(WrongMoment, match="disputed already"):
            dispute_grade(by=world.sponsor, attempt_id=attempt.pk, says=ReviewLabel.RIGHT, reason="Me too.")
        with pytest.raises(Forbidden):
            rule_on_dispute(by=world.expert, dispute_id=dispute.pk, outcome=DisputeOutcome.UPHELD, reason="x")
        rule_on_dispute(
            by=world.reviewer, dispute_id=dispute.pk, outcome=DisputeOutcome.UPHELD, reason="It is."
        )
        with pytest.raises(WrongMoment, match="has been ruled on"):
            rule_on_dispute(
                by=world.lead, dispute_id=dispute.pk, outcome=DisputeOutcome.REJECTED, reason="No"
            )
        assert rates(run) == {1: (3, 5), 2: (4, 5)}
        attempt.refresh_from_db()
        assert attempt.passed is False
        newest = Measurement.objects.filter(key="pass_rate").order_by("-measured_at")[0]
        assert (newest.config_sha256, newest.valid) == (run.plan.config_sha256, True)


def test_whoever_disputes_does_not_rule(world, run, monkeypatch):
    with scope(world):
        attempt = Attempt.objects.get(case__input="one")
        dispute = Dispute.objects.create(
            tenant=world.tenant, engagement=run.engagement, attempt=attempt, says="wrong", reason="x",
            raised_by=world.reviewer,
        )  # fmt: skip
        with pytest.raises(SegregationOfDuties):
            rule_on_dispute(
                by=world.reviewer, dispute_id=dispute.pk, outcome=DisputeOutcome.UPHELD, reason="x"
            )


def test_disputes_and_later_results_are_read_and_made_on_pages(world, engagement, run, client):
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    with scope(world):
        attempt, grader = Attempt.objects.get(case__input="wrong four"), lenient(world, engagement)
    client.force_login(world.client_member)
    page = client.get(f"{base}/attempts/{attempt.public_id}/").text
    assert "Why this answer should count as right" in page
    given = {"says": "right", "reason": "It is right."}
    client.post(f"{base}/attempts/{attempt.public_id}/dispute/", given)
    client.force_login(world.reviewer)
    page = client.get(f"{base}/attempts/{attempt.public_id}/").text
    assert "Uphold the dispute" in page
    with scope(world):
        dispute = Dispute.objects.get()
    ruled = {"outcome": "rejected", "reason": "It is not."}
    assert client.post(f"{base}/disputes/{dispute.public_id}/", ruled).status_code == 302
    assert "Rejected by" in client.get(f"{base}/attempts/{attempt.public_id}/").text
    client.force_login(world.lead)
    assert "Same words, version 1" in client.get(f"{base}/runs/{run.public_id}/regrade/").text
    done = client.post(
        f"{base}/runs/{run.public_id}/regrade/", {"graders": [grader.public_id], "note": "Why not"}
    )
    assert done.status_code == 302
    page = client.get(f"{base}/runs/{run.public_id}/").text
    assert "This is result 2." in page
    assert "Why not" in page
    assert "result 2</a> counts" in client.get(f"{base}/runs/{run.public_id}/?result=1").text
