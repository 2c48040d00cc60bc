"""What a token opens, and what it never opens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal import grants
from portal.models import ApiToken, User
from portal.scope import tenant_scope
from portal.services.tokens import revoke_token
from tests.api.conftest import Caller, Site, token_for


def test_a_token_sees_its_own_client(site: Site, api: Caller) -> None:
    body = api.get("engagements").json()
    assert [row["id"] for row in body["items"]] == [site.engagement.public_id]
    assert (body["next"], body["previous"]) == (None, None)
    assert ApiToken.objects.get().last_used is not None


@pytest.mark.parametrize("field", ["revoked", "expired"])
def test_a_dead_token_opens_nothing(site: Site, api: Caller, field: str) -> None:
    token = ApiToken.objects.get()
    if field == "revoked":
        with tenant_scope([site.house.tenant.pk]):
            revoke_token(by=site.house.lead, token_id=token.pk)
    else:
        ApiToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert api.get("engagements").status_code == 401


def test_a_token_has_what_its_owner_has_at_this_moment(site: Site) -> None:
    caller = Caller(token_for(site.house, by=site.house.lead, service=False))
    assert len(caller.get("engagements").json()["items"]) == 1
    grants.end_membership(site.house.lead.memberships.get())
    assert caller.get("engagements").json()["items"] == []


def test_a_token_works_in_its_own_client_though_its_owner_has_several(site: Site) -> None:
    from portal.roles import Role

    caller = Caller(token_for(site.house, by=site.house.lead, service=False))
    grants.add_member(site.house.lead, site.house.other, Role.LEAD)
    answer = caller.post("engagements", {"title": "Elsewhere", "client": "cold-lake"})
    assert answer.status_code == 404
    assert caller.post("engagements", {"title": "Here"}).json()["client"] == "harbor"


def test_a_closed_account_closes_its_tokens(site: Site) -> None:
    caller = Caller(token_for(site.house, by=site.house.lead, service=False))
    User.objects.filter(pk=site.house.lead.pk).update(is_active=False)
    assert caller.get("engagements").status_code == 401


def test_a_signed_in_person_reads_without_a_token_and_writes_with_the_csrf_token(site: Site) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(site.house.lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert len(browser.get("/api/v1/engagements").json()["items"]) == 1
    refused = browser.post("/api/v1/engagements", "{}", content_type="application/json")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")


def test_the_ledger_is_read_in_its_order_and_its_chain_is_whole(site: Site) -> None:
    api = Caller(token_for(site.house, by=site.house.lead, service=False))
    rows = api.get("ledger").json()["items"]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["event"] for row in rows][:2] == ["engagement.created", "token.created"]
    assert rows[1]["prev_sha256"] == rows[0]["sha256"]
    assert api.get("ledger/verify").json() == {"whole": True, "faults": []}


def test_a_service_account_does_not_read_the_ledger(api: Caller) -> None:
    answer = api.get("ledger")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
