"""Invariants 1, 2, 6, 7, 16 and 17 of the domain: at the database, by page, by API and from the shell.

What a door has no verb for is stated as such: 403, 404 or 405. The other numbers are in the files beside.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from engagements.models import CriteriaSet, Decision, Delegation, Engagement, GateRound, Reopening, Stage
from engagements.rules.decisions import DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome, RoundStatus
from portal.audit import broken_links
from portal.errors import Forbidden, GatehouseError, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from portal.scope import tenant_scope
from tests.doors import browser_of, by_sql, refused_by_the_database, send, shell
from tests.engagements.conftest import Shown, fresh, gate_of, later, pass_first_gate, seal_gate
from tests.engagements.test_conditions import save_and_check
from tests.engagements.test_invariants_by_every_door import hand_in as submit_by
from tests.engagements.test_invariants_by_every_door import sign_in, url

SIGNATURE = {"outcome": "approve", "signed_name": "Margaret Osei", "has_read": "on"}
DECIDE = """
from engagements.rules.decisions import DecisionTerms
from engagements.services import gates
from engagements.vocabulary import Outcome
from portal.models import User
from tests.engagements.conftest import Shown
person = User.objects.get(pk=who)
terms = DecisionTerms(Outcome.APPROVE, signed_name=person.name)
gates.decide_gate(by=person, round_id=round_id, terms=terms, proof=Shown())
"""


# --- 1: a decision exists iff its round is decided; one open round a gate -------------------------


@pytest.mark.parametrize("door", ["page", "api", "shell"])
def test_1_a_gate_has_one_open_round_by_every_door(world, engagement, door):
    pass_first_gate(world, engagement)
    seal_gate(world, engagement, 1)
    gate, client = gate_of(engagement, 1), browser_of(world.lead)
    submit_by(door, client, world, gate)
    if door == "page":
        again = client.post(
            url("submit", engagement, gate.pk), {"next_step": "", "due": later(9).isoformat()}
        )
        assert again.status_code == 409
    elif door == "api":
        assert send(client, "post", f"gates/{gate.public_id}/rounds").status_code == 409
    else:
        with pytest.raises(WrongMoment):
            submit_by(door, client, world, gate)
    first = GateRound.objects.get(gate=gate)
    copy = {
        "tenant": world.harbor,
        "engagement": engagement,
        "gate": gate,
        "criteria_set": first.criteria_set,
    }
    for number in (1, 2):
        refused_by_the_database(lambda n=number: GateRound.objects.create(**copy, number=n))


@pytest.mark.parametrize("door", ["page", "shell"])
def test_1_a_round_is_decided_once_and_by_its_decision_alone(world, engagement, demo_round, door):
    client = Client()
    sign_in(client, world.sponsor)

    def decide() -> Any:
        if door == "page":
            return client.post(url("decide", engagement, demo_round.pk), SIGNATURE).status_code
        return shell(DECIDE, who=world.sponsor.pk, round_id=demo_round.pk)

    assert decide() in (302, None)
    if door == "page":
        assert decide() == 409
    else:
        with pytest.raises(GatehouseError):
            decide()
    row = GateRound.objects.get(pk=demo_round.pk)
    assert (row.status, row.decision_id) == ("decided", Decision.objects.get(round=row).pk)
    for statement in (
        "UPDATE engagements_gateround SET status = 'submitted', decision_id = NULL WHERE id = %s",
        "UPDATE engagements_gateround SET decision_id = NULL WHERE id = %s",
        "DELETE FROM engagements_decision WHERE round_id = %s",
    ):
        refused_by_the_database(lambda s=statement: by_sql(s, row.pk))


def test_1_no_door_calls_a_round_decided_without_a_decision(world, demo_round):
    def lie() -> None:
        GateRound.objects.filter(pk=demo_round.pk).update(status=RoundStatus.DECIDED)

    refused_by_the_database(lie)
    refused_by_the_database(
        lambda: by_sql("UPDATE engagements_gateround SET decision_id = id WHERE id = %s", demo_round.pk)
    )
    for method in ("put", "patch", "delete"):
        address = f"gates/{demo_round.gate.public_id}/rounds"
        assert send(browser_of(world.sponsor), method, address).status_code == 405


# --- 2: who signs ---------------------------------------------------------------------------------


def test_2_who_may_not_sign_does_so_by_no_door(world, engagement, demo_round):
    for who in ("lead", "consultant", "member", "auditor", "outsider"):
        person, client = getattr(world, who), Client()
        sign_in(client, person)
        given = SIGNATURE | {"signed_name": person.name}
        by_page = client.post(url("decide", engagement, demo_round.pk), given).status_code
        by_api = send(client, "post", f"gates/{demo_round.gate.public_id}/decisions", given).status_code
        assert (by_page, by_api) == ((404, 404) if who == "outsider" else (403, 403)), who
        with pytest.raises(GatehouseError):
            shell(DECIDE, who=person.pk, round_id=demo_round.pk)
    assert not Decision.objects.filter(round=demo_round).exists()


def test_2_nobody_signs_over_the_api_not_even_who_decides(world, demo_round):
    answer = send(
        browser_of(world.sponsor), "post", f"gates/{demo_round.gate.public_id}/decisions", SIGNATURE
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "decider-not-allowed")


def test_2_a_signature_needs_a_fresh_proof_by_page(world, engagement, demo_round):
    client = browser_of(world.sponsor)  # a session without a sign-in of the last five minutes
    answer = client.post(url("decide", engagement, demo_round.pk), SIGNATURE)
    assert answer.status_code in (302, 403)
    assert not Decision.objects.filter(round=demo_round).exists()


# --- 6: re-opening makes the next round and leaves the earlier ones alone --------------------------

REOPEN = """
from engagements.services import rounds
from portal.models import User
rounds.reopen_gate(by=User.objects.get(pk=who), gate_id=gate, reason='The log was miscounted.')
"""


@pytest.mark.parametrize("door", ["page", "shell"])
def test_6_reopening_leaves_earlier_rounds_alone_by_every_door(world, engagement, demo_round, door):
    terms = DecisionTerms(Outcome.APPROVE, signed_name="Margaret Osei")
    gates.decide_gate(by=fresh(world.sponsor), round_id=demo_round.pk, terms=terms, proof=Shown())
    before = list(GateRound.objects.order_by("pk").values())
    decisions = list(Decision.objects.order_by("pk").values())
    gate = gate_of(engagement, 0)
    if door == "page":
        sent = browser_of(world.lead).post(
            url("reopen", engagement, gate.pk), {"reason": "The log was wrong."}
        )
        assert sent.status_code == 302
    else:
        shell(REOPEN, who=world.lead.pk, gate=gate.pk)

    assert list(GateRound.objects.order_by("pk").values()) == before
    assert list(Decision.objects.order_by("pk").values()) == decisions
    assert Reopening.objects.get().round_number == 2
    stages = dict(Stage.objects.filter(engagement=engagement).values_list("kind", "status"))
    assert (stages["pain_points"], stages["demo"]) == ("in_progress", "basis_changed")


def test_6_the_api_reopens_nothing(world, demo_round):
    address = f"gates/{demo_round.gate.public_id}"
    for rest in ("/reopenings", "/reopen"):
        assert send(browser_of(world.lead), "post", address + rest).status_code == 404


# --- 7: everything stays in its client, and the ledger has no hole ---------------------------------


def test_7_no_door_takes_a_row_of_another_client(world, engagement, demo_round):
    client = browser_of(world.sponsor)
    with tenant_scope([world.other.pk]):
        foreign = Engagement.objects.create(tenant=world.other, code="O-1", title="O", lead=world.lead)
    for name in ("overview", "gates", "engagement_waiting"):
        assert client.get(url(name, foreign)).status_code == 404
        moved = url(name, foreign).replace("/harbor/", "/other/")
        assert client.get(moved).status_code == 404
    assert send(client, "get", f"engagements/{foreign.public_id}").status_code == 404
    body = {"receiver": world.outsider.public_id, "scope": "", "until": later(5).isoformat()}
    assert client.post(url("approvers", engagement), body).status_code == 422
    assert not Delegation.objects.exists()


def test_7_the_shell_cannot_tie_a_row_to_another_client(world, engagement):
    with tenant_scope([world.harbor.pk, world.other.pk]):
        row = CriteriaSet(tenant=world.other, engagement=engagement, gate=gate_of(engagement, 1), number=9)
        with pytest.raises(IntegrityError):
            save_and_check(row)


def test_7_the_ledger_has_no_hole_after_work_by_every_door(world, engagement, demo_round):
    lead, sponsor = browser_of(world.lead), Client()
    sign_in(sponsor, world.sponsor)
    sponsor.post(url("decide", engagement, demo_round.pk), SIGNATURE)
    send(lead, "post", f"gates/{demo_round.gate.public_id}/rounds")  # refused: leaves no number behind
    lead.post(url("reopen", engagement, gate_of(engagement, 0).pk), {"reason": "Again."})
    seqs = list(LedgerEntry.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert broken_links(world.harbor.pk) == []
    refused_by_the_database(lambda: by_sql("DELETE FROM portal_ledgerentry WHERE seq = 3"))


# --- 16: one ledger entry and one event for each change -------------------------------------------


def change_by(door: str, world: Any, engagement: Engagement) -> None:
    """The same change of an engagement through one door."""
    client, now = browser_of(world.lead), Engagement.objects.get(pk=engagement.pk)
    if door == "page":
        given = {"title": "By page", "problem_statement": "", "version": now.version}
        assert client.post(url("edit", engagement), given).status_code == 302
    elif door == "api":
        address = f"/api/v1/engagements/{engagement.public_id}"
        headers = {"If-Match": client.get(address)["ETag"]}
        body = {"title": "By API"}
        sent = client.patch(address, body, headers=headers, content_type="application/json")
        assert sent.status_code == 200
    else:
        shell(
            "from engagements.services.engagements import change_engagement\n"
            "from portal.models import User\n"
            "change_engagement(by=User.objects.get(pk=who), engagement_id=key, version=int(version),"
            " title='By shell', problem_statement='', sponsor=None)\n",
            who=world.lead.pk, key=engagement.pk, version=now.version,
        )  # fmt: skip


def told() -> tuple[int, int]:
    return LedgerEntry.objects.count(), OutboxEvent.objects.count()


@pytest.mark.parametrize("door", ["page", "api", "shell"])
def test_16_a_change_is_one_entry_and_one_event_by_every_door(world, engagement, door):
    before = told()
    change_by(door, world, engagement)
    assert told() == (before[0] + 1, before[1] + 1)
    entry = LedgerEntry.objects.latest("seq")
    event = OutboxEvent.objects.latest("created_at")
    assert (entry.event, entry.actor, event.entry_id) == ("engagement.changed", world.lead, entry.pk)


def test_16_what_is_refused_is_told_nowhere_by_every_door(world, engagement):
    before, client = told(), browser_of(world.member)
    assert client.post(url("edit", engagement), {"title": "x", "version": 1}).status_code == 403
    address = f"/api/v1/engagements/{engagement.public_id}"
    etag = client.get(address)["ETag"]
    sent = client.patch(address, {"title": "x"}, headers={"If-Match": etag}, content_type="application/json")
    assert sent.status_code == 403
    with pytest.raises(Forbidden):
        shell(REOPEN, who=world.member.pk, gate=gate_of(engagement, 0).pk)
    assert told() == before


def test_16_a_change_that_is_rolled_back_takes_its_entry_and_event_with_it(world, engagement):
    before = told()
    with transaction.atomic():
        change_by("shell", world, engagement)
        transaction.set_rollback(True)
    assert told() == before
    assert Engagement.objects.get(pk=engagement.pk).title == "Claims triage"


# --- 17: a delegation is never widened, prolonged or passed on --------------------------------------

DELEGATE = """
from datetime import date
from engagements.services.delegations import delegate_decision
from portal.models import User
person, day = User.objects.get(pk=who), date.fromisoformat(until)
delegate_decision(by=person, engagement_id=key, receiver_id=to, until=day)
"""


def delegate_by(door: str, engagement: Engagement, giver: Any, receiver: Any) -> int:
    """200 for done, or the status that the door answers with."""
    if door == "page":
        body = {"receiver": receiver.public_id, "scope": "", "until": later(9).isoformat()}
        return {302: 200}.get(
            status := browser_of(giver).post(url("approvers", engagement), body).status_code, status
        )
    if door == "api":
        address = f"engagements/{engagement.public_id}/delegations"
        return send(browser_of(giver), "post", address, {"receiver": receiver.public_id}).status_code
    try:
        shell(DELEGATE, who=giver.pk, key=engagement.pk, to=receiver.pk, until=later(9))
    except GatehouseError as refused:
        return refused.status
    return 200


@pytest.mark.parametrize(("door", "status"), [("page", 403), ("api", 403), ("shell", 403)])
def test_17_a_delegate_does_not_pass_it_on_by_any_door(world, engagement, door, status):
    shell(DELEGATE, who=world.sponsor.pk, key=engagement.pk, to=world.member.pk, until=later(9))
    assert delegate_by(door, engagement, world.member, world.security) == status
    assert Delegation.objects.count() == 1


@pytest.mark.parametrize("door", ["page", "api", "shell"])
def test_17_nobody_delegates_to_the_consultancy_by_any_door(world, engagement, door):
    assert delegate_by(door, engagement, world.sponsor, world.lead) in (403, 422)
    assert not Delegation.objects.exists()


def test_17_no_door_widens_or_prolongs_a_delegation(world, engagement):
    shell(DELEGATE, who=world.sponsor.pk, key=engagement.pk, to=world.member.pk, until=later(9))
    row = Delegation.objects.get()
    for change in ("until = until + 1", "receiver_id = giver_id", "starts_on = starts_on - 1"):
        refused_by_the_database(
            lambda c=change: by_sql(f"UPDATE engagements_delegation SET {c} WHERE id = %s", row.pk)
        )
    code = f"from engagements.models import Delegation\nDelegation.objects.update(until='{later(80)}')\n"
    refused_by_the_database(lambda: shell(code))
    client = browser_of(world.sponsor)
    for method in ("put", "patch", "delete"):
        address = f"engagements/{engagement.public_id}/delegations"
        assert send(client, method, address).status_code == 405
    assert Delegation.objects.get().until == later(9)
