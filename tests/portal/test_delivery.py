"""The outbox: nothing announced that did not happen, nothing that happened unannounced."""

from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import transaction

from portal import audit
from portal.delivery import mail as letters
from portal.events import CATALOGUE, EventType
from portal.models import Notification, OutboxEvent
from portal.scope import tenant_scope
from portal.services.delivery import deliver_waiting
from portal.tasks import deliver_outbox

from .conftest import House

TOLD = CATALOGUE.get("test.told") or EventType(
    "test.told", "Something happened", facts=("n",), audience="see_ledger"
)


def happen(house: House, n: int = 1) -> None:
    with tenant_scope([house.tenant.pk]):
        audit.record(
            actor=house.lead, event=TOLD, subject=house.tenant, facts={"n": n}, path="/harbor/members/"
        )


def waiting(house: House) -> int:
    with tenant_scope([house.tenant.pk]):
        return OutboxEvent.objects.filter(dispatched_at__isnull=True).count()


def lines(house: House) -> list[tuple[str, bool]]:
    with tenant_scope([house.tenant.pk]):
        rows = Notification.objects.select_related("user").order_by("user__name")
        return [(row.user.name, row.mailed_at is not None) for row in rows]


def test_the_audience_is_told_in_inbox_and_mail_and_the_actor_is_not(house: House) -> None:
    happen(house)
    assert deliver_waiting() == 1
    assert lines(house) == [("Ada Admin", True), ("Sara Sponsor", True)]
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "ada.admin@example.test",
        "sara.sponsor@example.test",
    ]
    assert "http://localhost:8000/harbor/members/" in mail.outbox[0].body


def test_delivering_again_tells_nobody_twice(house: House) -> None:
    happen(house)
    deliver_outbox(str(house.tenant.pk))
    deliver_outbox(None)
    assert len(mail.outbox) == 2
    assert len(lines(house)) == 2


def test_what_is_rolled_back_is_never_told(house: House) -> None:
    def fail_after_it() -> None:
        with transaction.atomic():
            happen(house)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_it()
    assert deliver_waiting() == 0
    assert mail.outbox == []


def test_a_crash_before_the_send_loses_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    happen(house)
    plain = letters.Letter.send

    def die(letter: letters.Letter) -> None:
        raise SystemExit("killed")

    monkeypatch.setattr(letters.Letter, "send", die)
    with pytest.raises(SystemExit):
        deliver_waiting()
    assert waiting(house) == 1
    assert lines(house) == [("Ada Admin", False), ("Sara Sponsor", False)]
    monkeypatch.setattr(letters.Letter, "send", plain)
    assert deliver_waiting() == 1
    assert len(mail.outbox) == 2
    assert waiting(house) == 0


def test_a_crash_between_two_mails_repeats_none_that_was_marked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(house)
    plain, sent = letters.Letter.send, []

    def once(letter: letters.Letter) -> None:
        if sent:
            raise SMTPServerDisconnected("gone")
        sent.append(letter.to)
        plain(letter)

    monkeypatch.setattr(letters.Letter, "send", once)
    assert deliver_waiting() == 0
    assert waiting(house) == 1
    monkeypatch.setattr(letters.Letter, "send", plain)
    assert deliver_waiting() == 1
    assert len(mail.outbox) == 2
    assert len({letter.to[0] for letter in mail.outbox}) == 2


def test_events_of_one_client_are_told_to_its_own_people_only(house: House) -> None:
    happen(house)
    with tenant_scope([house.other.pk]):
        audit.record(actor=None, event=TOLD, subject=house.other, facts={"n": 2})
    deliver_waiting()
    told = [letter.to[0] for letter in mail.outbox if "Cold Lake" in letter.subject]
    assert told == ["otto.outsider@example.test"]
    assert all("otto" not in letter.to[0] for letter in mail.outbox if "Harbor" in letter.subject)
