"""A passkey, from adding it to signing with it, in a real browser with an authenticator of its own."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from portal.scope import tenant_scope
from tests.browser.conftest import WIDE
from tests.browser.test_signing import possible

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def _with_authenticator(browser: Any) -> Any:
    """A page whose browser holds an authenticator, as a phone or a laptop does."""
    page = browser.new_context(viewport=WIDE).new_page()
    page.set_default_timeout(10_000)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


def _let_proofs_grow_old(seconds: int) -> None:
    """As if everybody had shown who they are so long ago."""
    for stored in Session.objects.all():
        values = stored.get_decoded()
        for record in values.get("account_authentication_methods", []):
            record["at"] = time.time() - seconds
        stored.session_data = SessionStore().encode(values)
        stored.save()


def _fill_the_form(way: SimpleNamespace, page: Any) -> str:
    outcome = possible(page)
    page.check(f"input[name=outcome][value={outcome}]")
    page.fill("#id_signed_name", way.world.sponsor.name)
    page.check("input[name=has_read]")
    return outcome


def test_a_passkey_is_added_signs_in_and_confirms_a_decision(way: SimpleNamespace, browser: Any) -> None:
    way.world.harbor.mfa_policy = "second_factor"
    way.world.harbor.save()
    page = _with_authenticator(browser)

    page.goto(way.url("/accounts/login/?next=/accounts/2fa/webauthn/add/"))
    page.click("#passkey_login")
    page.locator("#page-says", has_text="No passkey was used.").wait_for()
    page.fill("input[name=login]", way.world.sponsor.email)
    page.fill("input[name=password]", way.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/accounts/reauthenticate/**")
    page.fill("input[name=password]", way.password)
    page.press("input[name=password]", "Enter")
    page.fill("input[name=name]", "Laptop")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/2fa/recovery-codes/")
    page.goto(way.url("/accounts/2fa/webauthn/"))
    assert page.locator(".list li", has_text="Laptop").count() == 1

    page.goto(way.url("/accounts/logout/"))
    page.click("form button.btn-primary")
    page.goto(way.url(way.brief))
    page.click("#passkey_login")
    page.wait_for_url(way.url(way.brief))

    _let_proofs_grow_old(301)
    page.reload()
    outcome = _fill_the_form(way, page)
    page.click(".sign form button.btn-primary")
    page.wait_for_url("**/2fa/webauthn/reauthenticate/**")
    assert page.locator("main .bar a").all_inner_texts() == ["Use a code"]
    page.click("#mfa_webauthn_reauthenticate")
    page.wait_for_url(way.url(way.brief))
    assert _fill_the_form(way, page) == outcome
    page.click(".sign form button.btn-primary")
    page.wait_for_url("**/receipt/")

    from engagements.models import Decision

    with tenant_scope([way.world.harbor.pk]):
        signed = Decision.objects.get(round=way.round)
    assert (signed.outcome, signed.auth_method) == (outcome, "passkey")
    assert signed.auth_age_s < 300
