"""`manage.py recompute_run <client> <number>`: do the stored answers still give the stored figures?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demos.models import Run
from demos.services.recomputing import recompute, versions_of
from demos.vocabulary import RunStatus
from portal.models import Tenant
from portal.scope import tenant_scope


class Command(BaseCommand):
    """Exit code 0: every figure is the same, byte by byte."""

    help = "Compute the figures of finished runs again from the stored attempts and compare them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", metavar="slug", help="the client")
        parser.add_argument("--run", metavar="id", help="one run (run_…); all that finished when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"No client is called {options['tenant']}.")
        with tenant_scope([tenant.pk]):
            over = [RunStatus.FINISHED, RunStatus.INVALID]
            runs = list(Run.objects.filter(tenant=tenant, status__in=over).order_by("started_at"))
            if options["run"]:
                runs = [run for run in runs if run.public_id == options["run"]]
                if not runs:
                    raise CommandError(f"{tenant.name} has no finished run {options['run']}.")
            different = [str(run) for run in runs if not self._compare(run)]
        if different:
            raise CommandError(f"The figures of {', '.join(different)} are not what the answers give.")

    def _compare(self, run: Run) -> bool:
        same = [self._compare_result(run, version) for version in versions_of(run)]  # each says its line
        return all(same)

    def _compare_result(self, run: Run, version: int) -> bool:
        found = recompute(run.pk, version=version)
        words = "the same bytes" if found.same else f"differ: {', '.join(found.differing)}"
        added = f"; {found.added} figures are new since" if found.added else ""
        result = f"{run}, result {version}" if version > 1 else str(run)
        self.stdout.write(f"{result}: {found.figures} figures, {words} ({found.computed_sha256[:16]}){added}")
        return found.same
