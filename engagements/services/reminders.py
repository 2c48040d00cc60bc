"""What a coming or passed date is told of, once: a hold that ends, a condition that comes due."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from engagements.events import CONDITION_DUE_SOON, GATE_HOLD_ENDED
from engagements.models import Condition, Decision, Engagement
from engagements.vocabulary import ConditionStatus, EngagementStatus, Outcome
from portal import audit

DUE_SOON: Final = timedelta(days=3)


def holds_that_ended(*, today: date) -> list[UUID]:
    """Engagements of the tenant in scope that still stand although the date of their hold has come."""
    rows = Decision.objects.filter(
        engagement__status=EngagementStatus.ON_HOLD, outcome=Outcome.HOLD, hold_until__lte=today
    )
    return list(rows.values_list("engagement_id", flat=True).distinct())


def conditions_due_soon(*, today: date) -> list[UUID]:
    """Open conditions of the tenant in scope that come due within three days and were not handed in."""
    rows = Condition.objects.filter(
        status=ConditionStatus.OPEN, due__gte=today, due__lte=today + DUE_SOON, proposed_by=None
    )
    return list(rows.values_list("pk", flat=True))


@transaction.atomic
def tell_of_ended_hold(*, engagement_id: UUID, today: date) -> bool:
    """Tell both sides that the newest hold has ended. False when they know, or it goes on."""
    engagement = (
        Engagement.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=engagement_id)
    )
    held = (
        Decision.objects.filter(engagement=engagement, outcome=Outcome.HOLD)
        .select_related("round__gate")
        .order_by("-decided_at")
        .first()
    )
    if held is None or held.hold_until is None or held.hold_until > today:
        return False
    if engagement.status != EngagementStatus.ON_HOLD or audit.was_recorded(GATE_HOLD_ENDED, held):
        return False
    audit.record(
        actor=None, event=GATE_HOLD_ENDED, subject=held,
        facts={"gate": held.round.gate.number, "until": held.hold_until},
        path=f"/{engagement.tenant.slug}/engagements/{engagement.public_id}/",
    )  # fmt: skip
    return True


@transaction.atomic
def tell_of_due_condition(*, condition_id: UUID, today: date) -> bool:
    """Tell who answers for a condition that it comes due. False when they know, or it was handed in."""
    row = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("owner", "decision__round__gate", "engagement__tenant")
        .get(pk=condition_id)
    )
    waits = row.status == ConditionStatus.OPEN and row.proposed_by_id is None
    if not waits or not today <= row.due <= today + DUE_SOON or audit.was_recorded(CONDITION_DUE_SOON, row):
        return False
    audit.record(
        actor=None, event=CONDITION_DUE_SOON, subject=row,
        facts={
            "gate": row.decision.round.gate.number, "criterion": row.criterion_key, "due": row.due,
            "owner": row.owner.public_id,
        },
        path=f"/{row.engagement.tenant.slug}/engagements/{row.engagement.public_id}/conditions/",
    )  # fmt: skip
    return True
