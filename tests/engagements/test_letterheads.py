"""How a client's papers look and what they leave out: REP-04."""

import base64
import json
import struct
import zlib

import pytest
from django.db import DatabaseError, transaction

from engagements.models import Letterhead, Report, ReportFile, ReportPreset
from engagements.report.paper import render_report_pdf
from engagements.rules.letterhead import accent_fault, contrast_with_white, logo_fault, without_sections
from engagements.services.letterheads import (
    LetterheadTerms,
    remove_preset,
    set_letterhead,
    set_letterhead_everywhere,
    set_preset,
)
from engagements.services.reports import make_report, order_report
from portal.errors import Forbidden, Invalid, NotFound
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from tests.assessments.conftest import harbor, other, scope
from tests.assessments.test_value_case import save
from tests.assessments.test_value_pages import point  # noqa: F401

__all__ = ["harbor", "other", "scope"]

BLUE = "#0b5394"


def png(wide=2, high=1):
    """A black picture as a PNG file."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\x00" + bytes(wide) for _ in range(min(high, 10))))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def case(harbor, point):  # noqa: F811
    with tenant_scope([harbor.tenant.pk]):
        return save(harbor, point)


def put(world, by=None, **terms):
    with tenant_scope([world.tenant.pk]):
        return set_letterhead(
            by=by or world.lead, tenant_id=world.tenant.pk,
            terms=LetterheadTerms(**{"accent": BLUE, "cover_text": "For the board.", "logo": png(), **terms}),
        )  # fmt: skip


def leave_out(world, *keys, by=None, kind="value_case", name="Board"):
    with tenant_scope([world.tenant.pk]):
        return set_preset(by=by or world.lead, tenant_id=world.tenant.pk, kind=kind, name=name, left_out=keys)


class Caller:
    """JSON in, JSON out."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, verb):
        def send(address, body=None):
            sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
            return getattr(self.client, verb)(address, **sent)

        return send


def order(world, case, preset=None):
    with tenant_scope([world.tenant.pk]):
        return order_report(
            by=world.lead, engagement_id=world.engagement.pk, kind="value_case", subject=case.public_id,
            preset_id=preset and preset.pk,
        )  # fmt: skip


def page(world, end=""):
    return f"/{world.tenant.slug}/letterhead/{end}"


def test_the_contrast_of_a_colour_is_that_of_wcag():
    assert contrast_with_white("#000000") == pytest.approx(21)
    assert contrast_with_white("#ffffff") == pytest.approx(1)
    assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(
    ("accent", "says"),
    [("#767676", None), ("#777777", "contrast is 4.5, and reading needs 4.5"), ("#ffff00", "darker"),
     ("red", "#rrggbb"), ("#12345", "#rrggbb"), ("#12345g", "#rrggbb"), ("#1F4E79", "#rrggbb")],
)  # fmt: skip
def test_a_colour_has_to_be_readable_on_white(accent, says):
    found = accent_fault(accent)
    assert found is None if says is None else says in found


@pytest.mark.parametrize(
    ("logo", "says"),
    [(png(), None), (png(2000, 2000), None), (png(2001, 1), "2,001 by 1 pixels"), (b"GIF89a", "no PNG file"),
     (b"\xff\xd8\xff" + bytes(50), "no PNG file"), (png()[:20], "no PNG file"),
     (png() + bytes(100 * 1024), "at most 100 are taken")],
)  # fmt: skip
def test_a_logo_is_a_small_png_file(logo, says):
    found = logo_fault(logo)
    assert found is None if says is None else says in found


def test_a_section_reaches_from_its_heading_to_the_next():
    def block(kind, key=""):
        return {"type": kind, "key": key}

    blocks = [block("words"), block("heading", "a"), block("table"), block("heading", "b"), block("bars")]
    assert without_sections(blocks, {"a"}) == [blocks[0], *blocks[3:]]
    assert without_sections(blocks, {"a", "b"}) == blocks[:1]
    assert without_sections(blocks, ()) == blocks


def test_a_paper_keeps_the_letterhead_with_which_it_was_ordered(harbor, case):
    plain = order(harbor, case)
    first = put(harbor)
    styled = order(harbor, case)
    before = render_report_pdf(styled)
    assert plain.pk != styled.pk
    assert json.loads(styled.body)["letterhead"] == {
        "number": 1, "accent": BLUE, "cover_text": "For the board.", "logo_sha256": first.logo_sha256,
    }  # fmt: skip
    assert "letterhead" not in json.loads(plain.body)

    put(harbor, accent="#7a1f1f", logo=b"")
    make_report(tenant_id=harbor.tenant.pk, report_id=styled.pk)
    with tenant_scope([harbor.tenant.pk]):
        assert bytes(ReportFile.objects.get(report=styled).body) == before
    later = order(harbor, case)
    assert json.loads(later.body)["letterhead"]["number"] == 2
    assert render_report_pdf(later) not in (before, render_report_pdf(plain))


