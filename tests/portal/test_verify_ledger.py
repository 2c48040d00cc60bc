"""`verify_ledger` finds what somebody with the database's own key did to the ledger."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.test import Client

from portal import audit
from portal.events import CATALOGUE, EventType
from portal.scope import tenant_scope

from .conftest import House

NOTED = CATALOGUE.get("test.noted") or EventType("test.noted", "Noted", facts=("n",))

TABLES = ("portal_ledgerentry", "portal_outboxevent", "portal_ledgerhead")
CUT_THE_LAST_TWO = (
    "DELETE FROM portal_outboxevent USING portal_ledgerentry l WHERE l.id = entry_id AND l.seq > 3",
    "DELETE FROM portal_ledgerentry WHERE seq > 3",
)


@pytest.fixture
def ledger(house: House) -> House:
    with tenant_scope([house.tenant.pk]):
        for n in range(5):
            audit.record(actor=house.lead, event=NOTED, subject=house.tenant, facts={"n": n})
    return house


def tamper(house: House, *statements: str) -> None:
    """Change the table as its owner, with its triggers switched off."""
    with tenant_scope([house.tenant.pk]), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verify() -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_ledger", stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), err.getvalue() + str(error)
    return out.getvalue(), ""


def test_an_untouched_ledger_is_whole(ledger: House) -> None:
    out, err = verify()
    assert err == ""
    assert "harbor: whole, 5 entries" in out
    assert "cold-lake: whole, no entries" in out


def test_an_edited_entry_is_found(ledger: House) -> None:
    tamper(ledger, """UPDATE portal_ledgerentry SET facts = '{"n": 99}' WHERE seq = 3""")
    assert "entry 3 was changed" in verify()[1]


def test_a_removed_entry_is_found(ledger: House) -> None:
    tamper(
        ledger,
        "DELETE FROM portal_outboxevent USING portal_ledgerentry l WHERE l.id = entry_id AND l.seq = 3",
        "DELETE FROM portal_ledgerentry WHERE seq = 3",
    )
    assert "entry 3 is missing" in verify()[1]


def test_reordered_entries_are_found(ledger: House) -> None:
    tamper(
        ledger,
        "UPDATE portal_ledgerentry SET seq = 100 WHERE seq = 2",
        "UPDATE portal_ledgerentry SET seq = 2 WHERE seq = 3",
        "UPDATE portal_ledgerentry SET seq = 3 WHERE seq = 100",
    )
    assert "does not follow" in verify()[1]


def test_a_tail_that_was_cut_off_is_found(ledger: House) -> None:
    tamper(ledger, *CUT_THE_LAST_TWO)
    assert "entries 4 to 5 are missing from the end" in verify()[1]


def test_an_emptied_ledger_is_found_by_the_api_too(ledger: House, client: Client) -> None:
    tamper(ledger, "DELETE FROM portal_outboxevent", "DELETE FROM portal_ledgerentry")
    client.force_login(ledger.lead)
    assert client.get("/api/v1/ledger/verify").json() == {
        "whole": False, "faults": ["entries 1 to 5 are missing from the end"],
    }  # fmt: skip


def test_a_cut_stays_visible_when_work_goes_on(ledger: House) -> None:
    tamper(ledger, *CUT_THE_LAST_TWO)
    with tenant_scope([ledger.tenant.pk]):
        audit.record(actor=ledger.lead, event=NOTED, subject=ledger.tenant, facts={"n": 9})
    assert "entry 4 is missing before entry 6" in verify()[1]


def test_a_head_that_was_set_back_does_not_fit(ledger: House) -> None:
    tamper(ledger, "UPDATE portal_ledgerhead SET seq = 3")
    assert "it says 3 entries, and there are 5" in verify()[1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal_ledgerhead SET seq = seq - 1",
        "UPDATE portal_ledgerhead SET seq = seq + 2",
        "DELETE FROM portal_ledgerhead",
        "TRUNCATE portal_ledgerhead",
    ],
)
def test_the_head_moves_by_one_entry_and_never_back(ledger: House, statement: str) -> None:
    refused = pytest.raises(DatabaseError, match="one entry at a time")
    with tenant_scope([ledger.tenant.pk]), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)


def test_an_unknown_client_is_named(ledger: House) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("verify_ledger", "nowhere")
