"""Invariants 13 and 18 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 404 or 405. The other numbers are in the files beside.
"""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demos.models import TargetVersion
from engagements.lists import names_of_lists
from engagements.services.engagements import create_engagement
from portal import audit, grants, secrets, tokens
from portal.errors import Forbidden, Invalid
from portal.models import ApiToken, LedgerEntry, OutboxEvent, Secret
from portal.roles import ACTIONS, CLIENT_ONLY_ACTIONS, Role
from portal.services.delivery import deliver_waiting
from portal.services.signing import SigningProof
from portal.services.tokens import CreatedToken, create_token
from portal.vocabulary import TOKEN_CREATED
from tests.doors import NO_SUCH_VERB, UNSAFE, browser_of, by_sql, refused_by_the_database, send, shell
from tests.personas import PASSWORD, scope

pytestmark = pytest.mark.django_db
FRESH = SigningProof(method="password", age_s=5, second_factor=False)
VALUE = "Sentinel-7f3c9ae1"
SOON = timedelta(days=30)


@pytest.fixture
def inside(world):
    """The world, inside the walls of its first client."""
    with scope(world):
        yield world


def make_token(
    world: Any, *, by: Any = None, scopes: Any = tuple(tokens.SCOPES), **more: Any
) -> CreatedToken:
    return create_token(
        by=by or world.lead, proof=FRESH, tenant_id=world.tenant.pk, name=more.pop("name", "machine"),
        scopes=scopes, expires=timezone.now() + SOON, **more,
    )  # fmt: skip


def text_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


# --- 13: the value of a secret stands nowhere ---------------------------------------------------------


@pytest.fixture
def guarded(inside, engagement, caplog):
    """The address of a target whose key was given by page; everything that was logged meanwhile is kept."""
    caplog.set_level(logging.DEBUG)
    base = f"/{inside.tenant.slug}/engagements/{engagement.public_id}/"
    given = {
        "kind": "generic_json", "name": "Guarded", "url": "https://ai.example.com/ask",
        "answer_path": "$.answer", "template": '{"question": "{{question}}"}', "key": VALUE,
        "timeout_s": "60", "concurrency": "4",
    }  # fmt: skip
    browser = browser_of(inside.lead)
    for wrong in ({"name": ""}, {"template": "{"}, {"url": "no address"}):
        refused = browser.post(base + "targets/new/", given | wrong)
        assert (refused.status_code, VALUE in text_of(refused)) == (422, False), wrong
    assert browser.post(base + "targets/new/", given).status_code == 302
    version = TargetVersion.objects.select_related("target").get()
    assert secrets.read_secrets(inside.tenant.pk, [name(version)]) == {name(version): VALUE}
    return base, version.target


NOT_BEGUN = ("lists/readiness-", "lists/contradictions")


def name(version: TargetVersion) -> str:
    return str(version.config["headers"][0]["secret"])


def test_13_no_page_list_or_file_shows_a_secret(inside, guarded):
    base, target = guarded
    browser = browser_of(inside.lead)
    pages = [
        "",
        "evaluations/",
        "ledger/",
        f"targets/{target.public_id}/",
        f"targets/{target.public_id}/edit/",
    ]
    pages += [f"lists/{one}/?form={form}" for one in names_of_lists() for form in ("csv", "jsonl")]
    for page in pages:
        answer = browser.get(base + page)
        assert VALUE not in text_of(answer), page
        assert answer.status_code == 200 or page.startswith(NOT_BEGUN), page
    assert "Guarded" in text_of(browser.get(f"{base}targets/{target.public_id}/"))


def test_13_no_answer_of_the_api_shows_a_secret(inside, engagement, guarded):
    _, target = guarded
    browser, here = browser_of(inside.lead), f"engagements/{engagement.public_id}"
    for address in (f"{here}/targets", f"targets/{target.public_id}", "ledger", "engagements"):
        answer = send(browser, "get", address)
        assert (answer.status_code, VALUE in text_of(answer)) == (200, False), address
    for address in (
        "secrets",
        f"{here}/secrets",
        f"targets/{target.public_id}/secrets",
        Secret.objects.get().public_id,
    ):
        for verb in ("get", *UNSAFE):
            assert send(browser, verb, address).status_code in NO_SUCH_VERB, address


