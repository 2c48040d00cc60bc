"""Sealed cases: whoever may not read them gets neither question nor answer, only totals."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from demos.models import Attempt, Case
from engagements.models import Engagement
from portal import access
from portal.models import User


def may_read_sealed(viewer: User, engagement: Engagement) -> bool:
    """Whether the words of sealed cases are for this person."""
    return bool(access.of(viewer).can("see_sealed_cases", engagement))


def readable_cases(viewer: User, rows: QuerySet[Case], engagement: Engagement) -> QuerySet[Case]:
    """Without the sealed ones, unless the viewer may read those."""
    hidden = _cases_can_be_sealed() and not may_read_sealed(viewer, engagement)
    return rows.filter(_open("sealed")) if hidden else rows


def readable_attempts(viewer: User, rows: QuerySet[Attempt], engagement: Engagement) -> QuerySet[Attempt]:
    """Without those on sealed cases, unless the viewer may read those."""
    hidden = _cases_can_be_sealed() and not may_read_sealed(viewer, engagement)
    return rows.filter(_open("case__sealed")) if hidden else rows


def readable_pairs(
    viewer: User, pairs: Sequence[Sequence[str]], engagement: Engagement
) -> list[tuple[str, str]]:
    """Flipped cases of a comparison without the sealed ones, unless the viewer may read those."""
    asked = Case.objects.filter(pk__in=[now for _, now in pairs])
    shown = {str(key) for key in readable_cases(viewer, asked, engagement).values_list("pk", flat=True)}
    return [(before, now) for before, now in pairs if now in shown]


def _cases_can_be_sealed() -> bool:
    return any(field.name == "sealed" for field in Case._meta.get_fields())


def _open(path: str) -> Q:
    return Q((path, False))
