"""Somebody who means harm, at every address: forged forms, rows of other work, bare tokens, planted words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from portal import ids
from portal.models import Tenant, User
from portal.roles import Role
from portal.services import invitations
from portal.services.delivery import deliver_waiting
from tests.access.conftest import House
from tests.access.routes import routes_of
from tests.personas import PASSWORD, scope

pytestmark = pytest.mark.django_db

EVIL = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "https:evil.example",
)
API = [route for route in routes_of("API_OBJECT", "API_LIST") if not route.endswith("/")]
POSTED = [route for route in routes_of("CLIENT", "PERSONAL") if "^" not in route]


def browser(house: House, persona: str, *, csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    client.force_login(house.guest if persona == "guest" else getattr(house.world, persona))
    return client


def test_a_form_of_another_site_is_refused_everywhere(house: House) -> None:
    client = browser(house, "lead", csrf=True)
    taken = {}
    for route in POSTED:
        answer = client.post(house.path(route), {"name": "x", "question": "x"})
        if answer.status_code not in {403, 404, 405}:
            taken[route] = answer.status_code
    assert taken == {}


def test_the_api_takes_no_form_of_another_site_either(house: House) -> None:
    client = browser(house, "lead", csrf=True)
    taken = {}
    for route in API:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(house.path(route), {}, content_type="application/json")
            if answer.status_code not in {403, 404, 405}:
                taken[route] = answer.status_code
    assert taken == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_guest_does_not_reach_rows_of_other_work_through_the_own_engagement(
    house: House, method: str
) -> None:
    """The address names the guest's own engagement, and a row of another one of the same client."""
    from engagements.models import Engagement

    client, reached = browser(house, "guest"), {}
    with scope(house.world):
        own = Engagement.objects.get(title="Second work")
    of_zebra = ids.encode("eng", house.ids["eng"])
    for route in routes_of("CLIENT"):
        if "<eng:" not in route or route.count("_id>") < 2:
            continue
        answer = getattr(client, method)(house.path(route).replace(of_zebra, own.public_id))
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code not in {403, 404, 405} or b"Zebra triage" in body:
            reached[route] = answer.status_code
    assert reached == {}


