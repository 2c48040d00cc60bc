"""`manage.py smoke`: run the sample's evaluation through the real worker and walk its gate to a signature."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.errors import GatehouseError
from portal.management.story.walk import WentWrong, walk


class Command(BaseCommand):
    """Changes the sample for good: a signed gate stays signed. Meant for bin/up --smoke."""

    help = "Run the sample through, one line per step; anything wrong ends with a non-zero code."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            walk(lambda line: self.stdout.write(line))
        except (WentWrong, GatehouseError) as wrong:
            raise CommandError(f"Smoke walk failed. {wrong}") from None
        self.stdout.write(f"all well   in {time.monotonic() - began:.1f} s")
