"""A load test needs the client's signature, stops without it, and is measured when it is whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.arrivals import Guards, Step, StepKind
from demos.models import LoadTest, LoadWindow, TestAuthorisation
from demos.selectors import targets
from demos.services import authorisations, load_tests
from demos.services.load_tests import LoadOrder
from demos.vocabulary import AllowedTest, TrialStatus
from engagements.catalogue import CriterionDraft
from engagements.models import CriteriaSet, Measurement
from engagements.rules.terms import eligible_reason
from engagements.selectors.verdicts import standing_of
from engagements.services import criteria
from engagements.vocabulary import Comparator, CriterionKind, Reason, SourceKind, Unit, Verdict
from portal.errors import Forbidden, Invalid, NotFound, ReauthenticationRequired, WrongMoment
from portal.models import LedgerEntry
from portal.services.signing import SigningProof
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)
FRESH = SigningProof("code", 20, second_factor=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What was queued; nothing runs by itself."""
    queued: list[list[str]] = []

    def take(name: str, args: list[str], **options: Any) -> None:
        if name.startswith("demos.run_"):
            queued.append(args)

    monkeypatch.setattr("demos.services.load_tests.current_app.send_task", take)
    return queued


@pytest.fixture
def order(world, prepared) -> dict[str, Any]:
    """What a load test takes, against the answering target."""
    ready = prepared([f"question {n}" for n in range(5)])
    ready.pop("grader_version_ids")
    steps = (Step(StepKind.RATE, 40, 1), Step(StepKind.RATE, 80, 1))
    return {**ready, "order": LoadOrder(steps, 2_000.0, Guards())}


def allow(world, order, *, by: Any = None, name: str = "", proof: SigningProof = FRESH, **changes: Any):
    version = targets.target_version_for(world.lead, order["target_version_id"])
    now = timezone.now()
    fields: dict[str, Any] = {
        "hosts": ("{}:{}".format(*_host(version)),), "kinds": (AllowedTest.LOAD,),
        "starts": now - timedelta(minutes=1), "ends": now + timedelta(hours=1), "max_per_second": 100,
        "max_requests": 1_000,
    }  # fmt: skip
    signer = by or world.sponsor
    return authorisations.sign_authorisation(
        by=signer, target_id=version.target_id, allowance=Allowance(**(fields | changes)),
        signed_name=name or signer.name, proof=proof,
    )  # fmt: skip


def _host(version: Any) -> tuple[str, int]:
    from demos.services.targets import spec_of

    return spec_of(version).host


def begun(world, order) -> LoadTest:
    with scope(world):
        allow(world, order)
        return load_tests.start_load_test(by=world.lead, **order)


def again(world, test: LoadTest) -> LoadTest:
    with scope(world):
        return LoadTest.objects.get(pk=test.pk)


def test_a_load_test_runs_under_a_permission_and_pays_its_figures_in(world, order, answering, sent):
    test = begun(world, order)
    assert sent == [[str(test.tenant_id), str(test.pk)]]
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    asked = len(answering.asked)
    test = again(world, test)
    assert (test.status, test.requests, asked) == (TrialStatus.FINISHED, 120, 120)
    assert [step["done"] for step in (test.result or {})["steps"]] == [40, 80]
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    assert len(answering.asked) == asked  # a second delivery sends nothing
    with scope(world):
        assert sum(LoadWindow.objects.filter(test=test).values_list("done", flat=True)) == 120
        rows = list(Measurement.objects.filter(source_id=test.pk))
        assert {row.slice for row in rows} == {"", "40/s", "80/s"}
        assert {row.config_sha256 for row in rows} == {test.target_version.config_sha256}
        found = {row.key: row for row in rows if not row.slice}
        assert set(found) == {"load_p95_ms", "load_error_rate", "load_knee_per_s"}
        assert found["load_error_rate"].value == Decimal(0)
        assert found["load_error_rate"].n == 120
        assert found["load_p95_ms"].bound_high is not None
        assert {row.valid for row in found.values()} == {test.valid}
        entries = LedgerEntry.objects.filter(event__startswith="load.").order_by("seq")
        assert [entry.event for entry in entries] == ["load.started", "load.finished"]


