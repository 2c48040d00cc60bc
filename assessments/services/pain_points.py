"""Map a pain point, and revise it: the only writers of PainPoint and CostComponent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from assessments.models import Benefit, CostComponent, PainPoint, ProcessStep
from assessments.rules.costs import Component, check_range, clean_inputs, guess_share, total_cost
from assessments.services.paid_in import record_costs
from assessments.services.value_totals import refresh
from assessments.vocabulary import (
    PAIN_POINT_MAPPED,
    PAIN_POINT_REMOVED,
    PAIN_POINT_REVISED,
    EvidenceGrade,
    PainKind,
)
from engagements.models import Engagement
from engagements.vocabulary import EngagementStatus
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User

CLOSED = {EngagementStatus.COMPLETED, EngagementStatus.STOPPED, EngagementStatus.ARCHIVED}


@dataclass(frozen=True, slots=True)
class PainPointFacts:
    """What is said of a pain point itself. ``effort_days``: person-days to settle it, None if not known.

    ``process_step_id`` is the step of the process map that hurts; None while it hangs on none.
    """

    title: str
    kind: PainKind
    step: str = ""
    description: str = ""
    owner: str = ""
    effort_days: Decimal | None = None
    process_step_id: UUID | None = None


@transaction.atomic
def map_pain_point(
    *, by: User, engagement_id: UUID, facts: PainPointFacts, components: Sequence[Component]
) -> PainPoint:
    """Store a new pain point with its costs.

    Raises NotFound, Forbidden, WrongMoment on a closed engagement, Invalid with every field that is wrong.
    Side effects in order: rows, two Measurements of the engagement, ledger entry and outbox event.
    """
    engagement = engagement_to_map(engagement_id, by)
    _check(engagement, facts, components)
    pain_point = PainPoint.objects.create(
        tenant_id=engagement.tenant_id, engagement_id=engagement_id, **asdict(facts)
    )
    _store_components(pain_point, components)
    record_costs(engagement=engagement, source=pain_point)
    audit.record(
        actor=by, event=PAIN_POINT_MAPPED, subject=pain_point, facts=_ledger_facts(pain_point, components)
    )
    return pain_point


@transaction.atomic
def revise_pain_point(
    *, by: User, pain_point_id: UUID, version: int, facts: PainPointFacts, components: Sequence[Component]
) -> PainPoint:
    """Replace what is said of a pain point, costs included.

    ``version`` is the one that the writer has read: VersionConflict if somebody changed it since.
    Otherwise raises and does as ``map_pain_point``.
    """
    pain_point = PainPoint.objects.select_for_update().filter(pk=pain_point_id).first()
    if pain_point is None:
        raise NotFound
    engagement = engagement_to_map(pain_point.engagement_id, by)
    if pain_point.version != version:
        raise VersionConflict("Not saved: somebody else changed this pain point meanwhile.")
    _check(engagement, facts, components)
    for name, value in asdict(facts).items():
        setattr(pain_point, name, value)
    pain_point.version += 1
    pain_point.save(update_fields=[*asdict(facts), "version"])
    pain_point.components.all().delete()
    _store_components(pain_point, components)
    record_costs(engagement=engagement, source=pain_point)
    refresh(engagement.pk)
    audit.record(
        actor=by,
        event=PAIN_POINT_REVISED,
        subject=pain_point,
        facts={**_ledger_facts(pain_point, components), "version": pain_point.version},
    )
    return pain_point


@transaction.atomic
def remove_pain_point(*, by: User, pain_point_id: UUID, version: int) -> None:
    """Take a pain point out, costs included. Raises WrongMoment while the value case or the demo rests on it.

    Otherwise raises as ``revise_pain_point``. What it was worth stays readable in the ledger and in frozen
    value cases.
    """
    pain_point = PainPoint.objects.select_for_update().filter(pk=pain_point_id).first()
    if pain_point is None:
        raise NotFound
    engagement = engagement_to_map(pain_point.engagement_id, by)
    if pain_point.version != version:
        raise VersionConflict("Not taken out: somebody else changed this pain point meanwhile.")
    if pain_point.chosen:
        raise WrongMoment("The demo takes up this pain point. Choose another one first.")
    if Benefit.objects.filter(pain_point=pain_point).exists():
        raise WrongMoment("A value case counts on what this pain point costs, so it stays.")
    audit.record(actor=by, event=PAIN_POINT_REMOVED, subject=pain_point, facts={"kind": str(pain_point.kind)})
    pain_point.components.all().delete()
    record_costs(engagement=engagement, source=pain_point)
    pain_point.delete()


def engagement_to_map(engagement_id: UUID, by: User) -> Engagement:
    """The engagement, locked so that two people's sums are measured one after the other."""
    engagement = Engagement.objects.select_for_update().filter(pk=engagement_id).first()
    if engagement is None:
        raise NotFound
    access.require(by, "edit_pain_points", engagement)
    if engagement.status in CLOSED:
        word = EngagementStatus(engagement.status).label.lower()
        raise WrongMoment(f"This engagement is {word}; its pain points stay as they are.")
    return engagement


