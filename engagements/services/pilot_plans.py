"""Writing down what a pilot is: a change is a new version with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from engagements.models import Engagement, PilotPlan
from engagements.pilot_words import PILOT_PLANNED
from engagements.selectors.pilot import plans_of
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
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
