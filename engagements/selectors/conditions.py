"""Conditions of approvals, and waivers of criteria: as they stand today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from engagements.models import Condition, Criterion, Gate, GateRound, Waiver
from engagements.vocabulary import (
    OPEN_CONDITIONS,
    UNCLOSED,
    Comparator,
    ConditionStatus,
    CriterionKind,
    Unit,
)
from portal import access
from portal.errors import NotFound
from portal.models import User


def conditions_of(viewer: User, engagement_id: UUID) -> QuerySet[Condition]:
    """Every condition of an engagement with its gate and people, what is due first."""
    rows = Condition.objects.filter(engagement_id=engagement_id).select_related(
        "decision__round__gate", "owner", "proposed_by", "closed_by"
    )
    return access.visible(viewer, rows).order_by("due", "criterion_key")


def condition_for(viewer: User, condition_id: UUID) -> Condition:
    """One condition. Raises NotFound."""
    rows = Condition.objects.select_related(
        "decision__round__gate", "engagement__tenant", "owner", "proposed_by", "closed_by"
    )
    found = access.visible(viewer, rows).filter(pk=condition_id).first()
    if found is None:
        raise NotFound
    return found


def unclosed_before(gate: Gate) -> list[Condition]:
    """Conditions of the gates before this one that nobody has closed: they hold it back. One query."""
    rows = Condition.objects.filter(
        engagement_id=gate.engagement_id, decision__round__gate__number__lt=gate.number, status__in=UNCLOSED
    )
    return list(rows.select_related("owner", "decision__round__gate").order_by("due"))


@dataclass(frozen=True, slots=True)
class Carried:
    """What the gates before leave to this one: ``unclosed`` are the dates of conditions nobody closed.

    ``ever`` False: no gate before was approved with a condition. ``lapsed``: numbers of the gates before
    with a condition whose date has passed.
    """

    gate_number: int
    unclosed: tuple[date, ...] = ()
    ever: bool = False
    lapsed: frozenset[int] = frozenset()

    def added_to(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """The criteria with the one that no set can leave out. It is in no set, so it is not stored."""
        if not self.ever or any(criterion.source_key == OPEN_CONDITIONS for criterion in criteria):
            return list(criteria)
        last = max((criterion.order for criterion in criteria), default=0)
        carried = Criterion(
            key=f"G{self.gate_number}-C", text="Every condition of the gates before is closed",
            order=last + 1, kind=CriterionKind.CONDITION, must=True, waivable=False, comparator=Comparator.EQ,
            target=Decimal(0), unit=Unit.COUNT, source_key=OPEN_CONDITIONS,
        )  # fmt: skip
        return [*criteria, carried]


def carried_by(gates: Iterable[Gate], *, today: date) -> dict[UUID, Carried]:
    """What each gate takes over from those before it in its engagement. One query."""
    wanted = list(gates)
    rows = Condition.objects.filter(engagement_id__in=[gate.engagement_id for gate in wanted]).values_list(
        "engagement_id", "decision__round__gate__number", "status", "due"
    )
    by_engagement: dict[UUID, list[tuple[int, str, date]]] = defaultdict(list)
    for engagement_id, number, status, due in rows:
        by_engagement[engagement_id].append((number, status, due))
    found = {}
    for gate in wanted:
        before = [row for row in by_engagement[gate.engagement_id] if row[0] < gate.number]
        unclosed = [(number, due) for number, status, due in before if status in UNCLOSED]
        found[gate.pk] = Carried(
            gate.number, tuple(due for _, due in unclosed), ever=bool(before),
            lapsed=frozenset(number for number, due in unclosed if due < today),
        )  # fmt: skip
    return found


def lapsed_stages(engagement_ids: Iterable[UUID], *, today: date) -> set[UUID]:
    """Stages that were passed with a condition whose date has passed. One query."""
    rows = Condition.objects.filter(engagement_id__in=list(engagement_ids), status__in=UNCLOSED).values_list(
        "decision__round__gate__stage_id", "status", "due"
    )
    return {stage for stage, status, due in rows if status == ConditionStatus.LAPSED or due < today}


def waivers_of(criterion_ids: Iterable[UUID], *, today: date) -> Mapping[UUID, Waiver]:
    """The waiver that holds today for each criterion, the longest if there are several. One query."""
    rows = Waiver.objects.filter(criterion_id__in=list(criterion_ids), expires__gte=today)
    return {row.criterion_id: row for row in rows.select_related("granted_by").order_by("expires")}


def waivers_during(row: GateRound) -> list[Waiver]:
    """Waivers of the round's criteria that held when it was decided, or hold today while it is open."""
    decision = row.decisions.first()
    on = decision.decided_at.date() if decision else timezone.now().date()
    rows = Waiver.objects.filter(criterion__criteria_set_id=row.criteria_set_id, expires__gte=on)
    if decision:
        rows = rows.filter(created_at__lte=decision.decided_at)
    return list(rows.select_related("criterion", "granted_by").order_by("criterion__order"))


def waived_keys(criteria_set_id: UUID, *, today: date) -> set[str]:
    """Keys of a set with a waiver that holds today."""
    rows = Waiver.objects.filter(criterion__criteria_set_id=criteria_set_id, expires__gte=today)
    return set(rows.values_list("criterion__key", flat=True))
