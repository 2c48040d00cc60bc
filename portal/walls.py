"""Migration operations that put the walls into the database.

``TenantWall``   row-level security and composite foreign keys of one tenant-owned table.
``TenantLink``   composite foreign key of a link that is added to such a table later.
``AppendOnly``   no UPDATE, DELETE or TRUNCATE at all.
``OnlyEmptied``  such a table, whose texts may go under a condition.
``ForwardOnly``  a counter that moves up by one, never back.
``FrozenWhen``   no UPDATE or DELETE of rows for which a condition holds.
``RefusedUnless``  no INSERT of rows for which a condition does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from portal.models.owned import TenantForeignKey

POLICY = "tenant_scope"
EXPRESSION = "tenant_id = ANY ((SELECT current_setting('gatehouse.tenants')::uuid[])::uuid[])"
"""The inner cast runs once a statement; the outer one keeps PostgreSQL from reading a sub-query of rows."""


class _TableOperation(Operation):
    """An operation on one model's table that leaves Django's own state alone."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model: str) -> None:
        self.model = model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        return None

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        for statement in self.up(to_state.apps.get_model(app_label, self.model)):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:  # fmt: skip
        for statement in self.down(from_state.apps.get_model(app_label, self.model)):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"{type(self).__name__} on {self.model}"

    def up(self, model: Any) -> list[str]:
        raise NotImplementedError

    def down(self, model: Any) -> list[str]:
        raise NotImplementedError


class TenantWall(_TableOperation):
    """Policy, forced; unique ``(tenant_id, id)``; a composite foreign key for each TenantForeignKey."""

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            "SELECT set_config('gatehouse.tenants', '{}', true)",  # for links made later
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_in_tenant" UNIQUE (tenant_id, id)',
            *(statement for field in _links(model) for statement in self._composite(table, field)),
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY {POLICY} ON "{table}" USING ({EXPRESSION})',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            *(f'ALTER TABLE "{table}" DROP CONSTRAINT "{_name(table, field)}"' for field in _links(model)),
            f'DROP POLICY {POLICY} ON "{table}"',
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_in_tenant"',
        ]

    @staticmethod
    def _composite(table: str, field: Any) -> list[str]:
        """The parent's policy is lifted for the owner while PostgreSQL looks whether existing rows fit."""
        parent = field.remote_field.model._meta.db_table
        return [
            f'ALTER TABLE "{parent}" NO FORCE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{_name(table, field)}" '
            f'FOREIGN KEY (tenant_id, "{field.column}") REFERENCES "{parent}" (tenant_id, id) '
            "DEFERRABLE INITIALLY DEFERRED",
            f'ALTER TABLE "{parent}" FORCE ROW LEVEL SECURITY',
        ]


class TenantLink(_TableOperation):
    """The composite foreign key of a TenantForeignKey that came to a table later."""

    def __init__(self, model: str, field: str) -> None:
        super().__init__(model)
        self.field = field

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY',
            *TenantWall._composite(table, model._meta.get_field(self.field)),
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        field = model._meta.get_field(self.field)
        return [f'ALTER TABLE "{table}" DROP CONSTRAINT "{_name(table, field)}"']


class AppendOnly(_TableOperation):
    """Rows are added and never touched again."""

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            _function(f"{table}_append_only", f"RAISE EXCEPTION '{table} is append-only'", result="NULL"),
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_append_only"()',
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}" '
            f'FOR EACH STATEMENT EXECUTE FUNCTION "{table}_append_only"()',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'DROP TRIGGER append_only ON "{table}"',
            f'DROP TRIGGER append_only_truncate ON "{table}"',
            f'DROP FUNCTION "{table}_append_only"()',
        ]


