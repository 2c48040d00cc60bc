"""Which hosts are called: the operator's list and the client's list together, said where it is refused."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from demos.egress import egress_rules, note_call
from demos.engine.pricing import Price
from demos.services import targets
from demos.vocabulary import RunStatus
from portal.services.outbound import set_allowed_hosts
from tests.demos.conftest import spec_for
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC, LISTED, INSIDE, INSIDE_V6 = (
    "https://ai.example.com/ask", "https://listed.example.com/ask", "http://10.0.0.7:8080/ask",
    "http://[fd00::7]:8080/ask",
)  # fmt: skip


def listed(world: Any, *hosts: str) -> None:
    with scope(world):
        set_allowed_hosts(by=world.lead, tenant_id=world.tenant.pk, hosts=hosts)


@pytest.mark.parametrize(
    ("operator", "client", "named", "opened"),
    [
        ([], (), {PUBLIC, LISTED, INSIDE, INSIDE_V6}, set()),
        ([], ("listed.example.com",), {LISTED}, set()),
        (["10.0.0.7:8080"], (), {PUBLIC, LISTED, INSIDE, INSIDE_V6}, {("10.0.0.7", 8080)}),
        (["10.0.0.7:8080"], ("listed.example.com",), {LISTED}, set()),
        (["10.0.0.7:8080"], ("10.0.0.7",), {INSIDE}, {("10.0.0.7", 8080)}),
        (["[fd00::7]:8080"], ("[fd00::7]",), {INSIDE_V6}, {("fd00::7", 8080)}),
        (["10.0.0.7:9999"], ("10.0.0.7",), {INSIDE}, {("10.0.0.7", 9999)}),
    ],
    ids=["neither", "client", "operator", "operator without the client", "both", "both, IPv6", "other port"],
)
def test_a_host_needs_the_clients_list_and_an_internal_one_the_operators_too(
    world, settings, operator, client, named, opened
):
    """``named``: not refused by name. ``opened``: internal addresses that a socket may be opened to."""
    settings.ALLOWED_TARGETS = operator
    listed(world, *client)

    rules = egress_rules(world.tenant.pk)

    assert {url for url in (PUBLIC, LISTED, INSIDE, INSIDE_V6) if rules.refusal(url) is None} == named
    assert rules.internal == opened


def test_one_clients_list_does_not_bind_another(world):
    listed(world, "listed.example.com")
    assert egress_rules(world.other.pk).refusal(PUBLIC) is None


def test_a_refusal_names_the_page_where_hosts_are_listed_and_a_listed_host_is_called(
    world, engagement, answering, settings, client
):
    with scope(world):
        version = targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Upper", spec=spec_for(answering.url),
            price=Price("USD"),
        )  # fmt: skip

    def attempt() -> Any:
        return targets.try_connection(by=world.lead, tenant_id=world.tenant.pk, version_id=version.pk)

    listed(world, "listed.example.com")
    refused = attempt()
    place = f"{settings.BASE_URL}/{world.tenant.slug}/hosts/"
    assert (refused.works, refused.error_class) == (False, "blocked")
    assert refused.sentence == (
        f"127.0.0.1 is not on the list of hosts that may be called. The list is kept at {place}"
    )
    client.force_login(world.lead)
    assert client.get(place.removeprefix(settings.BASE_URL)).status_code == 200

    listed(world, "127.0.0.1")
    assert attempt().works

    settings.ALLOWED_TARGETS = []
    still_inside = attempt()
    assert "internal address that is not on the allow list" in still_inside.sentence
    assert len(answering.asked) == 1, "a refused call never leaves"


def test_a_run_follows_the_list_too(world, prepared, answering, monkeypatch):
    from demos.models import Attempt
    from demos.services import execution, runs

    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)
    order = prepared(["one", "two"])
    listed(world, "listed.example.com")
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)

    with scope(world):
        run.refresh_from_db()
        attempts = list(Attempt.objects.filter(run=run))
    assert (run.status, run.errored, answering.asked) == (RunStatus.FINISHED, 2, [])
    assert {attempt.error_class for attempt in attempts} == {"blocked"}
    assert all("/hosts/" in attempt.error_detail for attempt in attempts)


def test_the_log_says_which_host_is_called_for_which_client_and_nothing_of_the_address(world, caplog):
    caplog.set_level(logging.INFO, logger="gatehouse.outbound")

    note_call("https://user:pw@ai.example.com:8443/secret/path?key=1", tenant_id=world.tenant.pk, what="test")

    assert caplog.messages == [f"calls ai.example.com for client {world.tenant.pk}: test"]
