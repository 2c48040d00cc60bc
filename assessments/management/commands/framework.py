"""``manage.py framework``: check, import, publish and export frameworks, with the services of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.catalogue import DEFAULT, framework_text
from assessments.models import FrameworkVersion
from assessments.services.frameworks import export_framework, import_framework, publish_framework
from engagements.rules.canonical import sha256
from portal.errors import GatehouseError
from portal.models import Tenant, User
from portal.scope import tenant_scope


class Command(BaseCommand):
    help = "Check a framework file; import it for a client, publish it; write one out as YAML."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("check", help="check a file against the schema and print its hash")
        check.add_argument("file", nargs="?", default=str(DEFAULT))
        brought = verbs.add_parser("import", help="import a file as a draft")
        brought.add_argument("file")
        brought.add_argument("--publish", action="store_true", help="publish it at once")
        out = verbs.add_parser("export", help="print a version as YAML")
        out.add_argument("key")
        out.add_argument("number")
        for verb in (brought, out):
            verb.add_argument("--client", required=True, help="the client's slug")
            verb.add_argument("--by", required=True, help="e-mail of the person who does it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except GatehouseError as refused:
            faults = "".join(f"\n  {fault.pointer}: {fault.detail}" for fault in refused.errors)
            raise CommandError(f"{refused.detail}{faults}") from None

    def _check(self, options: dict[str, Any]) -> None:
        body = framework_text(_read(options["file"]))
        self.stdout.write(f"It follows the schema. SHA-256 {sha256(body)}")

    def _import(self, options: dict[str, Any]) -> None:
        person, tenant = _who_where(options)
        with tenant_scope([tenant.pk]):
            version = import_framework(by=person, tenant=tenant, text=_read(options["file"]))
            if options["publish"]:
                version = publish_framework(by=person, version_id=version.pk)
            self.stdout.write(f"{version}: {version.status}, SHA-256 {version.content_sha256}")

    def _export(self, options: dict[str, Any]) -> None:
        person, tenant = _who_where(options)
        with tenant_scope([tenant.pk]):
            version = FrameworkVersion.objects.filter(
                framework__key=options["key"], number=options["number"]
            ).first()
            if version is None:
                raise CommandError(f"{tenant.name} has no {options['key']} {options['number']}.")
            self.stdout.write(export_framework(by=person, version_id=version.pk)[1], ending="")


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise CommandError(f"{name} cannot be read: {fault}") from None


def _who_where(options: dict[str, Any]) -> tuple[User, Tenant]:
    person = User.objects.filter(email__iexact=options["by"], is_active=True).first()
    tenant = Tenant.objects.filter(slug=options["client"]).first()
    if person is None or tenant is None:
        raise CommandError("No such person." if person is None else "No such client.")
    return person, tenant
