"""What readiness, evidence and risks record is what the criteria that ship read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assessments.services.answers import claim
from assessments.services.assessment import start_assessment
from assessments.services.risks import RiskTerms, open_risk
from engagements.models import Criterion
from engagements.rules.drill import Drill
from engagements.selectors.verdicts import measurements_of, stand
from engagements.services.evidence import Given, accept, hand_in
from engagements.vocabulary import EvidenceKind, EvidenceStrength, Reason, Verdict
from tests.personas import scope

pytestmark = pytest.mark.django_db


def verdict_on(engagement, key):
    """The verdict as if the suggested criteria had been sealed an hour ago."""
    criterion = Criterion.objects.select_related("criteria_set").get(
        criteria_set__gate__engagement=engagement, key=key
    )
    criterion.criteria_set.sealed_at = timezone.now() - timedelta(hours=1)
    sealed = {engagement.pk: criterion.criteria_set.sealed_at}
    found = measurements_of([engagement.pk], [criterion], sealed)[engagement.pk]
    standing = stand(criterion.criteria_set, [criterion], found, now=timezone.now(), currency="USD")
    return standing.rows[0].ruling


def test_gates_read_levels_risks_and_drills_and_take_nothing_unknown_for_met(world, engagement):
    with scope(world):
        assert verdict_on(engagement, "G1-10").reason == Reason.NO_DATA
        assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
        unknown = {key: verdict_on(engagement, key).verdict for key in ("G1-10", "G3-2", "G3-8", "G2-11")}
        assert unknown == dict.fromkeys(unknown, Verdict.NOT_EVALUATED)
        for question in assessment.framework_version.content().questions():
            if question.core:
                claim(by=world.lead, engagement_id=engagement.pk, question=question.key, level=1)
        ruling = verdict_on(engagement, "G1-10")
        assert (ruling.verdict, ruling.observed) == (Verdict.NOT_MET, Decimal(5))
        assert verdict_on(engagement, "G3-2").verdict == Verdict.NOT_MET
        open_risk(by=world.lead, engagement_id=engagement.pk, terms=RiskTerms("Staff object late", 3, 4))
        assert verdict_on(engagement, "G3-8").verdict == Verdict.MET
        open_risk(by=world.lead, engagement_id=engagement.pk, terms=RiskTerms("Leak", 4, 4))
        assert verdict_on(engagement, "G3-8").verdict == Verdict.NOT_MET


def test_an_accepted_drill_settles_the_criterion_on_rollback(world, engagement):
    with scope(world):
        given = Given(
            effective_from=timezone.now().date(), strength=EvidenceStrength.MEASURED_ONCE,
            drill=Drill("No answer", "Amira", "Back on version 3", Decimal("21.5")),
        )  # fmt: skip
        version = hand_in(
            by=world.lead, engagement_id=engagement.pk, title="Back", kind=EvidenceKind.DRILL, given=given,
            proves="rollback_drill",
        )  # fmt: skip
        assert verdict_on(engagement, "G2-11").verdict == Verdict.NOT_EVALUATED
        accept(by=world.expert, version_id=version.pk)
        assert verdict_on(engagement, "G2-11").verdict == Verdict.MET
