"""Reports that a board reads: frozen when ordered, printed by a worker, the same bytes each time."""

import json
import re
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
import typst
from django.db import DatabaseError, transaction
from django.utils import timezone

from engagements.models import Report, ReportFault, ReportFile
from engagements.report.paper import render_report_pdf
from engagements.selectors.reports import report_for
from engagements.services import reports
from engagements.services.reports import make_report, order_report
from portal.delivery import inbox
from portal.errors import NotFound
from portal.models import LedgerEntry, OutboxEvent
from portal.scope import tenant_scope
from tests.assessments.conftest import harbor, other, scope
from tests.assessments.test_value_case import save
from tests.assessments.test_value_pages import point  # noqa: F401

__all__ = ["harbor", "other", "scope"]


@contextmanager
def in_minutes(minutes):
    """Let the clock of the services be ahead."""
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(minutes=minutes)):
        yield


def place(world, end=""):
    return f"/{world.tenant.slug}/engagements/{world.engagement.public_id}/{end}"


@pytest.fixture
def case(harbor, point):  # noqa: F811
    with tenant_scope([harbor.tenant.pk]):
        return save(harbor, point)


def order(world, case, by=None):
    with tenant_scope([world.tenant.pk]):
        return order_report(
            by=by or world.lead, engagement_id=world.engagement.pk, kind="value_case", subject=case.public_id
        )


def test_a_report_is_ordered_printed_and_read_in_the_browser(harbor, case, client):
    client.force_login(harbor.member)
    page = client.get(place(harbor, "value-case/")).text
    assert "Report (PDF)" in page
    sent = {"kind": "value_case", "subject": case.public_id}
    answer = client.post(place(harbor, "reports/"), sent, follow=True)

    assert "It is being printed" in answer.text
    assert "this case loses money" in answer.text
    with tenant_scope([harbor.tenant.pk]):
        report = Report.objects.get()
    assert client.get(place(harbor, f"reports/{report.public_id}/report.pdf")).status_code == 409
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    page = client.get(place(harbor, f"reports/{report.public_id}/")).text
    assert "Open the PDF" in page
    assert report.sha256 in page
    pdf = client.get(place(harbor, f"reports/{report.public_id}/report.pdf"))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.7")
    assert report.title in client.get(place(harbor, "reports/")).text
    assert "frozen content of a report: value case" in client.get(f"/verify/?hash={report.sha256}").text


def test_the_same_report_gives_the_same_bytes_tagged_and_as_pdf_a(harbor, case):
    report = order(harbor, case)
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    with tenant_scope([harbor.tenant.pk]):
        file = ReportFile.objects.get(report=report)
        events = list(
            LedgerEntry.objects.filter(event__startswith="report.")
            .values_list("event", flat=True)
            .order_by("seq")
        )
    body = bytes(file.body)
    assert body == render_report_pdf(report)
    assert b"/MarkInfo" in body
    assert re.search(rb"pdfaid:part>2<", body)
    assert re.search(rb"pdfaid:conformance>A<", body)
    assert events == ["report.ordered", "report.made"]


def test_what_changes_later_does_not_change_a_report(harbor, case):
    report = order(harbor, case)
    with tenant_scope([harbor.tenant.pk]):
        before = report.body
        case.horizon_months = 60
        case.save()
        assert Report.objects.get().body == before
        for model, change in ((Report, {"title": "x"}), (Report, {"body": "{}"})):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                model.objects.update(**change)


def test_an_outsider_meets_no_report_and_a_wrong_subject_is_not_there(harbor, other, case):
    with pytest.raises(NotFound):
        order(harbor, case, by=other.lead)
    with tenant_scope([harbor.tenant.pk]):
        for kind, subject in (("value_case", "vac_nothing"), ("evaluation", "run_x"), ("sonnet", "")):
            with pytest.raises(NotFound):
                order_report(by=harbor.lead, engagement_id=harbor.engagement.pk, kind=kind, subject=subject)


def test_who_sees_only_the_own_sections_gets_no_report_of_readiness(harbor, client):
    from assessments.services.assessment import start_assessment

    with tenant_scope([harbor.tenant.pk]):
        start_assessment(by=harbor.lead, engagement_id=harbor.engagement.pk)
        report = order_report(by=harbor.lead, engagement_id=harbor.engagement.pk, kind="readiness")
        with pytest.raises(NotFound):
            order_report(by=harbor.member, engagement_id=harbor.engagement.pk, kind="readiness")
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    assert [block["type"] for block in report.content()["blocks"]][:3] == ["figures", "heading", "levels"]
    client.force_login(harbor.member)
    assert client.get(place(harbor, f"reports/{report.public_id}/")).status_code == 404
    assert "Readiness report" not in client.get(place(harbor, "reports/")).text
    client.force_login(harbor.lead)
    assert client.get(place(harbor, f"reports/{report.public_id}/report.pdf")).status_code == 200


