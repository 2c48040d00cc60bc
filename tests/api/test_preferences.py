"""COL-05 over the API: one's own choices, with the refusals of the page; a decision cannot be muted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal import audit
from portal.models import MailWishes
from portal.scope import tenant_scope
from portal.services.delivery import deliver_waiting
from portal.wishes import Topic
from tests.api.conftest import Caller, Site, token_for
from tests.portal.test_mail_wishes import TO_SIGN, TOLD

CHOSEN = {
    "channels": {"decisions": "off", "comments": "digest"}, "zone": "Europe/Berlin",
    "quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "09:30",
}  # fmt: skip


def put(api: Caller, body: Any) -> Any:
    return api.client.put("/api/v1/preferences", json.dumps(body), content_type="application/json")


def test_who_chose_nothing_hears_of_everything_by_mail_at_any_hour(api: Caller) -> None:
    shown = api.get("preferences").json()
    assert shown["channels"] == dict.fromkeys(Topic.values, "mail")
    assert (shown["quiet_from"], shown["quiet_until"], shown["digest_at"]) == (None, None, "08:00")
    assert not MailWishes.objects.exists()


def test_what_is_chosen_here_stands_on_the_page_and_the_other_way_round(site: Site) -> None:
    api = Caller(token_for(site.house, by=site.house.lead, service=False))
    answer = put(api, CHOSEN)
    assert answer.status_code == 200
    assert answer.json() == api.get("preferences").json()
    expected = {**dict.fromkeys(Topic.values, "mail"), "decisions": "off", "comments": "digest"}
    assert answer.json()["channels"] == expected
    person = Client()
    person.force_login(site.house.lead)
    page = person.get("/accounts/notifications/")
    assert page.context["form"].initial["comments"] == "digest"
    sent = {**expected, "comments": "off", "zone": "UTC", "quiet_from": "", "quiet_until": "",
            "digest_at": "08:00"}  # fmt: skip
    assert person.post("/accounts/notifications/", sent).status_code == 302
    after = api.get("preferences").json()
    assert (after["channels"]["comments"], after["zone"], after["quiet_from"]) == ("off", "UTC", None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"channels": {"comments": "pigeon"}}, "/channels/comments"),
        ({"channels": {"weather": "mail"}}, "/channels/weather"),
        ({"channels": ["comments"]}, "/channels"),
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"zone": "../../etc/passwd"}, "/zone"),
        ({"quiet_from": None}, "/quiet_from"),
        ({"quiet_until": None}, "/quiet_until"),
        ({"quiet_until": "22:00"}, "/quiet_until"),
        ({"digest_at": "noon"}, "/digest_at"),
        ({"digest_at": None}, "/digest_at"),
    ],
)
def test_what_is_not_right_is_named_and_nothing_is_stored(
    api: Caller, change: dict[str, Any], place: str
) -> None:
    assert put(api, CHOSEN).status_code == 200
    before = api.get("preferences").json()
    refused = put(api, {**CHOSEN, "zone": "UTC", **change})
    assert (refused.status_code, [fault["pointer"] for fault in refused.json()["errors"]]) == (422, [place])
    assert api.get("preferences").json() == before


def test_a_decision_cannot_be_muted_over_the_api_either(site: Site) -> None:
    """An approver who mutes every topic is still mailed the gate that waits, and nothing else."""
    house = site.house
    person = Client()
    person.force_login(house.sponsor)
    mute = {**CHOSEN, "channels": dict.fromkeys(Topic.values, "off"), "quiet_from": None, "quiet_until": None}
    answer = person.put("/api/v1/preferences", json.dumps(mute), content_type="application/json")
    assert answer.status_code == 200
    assert "always mailed" in answer.json()["always_mailed"]
    with tenant_scope([house.tenant.pk]):
        for kind in (TOLD, TO_SIGN):
            audit.record(actor=house.lead, event=kind, subject=house.tenant, facts={"n": 1}, path="/h/")
    deliver_waiting()
    subjects = [letter.subject for letter in mail.outbox if letter.to == [house.sponsor.email]]
    assert [TO_SIGN.title in subject for subject in subjects] == [True]


def test_a_token_without_the_scope_and_a_browser_without_its_own_token_are_refused(site: Site) -> None:
    house = site.house
    reader = Caller(token_for(house, by=house.lead, scopes=["preferences:read"]))
    assert reader.get("preferences").status_code == 200
    assert put(reader, CHOSEN).status_code == 403
    other = Caller(token_for(house, by=house.lead, scopes=["ledger:read"]))
    assert other.get("preferences").status_code == 403
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(house.lead)
    body = json.dumps(CHOSEN)
    assert forged.put("/api/v1/preferences", body, content_type="application/json").status_code == 403
    assert not MailWishes.objects.exists()


def test_a_machine_chooses_for_its_own_account_and_not_for_who_made_it(site: Site, api: Caller) -> None:
    assert put(api, CHOSEN).status_code == 200
    assert not MailWishes.objects.filter(user=site.house.lead).exists()


def test_nobody_changes_the_choices_of_another(site: Site, api: Caller, stranger: Caller) -> None:
    assert put(stranger, {**CHOSEN, "zone": "Asia/Tokyo"}).status_code == 200
    assert api.get("preferences").json()["zone"] == "UTC"
    assert set(MailWishes.objects.values_list("zone", flat=True)) == {"Asia/Tokyo"}