class OnlyEmptied(_TableOperation):
    """Makes an append-only table let its texts go: each column in ``emptied`` may become its expression,
    all together and nothing else, while ``condition`` holds (both SQL over OLD).
    """

    def __init__(self, model: str, emptied: Mapping[str, str], condition: str) -> None:
        super().__init__(model)
        self.emptied, self.condition = dict(emptied), condition

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        columns = "ARRAY[" + ",".join(f"'{column}'" for column in self.emptied) + "]::text[]"
        gone = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM ({sql})" for name, sql in self.emptied.items())
        body = (
            "IF TG_OP = 'UPDATE' THEN "
            f"IF to_jsonb(OLD) - {columns} IS NOT DISTINCT FROM to_jsonb(NEW) - {columns} AND {gone} "
            f"AND ({self.condition}) THEN RETURN NEW; END IF; END IF; "
            f"RAISE EXCEPTION '{table} is append-only'"
        )
        return [_function(f"{table}_append_only", body, result="NULL", replace=True)]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        body = f"RAISE EXCEPTION '{table} is append-only'"
        return [_function(f"{table}_append_only", body, result="NULL", replace=True)]


class ForwardOnly(_TableOperation):
    """One row per tenant whose ``seq`` moves up by one at a time; it is never deleted."""

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        body = (
            "IF TG_OP <> 'UPDATE' OR NEW.seq <> OLD.seq + 1 OR NEW.tenant_id <> OLD.tenant_id "
            f"OR NEW.id <> OLD.id THEN RAISE EXCEPTION '{table} moves by one entry at a time'; END IF"
        )
        return [
            _function(f"{table}_forward_only", body, result="NEW"),
            f'CREATE TRIGGER forward_only BEFORE UPDATE OR DELETE ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_forward_only"()',
            f'CREATE TRIGGER forward_only_truncate BEFORE TRUNCATE ON "{table}" '
            f'FOR EACH STATEMENT EXECUTE FUNCTION "{table}_forward_only"()',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'DROP TRIGGER forward_only ON "{table}"',
            f'DROP TRIGGER forward_only_truncate ON "{table}"',
            f'DROP FUNCTION "{table}_forward_only"()',
        ]


class FrozenWhen(_TableOperation):
    """Rows for which ``condition`` (SQL over OLD) holds keep every column but those in ``may_change``."""

    def __init__(self, model: str, condition: str, may_change: Sequence[str] = ()) -> None:
        super().__init__(model)
        self.condition, self.may_change = condition, tuple(may_change)

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        open_columns = "ARRAY[" + ",".join(f"'{column}'" for column in self.may_change) + "]::text[]"
        body = (
            f"IF ({self.condition}) AND (TG_OP = 'DELETE' OR "
            f"to_jsonb(OLD) - {open_columns} IS DISTINCT FROM to_jsonb(NEW) - {open_columns}) THEN "
            f"RAISE EXCEPTION '{table} is frozen'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF"
        )
        return [
            _function(f"{table}_frozen", body, result="NEW"),
            f'CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_frozen"()',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [f'DROP TRIGGER frozen ON "{table}"', f'DROP FUNCTION "{table}_frozen"()']


class RefusedUnless(_TableOperation):
    """A row comes in only while ``condition`` (SQL over NEW) holds; else ``says``, in the database too."""

    def __init__(self, model: str, condition: str, says: str) -> None:
        super().__init__(model)
        self.condition, self.says = condition, says

    def up(self, model: Any) -> list[str]:
        table = model._meta.db_table
        body = f"IF NOT ({self.condition}) THEN RAISE EXCEPTION '{table}: {self.says}'; END IF"
        return [
            _function(f"{table}_refused_unless", body, result="NEW"),
            f'CREATE TRIGGER refused_unless BEFORE INSERT ON "{table}" '
            f'FOR EACH ROW EXECUTE FUNCTION "{table}_refused_unless"()',
        ]

    def down(self, model: Any) -> list[str]:
        table = model._meta.db_table
        return [
            f'DROP TRIGGER refused_unless ON "{table}"',
            f'DROP FUNCTION "{table}_refused_unless"()',
        ]


def _function(name: str, body: str, *, result: str, replace: bool = False) -> str:
    work = f"BEGIN {body}; RETURN {result}; END"
    create = "CREATE OR REPLACE" if replace else "CREATE"
    return f'{create} FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ {work} $$'


def _links(model: Any) -> list[Any]:
    return [field for field in model._meta.local_fields if isinstance(field, TenantForeignKey)]


def _name(table: str, field: Any) -> str:
    return f"{table}_{field.column}_in_tenant"[:63]
