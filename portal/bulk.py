"""Rows that come in by the thousand: PostgreSQL is told, because it plans by the numbers of before.

Autovacuum would tell it within a minute or so. Until then a table that has just grown counts as nearly empty,
and a subquery for each of 20,000 rows reads the whole table each time.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, models, transaction

MANY: Final = 1_000


def note_many_rows(model: type[models.Model], count: int) -> None:
    """Refresh the planner's numbers of this table after commit, when ``count`` rows are many."""
    if count < MANY:
        return
    statement = f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}"

    def analyse() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    transaction.on_commit(analyse)
