"""`manage.py create_lead`: the first person of an installation, who can add clients and invite."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from portal.models import User
from portal.vocabulary import Affiliation, OrgRole


class Command(BaseCommand):
    """Asks for the password, or reads it from standard input; it is never an argument."""

    help = "Make an account for a lead of the consultancy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        email, name = options["email"].strip().lower(), options["name"].strip()
        password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        person = User(email=email, name=name, affiliation=Affiliation.CONSULTANCY, org_role=OrgRole.LEAD)
        try:
            validate_email(email)
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} has an account already.")
        person.set_password(password)
        with transaction.atomic():
            person.save()
            EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        self.stdout.write(f"{name} can sign in as {email}.")
