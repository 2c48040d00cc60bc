"""`manage.py verify_ledger`: is the chain of each client's ledger whole?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import audit
from portal.models import LedgerEntry, Tenant
from portal.scope import tenant_scope


class Command(BaseCommand):
    """Walks the clients one by one; each in its own scope."""

    help = "Check every client's ledger: finds what was edited, removed, reordered, cut off or set back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "tenants", nargs="*", metavar="slug", help="clients to check; all when none is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.order_by("slug")
        slugs: list[str] = options["tenants"]
        if slugs:
            tenants = tenants.filter(slug__in=slugs)
            missing = sorted(set(slugs) - {tenant.slug for tenant in tenants})
            if missing:
                raise CommandError(f"No client is called {', '.join(missing)}.")
        faulty = [tenant.slug for tenant in tenants if not self._check(tenant)]
        if faulty:
            raise CommandError(f"The ledger of {', '.join(faulty)} is not whole.")

    def _check(self, tenant: Tenant) -> bool:
        with tenant_scope([tenant.pk]):
            faults = audit.broken_links(tenant.pk)
            head = LedgerEntry.objects.filter(tenant=tenant).order_by("-seq").first()
        if faults:
            for fault in faults:
                self.stderr.write(f"{tenant.slug}: {fault}")
            return False
        reached = f"{head.seq} entries, head {head.sha256}" if head else "no entries"
        self.stdout.write(f"{tenant.slug}: whole, {reached}")
        return True