def _check(engagement: Engagement, facts: PainPointFacts, components: Sequence[Component]) -> None:
    """Raise Invalid with every fault at once."""
    faults: list[FieldError] = []
    if not facts.title.strip():
        faults.append(FieldError("/title", "missing", "Write a title, as the people who do the work would."))
    if facts.effort_days is not None and facts.effort_days <= 0:
        faults.append(FieldError("/effort_days", "range", "Write a number of days above zero, or nothing."))
    if facts.process_step_id is not None and not _has_step(engagement, facts.process_step_id):
        faults.append(
            FieldError("/process_step", "unknown", "Choose a step of this engagement’s process map.")
        )
    if not components:
        sentence = "Claim at least one cost: without it nobody can say what the pain is worth."
        faults.append(FieldError("/components", "missing", sentence))
    kinds = [component.kind for component in components]
    faults += [
        FieldError(f"/components/{kind}", "twice", f"{kind.label} is claimed twice.")
        for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1})
    ]
    for component in components:
        faults += _component_faults(component)
    if faults:
        raise Invalid("Not saved. Put right what is named below.", errors=faults)


def _has_step(engagement: Engagement, step_id: UUID) -> bool:
    return ProcessStep.objects.filter(pk=step_id, engagement=engagement).exists()


def _component_faults(component: Component) -> list[FieldError]:
    pointer = f"/components/{component.kind}"
    faults: list[FieldError] = []
    if not component.source.strip() and component.grade != EvidenceGrade.D:
        sentence = "Say where the number comes from, or choose “single guess”."
        faults.append(FieldError(f"{pointer}/source", "missing", sentence))
    try:
        clean_inputs(component.kind, component.inputs, pointer=pointer)
        check_range(component, pointer=pointer)
    except Invalid as refused:
        faults += refused.errors
    return faults


def _store_components(pain_point: PainPoint, components: Sequence[Component]) -> None:
    CostComponent.objects.bulk_create(
        CostComponent(
            tenant_id=pain_point.tenant_id,
            pain_point=pain_point,
            kind=component.kind,
            inputs={key: str(value) for key, value in component.inputs.items()},
            low=component.low,
            likely=component.likely,
            high=component.high,
            grade=component.grade,
            source=component.source.strip(),
        )
        for component in components
    )


def _ledger_facts(
    pain_point: PainPoint, components: Sequence[Component]
) -> dict[str, str | int | Decimal | None]:
    parts = [(component.grade, component.likely) for component in components]
    share = guess_share(parts)
    return {
        "kind": str(pain_point.kind),
        "components": len(parts),
        "annual_cost": total_cost(parts),
        "guess_share": None if share is None else round(share, 6),
    }
