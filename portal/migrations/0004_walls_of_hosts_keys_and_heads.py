"""The walls of keys and heads. Ledgers that are there get their head; from then on it only moves forward."""

from typing import Any

from django.db import migrations

from portal.scope import tenant_scope
from portal.walls import ForwardOnly, TenantWall


def heads_of_ledgers_that_are_there(apps: Any, schema_editor: Any) -> None:
    tenant, entry, head = (apps.get_model("portal", name) for name in ("Tenant", "LedgerEntry", "LedgerHead"))
    for tenant_id in tenant.objects.values_list("pk", flat=True):
        with tenant_scope([tenant_id]):
            last = entry.objects.filter(tenant_id=tenant_id).order_by("-seq").first()
            if last is not None:
                head.objects.create(tenant_id=tenant_id, seq=last.seq, sha256=last.sha256)


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_hosts_keys_and_heads")]

    operations = [
        TenantWall("IdempotencyRecord"),
        TenantWall("LedgerHead"),
        ForwardOnly("LedgerHead"),
        migrations.RunPython(heads_of_ledgers_that_are_there, migrations.RunPython.noop),
    ]
