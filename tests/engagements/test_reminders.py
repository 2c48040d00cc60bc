"""What a date brings is told once, to whom it concerns; a decision's reason is called by its outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from engagements.lists import list_named
from engagements.rules.decisions import ConditionTerms, reason_label
from engagements.rules.waivers import WaiverTerms
from engagements.services import ticking
from engagements.services.conditions import propose_closing
from engagements.services.delegations import delegate_decision, revoke_delegation
from engagements.services.engagements import resume_engagement
from engagements.services.waivers import grant_waiver
from engagements.vocabulary import Outcome, StopReason
from portal.delivery import inbox
from portal.models import OutboxEvent
from tests.engagements.conftest import fresh, gate_of, later, submit_demo
from tests.engagements.test_conditions import sign

TODAY = timezone.now().date


def told(event):
    """Who hears of the only event of this name."""
    return {person.name for person in inbox.audience(OutboxEvent.objects.get(event=event))}


def test_both_sides_are_told_once_when_the_date_of_a_hold_has_come(world, demo_round):
    sign(world, demo_round, Outcome.HOLD, hold_until=later(5), reason="The budget is decided on Friday.")
    assert ticking.tick(today=later(4)) == 0
    assert [ticking.tick(today=later(n)) for n in (5, 5, 9)] == [1, 0, 0]
    event = OutboxEvent.objects.get(event="gate.hold_ended")
    assert (event.facts["gate"], event.facts["until"]) == (1, later(5).isoformat())
    assert {"Jonas Lindqvist", "Margaret Osei", "Dana Ruiz"} <= told("gate.hold_ended")


def test_a_hold_that_was_ended_before_its_date_is_not_told_of(world, engagement, demo_round):
    sign(world, demo_round, Outcome.HOLD, hold_until=later(5))
    resume_engagement(by=world.lead, engagement_id=engagement.pk)
    assert ticking.tick(today=later(6)) == 0


@pytest.fixture
def condition(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    promise = ConditionTerms("G1-6", "Hand-over shown on more cases", later(14), world.member.pk)
    return sign(world, row, Outcome.APPROVE_WITH_CONDITIONS, conditions=[promise]).conditions.get()


def test_who_answers_for_a_condition_is_reminded_once_before_it_is_due(world, condition):
    assert [ticking.tick(today=later(n)) for n in (10, 11, 12, 14)] == [0, 1, 0, 0]
    assert told("condition.due_soon") == {"Dana Ruiz"}
    assert OutboxEvent.objects.get(event="condition.due_soon").path.endswith("/conditions/")


def test_a_condition_that_was_handed_in_needs_no_reminder(world, condition):
    propose_closing(by=world.lead, condition_id=condition.pk, note="Run 6: 219 of 240.")
    assert ticking.tick(today=later(12)) == 0


def test_a_delegate_is_told_that_the_right_is_theirs_and_when_it_is_taken_back(world, engagement):
    lent = delegate_decision(
        by=world.sponsor, engagement_id=engagement.pk, receiver_id=world.member.pk,
        until=TODAY() + timedelta(days=9), gate_id=gate_of(engagement, 1).pk,
    )  # fmt: skip
    assert told("delegation.granted") == {"Dana Ruiz", "Margaret Osei", "Sam Okoro"}
    assert OutboxEvent.objects.get(event="delegation.granted").path.endswith("/approvers/")
    revoke_delegation(by=world.sponsor, delegation_id=lent.pk)
    assert "Dana Ruiz" in told("delegation.revoked")
    told_of = list(list_named("delegations").select(world.auditor, engagement, {}))
    assert [(row[:3], row[-1]) for row in told_of] == [(("Dana Ruiz", "Margaret Osei", 1), False)]


@pytest.mark.parametrize("outcome", Outcome)
def test_the_reason_of_a_decision_is_called_by_its_outcome(outcome):
    assert (reason_label(outcome) == "To be done differently") == (outcome == Outcome.REWORK)


def test_a_stop_does_not_say_that_something_is_to_be_done_differently(world, demo_round, client):
    sign(
        world, demo_round, Outcome.STOP, reason="Travel was wrong too often.",
        stop_reason=StopReason.NOT_GOOD_ENOUGH, lessons="Ask for the travel cases first.",
    )  # fmt: skip
    client.force_login(world.sponsor)
    page = client.get(
        f"/harbor/engagements/{demo_round.engagement.public_id}/rounds/{demo_round.public_id}/receipt/"
    ).text
    assert "Why it stops: Travel was wrong too often." in page
    assert "To be done differently" not in page


def test_waivers_leave_as_a_list_with_what_is_done_instead(world, engagement):
    row = submit_demo(world, engagement, handed_over=86)
    criterion = row.criteria_set.criteria.get(key="G1-6")
    terms = WaiverTerms("Known and small.", "A person reads each.", later(30))
    grant_waiver(by=fresh(world.sponsor), criterion_id=criterion.pk, terms=terms)
    found = list(list_named("waivers").select(world.auditor, engagement, {}))
    assert [(one[0], one[1], one[3], one[4], one[7], one[8]) for one in found] == [
        (1, "G1-6", "Known and small.", "A person reads each.", later(30), True)
    ]


def test_a_delegate_is_told_of_the_gate_to_sign_while_the_right_is_lent_and_of_no_other(world, engagement):
    row = submit_demo(world, engagement)
    event = OutboxEvent.objects.filter(event="gate.submitted").latest("created_at")

    def hears() -> bool:
        return "Dana Ruiz" in {person.name for person in inbox.audience(event)}

    given = {"by": world.sponsor, "engagement_id": engagement.pk, "receiver_id": world.member.pk}
    assert not hears()
    other = delegate_decision(**given, until=later(9), gate_id=gate_of(engagement, 3).pk)
    assert not hears()
    revoke_delegation(by=world.sponsor, delegation_id=other.pk)
    lent = delegate_decision(**given, until=later(9), gate_id=row.gate_id)
    assert hears()
    revoke_delegation(by=world.sponsor, delegation_id=lent.pk)
    assert not hears()
