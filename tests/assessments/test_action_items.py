"""ASM-11: steps of the improvement plan are taken on by a person, wait for them, and are closed once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.models import ActionItem
from assessments.selectors.actions import action_for, actions_of, actions_waiting
from assessments.selectors.standing import standing_of
from assessments.services.actions import Step, close_action, take_on
from assessments.services.assessment import start_assessment
from assessments.vocabulary import ActionStatus
from portal.delivery.inbox import audience
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from tests.personas import scope

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
SOON = TODAY + timedelta(days=14)


@pytest.fixture
def house(world, engagement):
    """An assessment that has begun, inside the client's walls."""
    with scope(world):
        world.engagement = engagement
        world.assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
        yield world


def take(house, *, by=None, owner=None, question="E05-1", **other):
    who = by or house.lead
    given = {"text": "Write the retention rule down", "due": SOON} | other
    step = Step(question=question, **given)
    return take_on(by=who, engagement_id=house.engagement.pk, owner=owner or who, step=step)


def close(house, item, *, by=None, status=ActionStatus.DONE, outcome="It hangs on the wall"):
    return close_action(by=by or item.owner, action_id=item.pk, status=status, outcome=outcome)


def test_who_answers_takes_a_step_on_and_who_manages_gives_it_to_somebody(house):
    own = take(house, by=house.expert)
    given = take(house, by=house.lead, owner=house.expert, question="E05-2")

    assert (own.owner, own.taken_by, own.gate) == (house.expert, house.expert, house.assessment.target_gate)
    assert (given.owner, given.taken_by) == (house.expert, house.lead)
    with pytest.raises(Forbidden):
        take(house, by=house.expert, owner=house.lead, question="E05-3")
    with pytest.raises(NotFound):
        take(house, by=house.outsider_lead, question="E05-3")


