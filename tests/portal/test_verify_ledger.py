"""`verify_ledger` finds what somebody with the database's own key did to the ledger."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from portal import audit
from portal.events import CATALOGUE, EventType
from portal.scope import tenant_scope

from .conftest import House

NOTED = CATALOGUE.get("test.noted") or EventType("test.noted", "Noted", facts=("n",))


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
        for table in ("portal_ledgerentry", "portal_outboxevent"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("portal_ledgerentry", "portal_outboxevent"):
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


def test_an_unknown_client_is_named(ledger: House) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("verify_ledger", "nowhere")
