"""Staff look at a client's pages as the client does: less is seen, nothing is changed, and it is known."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.models import LedgerEntry
from portal.scope import tenant_scope

from .conftest import House

BEGIN, END, PAGE = "/harbor/view-as-client/", "/harbor/view-as-client/end/", "/harbor/members/"


@pytest.fixture
def browser(house: House) -> Client:
    client = Client()
    client.force_login(house.lead)
    return client


def test_the_pages_are_those_of_a_member_of_the_client(house: House, browser: Client) -> None:
    assert b"Invite a person" in browser.get(PAGE).content
    browser.post(BEGIN)
    text = browser.get(PAGE).content.decode()
    assert "You see this as Harbor Mutual does" in text
    assert 'class="client"' in text
    assert "Invite a person" not in text
    assert browser.get("/harbor/tokens/").status_code == 403


def test_nothing_can_be_changed_meanwhile(house: House, browser: Client) -> None:
    browser.post(BEGIN)
    answer = browser.post("/harbor/hosts/", {"hosts": "api.example.com"})
    assert answer.status_code == 409
    house.tenant.refresh_from_db()
    assert house.tenant.allowed_hosts == []


def test_one_button_leads_back(house: House, browser: Client) -> None:
    browser.post(BEGIN)
    browser.post(END)
    assert b"Invite a person" in browser.get(PAGE).content


def test_the_ledger_says_that_it_was_done(house: House, browser: Client) -> None:
    browser.post(BEGIN)
    with tenant_scope([house.tenant.pk]):
        entry = LedgerEntry.objects.get()
    assert (entry.event, entry.actor) == ("access.viewed_as_client", house.lead)


@pytest.mark.parametrize(("who", "status"), [("sponsor", 403), ("outsider", 404)])
def test_the_client_itself_and_outsiders_have_no_such_view(house: House, who: str, status: int) -> None:
    client = Client()
    client.force_login(getattr(house, who))
    assert client.post(BEGIN).status_code == status


def test_a_page_that_is_not_below_the_client_is_not_where_one_lands(house: House, browser: Client) -> None:
    assert browser.post(BEGIN, {"next": "https://elsewhere.example/"})["Location"] == PAGE
    browser.post(END)
    assert browser.post(BEGIN, {"next": "/harbor/hosts/"})["Location"] == "/harbor/hosts/"
