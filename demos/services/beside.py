"""Datasets that hold cases and, beside each, what was made of it: one run asks both, figures are paired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from demos.importing.cases import MAX_KEY_CHARS, CaseDraft, content_sha256
from demos.models import Case, CaseReview, Dataset, DatasetVersion
from demos.services.datasets import insert_cases, pii_of
from portal import audit
from portal.events import EventType
from portal.models import User

Made = tuple[str, str, CaseDraft]
"""The key of the case that it was made from, the change that was made, and what came out."""


def store_beside(
    *, by: User, clean: DatasetVersion, ending: str, originals: Sequence[CaseDraft], made: Sequence[Made],
    about: Mapping[str, Any], event: EventType, facts: Mapping[str, audit.Fact],
) -> DatasetVersion:  # fmt: skip
    """Store ``originals`` and what was ``made`` of them as a version of a dataset of its own.

    The originals stay accepted; what was made waits for the client's expert. The same content is stored once.
    """
    engagement = clean.dataset.engagement
    name = f"{clean.dataset.name[: 118 - len(ending)]}, {ending}"
    Dataset.objects.get_or_create(tenant_id=clean.tenant_id, engagement=engagement, name=name)
    dataset = Dataset.objects.select_for_update().get(engagement=engagement, name=name)
    drafts = [*originals, *(draft for _, _, draft in made)]
    sha256 = content_sha256(drafts)
    existing = dataset.versions.filter(content_sha256=sha256).first()
    if existing is not None:
        return existing
    version = DatasetVersion.objects.create(
        tenant_id=clean.tenant_id, dataset=dataset, number=dataset.versions.count() + 1,
        content_sha256=sha256, case_count=len(drafts), file_name=f"made of version {clean.number}",
        file_sha256=clean.file_sha256, mapping={}, pii_counts=pii_of(drafts), variants=dict(about),
        imported_by=by,
    )  # fmt: skip
    insert_cases(version, originals)
    copies = dict(Case.objects.filter(dataset_version=version).values_list("key", "pk"))
    links = [(copies[key], change) for key, change, _ in made]
    insert_cases(version, [draft for _, _, draft in made], links=links, after=len(copies))
    _stay_accepted(version, clean)
    audit.record(
        actor=by, event=event, subject=version, engagement_id=engagement.pk,
        facts={
            "dataset": dataset.public_id, "version": version.number, "of": clean.public_id,
            "cases": len(drafts), **facts,
        },
    )  # fmt: skip
    return version


def key_of(case: Case, change: str) -> str:
    """The key of what a change made of a case."""
    return f"{case.key[: MAX_KEY_CHARS - len(change) - 1]}~{change}"


def sliced(draft: CaseDraft, name: str, value: str) -> CaseDraft:
    """The draft in one more slice."""
    return replace(draft, slices={**draft.slices, name: value})


def _stay_accepted(version: DatasetVersion, clean: DatasetVersion) -> None:
    """The expert's word on a case holds for its copy; the row names the review that it comes from."""
    said = (
        CaseReview.objects.filter(case__dataset_version=clean)
        .order_by("case_id", "-created_at", "-pk")
        .distinct("case_id")
        .select_related("case")
    )
    reviews = {review.case.key: review for review in said}
    rows = [
        CaseReview(
            tenant_id=version.tenant_id,
            case=case,
            verdict=reviews[case.key].verdict,
            note=reviews[case.key].note,
            reviewed_by_id=reviews[case.key].reviewed_by_id,
            carried_from=reviews[case.key],
        )
        for case in Case.objects.filter(dataset_version=version, variant_of=None)
    ]
    CaseReview.objects.bulk_create(rows, batch_size=2_000)
