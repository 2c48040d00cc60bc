"""System checks of the walls: a server that lacks one does not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.models import TenantOwned
from portal.models.owned import TenantForeignKey
from portal.scope import NOT_TENANT_OWNED
from portal.walls import POLICY

UPGRADE = "upgrade"
"""The tag of what can stand in the way of ``migrate``."""


@register(Tags.models)
def every_model_declares_its_tenant(
    app_configs: Sequence[AppConfig] | None = None, **options: Any
) -> list[CheckMessage]:
    """Each model is TenantOwned, or listed in NOT_TENANT_OWNED with its reason."""
    faults: list[CheckMessage] = []
    for model in apps.get_models():
        label = model._meta.label
        if issubclass(model, TenantOwned):
            faults += _plain_links(model)
        elif label not in NOT_TENANT_OWNED and f"{model._meta.app_label}.*" not in NOT_TENANT_OWNED:
            faults.append(
                Error(
                    f"{label} belongs to no tenant",
                    hint="Derive it from TenantOwned, or list it in portal/scope.py with the reason.",
                    id="gatehouse.E001",
                )
            )
    return faults


@register(Tags.database)
def the_database_keeps_tenants_apart(
    databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """The role cannot step over policies, and each tenant-owned table has the policy, forced."""
    faults: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone()[0]:
                faults.append(
                    Error(
                        "the database role steps over row-level security",
                        hint="Use a role that is NOSUPERUSER NOBYPASSRLS and owns the database.",
                        id="gatehouse.E002",
                    )
                )
            there = set(connections[alias].introspection.table_names(cursor))  # before `migrate`: none
            faults += [_unwalled(table) for table in sorted((_expected() & there) - _walled(cursor))]
    return faults


@register(Tags.database, UPGRADE)
def the_database_can_be_brought_up_to_date(
    databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """No app stands in the middle of migrations that were folded into one and are no longer kept."""
    folded = {
        key: set(migration.replaces)
        for key, migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if migration.replaces
    }
    faults: list[CheckMessage] = []
    for alias in databases or ():
        applied = set(MigrationRecorder(connections[alias]).applied_migrations())
        faults += [
            Error(
                f"this database was made by an older version: of {key[0]} it has only a part of {key[1]}",
                hint="Bring it up to date with its own version and then with that of 23 November 2026,"
                " or begin with an empty database: bin/up makes one in an empty GATEHOUSE_VAR.",
                id="gatehouse.E005",
            )
            for key, parts in sorted(folded.items())
            if key not in applied and parts & applied and not parts <= applied
        ]
    return faults


def _plain_links(model: type[models.Model]) -> list[CheckMessage]:
    return [
        Error(f"{model._meta.label}.{field.name} can leave its tenant", hint="Use TenantForeignKey.",
              id="gatehouse.E003")
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and not isinstance(field, TenantForeignKey)
        and issubclass(field.remote_field.model, TenantOwned)
    ]  # fmt: skip


def _expected() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, TenantOwned)}


def _walled(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s "
        "WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polcmd = '*'",
        [POLICY],
    )
    return {row[0] for row in cursor.fetchall()}


def _unwalled(table: str) -> Error:
    return Error(
        f"{table} has no tenant policy",
        hint="Run migrate; a new table needs TenantWall in its migration.",
        id="gatehouse.E004",
    )