def test_the_owner_is_told_and_the_ledger_has_no_words_of_anybody(house):
    take(house, owner=house.expert)

    told = OutboxEvent.objects.get(event="assessment.action_taken_on")
    assert [person.pk for person in audience(told)] == [house.expert.pk]
    entry = LedgerEntry.objects.get(event="assessment.action_taken_on")
    assert entry.facts == {
        "question": "E05-1", "gate": 1, "due": SOON.isoformat(), "owner": house.expert.public_id,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"question": "E99-1"}, "/question"),
        ({"gate": 9}, "/gate"),
        ({"text": "  "}, "/text"),
        ({"text": "x" * 301}, "/text"),
        ({"due": TODAY - timedelta(days=1)}, "/due"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(house, wrong, pointer):
    with pytest.raises(Invalid) as refused:
        take(house, **wrong)

    assert [fault.pointer for fault in refused.value.errors] == [pointer]
    assert not ActionItem.objects.exists()


def test_a_step_goes_only_to_who_can_answer(house):
    with pytest.raises(Invalid, match="cannot answer here"):
        take(house, owner=house.expired)


def test_a_question_has_one_open_step_by_service_and_database(house):
    first = take(house)
    with pytest.raises(WrongMoment, match="has a step for E05-1 already"):
        take(house, by=house.expert)
    with pytest.raises(DatabaseError, match="one_open_action_per_question"), transaction.atomic():
        ActionItem.objects.create(
            tenant=house.tenant, engagement=house.engagement, assessment=house.assessment, gate=1,
            question="E05-1", text="Twice", owner=house.lead, due=SOON, taken_by=house.lead,
        )  # fmt: skip
    close(house, first)

    assert take(house, by=house.expert).status == ActionStatus.OPEN


def test_it_is_closed_once_by_its_owner_or_who_manages_and_says_what_came_of_it(house):
    item = take(house, owner=house.expert)
    with pytest.raises(Forbidden, match="took this on"):
        close(house, item, by=house.client_member)
    with pytest.raises(Invalid, match="Say what was done"):
        close(house, item, outcome=" ")
    with pytest.raises(Invalid, match="Say why it is dropped"):
        close(house, item, status=ActionStatus.DROPPED, outcome="")

    closed = close(house, item, by=house.lead, status=ActionStatus.DROPPED, outcome="Another rule covers it")

    assert (closed.status, closed.closed_by, closed.outcome) == (
        ActionStatus.DROPPED, house.lead, "Another rule covers it",
    )  # fmt: skip
    with pytest.raises(WrongMoment, match="dropped already"):
        close(house, item)


def test_a_closed_step_is_frozen_at_the_database_and_none_is_deleted(house):
    item = take(house)
    with pytest.raises(DatabaseError), transaction.atomic():
        item.delete()
    close(house, item)

    with pytest.raises(DatabaseError), transaction.atomic():
        ActionItem.objects.filter(pk=item.pk).update(outcome="Otherwise")


def test_a_step_that_is_done_raises_no_level(house):
    before = standing_of(house.assessment, today=TODAY)
    close(house, take(house))
    after = standing_of(house.assessment, today=TODAY)

    assert [row.level for row in after.questions] == [row.level for row in before.questions]


def test_it_waits_for_its_owner_until_it_is_closed(house):
    item = take(house, owner=house.expert)
    now = timezone.now()
    (line,) = actions_waiting(house.lead, [house.engagement], now)
    assert (line.side, line.person, line.due) == ("client", house.expert, SOON)
    assert "retention" not in line.what, "a mail carries no words of theirs"

    close(house, item)

    assert actions_waiting(house.lead, [house.engagement], now) == []


def test_who_only_answers_reads_the_own_steps_alone(house):
    mine = take(house, owner=house.client_member)
    others = take(house, owner=house.expert, question="E05-2")

    assert list(actions_of(house.client_member, house.engagement)) == [mine]
    assert set(actions_of(house.lead, house.engagement)) == {mine, others}
    assert [
        line.person for line in actions_waiting(house.client_member, [house.engagement], timezone.now())
    ] == [house.client_member]
    with pytest.raises(NotFound):
        action_for(house.client_member, others.pk)


def test_on_the_page_a_row_of_the_plan_fills_in_the_form(house, client):
    client.force_login(house.lead)
    url = reverse("assessments:readiness_plan", args=[house.tenant.slug, house.engagement.pk])

    page = client.get(f"{url}?question=E05-1").content.decode()
    assert 'value="E05-1" selected' in page
    refused = client.post(
        url, {"question": "E05-1", "text": "", "owner": house.expert.public_id, "due": SOON}
    )
    assert refused.status_code == 422
    done = client.post(
        url,
        {"question": "E05-1", "text": "Write it", "owner": house.expert.public_id, "due": SOON},
        follow=True,
    ).content.decode()

    assert "Dana Reyes has taken on the step for E05-1." in done
    assert "Write it" in done.partition("Steps taken on")[2]


def test_on_the_page_its_owner_closes_it_from_the_own_questions(house, client):
    item = take(house, owner=house.client_member)
    client.force_login(house.client_member)
    mine = reverse("assessments:my_sections", args=[house.tenant.slug, house.engagement.pk])
    assert "Steps that you took on" in client.get(mine).content.decode()
    url = reverse("assessments:close_step", args=[house.tenant.slug, house.engagement.pk, item.pk])

    empty = client.post(url, {"move": "done", "outcome": ""}, follow=True)
    assert "Say what was done." in empty.content.decode()
    page = client.post(url, {"move": "done", "outcome": "Written"}, follow=True)

    assert page.redirect_chain[-1][0] == mine
    assert "Done: Written" in page.content.decode()


def test_over_the_api_it_is_taken_on_listed_and_closed(house, client):
    client.force_login(house.lead)
    base = f"/api/v1/engagements/{house.engagement.public_id}/action-items"
    body = {"question": "E05-1", "text": "Write it", "due": SOON.isoformat()}

    made = client.post(base, {**body, "owner": house.expert.public_id}, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["owner"]["name"] == "Dana Reyes"
    twice = client.post(base, body, content_type="application/json")
    assert twice.status_code == 409
    nobody = client.post(
        base, {**body, "question": "E05-2", "owner": house.expired.public_id}, content_type="application/json"
    )
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (422, "/owner")
    closing = f"/api/v1/action-items/{made.json()['id']}/closing"
    closed = client.post(closing, {"status": "done", "outcome": "Written"}, content_type="application/json")

    assert (closed.status_code, closed.json()["status"]) == (200, "done")
    assert [row["outcome"] for row in client.get(base).json()["items"]] == ["Written"]
