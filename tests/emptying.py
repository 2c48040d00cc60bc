"""What a transactional test leaves behind is taken away by one short transaction.

Django's own flush truncates every table and then makes content types and permissions anew: most of a second
for a hundred tables, of which a test filled a few. Here only tables with rows are emptied, and what
``migrate`` has put there stays.
"""

from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

MADE_BY_MIGRATE = {"auth_permission", "django_content_type", "django_migrations"}


def empty(database: str) -> None:
    """Delete all rows of all tables but ``MADE_BY_MIGRATE``, append-only ones too."""
    connection = connections[database]
    with transaction.atomic(using=database), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('gatehouse.tenants', coalesce(array_agg(id), '{}')::text, true)"
            " FROM portal_tenant"
        )
        filled = _filled(connection, cursor)
        if not filled:
            return
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        _each(cursor, "ALTER TABLE {} DISABLE TRIGGER USER", filled)
        _each(cursor, "DELETE FROM {}", filled)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _each(cursor, "ALTER TABLE {} ENABLE TRIGGER USER", filled)


def _filled(connection: Any, cursor: Any) -> list[str]:
    names = [name for name in connection.introspection.table_names(cursor) if name not in MADE_BY_MIGRATE]
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
    )
    return [name for (name,) in cursor.fetchall()]


def _each(cursor: Any, statement: str, tables: list[str]) -> None:
    cursor.execute(";".join(statement.format(f'"{table}"') for table in tables))


def instead_of_flush() -> None:
    """Let Django's transactional tests end with :func:`empty`."""

    def teardown(self: TransactionTestCase) -> None:
        for database in self._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
            empty(database)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
