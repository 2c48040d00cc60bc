"""The lists of a client and over all clients as files; and that no list of a page is without one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from engagements.lists import names_of_lists
from engagements.services.engagements import create_engagement
from portal import grants
from portal.lists import client_lists
from portal.models import LedgerEntry
from portal.roles import Role
from tests.doors import browser_of
from tests.personas import World, both, scope
from tests.portal.test_invariants_by_every_door import make_token

TEMPLATES = Path(__file__).parents[2] / "templates"
EVIL = '=HYPERLINK("http://x","y")'
STARTS = ("=", "+", "-", "@")


@pytest.fixture
def house(world: World) -> World:
    """A person, a token and an engagement whose names begin as a formula does; an engagement elsewhere."""
    world.sponsor.name = EVIL
    world.sponsor.save()
    with both(world):
        world.made = make_token(world, name=EVIL)
        for tenant, lead in ((world.tenant, world.lead), (world.other, world.outsider_lead)):
            sponsor = world.sponsor if tenant == world.tenant else world.outsider_sponsor
            create_engagement(by=lead, tenant=tenant, title=f"{EVIL} {tenant.slug}", sponsor=sponsor)
    return world


def take(person: Any, path: str, form: str = "csv") -> Any:
    return browser_of(person).get(path, {"form": form})


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.status_code
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))


def address(world: World, name: str) -> str:
    return f"/{world.tenant.slug}/lists/{name}/"


def test_the_lists_of_a_client_leave_without_a_formula_and_stand_in_its_ledger(house: World) -> None:
    for name in client_lists.names():
        cells = [cell for row in rows_of(take(house.lead, address(house, name))) for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(STARTS)], name
        assert any(EVIL in cell for cell in cells) or name in {"hosts", "invitations"}, name
        book = openpyxl.load_workbook(io.BytesIO(b"".join(take(house.lead, address(house, name), "xlsx"))))
        assert all(cell.data_type != "f" for line in book.active.iter_rows() for cell in line), name
        lines = b"".join(take(house.lead, address(house, name), "jsonl")).splitlines()
        assert all(set(json.loads(line)) == set(client_lists.named(name).columns) for line in lines), name
    with scope(house):
        found = LedgerEntry.objects.filter(event="list.exported").order_by("seq")
        told = [(row.facts["list"], row.facts["form"], row.actor) for row in found]
    forms = ("csv", "xlsx", "jsonl")
    assert told == [(name, form, house.lead) for name in client_lists.names() for form in forms]


def test_tokens_leave_without_their_text_and_its_hash(house: World) -> None:
    whole = b"".join(take(house.lead, address(house, "tokens"), "jsonl")).decode()
    assert json.loads(whole)["ends_in"] == house.made.token.last4
    assert house.made.text not in whole
    assert house.made.token.token_sha256 not in whole


@pytest.mark.parametrize(
    ("who", "name", "status"),
    [
        ("sponsor", "members", 200), ("sponsor", "tokens", 403), ("sponsor", "waiting", 200),
        ("consultant", "tokens", 403), ("consultant", "invitations", 403), ("expert", "hosts", 200),
        ("outsider_lead", "members", 404), ("outsider_lead", "waiting", 404), ("expired", "hosts", 404),
        ("lead", "salaries", 404),
    ],
)  # fmt: skip
def test_a_list_leaves_only_for_who_sees_its_page(house: World, who: str, name: str, status: int) -> None:
    assert take(getattr(house, who), address(house, name)).status_code == status
    assert take(getattr(house, who), address(house, name), "exe").status_code == 404
    assert Client().get(address(house, name)).status_code == 302


def test_what_waits_leaves_over_all_clients_of_the_viewer_and_no_other(house: World) -> None:
    mine = rows_of(take(house.lead, "/waiting/file/"))
    assert {row["client"] for row in mine} == {"Harbor Mutual"}
    assert {row["engagement"] for row in mine} == {f"'{EVIL} harbor-mutual"}
    grants.add_member(house.lead, house.other, Role.CONSULTANT)
    both_clients = rows_of(take(house.lead, "/waiting/file/"))
    assert {row["client"] for row in both_clients} == {"Harbor Mutual", "Tern Housing"}
    assert rows_of(take(house.org_admin, "/waiting/file/")) == []
    page = rows_of(take(house.sponsor, address(house, "waiting")))
    shown = browser_of(house.sponsor).get(f"/{house.tenant.slug}/waiting/").text
    assert len(page) == shown.count('class="row-link"') > 0


def test_the_portfolio_leaves_as_json_with_numbers_and_nulls(house: World) -> None:
    answer = take(house.lead, "/portfolio.jsonl")
    found = json.loads(b"".join(answer))
    assert (found["client"], found["engagement"]) == ("Harbor Mutual", f"{EVIL} harbor-mutual")
    assert found["criteria_met"] == 0
    assert found["due"] is None
    assert take(house.sponsor, "/portfolio.jsonl").status_code == 404


# --- no list without a file --------------------------------------------------------------------------

STANDS_IN = {
    "assessments/_ranking.html": "pain_points.html takes the pain points",
    "assessments/_readiness_questions.html": "readiness.html takes every answer",
    "assessments/_steps.html": "process_map.html takes the steps",
    "demos/_fault_counts.html": "fault_reports.html takes the counts of every fault test",
    "demos/_flips.html": "comparison.html takes the flips",
    "engagements/_criteria_table.html": "gate.html takes the criteria",
    "engagements/pilot.html": "pilot_series.html takes all that was reported of each metric",
    "engagements/_waivers.html": "conditions.html takes the waivers",
    "portal/portfolio_table.html": "has its own three links, over the whole filter",
}
"""Parts of a page that takes them: template, and which."""

NO_LIST = {
    "assessments/_value_sides.html": "the terms of one value case; workbook.xlsx holds them with formulas",
    "assessments/pain_point.html": "the costs of one pain point; they leave with the list of pain points",
    "assessments/value_case.html": "one value case; workbook.xlsx",
    "assessments/readiness_question.html": "one answer with its history; the list of answers and the ledger",
    "demos/fault_report.html": "what was wanted of one caller; its counts and what people said are taken",
    "demos/_figures.html": "the figures of one run; report.json",
    "demos/_rates.html": "the rates of one run; report.json",
    "demos/_result.html": "the figures of one run; report.json",
    "demos/_live.html": "a run under way, whose results can be taken when it has ended",
    "demos/_load_live.html": "the last seconds of a load test under way",
    "demos/attempt.html": "one answer; it leaves with the attempts of its run",
    "demos/judge.html": "how one judge agrees with people; the API gives every opinion (judgings/…/opinions)",
    "demos/_opinions.html": "the words of one judge; the API gives them (judgings/…/opinions)",
    "demos/mapping.html": "a preview of the file that is being imported",
    "demos/grader_kinds.html": "the kinds of graders that the product has",
    "engagements/_brief_criteria.html": "one frozen round; report.json and pack.pdf",
    "engagements/_gate_now.html": "one gate; the criteria leave from its page",
    "engagements/_signatures.html": "one frozen round; report.json and pack.pdf",
    "engagements/_steps.html": "the next steps of one engagement; the list of what waits",
    "engagements/changes.html": "what differs between two rounds; both leave as report.json",
    "engagements/draft.html": "criteria being written; the list of criteria",
    "engagements/receipt.html": "one decision; proof.zip",
    "engagements/pilot_plan.html": "one plan; the report of the pilot",
    "engagements/pilot_import.html": "a preview of the file that is being imported",
    "engagements/templates.html": "each template leaves as YAML, whole and importable",
    "engagements/letterhead.html": "a form, and the versions of one letterhead",
    "assessments/frameworks.html": "each framework leaves as YAML, whole and importable",
    "assessments/readiness_framework.html": "the framework in use, which leaves as YAML",
    "assessments/crosswalk.html": "the framework’s references, which leave in its YAML",
    "assessments/my_sections.html": "the viewer’s own part of the list of sections",
    "account/own_account.html": "the person’s own ways to sign in",
    "mfa/recovery_codes/index.html": "secrets; allauth’s own download",
    "mfa/webauthn/authenticator_list.html": "the person’s own passkeys",
    "usersessions/usersession_list.html": "the person’s own sessions",
    "portal/gallery_numbers.html": "the gallery of components",
    "portal/gallery_page.html": "the gallery of components",
    "components/nav_client.html": "a menu",
    "components/nav_staff.html": "a menu",
    "components/sign_out.html": "a menu",
}
"""Templates with a table that is no list of rows to take away, and why."""

SHOWS_ROWS = re.compile(r"<table|<ul class=\"list\"")
TAKES = re.compile(r"take_list\.html")


def templates() -> dict[str, str]:
    return {str(file.relative_to(TEMPLATES)): file.read_text() for file in TEMPLATES.rglob("*.html")}


def test_every_page_that_lists_rows_takes_them_or_says_why_not() -> None:
    found = templates()
    lists = {name for name, text in found.items() if SHOWS_ROWS.search(text)}
    takes = {name for name, text in found.items() if TAKES.search(text)}
    assert lists - takes - set(STANDS_IN) - set(NO_LIST) == set()
    assert len(takes) > 30


# --- the lists of the API: each leaves as a file too --------------------------------------------------

SAME_LIST = {
    "targets": "systems", "review-rounds": "reviews", "findings": "privacy-findings",
    "probe-reports": "probe-results",
}  # fmt: skip
"""Last part of an address of the API, and what its rows are called as a file."""

OTHERWISE = {
    "engagements": "the portfolio, and what waits",
    "engagement-templates": "each leaves as YAML",
    "gates": "the criteria of every gate",
    "value-cases": "each leaves as a workbook with formulas",
    "report-presets": "settings of a client, no records",
    "cases": "cases/…/export/",
    "runs": "runs/export/",
    "attempts": "runs/…/export/",
    "metrics": "report.json of the run",
    "results": "report.json of the run",
    "judges": "JSON by the API: settings of one model",
    "judgings": "JSON by the API: one model on one run",
    "calibrations": "JSON by the API: one model on one run",
    "opinions": "JSON by the API: one model on one run",
    "items": "JSON by the API: what one reviewer is asked, blind until all is settled",
}


def api_lists() -> set[str]:
    """Last part of the address of every list of the API."""
    found = set()
    for route, view in _views("", get_resolver().url_patterns):
        if "list" in (getattr(view, "actions", None) or {}).values():
            found.add(route.rstrip("/").rpartition("/")[2])
    return found


def _views(prefix: str, patterns: list[Any]) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(route, pattern.url_patterns)
        elif route.startswith("api/"):
            yield route, pattern.callback


def test_every_list_of_the_api_leaves_as_a_file_or_says_why_not() -> None:
    lists = api_lists()
    taken = {SAME_LIST.get(name, name) for name in lists - set(OTHERWISE)}
    assert taken - set(names_of_lists()) == set()
    assert len(lists) > 30
    assert set(OTHERWISE) | set(SAME_LIST) <= lists


def test_no_reason_is_left_for_what_is_gone_or_is_taken() -> None:
    found = templates()
    excused = set(STANDS_IN) | set(NO_LIST)
    assert excused <= set(found)
    assert {name for name in NO_LIST if TAKES.search(found[name])} == set()
    for part, words in STANDS_IN.items():
        whole = words.split()[0]
        if whole.endswith(".html"):
            assert TAKES.search(found[f"{part.rpartition('/')[0]}/{whole}"]), part


def test_every_list_that_can_be_taken_is_offered_on_a_page() -> None:
    text = "".join(templates().values())
    for name in (*names_of_lists(), *client_lists.names()):
        assert f'"{name}"' in text, name
