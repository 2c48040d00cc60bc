"""Datasets, their versions and cases, as a viewer may see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from demos.models import Case, CaseReview, Dataset, DatasetVersion, PendingAttempt, Run, Upload
from demos.rules import asked_sha256
from demos.vocabulary import CaseCategory, CaseVerdict
from portal import access
from portal.errors import NotFound
from portal.models import User


class Review(TypedDict):
    """What ``with_review`` adds to a case: the newest verdict on it, or None."""

    review: str | None


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    ReviewedCase = WithAnnotations[Case, Review]


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """How many cases of a version are accepted, rejected, and not reviewed."""

    accepted: int
    rejected: int
    open: int

    @property
    def total(self) -> int:
        """All cases of the version."""
        return self.accepted + self.rejected + self.open


def visible_datasets(viewer: User, engagement_id: UUID) -> QuerySet[Dataset]:
    """Datasets of an engagement, by name."""
    return access.visible(viewer, Dataset.objects.filter(engagement_id=engagement_id)).order_by("name")


def visible_versions(viewer: User) -> QuerySet[DatasetVersion]:
    """Every dataset version that the viewer may see, newest first."""
    mine = access.visible(viewer, Dataset.objects.all())
    rows = DatasetVersion.objects.filter(dataset__in=mine)
    return rows.select_related("dataset__engagement", "imported_by").order_by("-created_at")


def dataset_version_for(viewer: User, version_id: UUID) -> DatasetVersion:
    """Raises NotFound if there is none that the viewer may see."""
    version = visible_versions(viewer).filter(pk=version_id).first()
    if version is None:
        raise NotFound
    return version


def upload_for(viewer: User, upload_id: UUID) -> Upload:
    """A kept upload without its bytes. Raises NotFound."""
    upload = access.visible(viewer, Upload.objects.defer("content")).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    return upload


def with_review(cases: QuerySet[Case]) -> QuerySet[ReviewedCase]:
    """Each case with ``review``: the newest verdict on it, or None."""
    newest = CaseReview.objects.filter(case=OuterRef("pk")).order_by("-created_at", "-pk")
    return cases.annotate(review=Subquery(newest.values("verdict")[:1]))


def cases_of(version: DatasetVersion) -> QuerySet[ReviewedCase]:
    """Cases in their order, each with its newest review."""
    return with_review(Case.objects.filter(dataset_version=version)).order_by("position")


def accepted_cases(version: DatasetVersion) -> QuerySet[ReviewedCase]:
    """The cases that a run asks."""
    return cases_of(version).filter(review=CaseVerdict.ACCEPTED)


def asked_sha256_of(version: DatasetVersion) -> str:
    """The hash of the cases that a run of this version asks now. One query."""
    accepted = accepted_cases(version).values_list("pk", flat=True)
    return asked_sha256(content=version.content_sha256, accepted=accepted)


def review_counts(version: DatasetVersion) -> ReviewCounts:
    """One query over all cases of the version."""
    counted = with_review(Case.objects.filter(dataset_version=version)).aggregate(
        accepted=Count("pk", filter=Q(review=CaseVerdict.ACCEPTED)),
        rejected=Count("pk", filter=Q(review=CaseVerdict.REJECTED)),
        open=Count("pk", filter=Q(review=None)),
    )
    return ReviewCounts(**counted)


def review_counts_of(versions: Sequence[DatasetVersion]) -> dict[UUID, ReviewCounts]:
    """The same for several versions by their key, in one query."""
    newest = (
        CaseReview.objects.filter(case=OuterRef("pk")).order_by("-created_at", "-pk").values("verdict")[:1]
    )
    rows = (
        Case.objects.filter(dataset_version__in=versions)
        .alias(review=Subquery(newest))
        .values("dataset_version")
        .annotate(
            accepted=Count("pk", filter=Q(review=CaseVerdict.ACCEPTED)),
            rejected=Count("pk", filter=Q(review=CaseVerdict.REJECTED)),
            open=Count("pk", filter=Q(review=None)),
        )
        .order_by()
    )
    return {
        row["dataset_version"]: ReviewCounts(row["accepted"], row["rejected"], row["open"]) for row in rows
    }


def category_counts(version: DatasetVersion) -> Mapping[CaseCategory, int]:
    """Cases by category, every category named, 0 where there is none."""
    rows = Case.objects.filter(dataset_version=version).values_list("category").annotate(n=Count("pk"))
    found = dict(rows.order_by("category"))
    return {category: found.get(category.value, 0) for category in CaseCategory}


def asked_categories(run: Run) -> dict[str, int]:
    """How many cases of each category a run asks; every category is named."""
    rows = Case.objects.filter(
        Q(attempts__run=run, attempts__repeat=1)
        | Q(pk__in=PendingAttempt.objects.filter(run=run, repeat=1).values("case"))
    )
    counted = dict(rows.values_list("category").annotate(n=Count("pk", distinct=True)).order_by("category"))
    return {category.value: counted.get(category.value, 0) for category in CaseCategory}


def accepted_categories(version: DatasetVersion) -> dict[str, int]:
    """How many accepted cases of each category a version has; every category is named."""
    rows = accepted_cases(version).values_list("category", flat=True)
    counted = Counter(rows.iterator())
    return {category.value: counted.get(category.value, 0) for category in CaseCategory}


def carried_count(version: DatasetVersion) -> int:
    """How many reviews of a version were carried over from the one before."""
    return CaseReview.objects.filter(case__dataset_version=version, carried_from__isnull=False).count()
