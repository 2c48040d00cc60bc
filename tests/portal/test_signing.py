"""What counts as having just proven who one is."""

import time
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client, RequestFactory

from portal.errors import ReauthenticationRequired, SecondFactorRequired, SecondFactorStale
from portal.models import User
from portal.services.signing import SigningProof, proofs_in, signing_proof
from portal.vocabulary import MfaPolicy

from .conftest import PASSWORD, House


def request_of(user: User, house: House, *records: tuple[str, dict[str, Any]]) -> HttpRequest:
    request = RequestFactory().post("/harbor/")
    request.session = SessionStore()
    request.user, request.tenant = user, house.tenant  # type: ignore[attr-defined]
    for method, extra in records:
        record_authentication(request, user, method, **extra)
    return request


def test_records_older_than_five_minutes_prove_nothing() -> None:
    records = [{"method": "password", "at": 1000.0}, {"method": "mfa", "type": "totp", "at": 1250.0}]
    assert proofs_in(records, now=1300.0) == [
        SigningProof("password", 300, second_factor=False),
        SigningProof("code", 50, second_factor=True),
    ]
    assert proofs_in(records, now=1301.0) == [SigningProof("code", 51, second_factor=True)]
    assert proofs_in(records, now=1600.0) == []


def test_a_password_is_enough_where_the_client_says_so(house: House) -> None:
    proof = signing_proof(request_of(house.sponsor, house, ("password", {})))
    assert (proof.method, proof.second_factor) == ("password", False)
    assert proof.age_s <= 1


def test_an_old_sign_in_has_to_be_confirmed(house: House) -> None:
    with pytest.raises(ReauthenticationRequired):
        signing_proof(request_of(house.sponsor, house))


def test_a_client_that_demands_a_second_factor_refuses_who_has_none(house: House) -> None:
    house.tenant.mfa_policy = MfaPolicy.SECOND_FACTOR
    with pytest.raises(SecondFactorRequired):
        signing_proof(request_of(house.sponsor, house, ("password", {})))


def test_under_that_policy_only_the_second_factor_counts(house: House) -> None:
    house.tenant.mfa_policy = MfaPolicy.SECOND_FACTOR
    TOTP.activate(house.sponsor, "JBSWY3DPEHPK3PXP")
    with pytest.raises(SecondFactorStale):
        signing_proof(request_of(house.sponsor, house, ("password", {})))
    proof = signing_proof(
        request_of(house.sponsor, house, ("password", {}), ("mfa", {"type": "totp"}), ("password", {}))
    )
    assert (proof.method, proof.second_factor) == ("code", True)


def test_the_seed_of_an_authenticator_app_is_sealed_at_rest(house: House) -> None:
    TOTP.activate(house.sponsor, "JBSWY3DPEHPK3PXP")
    from allauth.mfa.models import Authenticator

    stored = Authenticator.objects.get(user=house.sponsor)
    assert "JBSWY3DPEHPK3PXP" not in repr(stored.data)
    assert TOTP(stored).validate_code("000000") in {True, False}


def test_sign_in_leaves_a_proof_and_reauthentication_renews_it(house: House, client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": house.admin.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/harbor/tokens/").status_code == 200
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 400
    session.save()
    away = client.get("/harbor/tokens/")
    assert (away.status_code, away["Location"]) == (
        302,
        "/accounts/reauthenticate/?next=%2Fharbor%2Ftokens%2F",
    )
    assert client.get(away["Location"]).status_code == 200
    back = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/harbor/tokens/"})
    assert (back.status_code, back["Location"]) == (302, "/harbor/tokens/")
    assert client.get("/harbor/tokens/").status_code == 200


def test_who_lacks_the_second_factor_is_led_to_where_it_is_set_up(house: House, client: Client) -> None:
    house.tenant.mfa_policy = MfaPolicy.SECOND_FACTOR
    house.tenant.save(update_fields=["mfa_policy"])
    client.post("/accounts/login/", {"login": house.admin.email, "password": PASSWORD})
    answer = client.get("/harbor/tokens/", follow=True)
    assert answer.redirect_chain == [("/accounts/2fa/", 302)]
    assert "Harbor Mutual asks for a second factor" in answer.content.decode()
