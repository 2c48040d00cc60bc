"""The doors by which something may be tried: the database, the API, the shell; a page is a browser of one.

Each invariant of the domain is tried by every door. A test of number 12 is called ``test_12_…``; what a door
has no verb for is stated as such: NO_SUCH_VERB.
"""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

UNSAFE = ("post", "put", "patch", "delete")
NO_SUCH_VERB = {404, 405}


def browser_of(user: Any) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, method: str, address: str, body: Any = None, **options: Any) -> Any:
    """Ask the API as the person of the browser."""
    return getattr(client, method)(
        f"/api/v1/{address}", body or {}, content_type="application/json", **options
    )


def shell(lines: str, **values: Any) -> None:
    """What somebody at the machine types: no view, no form, the services and models alone."""
    names = "".join(f"{name} = {str(value)!r}\n" for name, value in values.items())
    call_command("shell", command=names + lines, no_imports=True, stdout=io.StringIO())


def refused_by_the_database(work: Any, match: str | None = None) -> None:
    """``work`` ends in an error of the database itself, whose words hold ``match``."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        work()


def by_sql(statement: str, *values: Any) -> None:
    """One statement as the application's own role."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
