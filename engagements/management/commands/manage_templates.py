"""`manage.py manage_templates`: check, bring and take out engagement templates from the shell."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engagements.catalogue import SCHEMA, STANDARD, faults_of_way, read_template
from engagements.services.templates import import_template
from portal.errors import GatehouseError, Invalid
from portal.models import Tenant, User
from portal.scope import tenant_scope


class Command(BaseCommand):
    """Does what the page does, through the same service."""

    help = "check FILE, import FILE --client SLUG --by EMAIL, export (the template that ships), or schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["check", "import", "export", "schema"])
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--client", help="the client's slug")
        parser.add_argument("--by", help="e-mail of the lead who brings it")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb in ("export", "schema"):
            self.stdout.write((STANDARD if verb == "export" else SCHEMA).read_text(encoding="utf-8"))
            return
        if options["file"] is None:
            raise CommandError("Name the file.")
        try:
            text = options["file"].read_text(encoding="utf-8")
            self.stdout.write(self._check(text) if verb == "check" else self._import(text, options))
        except (OSError, UnicodeDecodeError) as fault:
            raise CommandError(f"{options['file']} cannot be read: {fault}") from None
        except Invalid as refused:
            lines = [f"  {one.pointer}: {one.detail}" for one in refused.errors]
            raise CommandError("\n".join([refused.detail, *lines])) from None
        except GatehouseError as refused:
            raise CommandError(refused.detail) from None

    def _check(self, text: str) -> str:
        made = read_template(text)
        faults = faults_of_way(made)
        if faults:
            raise Invalid(faults[0].detail, errors=faults)
        count = sum(len(stage.criteria) for stage in made.stages)
        return f"{made.key} {made.version}: {len(made.stages)} stages, {count} criteria, sha256 {made.sha256}"

    def _import(self, text: str, options: dict[str, Any]) -> str:
        tenant = Tenant.objects.filter(slug=options["client"] or "").first()
        person = User.objects.filter(email=(options["by"] or "").lower()).first()
        if tenant is None or person is None:
            raise CommandError("Name the client by --client and the lead by --by, as they are known here.")
        with tenant_scope([tenant.pk]):
            made = import_template(by=person, tenant=tenant, text=text)
        return f"{made} can be chosen for {tenant.name}."
