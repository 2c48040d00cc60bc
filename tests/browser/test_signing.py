"""The sponsor signs: by keyboard alone, and without any script."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from portal.scope import tenant_scope
from tests.browser.conftest import PHONE, WIDE


def _sign_in_by_keyboard(way: SimpleNamespace, page: Any) -> None:
    page.goto(way.url("/"))
    page.locator("input[name=login]").focus()
    page.keyboard.type(way.world.sponsor.email)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "password":
        page.keyboard.press("Tab")
    page.keyboard.type(way.password)
    page.keyboard.press("Enter")
    page.wait_for_url(way.url("/"))


def _tab_to(page: Any, selector: str, *, most: int = 120) -> None:
    """Press Tab until the element has the focus, as a person without a mouse does."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def _decisions(way: SimpleNamespace) -> list[str]:
    from engagements.models import Decision

    with tenant_scope([way.world.harbor.pk]):
        return list(Decision.objects.filter(round=way.round).values_list("outcome", flat=True))


def possible(page: Any) -> str:
    """The first outcome that can be chosen here, with what it asks for."""
    return str(page.locator("input[name=outcome]:not([disabled])").first.get_attribute("value"))


def test_the_sponsor_signs_with_the_keyboard_alone(way: SimpleNamespace, browser: Any) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    _sign_in_by_keyboard(way, page)
    _tab_to(page, ".task.is-first a.btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url(way.url(way.brief))
    outcome = possible(page)
    _tab_to(page, "input[name=outcome]")
    page.keyboard.press("Space")
    _tab_to(page, "#id_signed_name")
    page.keyboard.type(way.world.sponsor.name)
    _tab_to(page, "input[name=has_read]")
    page.keyboard.press("Space")
    _tab_to(page, ".sign form button.btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipt/")

    assert _decisions(way) == [outcome]


def test_the_sponsor_reads_and_signs_on_a_phone_without_script(way: SimpleNamespace, browser: Any) -> None:
    page = browser.new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(way.url("/"))
    page.fill("input[name=login]", way.world.sponsor.email)
    page.fill("input[name=password]", way.password)
    page.press("input[name=password]", "Enter")
    page.click(".task.is-first a.btn-primary")
    for words in ("Promised", "Measured", "Not proven", "What comes next", "What you sign"):
        assert page.locator("#brief h2", has_text=words).is_visible()
    outcome = possible(page)
    page.check(f"input[name=outcome][value={outcome}]")
    page.fill("#id_signed_name", way.world.sponsor.name)
    page.check("input[name=has_read]")
    page.click(".sign form button.btn-primary")
    page.wait_for_url("**/receipt/")

    assert _decisions(way) == [outcome]
