"""Reports that a board reads: frozen when ordered, printed by a worker, the same bytes each time."""

import json
import re

import pytest
from django.db import DatabaseError, transaction

from engagements.models import Report, ReportFile
from engagements.report.paper import render_report_pdf
from engagements.services.reports import make_report, order_report
from portal.errors import NotFound
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.assessments.conftest import harbor, other, scope
from tests.assessments.test_value_case import save
from tests.assessments.test_value_pages import point  # noqa: F401

__all__ = ["harbor", "other", "scope"]


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
