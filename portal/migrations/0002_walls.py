"""The walls of the portal's own tenant-owned tables."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, TenantWall


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]

    operations = [
        TenantWall("LedgerEntry"),
        TenantWall("OutboxEvent"),
        TenantWall("Notification"),
        TenantWall("Secret"),
        AppendOnly("LedgerEntry"),
        FrozenWhen("OutboxEvent", "true", may_change=("dispatched_at",)),
    ]
