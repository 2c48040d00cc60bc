"""`manage.py load_sample`: two clients: one stands before its demo gate, one stopped at it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal import access, audit
from portal.management.story import brightwater, harbor
from portal.management.story.cast import BRIGHTWATER, CAST, HARBOR, make_people, people_file, seat
from portal.models import Tenant
from portal.scope import tenant_scope
from portal.vocabulary import TENANT_CREATED, MfaPolicy, Sector

CLIENTS = (
    (HARBOR, "Harbor Mutual", Sector.INSURANCE, "US", "USD", harbor.tell),
    (BRIGHTWATER, "Brightwater Utilities", Sector.ENERGY, "GB", "GBP", brightwater.tell),
)


class Command(BaseCommand):
    """Safe to run twice: a sample that is there is left as it is.

    What is typed in is loaded whole or not at all. Then the second client's demo is run in earnest; where
    that was cut short, the next loading takes it up again.
    """

    help = "Load the sample clients; --print-people says who can sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print-people", action="store_true", help="only say who can sign in")

    def handle(self, *args: Any, **options: Any) -> None:
        there = Tenant.objects.filter(slug=HARBOR).exists()
        if there and not options["print_people"]:
            self.stdout.write("The sample is loaded already; nothing was changed.")
        elif not there and not options["print_people"]:
            load()
            self.stdout.write("The sample is loaded: Harbor Mutual and Brightwater Utilities.")
            there = True
        if there and not options["print_people"]:
            self._conclude()
        if there:
            self._print_people()

    def _conclude(self) -> None:
        try:
            said = brightwater.conclude()
        except brightwater.NotMeasured as wrong:
            raise CommandError(f"{wrong} Load the sample again to take it up.") from None
        if said:
            self.stdout.write(said)

    def _print_people(self) -> None:
        file = people_file()
        if not file.exists():
            self.stdout.write(f"The sample's password is not in {file}; it was loaded from another place.")
            return
        width = max(len(person.email) for person in CAST)
        self.stdout.write("The sample's people, all with the same password:")
        for person in CAST:
            self.stdout.write(f"  {person.email:{width}}  {person.name}, {person.words}")
        self.stdout.write(f"  password: {json.loads(file.read_text())['password']}")


@transaction.atomic
def load() -> None:
    """Both clients in one transaction. They accept a password, so that a newcomer can sign."""
    people = make_people()
    for slug, name, sector, country, currency, tell in CLIENTS:
        policy = MfaPolicy.PASSWORD
        tenant = Tenant.objects.create(
            name=name, slug=slug, sector=sector, country=country, currency=currency, mfa_policy=policy
        )
        seat(people, tenant)
        for person in people.values():
            access.of(person, fresh=True)
        with tenant_scope([tenant.pk]):
            audit.record(
                actor=people["Jonas Lindqvist"],
                event=TENANT_CREATED,
                subject=tenant,
                facts={"mfa_policy": policy.value},
            )
            tell(people, tenant)
