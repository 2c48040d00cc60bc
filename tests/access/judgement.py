"""What people judge in Zebra Mutual: evidence, readiness, risks, what it costs and what it is worth."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.personas import World


def judgement_of(world: World, engagement: Any) -> dict[str, Any]:
    from assessments.models import ActionItem, Risk, SectionAssignment
    from assessments.services.assessment import start_assessment
    from assessments.services.pain_points import PainPointFacts, map_pain_point
    from assessments.services.value_case import save_value_case
    from assessments.vocabulary import CostKind, PainKind
    from engagements.models import EvidenceRequest
    from engagements.services.evidence import Given, hand_in
    from engagements.services.reports import order_report
    from engagements.vocabulary import EvidenceKind
    from tests.assessments.test_value_case import COSTS, FRAME, LABOUR, gain

    given = Given(effective_from=timezone.now().date(), file_name="zebra.txt", body=b"Zebra")
    version = hand_in(
        by=world.lead,
        engagement_id=engagement.pk,
        title="Zebra evidence",
        kind=EvidenceKind.FILE,
        given=given,
    )
    assessment = start_assessment(by=world.lead, engagement_id=engagement.pk)
    section = SectionAssignment.objects.create(
        tenant=world.tenant, engagement=engagement, assessment=assessment, element="E05",
        person=world.client_member, due=timezone.now().date(), assigned_by=world.lead,
    )  # fmt: skip
    step = ActionItem.objects.create(
        tenant=world.tenant, engagement=engagement, assessment=assessment, question="E05-1", gate=1,
        text="Zebra step", owner=world.lead, due=timezone.now().date(), taken_by=world.lead,
    )  # fmt: skip
    risk = Risk.objects.create(
        tenant=world.tenant, engagement=engagement, title="Zebra risk", likelihood=1, impact=1
    )
    dear = map_pain_point(
        by=world.lead, engagement_id=engagement.pk, facts=PainPointFacts("Zebra cost", PainKind.BOTTLENECK),
        components=[LABOUR],
    )  # fmt: skip
    case = save_value_case(
        by=world.lead, engagement_id=engagement.pk, version=0, facts=FRAME, costs=COSTS,
        benefits=[gain(dear, CostKind.LABOUR, "0.4")],
    )  # fmt: skip
    report = order_report(by=world.lead, engagement_id=engagement.pk, kind="readiness")
    asked = EvidenceRequest.objects.create(
        tenant=world.tenant, engagement=engagement, title="Zebra wanted", due=timezone.now().date(),
        asked_by=world.lead,
    )  # fmt: skip
    return {
        "evi": version.item_id, "evv": version.pk, "sec": section.pk, "act": step.pk, "rsk": risk.pk,
        "evr": asked.pk, "frv": assessment.framework_version_id, "rpt": report.pk, "vac": case.pk,
    }  # fmt: skip
