"""A secret that is given once is nowhere afterwards: no table, log, page, export, API answer or mail."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from demos.engine.targets.spec import Header
from demos.models import Run
from demos.services import execution, runs, targets
from portal.services.delivery import deliver_waiting
from tests.demos.conftest import spec_for
from tests.personas import both, scope

pytestmark = pytest.mark.django_db(transaction=True)

CORE = "sentinel-4c1e9f~Qz"
SECRET = f"Zq{CORE}+7/x=="
FORMS = (
    CORE, SECRET, quote(SECRET), quote(SECRET, safe=""), SECRET.encode().hex(), SECRET[::-1],
    base64.b64encode(SECRET.encode()).decode().rstrip("="),
    base64.b64encode(f"Bearer {SECRET}".encode()).decode().rstrip("="),
)  # fmt: skip
PLANTED = "quagga-31d7"
"""A word that is stored on purpose: the search that does not find it would find no secret either."""


def held_in(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def every_row(world: Any) -> Iterator[tuple[str, str]]:
    """(table, row as text) of the whole database, as its owner reads it."""
    with both(world), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield table, row


def test_a_secret_is_nowhere_after_everything_was_done_with_it(world, prepared, answering, caplog):
    caplog.set_level(logging.DEBUG)
    order = prepared([f"one {PLANTED}", "wrong two", "denied three", "broken four"])
    with scope(world):
        version = targets.register_target(
            by=world.lead, engagement_id=order["engagement_id"], name="Guarded",
            spec=spec_for(answering.url, headers=(Header("Authorization", "Bearer ", secret="key"),)),
            price=runs_price(), secrets={"key": SECRET},
        )  # fmt: skip
    targets.try_connection(by=world.lead, tenant_id=world.tenant.pk, version_id=version.pk, question="denied")
    with scope(world):
        run = runs.start_run(by=world.lead, **(order | {"target_version_id": version.pk}))
    execution.execute_shard(tenant_id=world.tenant.pk, run_id=run.pk)
    deliver_waiting(tenant_id=world.tenant.pk)
    with scope(world):
        run = Run.objects.select_related("engagement").get(pk=run.pk)
    assert (run.status, run.errored) == ("finished", 2)

    rows = list(every_row(world))
    assert {table for table, row in rows if PLANTED in row.lower()} >= {"demos_case", "demos_attempt"}
    assert [(table, row[:80]) for table, row in rows if held_in(row)] == []
    assert "calls 127.0.0.1" in caplog.text
    assert held_in(caplog.text) == []
    assert [letter.subject for letter in mail.outbox if held_in(letter.subject + letter.body)] == []

    browser = Client()
    browser.force_login(world.lead)
    base = f"/{world.tenant.slug}/engagements/{run.engagement.public_id}/"
    target = f"{base}targets/{version.target.public_id}/"
    pages = [base, target, f"{target}edit/", f"{base}runs/{run.public_id}/", f"{base}ledger/"]
    pages += [f"{base}runs/{run.public_id}/export/?format={kind}" for kind in ("csv", "jsonl", "xlsx")]
    api = "/api/v1/"
    pages += [
        f"{api}targets/{version.target.public_id}", f"{api}runs/{run.public_id}/attempts",
        f"{api}runs/{run.public_id}", f"{api}ledger", f"{api}openapi.json",
    ]  # fmt: skip
    for page in pages:
        answer = browser.get(page)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == 200, page
        assert held_in(body.decode(errors="replace")) == [], page


def runs_price() -> Any:
    from demos.engine.pricing import Price

    return Price("USD")
