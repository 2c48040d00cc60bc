"""Look at whether a pain point should be settled by AI, and how pressing it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from assessments.models import PainPoint
from assessments.rules.suitability import QUESTIONS, Check, Said, Screening, screen
from assessments.services.paid_in import record_screening
from assessments.services.pain_points import engagement_to_map
from assessments.vocabulary import PAIN_POINT_SCREENED
from portal import audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict
from portal.models import User

LIMITS = {"urgency": (0, 10), "risk_reduction": (0, 10), "reach": (0, 10**12), "impact": (0, 3)}


@dataclass(frozen=True, slots=True)
class ScreeningFacts:
    """Answers to the checks, and what WSJF and RICE read. None: not estimated."""

    answers: Mapping[Check, Said]
    note: str = ""
    chosen: bool = False
    urgency: Decimal | None = None
    risk_reduction: Decimal | None = None
    reach: Decimal | None = None
    impact: Decimal | None = None


@transaction.atomic
def screen_pain_point(*, by: User, pain_point_id: UUID, version: int, facts: ScreeningFacts) -> Screening:
    """Store the answers; a chosen pain point takes the place of the one chosen before.

    Raises NotFound, Forbidden, WrongMoment on a closed engagement, VersionConflict, Invalid.
    Side effects in order: row, ``suitability_says_ai`` of the chosen one, ledger entry and outbox event.
    """
    place = PainPoint.objects.filter(pk=pain_point_id).values_list("engagement_id", flat=True).first()
    if place is None:
        raise NotFound
    engagement = engagement_to_map(place, by)
    point = PainPoint.objects.select_for_update().get(pk=pain_point_id)
    if point.version != version:
        raise VersionConflict("Not saved: somebody else changed this pain point meanwhile.")
    _check(facts)
    others = PainPoint.objects.filter(engagement=engagement, chosen=True).exclude(pk=point.pk)
    if facts.chosen:
        others.update(chosen=False)
    point.suitability = {check.value: said.value for check, said in facts.answers.items()}
    point.suitability_note, point.chosen = facts.note.strip(), facts.chosen
    for name in LIMITS:
        setattr(point, name, getattr(facts, name))
    point.version += 1
    point.save()
    found = screen(point.suitability)
    if point.chosen:
        record_screening(point=point, found=found)
    audit.record(
        actor=by,
        event=PAIN_POINT_SCREENED,
        subject=point,
        facts={
            "calls_for": found.calls_for.value,
            "speak_for": found.speak_for,
            "chosen": point.chosen,
        },
    )
    return found


def _check(facts: ScreeningFacts) -> None:
    faults = [
        FieldError(f"/answers/{check}", "missing", f"Answer: {QUESTIONS[check]}")
        for check in Check
        if check not in facts.answers
    ]
    for name, (least, most) in LIMITS.items():
        value = getattr(facts, name)
        if value is not None and not least <= value <= most:
            faults.append(FieldError(f"/{name}", "range", f"Write a number from {least} to {most}."))
    if faults:
        raise Invalid("Not saved. Put right what is named below.", errors=faults)
