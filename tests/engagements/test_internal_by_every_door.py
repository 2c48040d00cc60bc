"""Invariant 8 of the domain: nothing internal reaches a client, by page, list, file, API, mail or paper."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from engagements.lists import names_of_lists
from engagements.models import GateRound
from engagements.services.comments import write_comment
from engagements.services.evidence import Given, hand_in
from engagements.vocabulary import EvidenceKind
from portal.models import OutboxEvent
from portal.services.delivery import deliver_waiting
from portal.vocabulary import Visibility
from tests.doors import browser_of
from tests.engagements.conftest import gate_of, pass_first_gate
from tests.engagements.test_invariants_by_every_door import url


@pytest.fixture
def zebra(world, engagement):
    """Something internal everywhere where something can be, under a word that stands nowhere else."""
    given = Given(effective_from=timezone.now().date(), file_name="zebra.txt", body=b"zebra", about=("G1-1",))
    item = hand_in(
        by=world.consultant, engagement_id=engagement.pk, title="Zebra margin", kind=EvidenceKind.FILE,
        given=given, visibility=Visibility.INTERNAL,
    ).item  # fmt: skip
    for subject in (engagement, gate_of(engagement, 1)):
        write_comment(
            by=world.consultant, engagement_id=engagement.pk, subject=subject.public_id, body="Zebra words",
            visibility=Visibility.INTERNAL, mentions=[world.lead.pk],
        )  # fmt: skip
    return item


PAGES = ("overview", "gates", "evidence", "comments", "conditions", "approvers", "ledger", "reports",
         "evidence_requests", "success_metric", "pilot", "engagement_waiting")  # fmt: skip
API = ("", "/gates", "/evidence", "/evidence-requests", "/conditions", "/measurements", "/waiting",
       "/reports", "/forecasts", "/risks")  # fmt: skip


def read(client: Client, address: str) -> tuple[int, bytes]:
    answer = client.get(address)
    return answer.status_code, b"".join(answer) if answer.streaming else answer.content


def test_8_nothing_internal_by_page_list_file_or_api(world, engagement, zebra):
    addresses = [url(name, engagement) for name in PAGES]
    addresses += [url("gate", engagement, gate_of(engagement, 1).pk), "/harbor/waiting/", "/", "/inbox/"]
    addresses += [url("export_list", engagement, name) for name in names_of_lists()]
    addresses += [f"/api/v1/engagements/{engagement.public_id}{rest}" for rest in API]
    for who in ("sponsor", "member", "auditor"):
        client = browser_of(getattr(world, who))
        found = {address: read(client, address) for address in addresses}
        assert {status for status, _ in found.values()} <= {200, 302, 403, 404}
        assert sum(status == 200 for status, _ in found.values()) > 25, who
        assert [address for address, (_, body) in found.items() if b"zebra" in body.lower()] == [], who
        assert read(client, url("evidence_item", engagement, zebra.pk))[0] == 404


def test_8_the_sweep_would_see_it(world, engagement, zebra):
    client = browser_of(world.lead)
    for address in (
        url("evidence", engagement),
        url("export_list", engagement, "comments"),
        url("engagement_waiting", engagement),
        f"/api/v1/engagements/{engagement.public_id}/evidence",
    ):
        assert b"zebra" in read(client, address)[1].lower(), address  # fmt: skip


def test_8_nothing_internal_in_mail_or_papers(world, engagement, zebra):
    pass_first_gate(world, engagement)
    row = GateRound.objects.get(gate=gate_of(engagement, 0))
    client = browser_of(world.sponsor)
    for name in ("pack", "report", "proof"):
        assert b"zebra" not in read(client, url(name, engagement, row.pk))[1].lower()
    assert "zebra" not in row.snapshot.body.lower()
    deliver_waiting(tenant_id=world.harbor.pk)
    letters = [letter for letter in mail.outbox if not letter.to[0].startswith(("jonas", "amira"))]
    assert letters
    assert not [one for one in mail.outbox if "zebra" in f"{one.subject}{one.body}".lower()]
    events = OutboxEvent.objects.values_list("facts", flat=True)
    assert not [facts for facts in events if "zebra" in str(facts).lower()]
