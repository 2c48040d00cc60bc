"""`manage.py up`: run database, broker, worker, beat, web and the sample AI system under one supervisor."""

import os
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from portal.runtime.environment import BASE_DIR


class Command(BaseCommand):
    help = "Run Gatehouse on this machine (bin/up does the same and installs what is needed first)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", default="8000", help="preferred web port")
        for flag in ("--smoke", "--sample", "--no-sample"):
            parser.add_argument(flag, action="store_true", help="see bin/up --help")

    def handle(self, *args: str, **options: object) -> None:
        """Replace this process by the supervisor, which needs no Django in memory."""
        words = ["--host", str(options["host"]), "--port", str(options["port"])]
        flags = (flag for flag in ("smoke", "sample", "no_sample") if options[flag])
        words += ["--" + flag.replace("_", "-") for flag in flags]
        os.chdir(BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "portal.runtime.up", *words])  # noqa: S606  # no shell wanted
