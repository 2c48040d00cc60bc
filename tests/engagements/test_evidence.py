"""Evidence: what is handed in by one side, accepted by the other, and never changed."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from engagements.models import EvidenceFile, EvidenceItem, EvidenceVersion, Measurement
from engagements.rules.drill import Drill, drill_faults
from engagements.rules.file_types import media_type_of
from engagements.selectors.evidence import snapshot_section, visible_evidence
from engagements.services import evidence as service
from engagements.services.engagements import create_engagement
from engagements.services.evidence import Given
from engagements.services.scanning import scan
from engagements.vocabulary import EvidenceKind, EvidenceStatus, EvidenceStrength, ScanState, Unit
from portal.errors import Forbidden, Invalid, NotFound, SegregationOfDuties, WrongMoment
from portal.models import LedgerEntry
from portal.vocabulary import Visibility
from tests.personas import build_world, scope

pytestmark = pytest.mark.django_db
FINDS_EICAR = "'import sys; sys.exit(b\"EICAR\" in sys.stdin.buffer.read())'"
PDF = b"%PDF-1.7 a report"
ONCE = EvidenceStrength.MEASURED_ONCE
TODAY = timezone.now().date()


@pytest.fixture
def world(db):
    """Both clients with everybody of the cast, not the smaller world of this folder."""
    return build_world()


@pytest.fixture
def engagement(world):
    with scope(world):
        return create_engagement(
            by=world.lead, tenant=world.tenant, title="Claims triage", sponsor=world.sponsor
        )


def _hand_in(world, engagement, *, by=None, **changes):
    terms = {"effective_from": TODAY, "file_name": "report.pdf", "body": PDF, "about": ("E05-2",)}
    more = {name: changes.pop(name) for name in ("title", "kind", "visibility", "proves") if name in changes}
    return service.hand_in(
        by=by or world.consultant, engagement_id=engagement.pk, given=Given(**{**terms, **changes}),
        **{"title": "Bad-data rules", "kind": EvidenceKind.FILE, **more},
    )  # fmt: skip


def _docx() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as package:
        package.writestr("word/document.xml", "<w/>")
    return body.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.PNG", b"\x89PNG\r\n\x1a\nrest", "image/png"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.docx", _docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
def test_a_file_is_what_its_bytes_and_its_name_agree_on(name, body, media_type):
    assert media_type_of(name, body) == media_type


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.pdf", b"MZ a program"),
        ("a.txt", PDF),
        ("a.txt", b"\x00\x01"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg onload='x'/>"),
        ("a.xlsx", _docx()),
        ("a", PDF),
        ("a.docx", b"PK\x03\x04 broken"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(name, body):
    with pytest.raises(Invalid):
        media_type_of(name, body)


def test_the_other_side_accepts_and_the_ledger_says_so(world, engagement):
    with scope(world):
        version = _hand_in(world, engagement, proves="bad_data_rules")
        service.accept(by=world.expert, version_id=version.pk)
        version.refresh_from_db()
        assert (version.status, version.judged_by) == (EvidenceStatus.ACCEPTED, world.expert)
        assert version.sha256 == hashlib.sha256(PDF).hexdigest()
        paid = Measurement.objects.get(engagement=engagement, key="bad_data_rules")
        assert (paid.value, paid.source_id) == (Decimal(1), version.pk)
        events = list(
            LedgerEntry.objects.filter(event__startswith="evidence.").values_list("event", flat=True)
        )
        assert sorted(events) == ["evidence.accepted", "evidence.handed_in"]


def test_nobody_accepts_what_the_own_side_handed_in(world, engagement):
    with scope(world):
        version = _hand_in(world, engagement)
        with pytest.raises(SegregationOfDuties):
            service.accept(by=world.reviewer, version_id=version.pk)
        with pytest.raises(Forbidden):
            service.accept(by=world.client_member, version_id=version.pk)
        service.send_back(by=world.expert, version_id=version.pk, judgement="The date is missing.")
        with pytest.raises(WrongMoment):
            service.accept(by=world.expert, version_id=version.pk)


def test_the_database_keeps_versions_files_and_judgements(world, engagement):
    with scope(world):
        version = _hand_in(world, engagement)
        service.accept(by=world.expert, version_id=version.pk)
        for change in (
            lambda: EvidenceVersion.objects.filter(pk=version.pk).update(note="better"),
            lambda: EvidenceVersion.objects.filter(pk=version.pk).update(judgement="no"),
            lambda: EvidenceVersion.objects.filter(pk=version.pk).delete(),
            lambda: EvidenceFile.objects.update(size=1),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_a_newer_version_does_not_count_before_it_is_accepted(world, engagement):
    with scope(world):
        first = _hand_in(world, engagement)
        service.accept(by=world.expert, version_id=first.pk)
        given = Given(effective_from=TODAY, file_name="b.pdf", body=PDF + b" 2")
        second = service.hand_in_version(by=world.lead, item_id=first.item_id, given=given)
        assert second.number == 2
        frozen = snapshot_section(engagement.pk, 1) or {}
        assert [row["number"] for row in frozen["items"]] == [1]
        assert frozen["judges"] == [str(world.expert.pk)]


def test_a_drill_is_measured_once_and_its_minutes_reach_criteria(world, engagement):
    with scope(world):
        version = _hand_in(
            world, engagement, kind=EvidenceKind.DRILL, proves="rollback_drill", body=b"", file_name="",
            strength=EvidenceStrength.MEASURED_ONCE, effective_from=TODAY - timedelta(days=2),
            drill=Drill(
                "Version 4 answers nothing", "Amira, Piotr", "Back on version 3", Decimal("21.5"),
                detected=Decimal(3), decided=Decimal("8.5"),
            ),
        )  # fmt: skip
        service.accept(by=world.security, version_id=version.pk)
        row = Measurement.objects.get(key="rollback_drill_minutes")
        assert (row.value, row.bound_high) == (Decimal("21.5"), Decimal("21.5"))
        assert row.unit == Unit.MINUTES
        assert row.measured_at.date() == TODAY - timedelta(days=2)

        times = dict(
            Measurement.objects.filter(key__startswith="rollback_drill_").values_list("key", "value")
        )
        assert times == {
            "rollback_drill_detected": Decimal(3), "rollback_drill_decided": Decimal("8.5"),
            "rollback_drill_minutes": Decimal("21.5"),
        }  # fmt: skip


def test_a_drill_counts_once_both_sides_attest_it_and_its_record_never_changes(world, engagement, client):
    drill = Drill("Version 4 answers nothing", "Amira", "Back on 3", Decimal(20), detected=Decimal(3))
    with scope(world):
        version = _hand_in(
            world, engagement, kind=EvidenceKind.DRILL, proves="rollback_drill", body=b"", file_name="",
            strength=EvidenceStrength.MEASURED_ONCE, drill=drill,
        )  # fmt: skip
        assert not Measurement.objects.exists()
    client.force_login(world.security)
    page = f"/{world.tenant.slug}/engagements/{engagement.public_id}/evidence/{version.item.public_id}/"
    told = client.get(page).text
    assert "by one side only: " in told
    assert "Version 4 answers nothing" in told
    with scope(world):
        with pytest.raises(SegregationOfDuties):
            service.accept(by=world.lead, version_id=version.pk)
        service.accept(by=world.security, version_id=version.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            EvidenceVersion.objects.filter(pk=version.pk).update(drill={**drill.stored(), "minutes": "2"})
    assert "by both sides: " in client.get(page).text


@pytest.mark.parametrize(
    ("times", "pointers"),
    [
        ({}, []),
        ({"detected": 0, "decided": 0, "minutes": 1}, []),
        ({"minutes": 0}, ["/minutes"]),
        ({"detected": -1, "minutes": 5}, ["/detected"]),
        ({"detected": 4, "decided": 3, "minutes": 5}, ["/decided"]),
        ({"detected": 4, "minutes": 3}, ["/minutes"]),
        ({"decided": 9, "detected": 2, "minutes": 8}, ["/minutes"]),
        ({"minutes": 1_000_000}, ["/minutes"]),
    ],
)
def test_the_times_of_a_drill_come_in_their_order(times, pointers):
    given = {name: Decimal(at) for name, at in times.items()}
    assert [fault.pointer for fault in drill_faults(Drill("a", "b", "c", **given))] == pointers


def test_a_drill_names_what_broke_who_took_part_and_how_it_came_out():
    assert [fault.pointer for fault in drill_faults(Drill(" ", "", ""))] == [
        "/scenario", "/participants", "/outcome",
    ]  # fmt: skip
    late = drill_faults(Drill("a", "b", "c", Decimal(3), detected=Decimal(4)))
    assert late[0].detail == "It was restored after 3 minutes, but noticed after 4. Mend one of them."


def test_a_share_that_evidence_shows_is_read_by_the_criterion_that_names_it(world, engagement):
    with scope(world):
        version = _hand_in(
            world, engagement, proves="training_passed_share", value=Decimal("0.92"), unit=Unit.RATE
        )
        service.accept(by=world.expert, version_id=version.pk)
        row = Measurement.objects.get(key="training_passed_share")
        assert (row.value, row.bound_low, row.unit) == (Decimal("0.92"), Decimal("0.92"), "rate")
        with pytest.raises(Invalid):
            _hand_in(world, engagement, value=Decimal("92"), unit=Unit.RATE)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"effective_from": TODAY + timedelta(days=1)}, "/effective_from"),
        ({"effective_to": TODAY}, "/effective_to"),
        ({"strength": EvidenceStrength.RECURRING}, "/period_days"),
        ({"body": b""}, "/file"),
        ({"kind": EvidenceKind.LINK, "body": b"", "url": "javascript:alert(1)"}, "/url"),
        ({"kind": EvidenceKind.ATTESTATION, "body": b"", "strength": ONCE}, "/strength"),
        ({"kind": EvidenceKind.DRILL, "body": b"", "strength": ONCE}, "/participants"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_is_stored(world, engagement, changes, pointer):
    with scope(world):
        with pytest.raises(Invalid) as refused:
            _hand_in(world, engagement, **changes)
        assert pointer in [fault.pointer for fault in refused.value.errors]
        assert not EvidenceItem.objects.exists()


def test_a_file_over_the_limit_is_refused(world, engagement, settings):
    settings.EVIDENCE_MAX_BYTES = 10
    with scope(world), pytest.raises(Invalid, match="larger"):
        _hand_in(world, engagement)


def test_the_client_neither_sees_nor_opens_internal_evidence(world, engagement):
    with scope(world):
        version = _hand_in(world, engagement, visibility=Visibility.INTERNAL)
        assert not visible_evidence(world.sponsor, engagement.pk).exists()
        assert visible_evidence(world.lead, engagement.pk).count() == 1
        with pytest.raises(NotFound):
            service.open_file(by=world.sponsor, version_id=version.pk)
        with pytest.raises(Forbidden):
            _hand_in(world, engagement, by=world.sponsor, visibility=Visibility.INTERNAL)
        assert snapshot_section(engagement.pk, 1) is None


def test_a_file_that_the_scanner_reads_is_closed_until_it_is_clean(world, engagement, settings):
    with scope(world):
        settings.EVIDENCE_SCANNER = f"{sys.executable} -c {FINDS_EICAR}"
        clean, bad = _hand_in(world, engagement), _hand_in(world, engagement, body=PDF + b"EICAR")
        with pytest.raises(WrongMoment):
            service.open_file(by=world.expert, version_id=clean.pk)
    for version in (clean, bad):
        scan(tenant_id=world.tenant.pk, version_id=version.pk)
    with scope(world):
        states = dict(EvidenceVersion.objects.values_list("pk", "scan_state"))
        assert states == {clean.pk: ScanState.CLEAN, bad.pk: ScanState.FOUND}
        assert service.open_file(by=world.expert, version_id=clean.pk)[1] == PDF
        with pytest.raises(WrongMoment):
            service.accept(by=world.expert, version_id=bad.pk)


def test_a_download_is_an_attachment_that_nobody_sniffs_and_stands_in_the_ledger(world, engagement):
    with scope(world):
        version = _hand_in(world, engagement)
    browser = Client()
    browser.force_login(world.expert)
    here = f"/harbor-mutual/engagements/{engagement.public_id}/evidence/{version.item.public_id}/"
    answer = browser.get(f"{here}versions/{version.public_id}/file/")
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    with scope(world):
        entry = LedgerEntry.objects.get(event="evidence.opened")
        assert (entry.actor, entry.facts["sha256"]) == (world.expert, version.sha256)


def test_somebody_hands_in_a_file_and_the_other_side_sends_it_back_on_the_page(world, engagement):
    ours, theirs = Client(), Client()
    ours.force_login(world.consultant)
    theirs.force_login(world.expert)
    here = f"/harbor-mutual/engagements/{engagement.public_id}/evidence/"
    form = {
        "title": "Rules",
        "strength": "document",
        "effective_from": TODAY.isoformat(),
        "visibility": "client",
    }
    refused = ours.post(f"{here}new/?kind=file", {**form, "file": SimpleUploadedFile("a.pdf", b"MZ")})
    assert (refused.status_code, b"no file that evidence can be" in refused.content) == (422, True)
    made = ours.post(f"{here}new/?kind=file", {**form, "file": SimpleUploadedFile("a.pdf", PDF)}, follow=True)
    assert made.status_code == 200
    with scope(world):
        version = EvidenceVersion.objects.select_related("item").get()
    page = f"{here}{version.item.public_id}/"
    back = f"{page}versions/{version.public_id}/send-back/"
    assert theirs.post(back, {"judgement": " "}).status_code == 422
    theirs.post(back, {"judgement": "Which year?"})
    assert b"Which year?" in ours.get(page).content
    for kind in ("link", "attestation", "drill"):
        assert ours.get(f"{here}new/?kind={kind}").status_code == 200


@pytest.mark.parametrize("n", [1, 3])
def test_listing_evidence_costs_the_same_queries(world, engagement, n, django_assert_num_queries):
    with scope(world):
        for number in range(n):
            _hand_in(world, engagement, title=f"Item {number}")
        world.lead = world.fresh("lead")
        visible_evidence(world.lead, engagement.pk).exists()
        with django_assert_num_queries(2):
            assert len(list(visible_evidence(world.lead, engagement.pk))) == n
