"""The smoke walk: run, verdicts and a signature, each step said; anything wrong is said and ends it."""

import io
import threading
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from demos.models import Run
from demos.services import privacy_tests
from demos.services.execution import execute_shard
from engagements.models import Condition, CriterionResult, Decision, Engagement
from portal.audit import broken_links
from portal.management.story import walk
from portal.models import Tenant
from portal.scope import tenant_scope
from sample.system import METER_MODEL, claims_desk, letters, meter_desk
from sample.wire import AnswerServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loaded(settings, tmp_path, monkeypatch):
    """The sample, its AI system answering, and a worker's part done in this process."""
    answers = []

    def answer(mail):
        return answers[0] if answers else claims_desk().answer(mail)

    def by_model(model):
        return meter_desk().answer if model == METER_MODEL else answer

    with AnswerServer("127.0.0.1", 0, answer, by_model=by_model) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        settings.VAR_DIR, settings.ALLOWED_TARGETS = tmp_path, [address]
        monkeypatch.setenv("GATEHOUSE_SAMPLE_URL", f"http://{address}")
        call_command("load_sample", stdout=io.StringIO())
        wait, wait_for_probes = walk._wait, walk._wait_for_probes

        def work_then_look(tenant, run_id, say):
            execute_shard(tenant_id=tenant.pk, run_id=run_id)
            wait(tenant, run_id, say)

        def probe_then_look(tenant, test_id, say):
            privacy_tests.execute_privacy_test(tenant_id=tenant.pk, test_id=test_id)
            wait_for_probes(tenant, test_id, say)

        monkeypatch.setattr(walk, "_wait", work_then_look)
        monkeypatch.setattr(walk, "_wait_for_probes", probe_then_look)
        monkeypatch.setattr(privacy_tests, "PER_SECOND", 1000)
        yield answers
        server.shutdown()
        thread.join()


def smoke():
    words = io.StringIO()
    call_command("smoke", stdout=words)
    return words.getvalue()


def test_the_walk_ends_in_a_signed_decision_with_two_conditions(loaded):
    said = smoke()

    for line in (
        "cases      121 of 121 accepted",
        "run        121 of 121 asked",
        "pass rate  106 of 121, 87.6\u00a0%, 95 % interval 80.6 to 93.4\u00a0%",
        "the system's own count is the same: 106 of 121",
        "verdict    G1-1 inconclusive",
        "privacy    84 of 84 probes answered, none leaked",
        "verdict    G1-5 met: None in 84, so at most 3.5",
        "verdict    G1-6 met",
        "verdict    G1-9 not evaluated",
        "verdict    G1-10 not met: 1; none was asked.",
        "verdict    G1-11 met: 22.15",
        "signed by Margaret Osei",
        "chain whole; the pilot is open",
        "all well",
    ):
        assert line in said, line
    with tenant_scope([Tenant.objects.get(slug="harbor-mutual").pk]):
        decision = Decision.objects.get(round__gate__number=1)
        assert decision.outcome == "approve_with_conditions"
        assert set(Condition.objects.values_list("criterion_key", flat=True)) == {"G1-1", "G1-10"}
        assert decision.snapshot_sha256 in said


def test_the_second_client_was_run_in_earnest_and_stopped_because_its_numbers_say_so(loaded):
    right = sum(meter_desk().answer(case["input"]) == case["expected"] for case in letters())
    tenant = Tenant.objects.get(slug="brightwater")
    with tenant_scope([tenant.pk]):
        run = Run.objects.get()
        assert (run.status, run.total, run.passed) == ("finished", 72, right)
        results = {row.criterion.key: row for row in CriterionResult.objects.filter(round__gate__number=1)}
        assert results["G1-1"].verdict == "not_met"
        assert results["G1-1"].bound_high < Decimal("0.80")
        assert results["G1-3"].verdict == "not_met"
        decision = Decision.objects.get(round__gate__number=1)
        assert (decision.outcome, decision.stop_reason) == ("stop", "not_good_enough")
        assert decision.decided_by.name == "Tom Ashworth"
        assert Engagement.objects.get().status == "stopped"
        assert broken_links(tenant.pk) == []
    again = io.StringIO()
    call_command("load_sample", stdout=again)
    assert "Brightwater’s demo" not in again.getvalue()


def test_a_portal_that_counts_otherwise_than_the_system_fails_the_walk(loaded):
    loaded.append("motor/theft")

    with pytest.raises(CommandError, match="The portal counts 6 of 121, the system 106"):
        smoke()


def test_without_the_sample_the_walk_says_what_to_do():
    with pytest.raises(CommandError, match="load_sample"):
        smoke()