def test_words_that_no_font_has_are_printed_as_an_empty_box(harbor, case):
    report = order(harbor, case)
    content = report.content() | {"headline": "日本語 😀 \x07 stays readable"}
    report.body = json.dumps(content)
    assert render_report_pdf(report).startswith(b"%PDF")
    assert render_report_pdf(report) == render_report_pdf(report)


@pytest.fixture
def broken(harbor, case, monkeypatch):
    """A report whose printing fails."""

    def refuse(report):
        typst.compile(b"#pack")  # the typesetter itself refuses it

    report = order(harbor, case)
    monkeypatch.setattr(reports, "render_report_pdf", refuse)
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    monkeypatch.undo()
    return report


def test_a_report_that_cannot_be_printed_says_why_and_is_printed_again(harbor, broken, client):
    client.force_login(harbor.member)
    url = place(harbor, f"reports/{broken.public_id}/")
    page = client.get(url).text
    assert "It could not be printed" in page
    assert "The typesetter refused it: unknown variable: pack" in page
    assert "hx-get" not in page.split('id="state"')[1].split(">")[0]
    assert "not printed" in client.get(place(harbor, "reports/")).text
    assert client.get(f"{url}report.pdf").status_code == 409

    page = client.post(f"{url}again/", follow=True).text
    assert "It is being printed" in page
    make_report(tenant_id=harbor.tenant.pk, report_id=broken.pk)
    assert "Open the PDF" in client.get(url).text
    assert client.post(f"{url}again/").status_code == 409
    with tenant_scope([harbor.tenant.pk]):
        events = LedgerEntry.objects.filter(subject=broken.public_id).order_by("seq")
        assert list(events.values_list("event", flat=True)) == [
            "report.ordered", "report.failed", "report.ordered_again", "report.made",
        ]  # fmt: skip
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            ReportFault.objects.update(reason="x")


def test_who_ordered_a_report_that_failed_is_told_and_nobody_else(harbor, broken):
    with tenant_scope([harbor.tenant.pk]):
        event = OutboxEvent.objects.get(event="report.failed")
        assert [person.pk for person in inbox.audience(event)] == [harbor.lead.pk]
        assert event.path == place(harbor, f"reports/{broken.public_id}/")


def test_ordering_the_same_again_takes_a_failed_report_up(harbor, case, monkeypatch):
    with in_minutes(0):
        broken = order(harbor, case)
        with monkeypatch.context() as patch:
            patch.setattr(reports, "render_report_pdf", lambda report: 1 // 0)
            make_report(tenant_id=harbor.tenant.pk, report_id=broken.pk)
        assert order(harbor, case).pk == broken.pk
    with tenant_scope([harbor.tenant.pk]):
        fault = ReportFault.objects.get()
        assert (fault.again_by, fault.reason) == (
            harbor.lead, "Something in it could not be set (ZeroDivisionError).",
        )  # fmt: skip
        assert not report_for(harbor.lead, broken.pk).failed


def test_a_file_fault_is_tried_again_and_told_after_the_last_try(harbor, case, monkeypatch):
    def refuse(report):
        raise OSError("no space left on device")

    report = order(harbor, case)
    monkeypatch.setattr(reports, "render_report_pdf", refuse)
    with pytest.raises(OSError, match="no space"):
        make_report(tenant_id=harbor.tenant.pk, report_id=report.pk, last_try=False)
    make_report(tenant_id=harbor.tenant.pk, report_id=report.pk)
    with tenant_scope([harbor.tenant.pk]):
        assert "at the last of several tries" in ReportFault.objects.get().reason


def test_a_report_that_no_worker_prints_is_asked_for_again_and_fails_after_half_an_hour(
    harbor, case, monkeypatch
):
    report, asked = order(harbor, case), []
    monkeypatch.setattr(reports, "queue_report", lambda tenant_id, report_id: asked.append(report_id))
    with tenant_scope([harbor.tenant.pk]):
        reports.queue_late_reports()
        assert asked == []
        with in_minutes(2):
            reports.queue_late_reports()
        assert asked == [report.pk]
        with in_minutes(31):
            reports.queue_late_reports()
            reports.queue_late_reports()
        assert asked == [report.pk]
        assert ReportFault.objects.get().reason == "No worker has printed it within half an hour."


def test_the_api_names_the_fault_and_prints_again(harbor, broken, client):
    client.force_login(harbor.lead)
    url = f"/api/v1/reports/{broken.public_id}"
    told = client.get(url).json()
    assert (told["state"], told["failure"].split(":")[0]) == ("failed", "The typesetter refused it")
    answer = client.post(f"{url}/printing", content_type="application/json")
    assert (answer.status_code, answer.json()["state"], answer.json()["failure"]) == (202, "printing", None)
    assert client.post(f"{url}/printing", content_type="application/json").status_code == 409


def test_the_client_finds_reports_in_the_navigation(harbor, client):
    client.force_login(harbor.member)
    assert f'href="{place(harbor, "reports/")}"' in client.get(place(harbor)).text
