"""The doors: every page of signing in is there, in our look, and refuses what it should."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from .conftest import PASSWORD, House

OPEN = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
SIGNED_IN = [
    "/accounts/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/sessions/",
]


@pytest.fixture
def signed_in(house: House, client: Client) -> Client:
    assert (
        client.post("/accounts/login/", {"login": house.admin.email, "password": PASSWORD}).status_code == 302
    )
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.mark.parametrize("address", OPEN)
def test_open_pages_answer_in_our_shell(house: House, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert b'class="door"' in answer.content
    assert b"style=" not in answer.content


@pytest.mark.parametrize("address", SIGNED_IN)
def test_account_pages_answer_in_our_shell(signed_in: Client, address: str) -> None:
    answer = signed_in.get(address)
    assert answer.status_code == 200
    assert b'class="door"' in answer.content
    assert b"style=" not in answer.content


@pytest.mark.parametrize("address", ["/accounts/", "/accounts/2fa/", "/harbor/members/", "/harbor/tokens/"])
def test_pages_of_people_ask_who_is_there_first(house: House, client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_there_is_no_sign_up(client: Client, db: None) -> None:
    assert client.get("/accounts/signup/").status_code == 404


def test_a_wrong_password_says_so_in_one_sentence(house: House, client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": house.admin.email, "password": "wrong"})
    assert "E-mail and password do not fit together." in answer.content.decode()


def test_the_sixth_wrong_try_is_refused_and_so_is_the_right_password(house: House, client: Client) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": house.admin.email, "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": house.admin.email, "password": PASSWORD})
    assert answer.status_code != 302


def test_recovery_codes_come_with_the_first_second_factor(signed_in: Client, house: House) -> None:
    page = signed_in.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert signed_in.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert signed_in.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert signed_in.get("/accounts/2fa/recovery-codes/generate/").status_code in {200, 302}
    assert signed_in.get("/accounts/2fa/totp/deactivate/").status_code == 200
    signed_in.post("/accounts/logout/")
    asked = signed_in.post("/accounts/login/", {"login": house.admin.email, "password": PASSWORD})
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert "Your second factor" in signed_in.get("/accounts/2fa/authenticate/").content.decode()


def test_a_person_pins_dark_colours_and_unpins_them(signed_in: Client) -> None:
    signed_in.post("/accounts/theme/", {"theme": "dark"})
    assert b'data-theme="dark"' in signed_in.get("/accounts/").content
    signed_in.post("/accounts/theme/", {"theme": "pink"})
    assert b"data-theme" not in signed_in.get("/accounts/").content
