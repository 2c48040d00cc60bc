"""The checks that keep a server from starting without its walls."""

import pytest
from django.apps import apps
from django.core import checks
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import isolate_apps

from portal import checks as walls
from portal.models import Secret, Tenant, TenantOwned
from portal.scope import NOT_TENANT_OWNED


def test_every_model_passes() -> None:
    assert walls.every_model_declares_its_tenant() == []


def test_every_table_passes(db: None) -> None:
    assert walls.the_database_keeps_tenants_apart(databases=["default"]) == []


def test_no_check_of_the_project_complains(db: None) -> None:
    ours = [
        fault for fault in checks.run_checks(databases=["default"]) if str(fault.id).startswith("gatehouse")
    ]
    assert ours == []


def test_a_database_between_versions_that_are_no_longer_kept_is_told(db: None) -> None:
    recorder = MigrationRecorder(connection)
    assert walls.the_database_can_be_brought_up_to_date(databases=["default"]) == []
    recorder.record_unapplied("portal", "0001_tables")
    for name in ("0001_initial", "0003_hosts_keys_and_heads"):
        recorder.record_unapplied("portal", name)
    recorder.record_applied("portal", "0001_initial")
    (fault,) = walls.the_database_can_be_brought_up_to_date(databases=["default"])
    assert fault.id == "gatehouse.E005"
    assert "older version" in fault.msg


@isolate_apps("portal")
def test_a_model_without_a_tenant_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stray(models.Model):
        class Meta:
            app_label = "portal"

    monkeypatch.setattr(walls.apps, "get_models", lambda: [Stray])
    assert [fault.id for fault in walls.every_model_declares_its_tenant()] == ["gatehouse.E001"]


@isolate_apps("portal")
def test_a_link_that_can_leave_its_tenant_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loose(TenantOwned):
        secret = models.ForeignKey(Secret, models.PROTECT, related_name="+")

        class Meta:
            app_label = "portal"

    Loose._meta.get_field("tenant").remote_field.model = Tenant  # as it is once the application is ready
    monkeypatch.setattr(walls.apps, "get_models", lambda: [Loose])
    assert [fault.id for fault in walls.every_model_declares_its_tenant()] == ["gatehouse.E003"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE portal_secret DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE portal_secret NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_scope ON portal_secret",
    ],
)
def test_a_table_without_its_policy_is_told(db: None, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

    faults = walls.the_database_keeps_tenants_apart(databases=["default"])
    assert [(fault.id, fault.msg) for fault in faults] == [
        ("gatehouse.E004", "portal_secret has no tenant policy")
    ]


def test_every_exception_to_the_rule_has_its_reason_and_a_model_is_still_there() -> None:
    labels = {model._meta.label for model in apps.get_models()}
    for entry, reason in NOT_TENANT_OWNED.items():
        assert len(reason.split()) >= 3
        assert entry.endswith(".*") or entry in labels, entry
