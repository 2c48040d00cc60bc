"""COL-05: everybody chooses what reaches them and when; a decision cannot be muted, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal import audit
from portal.delivery import mail as letters
from portal.errors import Invalid
from portal.events import CATALOGUE, EventType
from portal.models import MailWishes, Notification, OutboxEvent
from portal.scope import tenant_scope
from portal.services.delivery import deliver_waiting
from portal.services.mail_wishes import save_mail_wishes
from portal.wishes import (
    TOPICS,
    Channel,
    MailKind,
    Topic,
    Wishes,
    after_quiet,
    next_digest,
    sending,
    topic_of,
)

from .conftest import House

TOLD = CATALOGUE.get("comment.test_told") or EventType(
    "comment.test_told", "Something was said", facts=("n",), audience="see_ledger"
)
TO_SIGN = CATALOGUE.get("gate.test_to_sign") or EventType(
    "gate.test_to_sign", "Sign this", facts=("n",), audience="decide_gate"
)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NIGHT = (time(22), time(7))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "quiet", "now", "after"),
    [
        (BERLIN, None, at(23, 2), at(23, 2)),
        (BERLIN, NIGHT, at(23, 12), at(23, 12)),
        (BERLIN, NIGHT, at(23, 22), at(24, 6)),  # 23:00 in Berlin: until 07:00 there, the next day
        (BERLIN, NIGHT, at(24, 2), at(24, 6)),
        (BERLIN, NIGHT, at(23, 20, 59), at(23, 20, 59)),
        (NEW_YORK, NIGHT, at(24, 4), at(24, 12)),
        (UTC, (time(12), time(13)), at(23, 12, 30), at(23, 13)),
        (UTC, (time(12), time(13)), at(23, 13), at(23, 13)),
        (BERLIN, NIGHT, datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
    ],
)
def test_a_mail_of_the_quiet_hours_comes_at_their_end(zone, quiet, now, after):
    assert after_quiet(now, Wishes(zone=zone, quiet=quiet)) == after


@pytest.mark.parametrize(
    ("now", "after"), [(at(23, 5), at(23, 7)), (at(23, 7), at(24, 7)), (at(23, 23), at(24, 7))]
)
def test_the_days_mail_comes_at_the_next_chosen_hour(now, after):
    assert next_digest(now, Wishes(zone=BERLIN)) == after


def test_a_decision_is_mailed_whatever_was_chosen():
    mute = Wishes(channels=dict.fromkeys(Topic.values, "off"))
    now = at(23, 12)
    assert sending(TO_SIGN, mute, now=now).mail == MailKind.SINGLE
    assert sending(TO_SIGN, mute, now=now).in_inbox
    silent = sending(TOLD, mute, now=now)
    assert (silent.in_inbox, silent.mail) == (False, MailKind.NONE)


def test_every_event_that_tells_somebody_has_its_topic_on_purpose():
    told = {name.partition(".")[0] for name, kind in CATALOGUE.items() if kind.audience}
    people_and_access = {
        "access",
        "member",
        "tenant",
        "token",
        "hosts",
        "report",
        "test",
        "framework",
        "template",
    }
    assert told - set(TOPICS) <= people_and_access
    assert topic_of("member.invited") == Topic.ACCESS


def happen(house: House, kind: EventType = TOLD) -> None:
    with tenant_scope([house.tenant.pk]):
        audit.record(actor=house.lead, event=kind, subject=house.tenant, facts={"n": 1}, path="/harbor/")


def wish(person, channel="mail", *, quiet=(None, None)):
    channels = {Topic.COMMENTS.value: channel}
    return save_mail_wishes(by=person, channels=channels, zone="UTC", quiet=quiet, digest_at=time(8))


def lines_of(house: House, person) -> list[Notification]:
    with tenant_scope([house.tenant.pk]):
        return list(Notification.objects.filter(user=person))


def let_time_pass(house: House) -> None:
    with tenant_scope([house.tenant.pk]):
        Notification.objects.update(mail_after=timezone.now() - timedelta(minutes=1))


def mails_to(person) -> list:
    return [letter for letter in mail.outbox if letter.to == [person.email]]


def test_who_chose_the_inbox_gets_a_line_and_no_mail(house: House):
    wish(house.sponsor, "inbox")
    happen(house)
    assert deliver_waiting() == 1
    assert (len(lines_of(house, house.sponsor)), mails_to(house.sponsor)) == (1, [])
    assert len(mails_to(house.admin)) == 1


def test_who_chose_nothing_at_all_is_left_in_peace(house: House):
    wish(house.sponsor, "off")
    happen(house)
    deliver_waiting()
    assert (lines_of(house, house.sponsor), mails_to(house.sponsor)) == ([], [])


def test_the_days_mail_holds_everything_once(house: House):
    wish(house.sponsor, "digest")
    for _ in range(3):
        happen(house)
    deliver_waiting()
    assert mails_to(house.sponsor) == []

    let_time_pass(house)
    deliver_waiting()
    deliver_waiting()
    (letter,) = mails_to(house.sponsor)
    assert letter.subject == f"3 things at {house.tenant.name}"
    assert letter.body.count("Something was said") == 3
    assert all(line.mailed_at for line in lines_of(house, house.sponsor))


def test_a_crash_before_the_days_mail_loses_nothing(house: House, monkeypatch):
    wish(house.sponsor, "digest")
    happen(house)
    deliver_waiting()
    let_time_pass(house)
    plain = letters.Letter.send
    monkeypatch.setattr(letters.Letter, "send", lambda letter: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        deliver_waiting()
    monkeypatch.setattr(letters.Letter, "send", plain)
    deliver_waiting()
    assert len(mails_to(house.sponsor)) == 1


def test_quiet_hours_hold_a_mail_and_not_the_event(house: House):
    now = timezone.now()
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    wish(house.sponsor, quiet=quiet)
    happen(house)
    assert deliver_waiting() == 1
    assert mails_to(house.sponsor) == []
    with tenant_scope([house.tenant.pk]):
        assert not OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()
    let_time_pass(house)
    deliver_waiting()
    assert len(mails_to(house.sponsor)) == 1


def test_who_lost_access_meanwhile_gets_no_late_mail(house: House):
    wish(house.sponsor, "digest")
    happen(house)
    deliver_waiting()
    house.sponsor.memberships.update(ends=timezone.now())
    let_time_pass(house)
    deliver_waiting()
    assert mails_to(house.sponsor) == []
    assert [line.mail for line in lines_of(house, house.sponsor)] == [MailKind.NONE]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": "Mars/Base"}, "time zone"),
        ({"quiet": (time(22), None)}, "beginning and an end"),
        ({"quiet": (time(7), time(7))}, "another time"),
        ({"channels": {"decisions": "pigeon"}}, "four ways"),
    ],
)
def test_wishes_that_make_no_sense_are_not_kept(house: House, changes, words):
    terms = {"channels": {}, "zone": "UTC", "quiet": (None, None), "digest_at": time(8)}
    with pytest.raises(Invalid, match=words):
        save_mail_wishes(by=house.sponsor, **{**terms, **changes})
    assert not MailWishes.objects.exists()


def test_wishes_are_chosen_on_a_page(house: House):
    client = Client()
    client.force_login(house.sponsor)
    form = dict.fromkeys(Topic.values, Channel.DIGEST.value)
    form |= {"zone": "Europe/Berlin", "quiet_from": "22:00", "quiet_until": "", "digest_at": "08:30"}
    page = client.get("/accounts/notifications/")
    assert "waits for your signature is always mailed" in page.text
    refused = client.post("/accounts/notifications/", form)
    assert (refused.status_code, "a beginning and an end" in refused.text) == (422, True)
    assert client.post("/accounts/notifications/", form | {"quiet_until": "07:00"}).status_code == 302
    row = MailWishes.objects.get()
    assert (row.zone, row.quiet_from, row.digest_at) == ("Europe/Berlin", time(22), time(8, 30))
    assert "07:00" in client.get("/accounts/notifications/").text
