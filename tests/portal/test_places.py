"""Places are taken away by one button, and several people are invited by one list, or nobody."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal import access, grants
from portal.errors import Forbidden, NotFound, WrongMoment
from portal.models import Invitation, LedgerEntry, Membership, TenantGroupPermission, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services.memberships import end_guest, end_place
from portal.services.outbound import set_allowed_hosts

from .conftest import House, person


def place_of(user: User) -> Any:
    return Membership.objects.get(user=user)


def take_away(house: House, by: User, whose: User) -> None:
    with tenant_scope([house.tenant.pk]):
        end_place(by=by, tenant_id=house.tenant.pk, membership_id=place_of(whose).pk)


@pytest.mark.parametrize("by", ["lead", "admin"])
def test_a_place_that_is_taken_away_is_gone_on_the_next_request(house: House, by: str) -> None:
    browser = Client()
    browser.force_login(house.consultant)
    assert browser.get("/harbor/members/").status_code == 200
    take_away(house, getattr(house, by), house.consultant)
    assert browser.get("/harbor/members/").status_code == 404
    with tenant_scope([house.tenant.pk]):
        entry = LedgerEntry.objects.get()
    assert (entry.event, entry.facts["person"]) == ("access.ended", house.consultant.public_id)


def test_who_may_not_invite_may_not_take_away(house: House) -> None:
    with pytest.raises(Forbidden):
        take_away(house, house.sponsor, house.consultant)
    with pytest.raises(NotFound):
        take_away(house, house.outsider, house.consultant)


def test_a_place_of_another_client_is_not_there(house: House) -> None:
    with tenant_scope([house.tenant.pk]), pytest.raises(NotFound):
        end_place(by=house.lead, tenant_id=house.tenant.pk, membership_id=place_of(house.outsider).pk)


def test_the_last_lead_stays_until_there_is_another(house: House) -> None:
    with pytest.raises(WrongMoment, match="needs a lead"):
        take_away(house, house.admin, house.lead)
    grants.add_member(house.consultant, house.tenant, Role.LEAD)
    take_away(house, house.admin, house.lead)
    with pytest.raises(NotFound):
        take_away(house, house.lead, house.sponsor)


def test_a_guest_is_sent_home(house: House) -> None:
    from engagements.services.engagements import create_engagement

    guest = person("Gus Guest", house.sponsor.affiliation)
    with tenant_scope([house.tenant.pk]):
        work = create_engagement(by=house.lead, tenant=house.tenant, title="Triage")
        grants.add_guest(guest, work, {"see_engagement"})
        end_guest(by=house.lead, tenant_id=house.tenant.pk, user_id=guest.pk, engagement_id=work.pk)
        assert not access.of(guest, fresh=True).can("see_engagement", work)
        with pytest.raises(NotFound):
            end_guest(by=house.lead, tenant_id=house.tenant.pk, user_id=guest.pk, engagement_id=work.pk)


def test_a_list_invites_everybody(house: House) -> None:
    answer = send(house, "a@example.test, Ann, expert\n\nb@example.test, Bo, client_member")
    assert answer.status_code == 302
    assert {(row.email, row.role) for row in Invitation.objects.all()} == {
        ("a@example.test", "client_expert"), ("b@example.test", "client_member"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("a@example.test, Ann, expert\nnobody, Bo, expert", "Line 2"),
        ("a@example.test, Ann, expert\nb@example.test, Bo, wizard", "Line 2: “wizard” is no role"),
        ("a@example.test | Ann | expert", "Line 1 has 1 parts"),
        ("", "one of the two"),
        ("a@example.test, Ann, expert\nA@example.test, Ann, Expert", "Line 2: A@example.test is in line 1"),
        ('a@example.test, "Ann, expert', "Line 1"),
    ],
)
def test_one_wrong_line_invites_nobody_and_is_named(house: House, lines: str, words: str) -> None:
    answer = send(house, lines)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Invitation.objects.exists()


def upload(house: House, body: bytes, **more: Any) -> Any:
    browser = Client()
    browser.force_login(house.lead)
    file = SimpleUploadedFile("people.csv", body, content_type="text/csv")
    return browser.post("/harbor/members/several/", {"file": file, "engagement": ""} | more)


@pytest.mark.parametrize(
    "body",
    [
        b"email,name,role\na@example.test,Ann,expert\nb@example.test,Bo,Member\n",
        "\ufeffRole;E-Mail;Team;Name\r\nexpert;a@example.test;x;Ann\r\n\r\nclient_member;b@example.test;;Bo\r\n".encode(),
        b"a@example.test\tAnn\texpert\nb@example.test\tBo\tMember",
    ],
    ids=["comma", "as a spreadsheet saves it", "tabs without a head"],
)
def test_a_csv_file_invites_everybody(house: House, body: bytes) -> None:
    assert upload(house, body).status_code == 302
    assert {(row.email, row.name, row.role) for row in Invitation.objects.all()} == {
        ("a@example.test", "Ann", "client_expert"), ("b@example.test", "Bo", "client_member"),
    }  # fmt: skip


GOOD = b"email,name,role\na@example.test,Ann,expert\n"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (GOOD + b"b@example.test,Bo\nnobody,Cy,expert\n", ["Line 3 has 2 parts"]),
        (GOOD + b"nobody,Bo,expert\nc@example.test,Cy,wizard\n", ["Line 3", "Line 4: “wizard” is no role"]),
        (b"email,role\na@example.test,expert\n", ["The head names no column name"]),
        (b"email,name,role\n", ["nobody in the list"]),
        (b"email,name,role\n\xff\xfe,Ann,expert\n", ["CSV UTF-8"]),
        (b"PK\x03\x04" + b"\x00\xff" * 50, ["CSV UTF-8"]),
        (GOOD + b"x" * 100_001, ["larger than 100 kB"]),
        (GOOD + b"".join(b"p%d@example.test,P,expert\n" % n for n in range(200)), ["1 to 200 people"]),
    ],
)
def test_a_file_that_is_not_right_invites_nobody_and_says_which_rows(
    house: House, body: bytes, words: list[str]
) -> None:
    answer = upload(house, body)
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert [word for word in words if word not in page] == []
    assert not Invitation.objects.exists()


def test_a_text_and_a_file_at_once_are_refused(house: House) -> None:
    answer = upload(house, GOOD, people="b@example.test, Bo, expert")
    assert "one of the two" in answer.content.decode()
    assert not Invitation.objects.exists()


def send(house: House, lines: str) -> Any:
    browser = Client()
    browser.force_login(house.lead)
    return browser.post("/harbor/members/several/", {"people": lines, "engagement": ""})


def test_a_list_of_hosts_is_kept_clean_and_can_be_emptied(house: House) -> None:
    browser = Client()
    browser.force_login(house.admin)
    browser.post("/harbor/hosts/", {"hosts": "API.example.com\n\napi.example.com\n10.0.0.7"})
    house.tenant.refresh_from_db()
    assert house.tenant.allowed_hosts == ["10.0.0.7", "api.example.com"]
    answer = browser.post("/harbor/hosts/", {"hosts": "https://api.example.com/v1"})
    assert answer.status_code == 422
    assert "without https://" in answer.content.decode()
    browser.post("/harbor/hosts/", {"hosts": ""})
    house.tenant.refresh_from_db()
    assert house.tenant.allowed_hosts == []


def test_only_leads_and_the_clients_administrators_set_hosts(house: House) -> None:
    with tenant_scope([house.tenant.pk]), pytest.raises(Forbidden):
        set_allowed_hosts(by=house.consultant, tenant_id=house.tenant.pk, hosts=["a.example"])


def test_after_an_upgrade_roles_may_do_what_they_may_do_now(house: House) -> None:
    held = TenantGroupPermission.objects.filter(group=place_of(house.sponsor).group)
    held.filter(permission__codename="grant_waiver").delete()
    grants.refresh_roles()
    assert access.of(house.sponsor, fresh=True).can("grant_waiver", house.tenant)


def test_the_address_of_a_caller_is_believed_from_a_proxy_only_where_one_stands(
    settings: Any, rf: Any
) -> None:
    from allauth.account.adapter import get_adapter

    request = rf.get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert get_adapter().get_client_ip(request) == "203.0.113.9"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert get_adapter().get_client_ip(request) == "198.51.100.1"
