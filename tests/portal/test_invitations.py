"""Invitations: one link, one person, one use."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal import access, audit
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import Invitation, LedgerEntry, User
from portal.roles import Role
from portal.scope import tenant_scope
from portal.services import invitations
from portal.services.delivery import deliver_waiting
from portal.services.invitations import Newcomer, link_token
from portal.vocabulary import Affiliation

from .conftest import PASSWORD, House, person

NEW = Newcomer(name="Nina New", password="a long enough phrase")


def invited(house: House, role: Role = Role.CLIENT_EXPERT, email: str = "Nina@Example.test") -> Invitation:
    with tenant_scope([house.tenant.pk]):
        return invitations.invite(by=house.lead, tenant_id=house.tenant.pk, email=email, role=role)


def test_the_link_makes_account_role_and_place_once(house: House) -> None:
    invitation = invited(house)
    someone, _ = invitations.accept(token=link_token(invitation.pk), by=None, newcomer=NEW)
    assert (someone.email, someone.affiliation) == ("nina@example.test", "client")
    assert access.of(someone).roles(house.tenant.pk) == {"client_expert"}
    with pytest.raises(WrongMoment):
        invitations.accept(token=link_token(invitation.pk), by=None, newcomer=NEW)
    with tenant_scope([house.tenant.pk]):
        assert [e.event for e in LedgerEntry.objects.order_by("seq")] == ["member.invited", "member.joined"]


def test_the_link_is_stored_only_as_its_hash_and_the_ledger_holds_no_address(house: House) -> None:
    invitation = invited(house)
    assert link_token(invitation.pk) not in repr(Invitation.objects.values().get())
    with tenant_scope([house.tenant.pk]):
        entry = LedgerEntry.objects.get()
    assert "nina" not in audit.canonical(entry.facts).lower()


def test_a_link_ends_after_seven_days_or_when_withdrawn_or_replaced(house: House) -> None:
    old = invited(house)
    Invitation.objects.filter(pk=old.pk).update(expires=timezone.now() - timedelta(seconds=1))
    with pytest.raises(WrongMoment):
        invitations.accept(token=link_token(old.pk), by=None, newcomer=NEW)
    replaced, last = invited(house), invited(house)
    with pytest.raises(WrongMoment):
        invitations.accept(token=link_token(replaced.pk), by=None, newcomer=NEW)
    assert last.expires - last.created_at <= timedelta(days=7, seconds=5)
    invitations.withdraw(by=house.lead, invitation_id=last.pk)
    with pytest.raises(WrongMoment):
        invitations.accept(token=link_token(last.pk), by=None, newcomer=NEW)
    with pytest.raises(NotFound):
        invitations.accept(token="0" * 64, by=None, newcomer=NEW)


def test_the_link_is_for_one_address(house: House) -> None:
    invitation = invited(house)
    with pytest.raises(Forbidden):
        invitations.accept(token=link_token(invitation.pk), by=house.sponsor)
    known = person("Nina", Affiliation.CLIENT)
    User.objects.filter(pk=known.pk).update(email="nina@example.test")
    with pytest.raises(Forbidden):
        invitations.accept(token=link_token(invitation.pk), by=None, newcomer=NEW)
    joined, _ = invitations.accept(token=link_token(invitation.pk), by=User.objects.get(pk=known.pk))
    assert joined.pk == known.pk


def test_a_weak_password_leaves_the_link_good(house: House) -> None:
    invitation = invited(house)
    with pytest.raises(Invalid) as refused:
        invitations.accept(token=link_token(invitation.pk), by=None, newcomer=Newcomer("Nina", "short"))
    assert {fault.pointer for fault in refused.value.errors} == {"/password"}
    assert not User.objects.filter(email="nina@example.test").exists()
    invitations.accept(token=link_token(invitation.pk), by=None, newcomer=NEW)


def test_a_consultant_cannot_be_invited_to_sign_for_the_client(house: House) -> None:
    with pytest.raises(Forbidden):
        invited(house, Role.CLIENT_SPONSOR, house.consultant.email)


@pytest.mark.parametrize(
    ("who", "error"), [("consultant", Forbidden), ("sponsor", Forbidden), ("outsider", NotFound)]
)
def test_who_may_not_invite(house: House, who: str, error: type[Exception]) -> None:
    with tenant_scope([house.tenant.pk]), pytest.raises(error):
        invitations.invite(
            by=getattr(house, who), tenant_id=house.tenant.pk, email="x@example.test", role=Role.CLIENT_MEMBER
        )
    assert Invitation.objects.count() == 0


def test_a_person_is_invited_and_comes_in_through_the_pages(house: House, client: Client) -> None:
    client.post("/accounts/login/", {"login": house.lead.email, "password": PASSWORD})
    page = client.get("/harbor/members/")
    assert page.status_code == 200
    for name in ("Lena Lead", "Sara Sponsor", "Ada Admin"):
        assert name in page.content.decode()
    assert "Otto" not in page.content.decode()
    answer = client.post(
        "/harbor/members/", {"email": "nina@example.test", "role": "client_expert", "engagement": ""}
    )
    assert answer.status_code == 302
    assert "nina@example.test" in client.get("/harbor/members/").content.decode()
    deliver_waiting(tenant_id=house.tenant.pk)
    letter = mail.outbox[0]
    assert letter.to == ["nina@example.test"]
    link = re.search(r"/invitations/[0-9a-f]{64}/", letter.body)
    assert link is not None
    guest = Client()
    assert "Harbor Mutual" in guest.get(link.group()).content.decode()
    assert guest.post(link.group(), {"name": "Nina", "password": "short"}).status_code == 422
    welcomed = guest.post(link.group(), {"name": "Nina", "password": NEW.password})
    assert (welcomed.status_code, welcomed["Location"]) == (302, "/")
    assert guest.get("/harbor/members/").status_code == 200
    assert (
        "link was used" in guest.get(link.group()).content.decode()
        or guest.get(link.group()).status_code == 409
    )


@pytest.mark.parametrize("address", ["/harbor/members/", "/harbor/tokens/"])
def test_an_outsider_sees_no_page_of_the_client(house: House, client: Client, address: str) -> None:
    client.post("/accounts/login/", {"login": house.outsider.email, "password": PASSWORD})
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Harbor" not in answer.content.decode()


def test_a_token_is_shown_once_on_the_page_that_made_it(house: House, client: Client) -> None:
    client.post("/accounts/login/", {"login": house.lead.email, "password": PASSWORD})
    form = {"name": "nightly", "kind": "service", "scopes": ["runs:read"], "days": "90"}
    made = client.post("/harbor/tokens/", form).content.decode()
    text = re.search(r"gth_svc_[0-9A-Za-z]{49}", made)
    assert text is not None
    assert text.group() not in client.get("/harbor/tokens/").content.decode()
