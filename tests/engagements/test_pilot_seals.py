"""PIL-01: the terms of a pilot are sealed by both sides; a change is an amendment that both seal again."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from engagements.models import PilotPlanSeal
from engagements.selectors.pilot import agreed_plan, plans_of, snapshot_section
from engagements.selectors.waiting import waiting_for
from engagements.services import pilot_plans
from engagements.vocabulary import EngagementStatus, Side
from portal.errors import Forbidden, NotFound, VersionConflict, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from tests.engagements.conftest import fresh, start


@pytest.fixture
def piloted(world, scope):
    engagement = start(world)
    plan(world, engagement)
    return engagement


def plan(world, engagement, version=0, **changes):
    values = {"scope": "Motor", "users": "40 adjusters", "environment": "Their cloud",
              "begins": date(2026, 12, 1), "ends": date(2027, 2, 26),
              "exit_rules": "Two weeks over 9 % misrouted"}  # fmt: skip
    facts = pilot_plans.PlanFacts(**(values | changes))
    return pilot_plans.plan_pilot(by=world.lead, engagement_id=engagement.pk, facts=facts, version=version)


def seal(person, engagement, version=1):
    return pilot_plans.seal_plan(by=person, engagement_id=engagement.pk, version=version)


def holds(engagement):
    found = agreed_plan(plans_of(engagement.pk))
    return found and found.number


def frozen_now(engagement):
    section = snapshot_section(engagement.pk, 1)
    assert section is not None
    return section


def waits(viewer, engagement):
    rows = waiting_for(fresh(viewer), [engagement], now=timezone.now())
    return {row.side for row in rows if row.what == "Seal the plan of the pilot"}


def test_its_terms_hold_once_both_sides_have_sealed_them(world, piloted):
    assert (holds(piloted), waits(world.lead, piloted)) == (None, {Side.CONSULTANCY, Side.CLIENT})
    seal(world.lead, piloted)
    assert (holds(piloted), waits(world.lead, piloted)) == (None, {Side.CLIENT})
    seal(world.sponsor, piloted)
    assert (holds(piloted), waits(world.lead, piloted)) == (1, set())
    entries = LedgerEntry.objects.filter(event="pilot.sealed").order_by("seq")
    assert [row.facts for row in entries] == [
        {"number": 1, "side": "consultancy", "complete": False},
        {"number": 1, "side": "client", "complete": True},
    ]
    assert OutboxEvent.objects.filter(event="pilot.sealed").count() == 2


def test_an_amendment_is_sealed_again_and_the_old_terms_hold_until_then(world, piloted):
    for person in (world.lead, world.sponsor):
        seal(person, piloted)
    plan(world, piloted, version=1, ends=date(2027, 3, 26), reason="Holidays")
    assert holds(piloted) == 1
    with pytest.raises(VersionConflict):
        seal(world.lead, piloted, version=1)
    seal(world.sponsor, piloted, version=2)
    frozen = frozen_now(piloted)
    assert (frozen["plan"]["number"], frozen["agreed"]) == (2, 1)
    assert frozen["plan"]["seals"] == {"client": world.sponsor.name}
    seal(world.lead, piloted, version=2)
    assert holds(piloted) == 2
    assert frozen_now(piloted)["agreed"] == 2


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("auditor", Forbidden), ("member", Forbidden), ("security", Forbidden), ("outsider", NotFound)],
)
def test_who_seals_criteria_for_a_side_seals_its_plan_and_nobody_else(world, piloted, who, refusal):
    with pytest.raises(refusal):
        seal(getattr(world, who), piloted)
    assert not PilotPlanSeal.objects.exists()


def test_a_side_seals_a_version_once_and_not_when_it_is_over(world, piloted):
    with pytest.raises(WrongMoment, match="no plan"):
        seal(world.lead, start(world))
    seal(world.lead, piloted)
    with pytest.raises(WrongMoment, match="sealed version 1 already"):
        seal(world.lead, piloted)
    type(piloted).objects.filter(pk=piloted.pk).update(status=EngagementStatus.STOPPED)
    with pytest.raises(WrongMoment, match="is over"):
        seal(world.sponsor, piloted)


def test_the_database_holds_a_seal_as_it_is(world, piloted):
    seal(world.lead, piloted)
    first = plans_of(piloted.pk)[0]

    def put(side, person, row=first):
        PilotPlanSeal.objects.create(
            tenant=world.harbor, engagement=piloted, plan=row, side=side, sealed_by=person
        )

    with pytest.raises(IntegrityError), transaction.atomic():
        put("consultancy", world.lead)
    with pytest.raises(DatabaseError, match="by a person of its side"), transaction.atomic():
        put("client", world.lead)
    rows = PilotPlanSeal.objects.all()
    for change in (lambda: rows.update(side="client"), rows.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    plan(world, piloted, version=1, reason="Holidays")
    with pytest.raises(DatabaseError, match="the newest plan"), transaction.atomic():
        put("client", world.sponsor)


def test_the_page_offers_a_seal_to_who_may_and_says_what_holds(world, piloted):
    here = f"/{world.harbor.slug}/engagements/{piloted.public_id}/pilot/plan/"

    def browser(person):
        client = Client()
        client.force_login(person)
        return client

    assert "Seal version 1" not in browser(world.member).get(here).text
    lead = browser(world.lead)
    assert "Seal version 1" in lead.get(here).text
    stale = lead.post(f"{here}seal/", {"version": "7"}, follow=True).text
    assert "Read it again" in stale
    assert "Sealed in your name" in lead.post(f"{here}seal/", {"version": "1"}, follow=True).text
    assert "Seal version 1" not in lead.get(here).text
    assert browser(world.member).post(f"{here}seal/", {"version": "1"}).status_code == 403
    done = browser(world.sponsor).post(f"{here}seal/", {"version": "1"}, follow=True).text
    assert "sealed by both sides" in done
    assert PilotPlanSeal.objects.count() == 2