def test_without_a_permission_nothing_starts(world, order):
    with scope(world), pytest.raises(Forbidden, match="has not allowed"):
        load_tests.start_load_test(by=world.lead, **order)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kinds": (AllowedTest.PRIVACY,)}, "does not cover tests of the kind"),
        ({"hosts": ("elsewhere.example:443",)}, "does not cover 127"),
        ({"max_per_second": 79}, "79 requests a second, not 80"),
        ({"max_requests": 120}, "leaves 120 requests"),
        ({"starts": timezone.now() + timedelta(minutes=30)}, "begins at"),
    ],
)
def test_a_permission_covers_kind_host_rate_number_and_time(world, order, changes, says):
    with scope(world):
        allow(world, order, **changes)
        with pytest.raises(Forbidden, match=says):
            load_tests.start_load_test(by=world.lead, **order)


def test_the_database_refuses_a_load_test_that_no_permission_covers(world, order):
    test = begun(world, order)
    with scope(world):
        signed = TestAuthorisation.objects.get()
        copy = {
            f.attname: getattr(test, f.attname)
            for f in LoadTest._meta.local_fields
            if f.attname not in ("id", "created_at", "number", "status", "finished_at")
        }
        over = {"status": TrialStatus.FAILED, "finished_at": timezone.now()}
        LoadTest.objects.create(**copy, **over, number=2)
        with pytest.raises(Error, match="no permission"), transaction.atomic():
            LoadTest.objects.create(**(copy | {"peak_per_second": 101}), **over, number=3)
        authorisations.revoke_authorisation(by=world.sponsor, authorisation_id=signed.pk)
        with pytest.raises(Error, match="no permission"), transaction.atomic():
            LoadTest.objects.create(**copy, **over, number=4)
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            TestAuthorisation.objects.filter(pk=signed.pk).update(max_per_second=1_000)


def test_only_the_client_signs_by_name_and_fresh_proof(world, order):
    with scope(world):
        with pytest.raises(Forbidden):
            allow(world, order, by=world.lead)
        with pytest.raises(Forbidden):
            allow(world, order, by=world.expert)
        with pytest.raises(NotFound):
            allow(world, order, by=world.outsider_sponsor)
        with pytest.raises(Invalid, match="name as it stands"):
            allow(world, order, name="Somebody Else")
        with pytest.raises(ReauthenticationRequired):
            allow(world, order, proof=SigningProof("code", 301, second_factor=True))
        assert not TestAuthorisation.objects.exists()


def test_a_permission_taken_back_stops_a_test_under_way_within_two_seconds(world, order, answering):
    order["order"] = LoadOrder((Step(StepKind.RATE, 20, 40),), 2_000.0, Guards())
    test = begun(world, order)

    class Revokes(list):  # type: ignore[type-arg]  # the list of questions, which acts on the fifth
        def append(self, question: str) -> None:
            super().append(question)
            if len(self) == 5:
                with scope(world):
                    signed = TestAuthorisation.objects.get()
                    authorisations.revoke_authorisation(by=world.sponsor, authorisation_id=signed.pk)

    answering.asked = Revokes()
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    test = again(world, test)
    assert (test.status, test.reason) == (TrialStatus.STOPPED, "The client took the permission back.")
    assert test.requests < 5 + 20 * 3
    assert test.valid is False


def test_a_test_whose_worker_is_lost_fails_and_is_not_sent_again(world, order, answering, sent):
    test = begun(world, order)
    with scope(world):
        LoadTest.objects.filter(pk=test.pk).update(
            status=TrialStatus.RUNNING,
            started_at=timezone.now(),
            beat_at=timezone.now() - timedelta(minutes=1),
        )
    load_tests.sweep_load_tests()
    test = again(world, test)
    assert (test.status, "worker was lost" in test.reason) == (TrialStatus.FAILED, True)
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    assert (answering.asked, len(sent)) == ([], 1)


def test_a_queued_test_can_be_stopped_and_a_second_one_waits(world, order):
    test = begun(world, order)
    with scope(world):
        with pytest.raises(WrongMoment, match="is on already"):
            load_tests.start_load_test(by=world.lead, **order)
        load_tests.cancel_load_test(by=world.sponsor, test_id=test.pk)
    assert again(world, test).status == TrialStatus.STOPPED


