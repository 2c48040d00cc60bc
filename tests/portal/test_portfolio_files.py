"""The portfolio as a file: the rows of the filter, typed, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from engagements.services.engagements import create_engagement
from portal import grants
from portal.models import LedgerEntry, Notification, OutboxEvent, Tenant
from portal.roles import Role
from portal.scope import tenant_scope
from portal.site.selectors import portfolio
from portal.site.selectors.portfolio import board
from tests.personas import World, both, scope


@pytest.fixture
def lead(world: World, client: Client) -> Client:
    with scope(world):
        for title in ("Claims triage", "=HYPERLINK(1)"):
            create_engagement(by=world.lead, tenant=world.tenant, title=title)
    client.force_login(world.lead)
    return client


def test_csv_and_xlsx_hold_the_same_rows_and_no_formula(lead: Client) -> None:
    table = list(csv.reader(io.StringIO(lead.get("/portfolio.csv").content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(lead.get("/portfolio.xlsx").content)).active
    cells = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]

    assert [row[:4] for row in table] == [row[:4] for row in cells]
    assert sorted(row[1] for row in table[1:]) == ["'=HYPERLINK(1)", "Claims triage"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_the_file_follows_the_filter(lead: Client) -> None:
    def count(query: str) -> int:
        return len(lead.get(f"/portfolio.csv?{query}").content.decode().splitlines()) - 1

    assert (count(""), count("stage=pain_points"), count("stage=demo"), count("court=client")) == (2, 2, 0, 0)


def test_what_is_not_known_is_empty_and_not_zero(lead: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(lead.get("/portfolio.csv").content.decode("utf-8-sig"))))
    assert (rows[0]["Due"], rows[0]["Cost of the pain a year"]) == ("", "")
    assert (rows[0]["Criteria met"], rows[0]["Criteria in all"]) == ("0", "6")


def test_the_clients_people_and_outsiders_get_no_file_of_it(
    world: World, lead: Client, client: Client
) -> None:
    client.force_login(world.sponsor)
    assert client.get("/portfolio.csv").status_code == 404
    client.force_login(world.outsider_lead)
    assert "Claims triage" not in client.get("/portfolio.csv").content.decode()


def test_pages_follow_each_other_and_figures_are_over_everything(
    world: World, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio, "PER_PAGE", 1)
    with scope(world):
        first = board(world.fresh("lead"), {"page": "1"}, now=timezone.now())
        second = board(world.fresh("lead"), {"page": "2"}, now=timezone.now())
    titles = [group.lines[0].row.engagement.title for one in (first, second) for group in one.groups]
    assert titles == ["Claims triage", "=HYPERLINK(1)"]
    assert [(group.total, one.in_work) for one in (first, second) for group in one.groups] == [(2, 2), (2, 2)]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/portfolio.csv", {"list": "portfolio", "form": "csv"}),
        ("/portfolio.jsonl", {"list": "portfolio", "form": "jsonl"}),
        ("/waiting/file/?form=xlsx", {"list": "waiting", "form": "xlsx"}),
        ("/inbox/file/", {"list": "inbox", "form": "csv"}),
    ],
)
def test_a_file_over_clients_stands_once_in_the_ledger_of_each_whose_rows_left(
    world: World, lead: Client, address: str, told: dict[str, str]
) -> None:
    """The third client, whose rows it does not hold, is told nothing; none reads of another."""
    tenants = [world.tenant, world.other, Tenant.objects.create(name="Third Works", slug="third-works")]
    for tenant in tenants[1:]:
        grants.add_member(world.lead, tenant, Role.LEAD)
    with both(world):
        create_engagement(by=world.outsider_lead, tenant=world.other, title="Rent letters")
        for tenant in tenants[:2]:
            event = OutboxEvent.objects.filter(tenant=tenant)[0]
            Notification.objects.create(tenant=tenant, user=world.lead, event=event)

    assert lead.get(address).status_code == 200

    with tenant_scope([tenant.pk for tenant in tenants]):
        found = LedgerEntry.objects.filter(event="list.exported")
        noted = [(row.tenant_id, row.subject, row.facts, row.actor) for row in found.order_by("tenant_id")]
    assert noted == [(one.pk, one.public_id, told, world.lead) for one in tenants[:2]]


def test_a_file_in_no_known_form_is_refused_and_nothing_is_noted(world: World, lead: Client) -> None:
    assert lead.get("/waiting/file/?form=exe").status_code == 404
    with scope(world):
        assert not LedgerEntry.objects.filter(event="list.exported").exists()
