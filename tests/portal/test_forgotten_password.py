"""A forgotten password: the request notes the address, the tick mails, and nobody learns who is here."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.delivery import mail as letters
from portal.models import ResetRequest, User
from portal.services.resets import ask_for_reset, deliver_resets
from portal.tasks import deliver_resets as deliver_task

from .conftest import PASSWORD, House

PAGE = "/accounts/password/reset/"
NOBODY = "nobody.known@example.test"


def ask(client: Client, email: str) -> tuple[Any, list[str]]:
    """The answer, and what the database was asked, without the values."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(PAGE, {"email": email})
    return answer, [re.sub(r"'[^']*'|_x\d+", "…", query["sql"]) for query in asked.captured_queries]


def link_in(letter: Any) -> str:
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    assert link.startswith("http://localhost:8000/")
    return "/" + link.split("/", 3)[3]


def test_the_page_sends_no_mail_and_the_tick_sends_a_link_that_works_once(
    house: House, client: Client
) -> None:
    answer, _ = ask(client, house.admin.email.upper())
    assert answer["Location"] == "/accounts/password/reset/done/"
    assert mail.outbox == []

    deliver_task()

    assert [(one.subject, one.to) for one in mail.outbox] == [
        ("Reset your Gatehouse password", [house.admin.email])
    ]
    assert not ResetRequest.objects.exists()
    path, new = link_in(mail.outbox[0]), "another good phrase"
    page = client.get(path, follow=True)
    assert "Choose a new password" in page.content.decode()
    form = page.redirect_chain[-1][0]
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert "used already or is too old" in Client().get(path, follow=True).content.decode()
    assert client.post("/accounts/login/", {"login": house.admin.email, "password": new}).status_code == 302


def test_an_address_without_an_account_gets_the_same_answer_from_the_same_work(house: House) -> None:
    house.sponsor.is_active = False
    house.sponsor.save()

    answers = [ask(Client(), email) for email in (house.admin.email, NOBODY, house.sponsor.email)]

    assert len({(answer.status_code, answer["Location"], answer.content) for answer, _ in answers}) == 1
    known, unknown, left = (queries for _, queries in answers)
    assert known == unknown == left
    assert not any("portal_user" in query for query in known)
    deliver_resets()
    assert [(one.to, "/reset/key/" in one.body) for one in mail.outbox] == [
        ([house.admin.email], True),
        ([NOBODY], False),
        ([house.sponsor.email], False),
    ]


def test_asking_again_while_it_waits_makes_one_mail(house: House) -> None:
    for _ in range(3):
        ask_for_reset(email=house.admin.email)
    deliver_resets()
    deliver_resets()
    assert len(mail.outbox) == 1


def test_a_request_that_is_rolled_back_sends_nothing(house: House) -> None:
    def fail_after_it() -> None:
        with transaction.atomic():
            ask_for_reset(email=house.admin.email)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_it()
    assert deliver_resets() == 0


def test_a_crash_between_commit_and_mail_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_reset(email=house.admin.email)
    plain = letters.Letter.send

    def die(letter: letters.Letter) -> None:
        raise SystemExit("killed")

    monkeypatch.setattr(letters.Letter, "send", die)
    with pytest.raises(SystemExit):
        deliver_resets()
    assert ResetRequest.objects.count() == 1

    monkeypatch.setattr(letters.Letter, "send", plain)
    assert deliver_resets() == 1
    assert len(mail.outbox) == 1


def test_an_address_that_no_server_takes_holds_up_no_other_and_is_given_up_after_a_day(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = letters.Letter.send

    def refuse(letter: letters.Letter) -> None:
        if letter.to == NOBODY:
            raise SMTPServerDisconnected("gone")
        plain(letter)

    monkeypatch.setattr(letters.Letter, "send", refuse)
    ask_for_reset(email=NOBODY)
    ask_for_reset(email=house.admin.email)

    assert deliver_resets() == 1
    assert [row.email for row in ResetRequest.objects.all()] == [NOBODY]

    ResetRequest.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    assert deliver_resets() == 0
    assert not ResetRequest.objects.exists()


def test_the_key_is_made_for_the_mail_and_stored_nowhere(house: House) -> None:
    ask_for_reset(email=house.admin.email)
    row = ResetRequest.objects.get()
    assert {field.name for field in ResetRequest._meta.fields} == {"id", "email", "created_at"}

    first = letters.reset_letter(row).text
    person = User.objects.get(pk=house.admin.pk)
    person.set_password(PASSWORD + " and more")
    person.save()

    assert letters.reset_letter(row).text != first, "the key follows the password of the moment"


@pytest.mark.parametrize("email", ["", "no address", "a@b\r\nBcc: c@example.test"])
def test_what_is_no_address_is_refused_in_a_sentence(client: Client, db: None, email: str) -> None:
    answer, _ = ask(client, email)
    assert answer.status_code == 200
    assert "error" in answer.content.decode()
    assert not ResetRequest.objects.exists()


def test_a_link_older_than_an_hour_opens_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(Client(), house.admin.email)
    deliver_resets()
    path = link_in(mail.outbox[0])
    assert "within an hour" in mail.outbox[0].body

    now = timezone.now().replace(tzinfo=None)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now + timedelta(minutes=61))

    assert "used already or is too old" in Client().get(path, follow=True).content.decode()
