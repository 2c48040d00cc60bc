"""One criterion: where it stands now, and the thread that goes on through its amendments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from engagements.models import Criterion, Gate
from engagements.selectors.verdicts import Standing, standing_of
from portal.errors import NotFound
from portal.models import User


def is_criterion(viewer: User, engagement_id: UUID, key: UUID) -> bool:
    """Whether there is such a criterion in any set of the engagement."""
    return Criterion.objects.filter(pk=key, criteria_set__engagement_id=engagement_id).exists()


def criterion_of(gate: Gate, criterion_id: UUID) -> Criterion:
    """A criterion of any set of this gate. Raises NotFound."""
    rows = Criterion.objects.select_related("criteria_set", "owner")
    found = rows.filter(pk=criterion_id, criteria_set__gate=gate).first()
    if found is None:
        raise NotFound
    return found


def standing_of_one(gate: Gate, criterion: Criterion, *, now: datetime) -> Standing | None:
    """Its verdict now. None: it is of a set that does not count, such as a draft or an amended one."""
    return next((row for row in standing_of(gate, now=now).rows if row.criterion.pk == criterion.pk), None)


def talked_about_as(criterion: Criterion) -> str:
    """The public id under which it is talked about: that of the first set of this gate that asked for it."""
    same = Criterion.objects.filter(criteria_set__gate_id=criterion.criteria_set.gate_id, key=criterion.key)
    first = same.order_by("criteria_set__number").first() or criterion
    return first.public_id
