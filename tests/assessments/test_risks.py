"""The risk register: opened by what is seen, decided by people, accepted by the client until a date."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from assessments.models import Risk
from assessments.selectors.snapshot import risks_section
from assessments.services import risks
from assessments.services.measured import refresh
from assessments.services.risks import RiskTerms
from assessments.vocabulary import RiskResponse, RiskStatus
from engagements.models import Measurement
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind
from portal import ids
from portal.errors import Forbidden, Invalid, VersionConflict, WrongMoment
from portal.models import LedgerEntry
from tests.personas import scope

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
TERMS = RiskTerms("Staff object late", 3, 4)


@pytest.fixture
def house(world, engagement):
    with scope(world):
        world.engagement = engagement
        yield world


def highest(house):
    row = Measurement.objects.filter(key="highest_open_risk_score").order_by("-measured_at").first()
    return None if row is None else row.value


def measured(house, key, value, unit="count"):
    now = timezone.now()
    record_measurement(
        by=None, engagement_id=house.engagement.pk, key=key, value=Decimal(value), unit=unit, n=59, low=None,
        high=None, bound_low=None, bound_high=None, confidence=Decimal("0.95"), method="count", seed=None,
        slice="", source_kind=SourceKind.RUN, source_id=ids.uuid7(), config_sha256="", started_at=now,
        measured_at=now, valid=True,
    )  # fmt: skip
    refresh(engagement_id=house.engagement.pk)


def open_risk(house, **changes):
    terms = RiskTerms(**{"title": "Staff object late", "likelihood": 3, "impact": 4, **changes})
    return risks.open_risk(by=house.lead, engagement_id=house.engagement.pk, terms=terms)


def test_an_empty_register_is_not_a_score_of_zero(house):
    assert highest(house) is None
    risk = open_risk(house)
    assert highest(house) == 12
    risks.close_risk(by=house.lead, risk_id=risk.pk, reason="The works council agreed.")
    assert highest(house) == 0


def test_only_the_client_accepts_a_risk_and_it_opens_again_at_its_date(house):
    risk = open_risk(house)
    with pytest.raises(Forbidden):
        risks.accept_risk(by=house.lead, risk_id=risk.pk, until=TODAY + timedelta(days=30), reason="fine")
    for until, reason in (
        (TODAY, "fine"),
        (TODAY + timedelta(days=400), "fine"),
        (TODAY + timedelta(days=9), ""),
    ):
        with pytest.raises(Invalid):
            risks.accept_risk(by=house.sponsor, risk_id=risk.pk, until=until, reason=reason)
    risks.accept_risk(
        by=house.security, risk_id=risk.pk, until=TODAY + timedelta(days=30), reason="Few users"
    )
    assert highest(house) == 0
    assert risks.reopen_due(house.engagement, today=TODAY + timedelta(days=29)) == 0
    assert risks.reopen_due(house.engagement, today=TODAY + timedelta(days=30)) == 1
    assert Risk.objects.get().status == RiskStatus.OPEN
    with pytest.raises(DatabaseError), transaction.atomic():
        Risk.objects.update(status=RiskStatus.ACCEPTED, accepted_until=None)


def test_a_leak_opens_its_risks_and_what_was_closed_opens_again_only_for_something_new(house):
    measured(house, "leak_events", 1)
    assert set(Risk.objects.values_list("catalogue", flat=True)) == {"R10", "R11"}
    assert highest(house) == 20
    for risk in Risk.objects.all():
        risks.close_risk(by=house.lead, risk_id=risk.pk, reason="Redaction was wrong; mended.")
    refresh(engagement_id=house.engagement.pk)
    assert set(Risk.objects.values_list("status", flat=True)) == {RiskStatus.CLOSED}
    measured(house, "leak_events", 2)
    assert set(Risk.objects.values_list("status", flat=True)) == {RiskStatus.OPEN}
    measured(house, "injection_hits", 0)
    assert not Risk.objects.filter(catalogue="R12").exists()


def test_a_guess_as_the_basis_of_the_value_opens_its_risk(house):
    measured(house, "d_grade_share", "0.31", unit="rate")
    risk = Risk.objects.get()
    assert (risk.catalogue, risk.signal, risk.score) == ("R24", "d_grade_share", 16)
    entry = LedgerEntry.objects.get(event="risk.opened")
    assert (entry.actor, entry.facts["signal"]) == (None, "d_grade_share")


def test_what_is_left_needs_a_plan_and_is_never_more_than_there_was(house):
    risk = open_risk(house)
    change = {"by": house.lead, "risk_id": risk.pk, "version": 1}
    with pytest.raises(Invalid, match="what makes it smaller"):
        risks.change_risk(**change, terms=RiskTerms("x", 3, 4, residual=(1, 4)))
    with pytest.raises(Invalid, match="not more"):
        risks.change_risk(**change, terms=RiskTerms("x", 3, 4, plan="p", residual=(5, 5)))
    terms = RiskTerms("x", 3, 4, RiskResponse.REDUCE, plan="Champions in each team", residual=(2, 2))
    changed = risks.change_risk(**change, terms=terms)
    assert (changed.status, changed.score, highest(house)) == (RiskStatus.MITIGATING, 4, 4)
    with pytest.raises(VersionConflict):
        risks.change_risk(**change, terms=terms)


def test_an_accepted_risk_that_grows_is_open_again(house):
    risk = open_risk(house)
    risks.accept_risk(by=house.sponsor, risk_id=risk.pk, until=TODAY + timedelta(days=30), reason="Few users")
    grown = risks.change_risk(by=house.lead, risk_id=risk.pk, version=2, terms=RiskTerms("x", 5, 4))
    assert grown.status == RiskStatus.OPEN
    assert LedgerEntry.objects.filter(event="risk.escalated").count() == 1


def test_a_risk_of_the_catalogue_is_on_the_register_once(house):
    place = {"by": house.lead, "engagement_id": house.engagement.pk, "terms": TERMS}
    risks.open_risk(**place, catalogue_key="R29")
    with pytest.raises(WrongMoment):
        risks.open_risk(**place, catalogue_key="R29")
    with pytest.raises(Invalid):
        risks.open_risk(**place, catalogue_key="R99")
    section = risks_section(house.engagement.pk, 3) or {}
    assert [row["catalogue"] for row in section["risks"]] == ["R29"]