def test_a_version_never_changes_and_the_same_terms_make_none(harbor):
    first = put(harbor)
    assert put(harbor, logo=None) == first
    assert put(harbor, accent=f" {BLUE.upper()} ") == first
    with tenant_scope([harbor.tenant.pk]):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Letterhead.objects.update(accent="#000000")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Letterhead.objects.all().delete()
        entry = LedgerEntry.objects.get(event="letterhead.set")
    assert entry.facts == {"number": 1, "accent": BLUE, "logo_sha256": first.logo_sha256}


def test_every_fault_is_named_and_nothing_is_stored(harbor):
    with pytest.raises(Invalid) as refused:
        put(harbor, accent="#ffff00", cover_text="x" * 401, logo=b"no picture")
    assert [fault.pointer for fault in refused.value.errors] == ["/accent", "/cover_text", "/logo"]
    broken = png()[:40] + b"\x00\x00" + png()[42:]
    with pytest.raises(Invalid, match="typesetter cannot read"):
        put(harbor, logo=broken)
    with tenant_scope([harbor.tenant.pk]):
        assert not Letterhead.objects.exists()


def test_what_every_paper_keeps_cannot_be_left_out(harbor):
    with pytest.raises(Invalid, match="No paper of this kind can leave out: certainty, costs"):
        leave_out(harbor, "costs", "certainty", "drivers")
    with pytest.raises(Invalid, match="can leave out: elements"):
        leave_out(harbor, "elements", kind="readiness")
    with pytest.raises(Invalid, match="can leave out: errors, rate"):
        leave_out(harbor, "rate", "errors", kind="evaluation")
    with pytest.raises(Invalid, match="at least one section"):
        leave_out(harbor)
    with pytest.raises(Invalid, match="Choose one of the kinds"):
        leave_out(harbor, "x", kind="sonnet")
    with tenant_scope([harbor.tenant.pk]):
        assert not ReportPreset.objects.exists()


def test_a_paper_says_what_it_leaves_out(harbor, case):
    short = leave_out(harbor, "case", "benefits")
    report = order(harbor, case, short)
    body = json.loads(report.body)
    headings = [block["text"] for block in body["blocks"] if block["type"] == "heading"]
    assert body["preset"] == {"name": "Board", "left_out": ["What one case brings", "What goes away"]}
    assert "What it costs" in headings
    assert not {"What one case brings", "What goes away"} & set(headings)
    assert render_report_pdf(report) != render_report_pdf(order(harbor, case))


def test_a_name_that_is_there_gets_the_new_choice_and_a_preset_can_go(harbor, case):
    first = leave_out(harbor, "drivers")
    assert leave_out(harbor, "benefits", "drivers") == first
    report = order(harbor, case, first)
    with tenant_scope([harbor.tenant.pk]):
        assert ReportPreset.objects.get().left_out == ["benefits", "drivers"]
        remove_preset(by=harbor.lead, tenant_id=harbor.tenant.pk, preset_id=first.pk)
        assert not ReportPreset.objects.exists()
        assert Report.objects.filter(pk=report.pk).exists()
        events = LedgerEntry.objects.filter(event__startswith="report.preset").order_by("seq")
        assert [row.event for row in events] == [
            "report.preset_set", "report.preset_set", "report.preset_removed",
        ]  # fmt: skip
    with pytest.raises(NotFound):
        order(harbor, case, first)


def test_a_preset_of_another_kind_or_client_is_not_there(harbor, other, case):
    with pytest.raises(NotFound):
        order(harbor, case, leave_out(harbor, "figures", kind="evaluation"))
    with pytest.raises(NotFound):
        order(harbor, case, leave_out(other, "drivers"))


def test_only_who_keeps_templates_sets_it(harbor, client):
    for person in (harbor.reviewer, harbor.expert, harbor.member):
        with pytest.raises(Forbidden):
            put(harbor, by=person)
        with pytest.raises(Forbidden):
            leave_out(harbor, "drivers", by=person)
    client.force_login(harbor.member)
    assert client.get(page(harbor)).status_code == 403
    assert client.get(page(harbor, "sample.pdf")).status_code == 403


