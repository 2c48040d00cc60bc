"""Every page of the way: nothing for axe to find, no sideways scroll, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE, WIDE
from tests.personas import person

STAFF = (
    "/portfolio/", "/clients/new/", "/inbox/", "/verify/", "/components/", "members/",
    "", "gates/", "ledger/", "success-metric/", "pain-points/", "pain-points/new/", "evaluations/",
    "targets/new/", "cases/upload/", "prices/", "graders/new/",
    "readiness/", "risks/", "evidence/", "evidence/new/?kind=drill", "process-map/", "value-case/",
    "comments/", "conditions/", "approvers/", "load/", "privacy/", "permissions/", "planner/",
    "pilot/", "pilot/report/", "pilot/import/", "pilot/use/", "pilot/incidents/", "pilot/environment/",
    "pilot/plan/",
)  # fmt: skip
CLIENT = (
    "/",
    "/inbox/",
    "members/",
    "",
    "gates/",
    "pain-points/",
    "brief",
    "readiness/",
    "conditions/",
    "comments/",
    "pilot/",
)


def _path(way: SimpleNamespace, page: str) -> str:
    if page == "brief":
        return str(way.brief)
    if page == "members/":
        return f"/{way.world.harbor.slug}/members/"
    return page if page.startswith("/") else f"{way.base}{page}"


def _faults(browser_page: Any) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    found = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in Axe().run(browser_page).response["violations"]
        for node in rule["nodes"]
    ]
    wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, *([f"{wide} px wider than the window"] if wide > 0 else [])]


def _check(way: SimpleNamespace, browser_page: Any, pages: tuple[str, ...]) -> dict[str, list[str]]:
    faults = {}
    for name in pages:
        path = _path(way, name)
        answer = browser_page.goto(way.url(path))
        found = _faults(browser_page) if answer.status == 200 else [f"answered {answer.status}"]
        if found:
            faults[path] = found
    return faults


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["1280", "390"])
def test_the_consultancys_pages(
    way: SimpleNamespace, signed_in: Callable[..., Any], viewport: dict[str, int]
) -> None:
    assert _check(way, signed_in(way.world.lead, viewport), STAFF) == {}


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["1280", "390"])
def test_the_clients_pages(
    way: SimpleNamespace, signed_in: Callable[..., Any], viewport: dict[str, int]
) -> None:
    assert _check(way, signed_in(way.world.sponsor, viewport), CLIENT) == {}


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["1280", "390"])
def test_the_door(way: SimpleNamespace, browser: Any, viewport: dict[str, int]) -> None:
    page = browser.new_context(viewport=viewport).new_page()

    assert _check(way, page, ("/accounts/login/", "/accounts/password/reset/", "/verify/")) == {}


def test_pages_that_have_nothing_to_show_yet(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    newcomer = person("Nina New", "consultancy", org_role="lead")
    unread = signed_in(way.world.security, PHONE)

    assert _check(way, signed_in(newcomer, PHONE), ("/portfolio/", "/inbox/")) == {}
    assert _check(way, unread, ("/", "/inbox/")) == {}


def test_dark_pages_have_enough_contrast(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    dark = signed_in(way.world.sponsor, WIDE, color_scheme="dark")

    assert _check(way, dark, ("/", "brief")) == {}
