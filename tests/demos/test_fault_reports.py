"""Fault tests: counts that agree, under the permission that covered them; what nobody saw is not kept."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from demos.allowances import Allowance
from demos.engine.faults.plan import Fault
from demos.engine.pricing import Price
from demos.fault_vocabulary import Attested, Seen
from demos.importing.faults import parse_fault_report
from demos.models import FaultReport
from demos.selectors import faults as reading
from demos.services import authorisations, targets
from demos.services.fault_reports import attest, hand_in_faults, import_faults
from demos.vocabulary import AllowedTest
from engagements.models import Measurement
from engagements.services import evidence
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import LedgerEntry
from portal.services.signing import SigningProof
from tests.demos.conftest import spec_for
from tests.demos.test_fault_behaviours import content, watched
from tests.doors import browser_of
from tests.personas import scope

FRESH = SigningProof("code", 20, second_factor=True)


# Brought in


@pytest.fixture
def version(world, engagement):
    with scope(world):
        return targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Desk", spec=spec_for("http://127.0.0.1:9/ask"),
            price=Price("USD"),
        )  # fmt: skip


def allow(world, version, **changes: Any):
    now = timezone.now()
    allowed = Allowance(
        hosts=("127.0.0.1:9",), kinds=(AllowedTest.FAULT,), starts=now - timedelta(minutes=1),
        ends=now + timedelta(hours=1), max_per_second=20, max_requests=20,
    )  # fmt: skip
    return authorisations.sign_authorisation(
        by=world.sponsor, target_id=version.target_id, allowance=replace(allowed, **changes),
        signed_name=world.sponsor.name, proof=FRESH,
    )  # fmt: skip


def made_at(began: datetime, ended: datetime | None = None, **more: Any) -> dict[str, Any]:
    instants = {"started_at": began.isoformat(), "finished_at": (ended or timezone.now()).isoformat()}
    return watched() | instants | more


def bring(world, version, report: dict[str, Any], *, by: Any = None) -> FaultReport:
    return import_faults(
        by=by or world.lead, engagement_id=version.target.engagement_id, target_version_id=version.pk,
        told=parse_fault_report(content(report)),
    )  # fmt: skip


@pytest.fixture
def brought(world, version) -> FaultReport:
    with scope(world):
        return bring(world, version, made_at(allow(world, version).created_at))


@pytest.mark.django_db
def test_a_report_is_stored_once_told_in_the_ledger_and_measured_with_its_interval(world, version):
    with scope(world):
        report = made_at(allow(world, version).created_at)
        stored = bring(world, version, report)
        entry = LedgerEntry.objects.get(event="fault.imported")
        assert (stored.number, entry.facts["requests"], entry.facts["recovered"]) == (1, 9, 6)

        rows = {(row.key, row.slice): row for row in Measurement.objects.filter(source_id=stored.pk)}
        share = rows["fault_recovery_rate", ""]
        assert (share.n, share.value.quantize(Decimal("1e-6"))) == (7, Decimal("0.857143"))  # 6 of 7
        assert share.low.quantize(Decimal("1e-4")) == Decimal("0.4869")  # Wilson, two-sided 95 %, by hand
        assert rows["fault_recovery_rate", "reset"].n == 2
        assert (rows["fault_early_retry_rate", ""].value, rows["fault_early_retry_rate", ""].n) == (
            Decimal("0.5"), 2,
        )  # fmt: skip
        assert rows["fault_unbounded_rate", ""].value == 0
        assert share.config_sha256 == version.config_sha256

        with pytest.raises(Invalid, match="this is fault test 1"):
            bring(world, version, dict(reversed(report.items())))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kinds": (AllowedTest.LOAD,)}, "does not cover tests of the kind “faults”"),
        ({"hosts": ("127.0.0.1:8",)}, "does not cover 127.0.0.1:9"),
        ({"max_per_second": 1}, "covers 1 requests a second"),
        ({"max_requests": 13}, "leaves 13 requests; this test may need 14"),
        ({"starts": timezone.now() + timedelta(minutes=30)}, "The permission begins at"),
    ],
)
def test_without_a_permission_that_covered_it_nothing_is_stored(world, version, changes, words):
    with scope(world):
        signed = allow(world, version, **changes)
        with pytest.raises(Forbidden, match=words):
            bring(world, version, made_at(signed.created_at))
        assert not FaultReport.objects.exists()


@pytest.mark.django_db
def test_a_permission_signed_or_taken_back_at_the_wrong_moment_covers_nothing(world, version):
    with scope(world):
        with pytest.raises(Forbidden, match="has not allowed this test yet"):
            bring(world, version, made_at(timezone.now()))
        signed = allow(world, version)
        with pytest.raises(Forbidden, match="signed only after the test had begun"):
            bring(world, version, made_at(signed.created_at - timedelta(seconds=1)))
        before = timezone.now()
        authorisations.revoke_authorisation(by=world.sponsor, authorisation_id=signed.pk)
        with pytest.raises(Forbidden, match="took the permission back"):
            bring(world, version, made_at(signed.created_at))
        assert bring(world, version, made_at(signed.created_at, before)).authorisation_id == signed.pk


@pytest.mark.django_db
def test_what_a_fault_test_sent_is_used_up_for_every_other_test(world, version):
    with scope(world):
        signed = allow(world, version)
        bring(world, version, made_at(signed.created_at))
        assert authorisations.requests_used(signed) == 14
        with pytest.raises(Forbidden, match="leaves 6 requests; this test may need 14"):
            bring(world, version, made_at(signed.created_at))


@pytest.mark.django_db
def test_a_report_about_another_system_or_from_the_future_is_refused(world, version):
    with scope(world):
        signed = allow(world, version)
        with pytest.raises(Invalid, match=r"about 10\.0\.0\.1:80, and"):
            bring(world, version, made_at(signed.created_at, upstream="10.0.0.1:80"))
        with pytest.raises(Invalid, match="ends in the future"):
            bring(world, version, made_at(signed.created_at, timezone.now() + timedelta(minutes=5)))


@pytest.mark.django_db
def test_who_may_not_start_tests_brings_none_in(world, version):
    with scope(world):
        report = made_at(allow(world, version).created_at)
        with pytest.raises(Forbidden):
            bring(world, version, report, by=world.sponsor)
        with pytest.raises(NotFound):
            bring(world, version, report, by=world.outsider_lead)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"tries": 21}, {"peak_per_second": 21}, {"finished_at": "later"}])
def test_the_database_takes_no_fault_test_that_no_permission_covered_and_changes_none(world, brought, change):
    if change.get("finished_at"):
        change = {"finished_at": timezone.now() + timedelta(days=1)}
    fields = {field.attname: getattr(brought, field.attname) for field in FaultReport._meta.concrete_fields}
    other = fields | {"id": None, "number": 9, "content_sha256": "0" * 64, "tries": 1} | change
    other.pop("id")
    with scope(world):
        with pytest.raises(Error, match="no permission of the client covered it"), transaction.atomic():
            FaultReport.objects.create(**other)
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            FaultReport.objects.filter(pk=brought.pk).update(tries=1)


# Attested and handed in


@pytest.mark.django_db
def test_it_is_counted_once_somebody_looked_and_counts_for_the_gate_once_the_other_side_accepts(
    world, brought
):
    with scope(world):
        with pytest.raises(WrongMoment, match="nobody has said what people got under reset"):
            hand_in_faults(by=world.lead, report_id=brought.pk)
        with pytest.raises(Invalid, match="Nothing was given up under this fault"):
            attest(by=world.lead, report_id=brought.pk, fault=Fault.DELAY, said=Attested.HONEST, note="Seen")
        with pytest.raises(Invalid, match="Write where you looked"):
            attest(by=world.lead, report_id=brought.pk, fault=Fault.RESET, said=Attested.HONEST, note=" ")
        for said in (Attested.NOTHING_HONEST, Attested.HONEST):
            attest(by=world.lead, report_id=brought.pk, fault=Fault.RESET, said=said, note="Ticket 4711")

        standing = reading.standing_of(brought)
        assert (standing.missed, standing.open_words) == (1, "")  # the retry that came too early
        assert [line.fault for line in standing.lines if line.seen == Seen.MISSED] == [Fault.RATE_LIMITED]

        handed_in = hand_in_faults(by=world.lead, report_id=brought.pk)
        assert not Measurement.objects.filter(key="fault_behaviours_missed").exists()
        evidence.accept(by=world.sponsor, version_id=handed_in.pk)
        counted = Measurement.objects.get(key="fault_behaviours_missed")
        assert (counted.value, counted.unit, counted.source_kind) == (Decimal(1), "count", "evidence")
        told_so = LedgerEntry.objects.filter(event="fault.attested").order_by("seq")
        assert [row.facts["said"] for row in told_so] == ["nothing_honest", "honest"]


# By page and API


@pytest.mark.django_db
def test_the_page_takes_a_report_shows_what_was_wanted_and_hands_it_in(world, engagement, version):
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/faults/"
    browser = browser_of(world.lead)
    assert "No fault test yet" in browser.get(base).text
    with scope(world):
        report = made_at(allow(world, version).created_at)
    file = io.BytesIO(content(report))
    file.name = "report.json"
    answer = browser.post(base + "import/", {"target_version": version.public_id, "file": file})
    page = browser.get(answer.url).text
    for words in (
        "Not counted yet: nobody has said what people got under reset", "6 of 7",
        "1 of 2 retries came too early",
        "1 of 2 requests were given up; nobody has looked yet", "Rate limited", "fault_recovery_rate",
    ):  # fmt: skip
        assert words in page, words
    said = {"fault": "reset", "said": "honest", "note": "Ticket 4711"}
    assert browser.post(answer.url + "attest/", said).status_code == 302
    assert browser.post(answer.url + "attest/", said | {"said": "nonsense"}).status_code == 422
    page = browser.get(answer.url).text
    assert "An honest message" in page
    assert "1 of 6 wanted behaviours missed" in page
    done = browser.post(answer.url + "hand-in/")
    assert "fault test 1" in browser.get(done.url).text.lower()
    assert "Fault test 1" in browser.get(base).text


@pytest.mark.django_db
def test_the_api_does_what_the_pages_do(world, engagement, version):
    browser = browser_of(world.lead)
    with scope(world):
        report = made_at(allow(world, version).created_at)

    def post(address: str, body: Any = None) -> Any:
        return browser.post(f"/api/v1/{address}", json.dumps(body or {}), content_type="application/json")

    place = f"engagements/{engagement.public_id}/fault-tests"
    made = post(place, {"target_version": version.public_id, "report": report})
    assert made.status_code == 201, made.text
    told_back = made.json()
    assert (told_back["spoilt"], told_back["recovered"], told_back["missed"]) == (7, 6, None)
    assert browser.get(f"/api/v1/{place}").json()["items"][0]["id"] == told_back["id"]
    one = f"fault-tests/{told_back['id']}"
    assert post(f"{one}/evidence").status_code == 409
    said = {"fault": "reset", "said": "nothing_honest", "note": "Ticket 4711"}
    assert post(f"{one}/attestations", said).status_code == 201
    assert post(f"{one}/attestations", said | {"fault": "delay"}).json()["errors"][0]["pointer"] == "/fault"
    assert browser.get(f"/api/v1/{one}").json()["missed"] == 2
    assert post(f"{one}/evidence").json()["evidence_version"].startswith("evv_")
    beyond = post(place, {"target_version": version.public_id, "report": report | {"more": 10**30}})
    assert beyond.status_code == 403  # read like any other report, and the permission has too little left
    wrong = post(place, {"target_version": version.public_id, "report": report | {"tries": 1}})
    assert wrong.status_code == 422