def test_a_letterhead_for_every_client_reaches_those_and_no_other(harbor, other):
    with tenant_scope([harbor.tenant.pk]):
        made = set_letterhead_everywhere(by=harbor.lead, terms=LetterheadTerms(BLUE, "", png()))
    assert [row.tenant_id for row in made] == [harbor.tenant.pk]
    with tenant_scope([other.tenant.pk]):
        assert not Letterhead.objects.exists()


def test_the_page_sets_looks_and_presets(harbor, client):
    client.force_login(harbor.lead)
    assert "No letterhead yet" in client.get(page(harbor)).text
    from django.core.files.uploadedfile import SimpleUploadedFile

    wrong = client.post(page(harbor), {"accent": "#ffff00", "cover_text": ""})
    assert wrong.status_code == 422
    assert "Take a darker colour" in wrong.text
    sent = {"accent": BLUE, "cover_text": "For the board.", "logo": SimpleUploadedFile("logo.png", png())}
    told = client.post(page(harbor), sent, follow=True).text
    assert "The letterhead is in force. Papers that were ordered before keep theirs." in told
    assert "Version 1" in told
    assert "with a logo" in told
    sample = client.get(page(harbor, "sample.pdf"))
    assert sample["Content-Type"] == "application/pdf"
    assert sample.content.startswith(b"%PDF-1.7")

    mixed = {"name": "Board", "left_out": ["value_case:drivers", "readiness:risks"]}
    assert "Choose sections of one kind" in client.post(page(harbor, "presets/"), mixed).text
    chosen = {"name": "Board", "left_out": ["value_case:drivers"]}
    told = client.post(page(harbor, "presets/"), chosen, follow=True).text
    assert "What moves it most" in told
    with tenant_scope([harbor.tenant.pk]):
        preset = ReportPreset.objects.get()
    told = client.post(page(harbor, f"presets/{preset.public_id}/remove/"), follow=True).text
    assert "The preset is removed" in told


def test_a_report_is_ordered_with_a_preset_in_the_browser(harbor, case, client):
    preset = leave_out(harbor, "drivers", "benefits")
    client.force_login(harbor.member)
    place = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/"
    assert f'<option value="{preset.public_id}">Board</option>' in client.get(f"{place}value-case/").text
    sent = {"kind": "value_case", "subject": case.public_id, "preset": preset.public_id}
    told = client.post(f"{place}reports/", sent, follow=True).text
    assert "What goes away" in told
    assert "preset “Board”" in told
    assert client.post(f"{place}reports/", {**sent, "preset": "rps_no"}).status_code == 404


def test_the_api_sets_reads_and_orders(harbor, case, client):
    client.force_login(harbor.lead)
    call = Caller(client)
    assert call.get("/api/v1/letterhead").status_code == 404
    sent = {"accent": BLUE, "cover_text": "For the board.", "logo": base64.b64encode(png()).decode()}
    made = call.put("/api/v1/letterhead", sent)
    assert (made.status_code, made.json()["number"]) == (200, 1)
    assert len(made.json()["logo_sha256"]) == 64
    assert call.get("/api/v1/letterhead").json() == made.json()
    gone = call.put("/api/v1/letterhead", {"accent": BLUE, "logo": ""})
    assert gone.json()["logo_sha256"] == ""
    bad = call.put("/api/v1/letterhead", {"accent": BLUE, "logo": "?"})
    assert (bad.status_code, bad.json()["errors"][0]["detail"]) == (422, "Send the PNG file in base64.")

    refused = call.post("/api/v1/report-presets", {"kind": "evaluation", "name": "B", "left_out": ["rate"]})
    assert refused.status_code == 422
    preset = call.post("/api/v1/report-presets", {"kind": "value_case", "name": "B", "left_out": ["drivers"]})
    assert preset.status_code == 201
    assert call.get("/api/v1/report-presets").json()["items"] == [preset.json()]
    wanted = {"kind": "value_case", "subject": case.public_id, "preset": preset.json()["id"]}
    report = call.post(f"/api/v1/engagements/{harbor.engagement.public_id}/reports", wanted)
    assert report.status_code == 202
    assert call.delete(f"/api/v1/report-presets/{preset.json()['id']}").status_code == 204
    assert call.delete(f"/api/v1/report-presets/{preset.json()['id']}").status_code == 404


def test_the_navigation_leads_there_whoever_may_set_it_and_nobody_else(harbor, client):
    link = f'href="{page(harbor)}"'
    here = f"/{harbor.tenant.slug}/engagements/{harbor.engagement.public_id}/"
    for person, shown in ((harbor.lead, True), (harbor.reviewer, False), (harbor.member, False)):
        client.force_login(person)
        assert (link in client.get(here).text) is shown
