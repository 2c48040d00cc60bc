"""The first person of an installation."""

import io
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from portal.models import User

GOOD = "a long enough phrase\n"


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(GOOD))


def test_a_lead_can_sign_in_at_once(db: None, client: Client) -> None:
    call_command("create_lead", " Lea@Example.test ", "Lea Lead", stdout=io.StringIO())
    lead = User.objects.get()
    assert (lead.email, lead.affiliation, lead.org_role) == ("lea@example.test", "consultancy", "lead")
    answer = client.post("/accounts/login/", {"login": "lea@example.test", "password": GOOD.strip()})
    assert answer.status_code == 302


def test_an_address_has_one_account(db: None) -> None:
    call_command("create_lead", "lea@example.test", "Lea", stdout=io.StringIO())
    sys.stdin.seek(0)
    with pytest.raises(CommandError, match="has an account already"):
        call_command("create_lead", "LEA@example.test", "Lea", stdout=io.StringIO())


@pytest.mark.parametrize(
    ("email", "typed", "words"), [("lea", GOOD, "valid"), ("lea@example.test", "short\n", "short")]
)
def test_a_bad_address_or_a_weak_password_makes_nobody(
    db: None, monkeypatch: pytest.MonkeyPatch, email: str, typed: str, words: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(CommandError, match=words):
        call_command("create_lead", email, "Lea", stdout=io.StringIO())
    assert not User.objects.exists()
