"""Sealed cases: whoever may not read them gets neither question nor answer, only totals."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from demos.models import Attempt, Case, DatasetVersion, SealedLook
from engagements.models import Engagement
from portal import access
from portal.models import User


def may_read_sealed(viewer: User, engagement: Engagement) -> bool:
    """Whether the words of sealed cases are for this person."""
    return bool(access.of(viewer).can("see_sealed_cases", engagement))


def readable_cases(viewer: User, rows: QuerySet[Case], engagement: Engagement) -> QuerySet[Case]:
    """Without the sealed ones, unless the viewer may read those."""
    return rows if may_read_sealed(viewer, engagement) else rows.filter(sealed=False)


def readable_attempts(viewer: User, rows: QuerySet[Attempt], engagement: Engagement) -> QuerySet[Attempt]:
    """Without those on sealed cases, unless the viewer may read those."""
    return rows if may_read_sealed(viewer, engagement) else rows.filter(case__sealed=False)


def readable_pairs(
    viewer: User, pairs: Sequence[Sequence[str]], engagement: Engagement
) -> list[tuple[str, str]]:
    """Flipped cases of a comparison without the sealed ones, unless the viewer may read those."""
    asked = Case.objects.filter(pk__in=[now for _, now in pairs])
    shown = {str(key) for key in readable_cases(viewer, asked, engagement).values_list("pk", flat=True)}
    return [(before, now) for before, now in pairs if now in shown]


def has_sealed_cases(version: DatasetVersion) -> bool:
    """Whether a version holds sealed cases."""
    return Case.objects.filter(dataset_version=version, sealed=True).exists()


def looks_at(dataset_id: UUID) -> int:
    """How many runs on sealed cases of a dataset the consultancy has seen the result of."""
    return SealedLook.objects.filter(dataset_id=dataset_id).count()


def looks_in_words(version: DatasetVersion) -> str:
    """“Results on sealed cases were looked at 2 times.”; "" when the version has none."""
    if not has_sealed_cases(version):
        return ""
    count = looks_at(version.dataset_id)
    return f"Results on sealed cases were looked at {count} {'time' if count == 1 else 'times'}."