def test_13_no_answer_of_the_api_has_a_place_for_a_secret():
    document = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())
    shapes, names, seen = document["components"]["schemas"], set(), set()
    operations = [one for path in document["paths"].values() for one in path.values() if "responses" in one]
    waiting = [json.dumps(operation["responses"]) for operation in operations]
    while waiting:
        for name in set(re.findall(r"#/components/schemas/(\w+)", waiting.pop())) - seen:
            seen.add(name)
            names |= set(shapes[name].get("properties", {}))
            waiting.append(json.dumps(shapes[name]))
    assert {"config_sha256", "snapshot_sha256", "title"} <= names
    assert not names & {"ciphertext", "key_id", "token_sha256", "password", "secrets"}


def test_13_neither_rows_nor_mail_nor_log_hold_a_secret(inside, guarded, caplog):
    deliver_waiting(tenant_id=inside.tenant.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = [row[0] for row in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FILTER (WHERE t::text ~ %s), count(*) FROM "{table}" t', [VALUE])
            found[table] = cursor.fetchone()
    assert {table for table, (held, _) in found.items() if held} == set()
    assert all(found[table][1] for table in ("portal_secret", "portal_ledgerentry", "demos_targetversion"))
    assert VALUE not in caplog.text
    assert not [letter for letter in mail.outbox if VALUE in letter.body]


def test_13_the_shell_prints_no_secret(inside, guarded):
    out = io.StringIO()
    code = """from portal.models import LedgerEntry, OutboxEvent, Secret
for model in (Secret, LedgerEntry, OutboxEvent):
    print(list(model.objects.values()), list(model.objects.all()))
"""
    call_command("shell", command=code, no_imports=True, stdout=out)
    row = Secret.objects.get()
    assert VALUE not in f"{out.getvalue()}{row!r}{row}{vars(row)}"
    with pytest.raises(Invalid) as refused:
        secrets.read_secrets(inside.tenant.pk, ["missing"])
    assert VALUE not in str(refused.value.detail)


def test_13_the_database_takes_the_text_of_a_token_into_no_entry_and_event(inside):
    made = make_token(inside)
    for told in (made.text, f"called with {made.text} twice"):
        refused_by_the_database(
            lambda t=told: audit.record(
                actor=inside.lead, event=TOKEN_CREATED, subject=inside.tenant, facts={"expires": t}
            ),
            "ledger_tells_no_token",
        )
    entry = LedgerEntry.objects.filter(event="token.created").get()
    event = OutboxEvent.objects.get(entry=entry)
    event.pk, event.facts = made.token.pk, {"x": made.text}
    refused_by_the_database(lambda: event.save(force_insert=True), "outbox_tells_no_token")
    plain = ApiToken.objects.get(pk=made.token.pk)
    plain.pk, plain.token_sha256 = event.entry_id, made.text
    refused_by_the_database(lambda: plain.save(force_insert=True), "stored_as_its_hash")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_apitoken t WHERE t::text ~ %s", [made.text[8:-6]])
        assert cursor.fetchone() == (0,)


# --- 18: a token opens what its owner may do at this moment ------------------------------------------------


def call(made: CreatedToken, method: str, address: str, body: Any = None) -> Any:
    return send(Client(), method, address, body, headers={"Authorization": f"Bearer {made.text}"})


def test_18_what_the_owner_loses_the_token_loses_at_its_next_call(world):
    with scope(world):
        made = make_token(world)
        machine = make_token(world, service=True)
    assert call(made, "post", "engagements", {"title": "One"}).status_code == 201
    assert call(machine, "get", "engagements").json()["items"]
    grants.end_membership(world.lead.memberships.get())
    grants.add_member(world.lead, world.tenant, Role.REVIEWER)
    assert call(made, "post", "engagements", {"title": "Two"}).status_code == 403
    listed = call(made, "get", "engagements").json()["items"]
    assert [row["title"] for row in listed] == ["One"]
    for membership in world.lead.memberships.all():
        grants.end_membership(membership)
    assert call(made, "get", "engagements").json()["items"] == []
    assert call(made, "get", f"engagements/{listed[0]['id']}").status_code == 404
    grants.end_membership(machine.token.owner.memberships.get())
    assert call(machine, "get", "engagements").json()["items"] == []


def test_18_a_scope_gives_nothing_that_the_owner_does_not_have(world):
    with scope(world):
        create_engagement(by=world.lead, tenant=world.tenant, title="There")
        made = make_token(world)
        ApiToken.objects.filter(pk=made.token.pk).update(last_used=timezone.now())
        row = ApiToken.objects.get(pk=made.token.pk)
        row.pk, row.owner, row.token_sha256 = None, world.client_member, tokens.digest(made.text)
        by_sql("DELETE FROM portal_apitoken WHERE id = %s", made.token.pk)
        row.pk = made.token.pk
        row.save(force_insert=True)  # every scope, for a person who may only read
    assert call(made, "get", "engagements").status_code == 200
    assert call(made, "post", "engagements", {"title": "Mine"}).status_code == 403
    assert call(made, "get", "ledger").json().get("items", []) == []


def test_18_a_token_signs_in_nowhere_and_binds_nobody(world):
    with scope(world):
        engagement = create_engagement(by=world.lead, tenant=world.tenant, title="There")
        made = make_token(world)
    bearer = {"headers": {"Authorization": f"Bearer {made.text}"}}
    for page in (
        "/",
        f"/{world.tenant.slug}/tokens/",
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/",
    ):
        answer = Client().get(page, **bearer)
        assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (302, True), page
    assert not {scope.split(":")[1] for scope in tokens.SCOPES} & {"decide", "seal", "sign"}
    assert set(ACTIONS) >= CLIENT_ONLY_ACTIONS
    for address in ("tokens", f"tokens/{made.token.public_id}", f"engagements/{engagement.public_id}/tokens"):
        for verb in ("get", *UNSAFE):
            answer = send(Client(), verb, address, {"scopes": ["ledger:read"]}, **bearer)
            assert answer.status_code in NO_SUCH_VERB, address


def test_18_no_page_gives_a_scope_that_there_is_not_nor_lets_who_may_not(inside):
    address = f"/{inside.tenant.slug}/tokens/"
    given = {"name": "x", "kind": "personal", "scopes": ["gates:decide"], "days": "30"}
    for who, scopes, status in (("lead", ["gates:decide"], 422), ("consultant", ["runs:read"], 403)):
        browser, person = Client(), getattr(inside, who)
        browser.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        assert browser.post(address, given | {"scopes": scopes}).status_code == status, who
    assert not ApiToken.objects.exists()


def test_18_the_shell_makes_no_wider_token_and_widens_none(inside):
    with pytest.raises(Invalid):
        make_token(inside, scopes=["gates:decide"])
    with pytest.raises(Forbidden):
        make_token(inside, by=inside.consultant)
    make_token(inside, scopes=["runs:read"])
    code = "from portal.models import ApiToken\nApiToken.objects.update(scopes=['runs:start'])\n"
    refused_by_the_database(lambda: shell(code), "neither widened nor prolonged")


def test_18_the_database_keeps_what_a_token_was_made_for(inside):
    made = make_token(inside, scopes=["runs:read"])
    for change, value in (
        ("scopes = %s", ["runs:read", "runs:start"]),
        ("owner_id = %s", inside.sponsor.pk),
        ("tenant_id = %s", inside.other.pk),
        ("expires = %s", timezone.now() + timedelta(days=300)),
        ("token_sha256 = %s", "a" * 64),
        ("kind = %s", "svc"),
    ):
        statement = f"UPDATE portal_apitoken SET {change} WHERE id = %s"
        refused_by_the_database(lambda s=statement, v=value: by_sql(s, v, made.token.pk), "neither widened")
    by_sql("UPDATE portal_apitoken SET revoked_at = now(), expires = now() WHERE id = %s", made.token.pk)
    back = "UPDATE portal_apitoken SET revoked_at = NULL WHERE id = %s"
    refused_by_the_database(lambda: by_sql(back, made.token.pk), "neither widened")
