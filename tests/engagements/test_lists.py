"""Every list leaves by its page’s rights: harmless to a spreadsheet, nothing internal to a client."""

import csv
import io
import json
from decimal import Decimal

import openpyxl
import pytest
from django.utils import timezone

from assessments.models import Answer
from assessments.rules.costs import Component
from assessments.rules.process import StepFacts
from assessments.services.answers import claim
from assessments.services.assessment import start_assessment
from assessments.services.pain_points import PainPointFacts, map_pain_point
from assessments.services.process_map import add_step
from assessments.services.risks import RiskTerms, open_risk
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from engagements.lists import list_named, names_of_lists
from engagements.models import CriteriaSet, Criterion, Gate, Stage
from engagements.services.comments import write_comment
from engagements.services.evidence import Given, hand_in
from engagements.vocabulary import EvidenceKind
from portal.models import LedgerEntry
from portal.scope import tenant_scope
from portal.vocabulary import Visibility
from tests.assessments.conftest import harbor, other

__all__ = ["harbor", "other"]

EVIL = '=HYPERLINK("http://x","y")'
STARTS = ("=", "+", "-", "@")
FILES = ("pain-points", "process-steps", "readiness-answers", "risks", "evidence", "comments", "criteria")
"""The lists into which somebody's own words come."""


@pytest.fixture
def told(harbor):
    """Every list has a row whose words begin as a formula does; two of them have one that is internal."""
    with tenant_scope([harbor.tenant.pk]):
        here = {"by": harbor.lead, "engagement_id": harbor.engagement.pk}
        spend = Component(CostKind.SPEND, {"yearly_spend": Decimal(5)}, EvidenceGrade.D, EVIL)
        map_pain_point(**here, facts=PainPointFacts(EVIL, PainKind.BOTTLENECK), components=[spend])
        add_step(**here, facts=StepFacts(EVIL, "+step"))
        start_assessment(**here)
        claim(**here, question="E05-2", level=1, note=EVIL)
        open_risk(**here, terms=RiskTerms(EVIL, 2, 2))
        given = Given(effective_from=timezone.now().date(), file_name="a.txt", body=b"a")
        for title, seen in ((EVIL, Visibility.CLIENT), ("Internal margin", Visibility.INTERNAL)):
            hand_in(**here, title=title, kind=EvidenceKind.FILE, given=given, visibility=seen)
            write_comment(
                **here, subject=harbor.engagement.public_id, visibility=seen,
                body=f"{EVIL} {title}" if seen == Visibility.CLIENT else f"-{title}",
            )  # fmt: skip
        tenant, engagement = harbor.tenant, harbor.engagement
        owned = {"tenant": tenant, "engagement": engagement}
        stage = Stage.objects.create(**owned, kind="demo", order=1)
        gate = Gate.objects.create(**owned, stage=stage, number=1)
        agreed = CriteriaSet.objects.create(**owned, gate=gate, number=1)
        Criterion.objects.create(
            tenant=tenant, criteria_set=agreed, key="G1-1", text=EVIL, order=1, must=True, kind="attestation",
            comparator="eq", target=1, unit="statement", source_key="said",
        )  # fmt: skip
    return harbor


def file_of(world, client, name, **query):
    address = f"/{world.tenant.slug}/engagements/{world.engagement.public_id}/lists/{name}/"
    return client.get(address, query)


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_no_cell_of_any_list_is_a_formula_and_each_export_is_in_the_ledger(told, client):
    client.force_login(told.lead)
    for name in FILES:
        rows = rows_of(file_of(told, client, name))
        cells = [cell for row in rows for cell in row.values()]
        assert any(EVIL in cell for cell in cells), name
        assert not [cell for cell in cells if cell.startswith(STARTS) and not cell.lstrip("-").isdigit()], (
            name
        )
    with tenant_scope([told.tenant.pk]):
        taken = LedgerEntry.objects.filter(event="list.exported").order_by("seq")
        assert [row.facts for row in taken] == [{"list": name, "form": "csv"} for name in FILES]


def test_a_workbook_holds_the_same_words_as_text_and_json_as_they_are(told, client):
    client.force_login(told.lead)
    answer = file_of(told, client, "risks", form="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert (sheet["A2"].value, sheet["A2"].data_type) == (EVIL, "s")
    lines = b"".join(file_of(told, client, "risks", form="jsonl").streaming_content).splitlines()
    assert json.loads(lines[0])["risk"] == EVIL
    assert file_of(told, client, "risks", form="exe").status_code == 404
    assert file_of(told, client, "salaries").status_code == 404


def test_nothing_internal_reaches_a_client_in_any_list(told, client):
    client.force_login(told.lead)
    assert "Internal margin" in str(rows_of(file_of(told, client, "evidence")))
    assert "Internal margin" in str(rows_of(file_of(told, client, "comments", view="all")))
    client.force_login(told.expert)
    for name in names_of_lists():
        for view in ("", "all"):
            answer = file_of(told, client, name, view=view)
            if answer.status_code == 200:
                text = str(rows_of(answer))
                assert "Internal margin" not in text, name
                assert "Internal" not in {row.get("visible_to") for row in rows_of(answer) if row}, name
    assert "Internal" not in str(rows_of(file_of(told, client, "comments", view="all")))


def test_a_list_leaves_only_for_who_sees_its_page(told, other, client):
    client.force_login(told.member)
    assert file_of(told, client, "readiness-answers").status_code == 404
    assert file_of(told, client, "ledger").status_code == 403
    client.force_login(other.lead)
    for name in names_of_lists():
        assert file_of(told, client, name).status_code == 404, name
    client.force_login(told.lead)
    assert int(rows_of(file_of(told, client, "ledger"))[0]["entry"]) > 5


def test_a_list_says_what_its_page_says(told, client):
    client.force_login(told.lead)
    pain = rows_of(file_of(told, client, "pain-points"))[0]
    assert (pain["cost_a_year"], pain["weakest_grade"], pain["effort_days"]) == ("5.0000", "D", "")
    answers = {row["question"]: row for row in rows_of(file_of(told, client, "readiness-answers"))}
    assert len(answers) == 62
    assert (answers["E05-2"]["claimed"], answers["E05-2"]["counts"]) == ("1", "1")
    assert answers["E05-1"]["counts"] == ""
    criterion = rows_of(file_of(told, client, "criteria", gate="1"))[0]
    assert (criterion["key"], criterion["verdict"], criterion["n"]) == ("G1-1", "Not evaluated", "")
    assert rows_of(file_of(told, client, "criteria", gate="4")) == []
    page = client.get(f"/{told.tenant.slug}/engagements/{told.engagement.public_id}/risks/").text
    assert "lists/risks/?form=csv" in page
    assert list_named("risks").columns[0] == "risk"
    with tenant_scope([told.tenant.pk]):
        assert Answer.objects.get().note == EVIL
