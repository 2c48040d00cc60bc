"""The second wall: PostgreSQL itself keeps one client's rows from another's eyes."""

import pytest
from django.db import DataError, ProgrammingError, connection, transaction

from portal import audit, secrets
from portal.models import LedgerEntry, Secret
from portal.scope import scoped_tenants, tenant_scope
from portal.vocabulary import TENANT_CREATED
from tests.personas import World, both, scope

ENTRIES = "SELECT tenant_id FROM portal_ledgerentry"


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def one_row_each(world: World) -> World:
    with both(world):
        for tenant in (world.tenant, world.other):
            audit.record(actor=world.lead, event=TENANT_CREATED, subject=tenant)
    return world


@pytest.mark.usefixtures("one_row_each")
@pytest.mark.parametrize("sql", [ENTRIES, "SELECT count(*) FROM portal_ledgerentry"])
def test_raw_sql_outside_any_scope_is_an_error(sql: str) -> None:
    with pytest.raises((DataError, ProgrammingError)), transaction.atomic():
        _rows(sql)


def test_other_clients_rows_are_not_there_even_without_a_filter(one_row_each: World) -> None:
    with scope(one_row_each):
        assert _rows(ENTRIES) == [(one_row_each.tenant.pk,)]
        assert LedgerEntry.objects.filter(tenant=one_row_each.other).count() == 0


def test_a_scope_over_two_clients_sees_both(one_row_each: World) -> None:
    with both(one_row_each):
        assert {row[0] for row in _rows(ENTRIES)} == {one_row_each.tenant.pk, one_row_each.other.pk}


@pytest.mark.usefixtures("one_row_each")
def test_an_empty_scope_is_declared_and_sees_nothing() -> None:
    with tenant_scope([]):
        assert _rows(ENTRIES) == []


def test_a_row_of_another_client_cannot_be_written(one_row_each: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), scope(one_row_each):
        audit.record(actor=one_row_each.lead, event=TENANT_CREATED, subject=one_row_each.other)


@pytest.fixture
def one_secret_each(world: World) -> World:
    with both(world):
        for tenant in (world.tenant, world.other):
            secrets.store_secret(by=world.lead, tenant=tenant, name="key", value="value")
    return world


def test_a_row_cannot_be_moved_to_another_client(one_secret_each: World) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), scope(one_secret_each):
        Secret.objects.update(tenant=one_secret_each.other)


def test_another_clients_rows_cannot_be_changed_or_deleted(one_secret_each: World) -> None:
    theirs = Secret.objects.filter(tenant=one_secret_each.other)
    with scope(one_secret_each):
        assert theirs.update(name="mine") == 0
        assert theirs.delete()[0] == 0
    with both(one_secret_each):
        assert theirs.get().name == "key"


def test_an_inner_scope_replaces_the_outer_one_and_gives_it_back(one_row_each: World) -> None:
    world = one_row_each
    with scope(world):
        with tenant_scope([world.other.pk]):
            assert _rows(ENTRIES) == [(world.other.pk,)]
        assert _rows(ENTRIES) == [(world.tenant.pk,)]
        assert scoped_tenants() == (world.tenant.pk,)
    assert scoped_tenants() is None


def test_an_inner_scope_that_fails_gives_the_outer_one_back(one_row_each: World) -> None:
    world = one_row_each
    with scope(world):
        with pytest.raises(RuntimeError), tenant_scope([world.other.pk]):
            raise RuntimeError
        assert _rows(ENTRIES) == [(world.tenant.pk,)]


def test_an_inner_scope_whose_sql_fails_gives_the_outer_one_back(one_row_each: World) -> None:
    world = one_row_each
    with scope(world):
        with pytest.raises(ProgrammingError), tenant_scope([world.other.pk]):
            _rows("SELECT no_such_column FROM portal_ledgerentry")
        assert _rows(ENTRIES) == [(world.tenant.pk,)]


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_scope_stays_with_the_connection() -> None:
    from tests.personas import build_world

    world = build_world()
    with scope(world):
        audit.record(actor=world.lead, event=TENANT_CREATED, subject=world.tenant)
    with pytest.raises((DataError, ProgrammingError)):
        _rows(ENTRIES)


def test_the_policy_of_every_tenant_owned_table_is_the_one_expression(db: None) -> None:
    found = {row[0] for row in _rows("SELECT DISTINCT pg_get_expr(polqual, polrelid) FROM pg_policy")}

    assert len(found) == 1
    assert "current_setting('gatehouse.tenants'::text)" in found.pop()


def test_the_declared_tenants_are_read_once_a_statement_and_not_once_a_row(db: None) -> None:
    """The plan names the policy's filter: a cast beside the sub-select would run for every row."""
    with tenant_scope([]):
        plan = "\n".join(row[0] for row in _rows("EXPLAIN SELECT count(answer) FROM demos_attempt"))

    assert "tenant_id = ANY" in plan
    assert "::uuid[]" not in plan
