"""Writing down what a pilot is, and sealing it by both sides: a change is a new version with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from engagements.models import Engagement, PilotPlan, PilotPlanSeal
from engagements.pilot_words import PILOT_PLANNED, PILOT_SEALED
from engagements.selectors.pilot import plans_of, sealed_sides
from engagements.services.metrics import SEAL_ACTIONS
from engagements.services.pilot import OVER
from engagements.vocabulary import Side
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What, who, where, from when until when, and what ends it early."""

    scope: str
    users: str
    environment: str
    begins: date
    ends: date
    exit_rules: str
    reason: str = ""


@transaction.atomic
def plan_pilot(*, by: User, engagement_id: UUID, facts: PlanFacts, version: int = 0) -> PilotPlan:
    """Write the plan, or amend it; ``version`` is the number of the plan that was read, 0 for none.

    Raises NotFound, Forbidden, VersionConflict, Invalid.
    """
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "edit_metrics", engagement)
    held = plans_of(engagement.pk)
    number = held[0].number if held else 0
    if version != number:
        raise VersionConflict("Not saved: somebody changed the plan meanwhile.")
    _check(facts, is_change=bool(held))
    row = PilotPlan.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, number=number + 1,
        scope=facts.scope.strip(), users=facts.users.strip(), environment=facts.environment.strip(),
        begins=facts.begins, ends=facts.ends, exit_rules=facts.exit_rules.strip(),
        reason=facts.reason.strip() if held else "", written_by=by,
    )  # fmt: skip
    audit.record(
        actor=by, event=PILOT_PLANNED, subject=row, engagement_id=engagement.pk,
        facts={"number": row.number, "ends": row.ends.isoformat()},
    )  # fmt: skip
    return row


@transaction.atomic
def seal_plan(*, by: User, engagement_id: UUID, version: int) -> PilotPlanSeal:
    """Stand by the newest plan for the side of ``by``. With both seals its terms hold.

    ``version``: the number of the plan that was read. Raises NotFound, Forbidden, VersionConflict, or
    WrongMoment when there is none, the side has sealed it, or the engagement is over.
    """
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "see_engagement", engagement)
    side = Side(by.side)
    access.require(by, SEAL_ACTIONS[side], engagement)
    if engagement.status in OVER:
        raise WrongMoment("The engagement is over: nothing is sealed any more.")
    plan = next(iter(plans_of(engagement.pk)), None)
    if plan is None:
        raise WrongMoment("There is no plan of the pilot yet. Write it first.")
    if plan.number != version:
        raise VersionConflict("Not sealed: the plan was changed meanwhile. Read it again.")
    held = sealed_sides(plan)
    if side in held:
        raise WrongMoment(f"The {side.label.lower()} has sealed version {plan.number} already.")
    seal = PilotPlanSeal.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, plan=plan, side=side, sealed_by=by
    )
    audit.record(
        actor=by, event=PILOT_SEALED, subject=plan, engagement_id=engagement.pk,
        facts={"number": plan.number, "side": side.value, "complete": len(held) + 1 == len(Side)},
    )  # fmt: skip
    return seal


def _check(facts: PlanFacts, *, is_change: bool) -> None:
    faults = [
        FieldError(f"/{name}", "missing", "Write a sentence.")
        for name in ("scope", "users", "environment", "exit_rules")
        if not getattr(facts, name).strip()
    ]
    if facts.ends < facts.begins:
        faults.append(FieldError("/ends", "order", "It ends before it begins."))
    if is_change and not facts.reason.strip():
        faults.append(FieldError("/reason", "missing", "Say why the plan changes."))
    if faults:
        raise Invalid("Not saved. Put right what is named.", errors=faults)
