"""Every address of the product, called as everybody, for the rows of one client.

The outsider meets 404, never 403, and reads no name of that client; the stranger is asked to sign in.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.access.conftest import SECRET_WORDS, House
from tests.access.routes import KINDS, all_routes, kinds_of, routes_of

pytestmark = pytest.mark.django_db

INSIDE = ("lead", "consultant", "reviewer", "sponsor", "security", "expert", "client_member", "client_admin")
OUTSIDE = ("outsider_sponsor", "outsider_lead", "expired", "org_admin")
WRITERS = ("lead", "sponsor")
"""One person of each side, who may change most of what their side may change."""

METHODS = ("get", "post")
SERVER_ERROR = 500
NEEDS_MORE = {
    # 404 for people of the house too, because of what the row is and not whose it is
    "rounds/<rnd:round_id>/": "a round in preparation has no brief yet",
    "statements/": "a statement without its name is none",
    "questions/": "nobody asks about a round in preparation",
    "receipt/": "a round without a decision has no receipt",
    "pack.pdf": "a round without a snapshot has no pack",
    "report.json": "a round without a snapshot has no report",
    "proof.zip": "a round without a snapshot has no proof",
    "changes/": "a round without a snapshot has changed from nothing",
    "comments/follow/": "nothing is followed without saying what",
    "answer/": "an empty answer is shown on the brief, which a round in preparation has not",
}


def _send(client: Client, method: str, path: str, **headers: str) -> Any:
    if path.startswith("/api/") and method == "post":
        return client.post(path, data={}, content_type="application/json", headers=headers)
    return getattr(client, method)(path, headers=headers)


def _names_in(answer: Any, path: str) -> list[str]:
    """Names of the client in the answer that were not in the question."""
    text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(
        errors="replace"
    )
    return [word for word in SECRET_WORDS if word in text.replace(path, "")]


def test_every_route_is_classified_once() -> None:
    wrong = {route: kinds_of(route) for route in all_routes() if len(kinds_of(route)) != 1}

    assert not wrong, (
        "Say in tests/access/routes.py who may have an answer from these addresses: "
        + ", ".join(f"{route!r} ({kinds or 'nowhere'})" for route, kinds in wrong.items())
    )


def test_every_classified_route_is_still_there() -> None:
    there = {route.rstrip("/") if route.startswith("api/") else route for route in all_routes()}
    gone = set().union(*KINDS.values()) - there

    assert not gone, f"Take these out of tests/access/routes.py: {sorted(gone)}"


def test_a_route_below_a_client_is_classified_as_such() -> None:
    for route in all_routes():
        if "<slug:tenant>" in route:
            assert kinds_of(route) == ["CLIENT"], route


@pytest.mark.parametrize("route", routes_of("CLIENT"))
def test_who_has_no_place_meets_nothing(house: House, route: str) -> None:
    path = house.path(route)
    for persona in OUTSIDE:
        for method in METHODS:
            answer = _send(house.client(persona), method, path)
            assert (persona, method, answer.status_code) == (persona, method, 404)
            assert _names_in(answer, path) == []


@pytest.mark.parametrize("route", [route for route in routes_of("CLIENT") if "_id>" in route])
def test_a_row_is_not_reached_through_ones_own_client(house: House, route: str) -> None:
    path = house.path(route, tenant=house.world.other)
    for persona in ("outsider_sponsor", "outsider_lead"):
        for method in METHODS:
            answer = _send(house.client(persona), method, path)
            assert answer.status_code in {404, 405}, (persona, method)
            assert _names_in(answer, path) == []


@pytest.mark.parametrize("route", [route for route in routes_of("CLIENT") if "<eng:" in route])
def test_a_guest_of_another_engagement_meets_nothing(house: House, route: str) -> None:
    path = house.path(route)
    for method in METHODS:
        answer = _send(house.client("guest"), method, path)
        assert answer.status_code in {404, 405}, method
        assert "Zebra triage" not in answer.content.decode(errors="replace")


@pytest.mark.parametrize("route", routes_of("CLIENT", "PERSONAL"))
def test_a_stranger_is_asked_to_sign_in(house: House, route: str) -> None:
    path = house.path(route)
    for method in METHODS:
        answer = _send(Client(raise_request_exception=False), method, path)
        assert answer.status_code in {302, 405}, method
        if answer.status_code == 302:
            assert answer["Location"].startswith((reverse("account_login"), "/")), answer["Location"]
        assert _names_in(answer, path) == []


@pytest.mark.parametrize("route", routes_of("CLIENT"))
def test_the_people_of_the_house_reach_it(house: House, route: str) -> None:
    """Otherwise the tests above would prove nothing: the row must be there for somebody."""
    path = house.path(route)
    asked = [*((persona, "get") for persona in INSIDE), *((persona, "post") for persona in WRITERS)]
    answers = {
        (persona, method): _send(house.client(persona), method, path).status_code for persona, method in asked
    }

    assert max(answers.values()) < SERVER_ERROR, answers
    if not any(route.endswith(end) for end in NEEDS_MORE):
        assert any(status not in {404, 405} for status in answers.values()), answers


@pytest.mark.parametrize("route", routes_of("PERSONAL", "OPEN"))
def test_what_spans_clients_names_none_to_an_outsider(house: House, route: str) -> None:
    if "^" in route:
        pytest.skip("a pattern, not an address: the key of a password reset, and any unknown API address")
    path = house.path(route)
    for persona in OUTSIDE:
        answer = _send(house.client(persona), "get", path)
        assert answer.status_code < SERVER_ERROR, persona
        assert _names_in(answer, path) == []


def test_an_outsider_cannot_mark_anothers_notification(house: House) -> None:
    path = house.path("inbox/<ntf:notification_id>/read/")
    for persona in (*OUTSIDE, "security"):
        assert _send(house.client(persona), "post", path).status_code == 404


# The API


@pytest.mark.parametrize("route", routes_of("API_OBJECT", "API_LIST"))
def test_the_api_knows_nobody_without_a_token(house: House, route: str) -> None:
    path = house.path(route)
    for method in METHODS:
        for headers in ({}, {"Authorization": "Bearer gth_pat_nonsense"}):
            answer = _send(Client(raise_request_exception=False), method, path, **headers)
            assert answer.status_code == 401, method
            assert _names_in(answer, path) == []


BODIES = [
    ("post", b"{}", "application/json"),
    ("post", b'{"title": ', "application/json"),
    ("post", b"<a/>", "application/xml"),
    ("post", b"--x", "multipart/form-data; boundary=x"),
    ("put", b"[1, 2]", "application/json"),
    ("patch", b"", "nonsense"),
    ("delete", b"", "application/json"),
]
"""What no operation takes, or what one takes and another does not."""


@pytest.mark.parametrize("route", [one for one in routes_of("API_OBJECT") if not one.endswith("/")])
def test_the_api_shows_an_outsider_nothing_whatever_is_sent(house: House, route: str) -> None:
    """404, the very answer that a row of nobody gives; reading where nothing is read may answer 405."""
    path, of_nobody = house.path(route), house.path(route, unknown=True)
    bearers = [{"Authorization": f"Bearer {house.bearer[name]}"} for name in ("outsider_lead", "expired")]
    machine = Client(raise_request_exception=False)
    callers = [(house.client(persona), {}) for persona in (*OUTSIDE, "guest")]
    for client, headers in [*callers, *((machine, bearer) for bearer in bearers)]:
        answer = client.get(path, headers=headers)
        assert answer.status_code in {404, 405}
        assert _names_in(answer, path) == []
    for persona in ("outsider_sponsor", "guest"):
        answer = house.client(persona).post(path, b"{", content_type="application/xml")
        assert answer.status_code == 404, persona
    nobodys = _without_trace(_send(machine, "post", of_nobody, **bearers[0]), of_nobody)
    for method, body, kind in BODIES:
        answer = machine.generic(method.upper(), path, body, content_type=kind, headers=bearers[0])
        assert (method, kind, answer.status_code) == (method, kind, 404)
        assert _without_trace(answer, path) == nobodys, (method, kind)


def _without_trace(answer: Any, path: str) -> str:
    body = answer.json()
    body.pop("trace_id")
    return json.dumps(body).replace(path, "")


@pytest.mark.parametrize("route", routes_of("API_OBJECT"))
def test_the_api_shows_the_house_its_rows(house: House, route: str) -> None:
    """Otherwise the 404 above would prove nothing."""
    path = house.path(route)
    bearer = {"Authorization": f"Bearer {house.bearer['lead']}"}
    client = Client(raise_request_exception=False)
    answers = {method: _send(client, method, path, **bearer).status_code for method in METHODS}

    assert max(answers.values()) < SERVER_ERROR, answers
    assert any(status not in {404, 405} for status in answers.values()), answers


@pytest.mark.parametrize("route", routes_of("API_LIST"))
def test_a_list_holds_nothing_of_another_client(house: House, route: str) -> None:
    path = house.path(route)
    for persona in OUTSIDE:
        answer = _send(house.client(persona), "get", path)
        assert answer.status_code < SERVER_ERROR
        assert _names_in(answer, path) == []
        assert str(house.world.tenant.public_id) not in answer.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_page_replaces_or_deletes_a_row_for_an_outsider(house: House, method: str) -> None:
    """Over the API this is asked above, with a body of each kind."""
    for route in routes_of("CLIENT"):
        path = house.path(route)
        answer = getattr(house.client("outsider_lead"), method)(
            path, data={}, content_type="application/json"
        )
        assert answer.status_code in {404, 405, 415}, path
        assert _names_in(answer, path) == []
