"""A child cannot point into another client, whatever code writes it."""

from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from portal import audit
from portal.ids import uuid7
from portal.models import LedgerEntry, OutboxEvent, Tenant, TenantForeignKey, TenantOwned
from portal.vocabulary import TENANT_CREATED
from tests.personas import World, both

LINKS = [
    (model, field)
    for model in apps.get_models()
    if issubclass(model, TenantOwned)
    for field in model._meta.local_fields
    if isinstance(field, TenantForeignKey)
]


def _check_now() -> None:
    """The links are looked at when a transaction ends; this looks now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _write_child(tenant: Tenant, entry_id: UUID) -> None:
    with transaction.atomic():
        OutboxEvent.objects.create(
            tenant=tenant, event="tenant.created", entry_id=entry_id, subject="", facts={}
        )
        _check_now()


def test_a_child_of_another_clients_row_is_refused(world: World) -> None:
    with both(world):
        entry = audit.record(actor=world.lead, event=TENANT_CREATED, subject=world.tenant)
        with pytest.raises(IntegrityError, match="in_tenant"):
            _write_child(world.other, entry.pk)


def test_a_child_of_a_row_that_is_not_there_is_refused(world: World) -> None:
    with both(world), pytest.raises(IntegrityError, match="in_tenant"):
        _write_child(world.tenant, uuid7())


def test_a_child_of_the_same_client_is_taken(world: World) -> None:
    with both(world):
        audit.record(actor=world.lead, event=TENANT_CREATED, subject=world.tenant)
        _check_now()
        assert LedgerEntry.objects.get().tenant_id == world.tenant.pk


@pytest.mark.parametrize(("model", "field"), LINKS, ids=[f"{m.__name__}.{f.name}" for m, f in LINKS])
def test_every_link_between_rows_carries_the_tenant(db: None, model: type, field: TenantForeignKey) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid = %s::regclass",
            [model._meta.db_table],
        )
        definitions = [row[0] for row in cursor.fetchall()]

    parent = field.remote_field.model._meta.db_table
    wanted = f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {parent}(tenant_id, id)"
    assert any(definition.startswith(wanted) for definition in definitions), definitions
