"""The walls of the portal's own tenant-owned tables."""

from django.db import migrations

from portal.walls import AppendOnly, ForwardOnly, FrozenWhen, TenantWall

TABLES = ("LedgerEntry", "LedgerHead", "OutboxEvent", "Notification", "Secret", "IdempotencyRecord")


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_tables")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        AppendOnly("LedgerEntry"),
        ForwardOnly("LedgerHead"),
        FrozenWhen("OutboxEvent", "true", may_change=("dispatched_at",)),
    ]
