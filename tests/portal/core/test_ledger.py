"""The ledger can be added to and read; everything else is refused, and what got round that is found."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError

from portal import audit
from portal.events import EventType
from portal.models import LedgerEntry, OutboxEvent
from portal.vocabulary import TENANT_CREATED
from tests.personas import World, both, scope

SAMPLE = EventType("test.sample", "Sample", facts=("number", "word"))


@pytest.fixture
def three_entries(world: World) -> World:
    with scope(world):
        for number in range(3):
            audit.record(actor=world.lead, event=SAMPLE, subject=world.tenant, facts={"number": number})
    return world


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _behind_the_trigger(*statements: str) -> None:
    """What somebody with the owner's password could do."""
    tables = ("portal_ledgerentry", "portal_outboxevent")
    _run("SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
    _run(*statements)
    _run(*(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal_ledgerentry SET facts = '{}'",
        "DELETE FROM portal_ledgerentry",
        "TRUNCATE portal_ledgerentry CASCADE",
    ],
)
def test_the_ledger_is_append_only(three_entries: World, statement: str) -> None:
    with scope(three_entries):
        _run("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            _run(statement)
        assert LedgerEntry.objects.count() == 3


def test_a_chain_that_nobody_touched_is_sound(three_entries: World) -> None:
    with scope(three_entries):
        assert audit.broken_links(three_entries.tenant.pk) == []
        assert [entry.seq for entry in LedgerEntry.objects.order_by("seq")] == [1, 2, 3]


def _edited() -> None:
    _behind_the_trigger("""UPDATE portal_ledgerentry SET facts = '{"number": 7}' WHERE seq = 2""")


def _removed() -> None:
    _behind_the_trigger(
        "DELETE FROM portal_outboxevent WHERE entry_id IN (SELECT id FROM portal_ledgerentry WHERE seq = 2)",
        "DELETE FROM portal_ledgerentry WHERE seq = 2",
    )


def _reordered() -> None:
    _behind_the_trigger(
        "UPDATE portal_ledgerentry SET seq = 99 WHERE seq = 2",
        "UPDATE portal_ledgerentry SET seq = 2 WHERE seq = 3",
        "UPDATE portal_ledgerentry SET seq = 3 WHERE seq = 99",
    )


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (_edited, "entry 2 was changed after it was written"),
        (_removed, "entry 2 is missing before entry 3"),
        (_reordered, "entry 2 does not follow the entry before it"),
    ],
)
def test_verify_finds_what_was_done_to_the_chain(
    three_entries: World, tamper: Callable[[], None], told: str
) -> None:
    with scope(three_entries):
        tamper()
        assert told in audit.broken_links(three_entries.tenant.pk)


def test_each_client_has_a_chain_of_its_own(three_entries: World) -> None:
    world = three_entries
    with both(world):
        entry = audit.record(actor=world.lead, event=TENANT_CREATED, subject=world.other)
        assert (entry.seq, entry.prev_sha256) == (1, audit.GENESIS)


def test_two_entries_cannot_take_one_place(three_entries: World) -> None:
    with scope(three_entries):
        last = LedgerEntry.objects.order_by("-seq")[0]
        last.pk = None
        with pytest.raises(IntegrityError, match="ledger_seq_is_unique"), transaction.atomic():
            last.save(force_insert=True)


def test_one_event_is_one_entry_and_one_thing_to_deliver(three_entries: World) -> None:
    with scope(three_entries):
        entries = set(LedgerEntry.objects.values_list("pk", flat=True))
        assert set(OutboxEvent.objects.values_list("entry_id", flat=True)) == entries


def test_a_change_that_is_taken_back_leaves_no_entry(world: World) -> None:
    with scope(world):
        with transaction.atomic():
            audit.record(actor=world.lead, event=SAMPLE, subject=world.tenant)
            transaction.set_rollback(True)
        assert LedgerEntry.objects.count() == OutboxEvent.objects.count() == 0


@pytest.mark.parametrize(
    "facts",
    [{"mail": "a@b.example"}, {"word": "x" * 501}, {"word": ["a"]}, {"number": 1.5}],
    ids=["unlisted", "long", "nested", "float"],
)
def test_only_short_listed_scalars_are_facts(world: World, facts: dict) -> None:
    with scope(world), pytest.raises(ValueError):
        audit.record(actor=world.lead, event=SAMPLE, subject=world.tenant, facts=facts)


def test_decimals_keep_their_digits(world: World) -> None:
    with scope(world):
        facts = {"number": Decimal("0.10")}
        audit.record(actor=None, event=SAMPLE, subject=world.tenant, facts=facts)
        entry = LedgerEntry.objects.get()
        assert (entry.facts, entry.actor_affiliation) == ({"number": "0.10"}, "system")
        assert audit.broken_links(world.tenant.pk) == []
