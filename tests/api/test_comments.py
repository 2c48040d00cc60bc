"""Comments over the API: the walls of the pages hold for machines too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from engagements.services.comments import write_comment
from portal import grants
from portal.roles import Role
from portal.scope import tenant_scope
from portal.vocabulary import Visibility
from tests.api.conftest import Caller, token_for
from tests.engagements.conftest import make_world, start
from tests.engagements.conftest import person as client_person


@pytest.fixture
def talk(db):
    """Harbor's engagement, and a way to call the API as one of its people."""
    world = make_world()
    world.admin = client_person("Ines Admin", "client")
    grants.add_member(world.admin, world.harbor, Role.CLIENT_ADMIN)
    with tenant_scope([world.harbor.pk]):
        engagement = start(world)

    def as_person(person):
        house = type("Place", (), {"tenant": world.harbor})()
        return Caller(token_for(house, by=person, service=False))

    return world, engagement, as_person


def test_what_is_said_over_the_api_is_read_answered_and_resolved_there(talk):
    world, engagement, as_person = talk
    place, client = f"engagements/{engagement.public_id}/comments", as_person(world.admin)
    first = client.post(place, {"subject": engagement.public_id, "body": "When do we begin?"})
    assert (first.status_code, first.json()["visibility"], first.json()["thread"]) == (201, "client", None)
    lead = as_person(world.lead)
    answer = lead.post(
        place,
        {"subject": engagement.public_id, "body": "On Monday.", "visibility": "client",
         "thread": first.json()["id"]},
    )  # fmt: skip
    assert answer.json()["thread"] == first.json()["id"]
    done = lead.post(f"comments/{first.json()['id']}/resolution")
    assert (done.status_code, done.json()["resolved_by"]["name"]) == (200, world.lead.name)
    assert [row["body"] for row in client.get(place).json()["items"]] == ["On Monday.", "When do we begin?"]
    assert lead.post(f"comments/{first.json()['id']}/resolution").status_code == 409


def test_an_internal_comment_is_not_there_for_the_clients_machine(talk):
    world, engagement, as_person = talk
    with tenant_scope([world.harbor.pk]):
        hidden = write_comment(
            by=world.lead, engagement_id=engagement.pk, subject=engagement.public_id, body="Quagga",
            visibility=Visibility.INTERNAL,
        )  # fmt: skip
    place, client = f"engagements/{engagement.public_id}/comments", as_person(world.admin)
    assert client.get(place).json()["items"] == []
    assert client.post(f"comments/{hidden.public_id}/resolution").status_code == 404
    reply = {"subject": engagement.public_id, "body": "Aha", "thread": hidden.public_id}
    assert client.post(place, reply).status_code == 404
    assert [row["body"] for row in as_person(world.lead).get(place).json()["items"]] == ["Quagga"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"body": ""}, "/body"), ({"body": "x", "mentions": ["usr_no"]}, "/mentions")],
)
def test_bad_input_is_named_where_it_is(talk, body, pointer):
    world, engagement, as_person = talk
    place = f"engagements/{engagement.public_id}/comments"
    refused = as_person(world.lead).post(place, {"subject": engagement.public_id, **body})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)


def test_the_sponsor_sets_the_rule_on_names_and_who_works_there_reads_it(talk):
    world, _, as_person = talk
    sponsor, lead = Client(), as_person(world.lead)
    sponsor.force_login(world.sponsor)  # a sponsor has no tokens: this is the API in the browser
    assert lead.get("comment-names").json() == {"client": "harbor", "shown": True}
    changed = put(sponsor, {"shown": False, "client": "harbor"})
    assert (changed.status_code, changed.json()) == (200, {"client": "harbor", "shown": False})
    assert lead.get("comment-names", client="harbor").json()["shown"] is False
    assert put(lead.client, {"shown": True}).status_code == 403
    unclear = put(sponsor, {"client": "harbor"})
    assert (unclear.status_code, unclear.json()["errors"][0]["pointer"]) == (422, "/shown")
    assert put(sponsor, {"shown": True, "client": "other"}).status_code == 404
    assert lead.get("comment-names").json()["shown"] is False


def put(client: Client, body: dict[str, object]) -> Any:
    return client.put("/api/v1/comment-names", json.dumps(body), content_type="application/json")