def test_the_pages_tell_the_story_to_both_sides(world, order, client):
    test = begun(world, order)
    base = f"/{world.tenant.slug}/engagements/{test.engagement.public_id}"
    for person in (world.lead, world.sponsor):
        client.force_login(person)
        for path in ("/permissions/", "/load/", f"/load/{test.public_id}/"):
            assert client.get(base + path).status_code == 200, path
    client.force_login(world.lead)
    assert client.get(f"{base}/load/new/").status_code == 200
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    page = client.get(f"{base}/load/{test.public_id}/").content.decode()
    assert "40 requests a second" in page
    assert "needs 299 calls" in page


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the generator is never late, however busy the one is that runs these tests."""
    monkeypatch.setattr("demos.engine.load.why_invalid", lambda result, echo_p50_ms: "")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the generator is late in every step."""
    monkeypatch.setattr("demos.engine.load.why_invalid", lambda result, echo_p50_ms: "started late")


def sealed_criterion(world, order, *, target: Decimal, load: str):
    """Gate 1 with one criterion on the wait at a named load, bound to the target under test and sealed."""
    version = targets.target_version_for(world.lead, order["target_version_id"])
    draft = CriteriaSet.objects.get(gate__engagement_id=order["engagement_id"], gate__number=1)
    for row in list(draft.criteria.all()):
        criteria.remove_criterion(by=world.lead, criterion_id=row.pk)
    terms = CriterionDraft(
        key="L-1", text="Wait of 95 of 100 requests", kind=CriterionKind.METRIC, must=True,
        comparator=Comparator.LE_UPPER, target=target, unit=Unit.MS, source=SourceKind.TEST,
        source_key="load_p95_ms", source_slice=load, rationale="It has to hold on the worst day.",
    )  # fmt: skip
    criteria.add_criterion(by=world.lead, criteria_set_id=draft.pk, draft=terms)
    binding = {
        "target_sha256": version.config_sha256,
        "dataset_sha256": "d" * 64,
        "grader_sha256s": ["g" * 64],
    }
    criteria.bind(by=world.lead, criteria_set_id=draft.pk, binding=binding)
    criteria.propose(by=world.lead, criteria_set_id=draft.pk)
    for person in (world.lead, world.sponsor):
        criteria.seal(by=person, criteria_set_id=draft.pk)
    return draft.gate


def verdict_of(gate) -> tuple[str, str]:
    (row,) = standing_of(gate, now=timezone.now()).rows
    return row.ruling.verdict, row.ruling.reason


@pytest.mark.parametrize(
    ("target", "load", "verdict"),
    [
        (Decimal(60_000), "80/s", Verdict.MET),
        (Decimal("0.000001"), "80/s", Verdict.INCONCLUSIVE),  # there is an upper bound, no lower one
        (Decimal(60_000), "500/s", Verdict.NOT_EVALUATED),  # a lighter test does not stand for a heavier one
    ],
)
def test_a_sealed_criterion_reads_the_bound_at_the_load_that_it_names(
    world, order, answering, calm, target, load, verdict
):
    with scope(world):
        gate = sealed_criterion(world, order, target=target, load=load)
    test = begun(world, order)
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    assert again(world, test).valid
    with scope(world):
        assert verdict_of(gate)[0] == verdict


def test_a_load_test_from_before_the_seal_feeds_nothing(world, order, answering, calm):
    test = begun(world, order)
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    with scope(world):
        gate = sealed_criterion(world, order, target=Decimal(60_000), load="80/s")
        assert verdict_of(gate) == (Verdict.NOT_EVALUATED, Reason.BEFORE_SEAL)


def test_a_load_test_with_a_late_generator_feeds_nothing(world, order, answering, busy):
    with scope(world):
        gate = sealed_criterion(world, order, target=Decimal(60_000), load="80/s")
    test = begun(world, order)
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    with scope(world):
        assert verdict_of(gate) == (Verdict.NOT_EVALUATED, Reason.INVALID_SOURCE)


def test_a_load_test_of_another_target_feeds_nothing(world, order, answering, calm):
    with scope(world):
        gate = sealed_criterion(world, order, target=Decimal(60_000), load="80/s")
    test = begun(world, order)
    load_tests.execute_load_test(tenant_id=test.tenant_id, test_id=test.pk)
    with scope(world):
        (row,) = standing_of(gate, now=timezone.now()).rows
        terms, seen = row.criterion.terms("EUR"), row.measurement.reading()
        other = replace(seen, config_sha256="0" * 64)
        sealed_at = row.criterion.criteria_set.sealed_at
        assert eligible_reason(terms, seen, sealed_at=sealed_at) is None
        assert eligible_reason(terms, other, sealed_at=sealed_at) == Reason.OTHER_BINDING