def test_a_token_does_nothing_for_which_it_has_no_scope(house: House) -> None:
    from portal import tokens
    from portal.models import ApiToken

    made, done = tokens.generate(tokens.PERSONAL), {}
    ApiToken.objects.create(
        tenant=house.world.tenant, owner=house.world.lead, name="bare", kind="pat", token_sha256=made.sha256,
        last4=made.last4, scopes=[], expires=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {made.text}"})
    for route in API:
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(client, method)(house.path(route), {}, content_type="application/json")
            if answer.status_code not in {403, 405}:
                done[method, route] = answer.status_code
    assert done == {}


@pytest.mark.parametrize("where", EVIL)
def test_nobody_is_sent_to_another_site(house: House, where: str) -> None:
    person = house.world.sponsor
    person.set_password(PASSWORD)
    person.save()
    client, given = Client(), {"login": person.email, "password": PASSWORD, "next": where}
    there = [client.post("/accounts/login/", given)]
    there.append(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": where}))
    there.append(client.get(f"/accounts/login/?next={where}"))
    there.append(
        client.post("/accounts/theme/", {"theme": "dark", "next": where}, headers={"Referer": where})
    )
    there.append(browser(house, "lead").post("/harbor-mutual/view-as-client/", {"next": where}))
    there.append(client.post("/accounts/logout/", {"next": where}))
    assert [one["Location"] for one in there if "evil" in one.headers.get("Location", "")] == []
    assert all(one.status_code < 500 for one in there)


def test_a_session_from_before_the_sign_in_is_not_the_one_after_it(house: House) -> None:
    person = house.world.sponsor
    person.set_password(PASSWORD)
    person.save()
    client = Client()
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    planted = client.cookies["sessionid"].value
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted
    before = client.cookies["sessionid"].value
    client.post("/accounts/logout/")
    client.cookies["sessionid"] = before
    assert client.get("/accounts/").status_code == 302, "a session that was left is dead"


def test_a_name_with_a_line_break_is_no_second_header_and_holds_up_no_mail(house: House) -> None:
    world = house.world
    User.objects.filter(pk=world.lead.pk).update(name="Eve\r\nBcc: all@evil.example")
    Tenant.objects.filter(pk=world.tenant.pk).update(name="Zebra\nBcc: all@evil.example")
    with scope(world):
        invitations.invite(
            by=world.fresh("lead"), tenant_id=world.tenant.pk, email="new@example.test",
            role=Role.CLIENT_MEMBER,
        )  # fmt: skip
    mail.outbox.clear()
    deliver_waiting(tenant_id=world.tenant.pk)
    assert mail.outbox
    assert all("\n" not in one.subject and one.bcc == [] and len(one.to) == 1 for one in mail.outbox)


@pytest.mark.parametrize("code", ['x"; a="', "a\nb", "a/b", "../x", "Ü-01", "x" * 21])
def test_what_stands_in_names_of_files_is_plain(house: House, code: str) -> None:
    answer = browser(house, "lead").post(
        "/api/v1/engagements", {"title": "T", "code": code, "client": "harbor-mutual"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 422


def test_the_caller_chooses_neither_client_nor_author_nor_state(house: House) -> None:
    from engagements.models import Engagement

    answer = browser(house, "lead").post(
        "/api/v1/engagements",
        {
            "title": "Mine", "client": "harbor-mutual", "tenant": str(house.world.other.pk),
            "status": "completed",
            "lead": house.world.outsider_lead.public_id, "created_at": "2001-01-01T00:00:00Z", "version": 99,
            "id": ids.encode("eng", ids.uuid7()),
        },
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        with scope(house.world):
            made = Engagement.objects.get(title="Mine")
        assert (made.tenant_id, made.status, made.version == 99) == (house.world.tenant.pk, "active", False)
        assert (made.lead_id, made.created_at.year) == (house.world.lead.pk, timezone.now().year)


def test_a_sponsor_comes_from_the_client_itself(house: House) -> None:
    from engagements.services.engagements import create_engagement
    from portal.errors import Invalid

    with scope(house.world), pytest.raises(Invalid, match="client's own people"):
        create_engagement(
            by=house.world.fresh("lead"), tenant=house.world.tenant, title="T",
            sponsor=house.world.outsider_sponsor,
        )  # fmt: skip


ODD = {
    "pain-points/<pnp:pain_point_id>/take-out/": {"version": "\u00b2"},
    "readiness/target/": {"gate": "\u00b2"},
    "risks/<rsk:risk_id>/close/": {"reason": "a\0b"},
    "statements/": {"key": "a\0b"},
    "comments/write/": {"body": "hello", "visibility": "client", "back": "/harbor-mutual/" + "x" * 400},
}


@pytest.mark.parametrize("rest", ODD)
def test_what_cannot_be_stored_is_refused_in_a_sentence(house: House, rest: str) -> None:
    """Each of these has ended in an error of the server."""
    path = house.path(f"<slug:tenant>/engagements/<eng:engagement_id>/{rest}")
    answer = browser(house, "lead").post(path, ODD[rest] | {"number": "1", "text": "x", "note": "x"})
    assert answer.status_code < 500, answer.content[:300]


@pytest.mark.parametrize(
    "rest", ["runs/export/", "runs/<run:run_id>/export/", "cases/<dsv:version_id>/export/"]
)
@pytest.mark.parametrize("form", ["a\0b", "x" * 3000, "exe"])
def test_a_file_in_no_form_of_ours_is_not_there(house: House, rest: str, form: str) -> None:
    path = house.path(f"<slug:tenant>/engagements/<eng:engagement_id>/{rest}")
    assert browser(house, "lead").get(path, {"form": form}).status_code == 404


def test_the_api_says_what_the_database_refuses(house: House) -> None:
    path = house.path("api/v1/engagements/<eng:engagement_id>/measurements")
    answer = browser(house, "lead").get(path, {"key": "a\0b"})
    assert answer.status_code in {200, 400, 422}
