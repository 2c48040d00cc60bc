"""Every page of the way: nothing for axe to find, no sideways scroll, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT as AXE

from tests.browser.conftest import PHONE, WIDE
from tests.personas import person

BOTH = (WIDE, PHONE)
STAFF = (
    "/portfolio/", "/clients/new/", "/inbox/", "/verify/", "/components/", "members/",
    "", "gates/", "ledger/", "success-metric/", "pain-points/", "pain-points/new/", "evaluations/",
    "targets/new/", "cases/upload/", "prices/", "graders/new/",
    "readiness/", "risks/", "evidence/", "evidence/new/?kind=drill", "process-map/", "value-case/",
    "comments/", "conditions/", "approvers/", "load/", "privacy/", "faults/", "permissions/", "planner/",
    "pilot/", "pilot/report/", "pilot/import/", "pilot/use/", "pilot/incidents/", "pilot/environment/",
    "pilot/plan/", "schedules/", "schedules/new/", "texts/", "costs/", "reports/", "evidence/requests/",
    "evidence/requests/new/", "/accounts/notifications/", "waiting/", "client:waiting/", "client:templates/",
    "/calibration/", "criterion",
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
    "reports/",
    "evidence/requests/",
    "/accounts/notifications/",
    "waiting/",
    "criterion",
)


def _path(way: SimpleNamespace, page: str) -> str:
    if page == "brief":
        return str(way.brief)
    if page == "criterion":
        return str(way.criterion)
    if page == "members/":
        return f"/{way.world.harbor.slug}/members/"
    if page.startswith("client:"):
        return f"/{way.world.harbor.slug}/{page.removeprefix('client:')}"
    return page if page.startswith("/") else f"{way.base}{page}"


def _faults(browser_page: Any, width: str) -> list[str]:
    """What axe, which the page holds already, finds; and whether the page is wider than its window."""
    violations = browser_page.evaluate("axe.run({resultTypes: ['violations']}).then(said => said.violations)")
    found = [
        f"{width}: {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in violations
        for node in rule["nodes"]
    ]
    wide = browser_page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, *([f"{width}: {wide} px wider than the window"] if wide > 0 else [])]


def _check(
    way: SimpleNamespace, browser_page: Any, pages: tuple[str, ...], windows: tuple[dict[str, int], ...]
) -> dict[str, list[str]]:
    """Each page is loaded once and looked at in each window."""
    faults = {}
    for name in pages:
        path = _path(way, name)
        answer = browser_page.goto(way.url(path))
        if answer.status != 200:
            faults[path] = [f"answered {answer.status}"]
            continue
        browser_page.evaluate(AXE)
        found = []
        for window in windows:
            browser_page.set_viewport_size(window)
            found += _faults(browser_page, f"{window['width']} px")
        if found:
            faults[path] = found
    return faults


def test_the_consultancys_pages(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    assert _check(way, signed_in(way.world.lead, WIDE), STAFF, BOTH) == {}


def test_the_clients_pages(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    assert _check(way, signed_in(way.world.sponsor, WIDE), CLIENT, BOTH) == {}


def test_the_door(way: SimpleNamespace, browser: Any) -> None:
    page = browser.new_context(viewport=WIDE).new_page()

    assert _check(way, page, ("/accounts/login/", "/accounts/password/reset/", "/verify/"), BOTH) == {}


def test_pages_that_have_nothing_to_show_yet(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    newcomer = person("Nina New", "consultancy", org_role="lead")
    unread = signed_in(way.world.security, PHONE)

    assert _check(way, signed_in(newcomer, PHONE), ("/portfolio/", "/inbox/"), (PHONE,)) == {}
    assert _check(way, unread, ("/", "/inbox/"), (PHONE,)) == {}


def test_dark_pages_have_enough_contrast(way: SimpleNamespace, signed_in: Callable[..., Any]) -> None:
    dark = signed_in(way.world.sponsor, WIDE, color_scheme="dark")

    assert _check(way, dark, ("/", "brief", "criterion", "reports/", "waiting/"), (WIDE,)) == {}
