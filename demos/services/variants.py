"""Messy variants: a frozen dataset that holds the clean cases and, beside each, what was made of it.

Both are asked in the same run, so the fall on messy input is a paired figure of one system at one time.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from demos.engine.variants import Change, variant
from demos.importing.cases import MAX_KEY_CHARS, CaseDraft, content_sha256
from demos.importing.limits import MAX_ROWS
from demos.models import Case, CaseReview, Dataset, DatasetVersion
from demos.selectors import datasets as reading
from demos.services.datasets import draft_of, insert_cases, pii_of
from demos.vocabulary import DATASET_VARIED
from portal import access, audit
from portal.errors import FieldError, Invalid
from portal.models import User


@transaction.atomic
def make_variants(
    *, by: User, version_id: UUID, changes: Sequence[Change], seed: int | None = None
) -> DatasetVersion:
    """Store each accepted case of a version again, and once more for each change that can be made to it.

    The expected answer stays: what is right does not change because it was typed badly. The clean cases stay
    accepted; the variants wait for the client's expert like any other case. The slice ``change`` says what
    was done to a case, "none" to a clean one. Raises Invalid when there is nothing to change.
    """
    clean = reading.dataset_version_for(by, version_id)
    access.require(by, "manage_datasets", clean.dataset.engagement)
    if not changes:
        raise _invalid("/changes", "Choose at least one change.")
    if clean.variants:
        raise _invalid("/changes", "These cases are variants already. Make variants of the clean cases.")
    seed = chance.randbelow(2**31) if seed is None else seed
    sources = list(reading.accepted_cases(clean))
    if len(sources) * (len(set(changes)) + 1) > MAX_ROWS:
        raise _invalid("/changes", f"That would be more than {MAX_ROWS:,} cases. Choose fewer changes.")
    made = list(_made(sources, list(dict.fromkeys(changes)), seed))
    if not made:
        raise _invalid("/changes", "No accepted case can be changed this way. Choose other changes.")
    name = f"{clean.dataset.name[:112]}, messy"
    engagement = clean.dataset.engagement
    Dataset.objects.get_or_create(tenant_id=clean.tenant_id, engagement=engagement, name=name)
    dataset = Dataset.objects.select_for_update().get(engagement=engagement, name=name)
    clean_drafts = [_sliced(draft_of(case, key=case.key, question=case.input), "none") for case in sources]
    drafts = [*clean_drafts, *(draft for _, _, draft in made)]
    sha256 = content_sha256(drafts)
    existing = dataset.versions.filter(content_sha256=sha256).first()
    if existing is not None:
        return existing
    version = DatasetVersion.objects.create(
        tenant_id=clean.tenant_id, dataset=dataset, number=dataset.versions.count() + 1,
        content_sha256=sha256, case_count=len(drafts), file_name=f"variants of version {clean.number}",
        file_sha256=clean.file_sha256, mapping={}, pii_counts=pii_of(drafts),
        variants={"of": clean.public_id, "changes": [str(c) for c in changes], "seed": seed},
        imported_by=by,
    )  # fmt: skip
    insert_cases(version, clean_drafts)
    copies = dict(Case.objects.filter(dataset_version=version).values_list("key", "pk"))
    links = [(copies[case.key], str(change)) for case, change, _ in made]
    insert_cases(version, [draft for _, _, draft in made], links=links, after=len(copies))
    _stay_accepted(version, clean)
    audit.record(
        actor=by,
        event=DATASET_VARIED,
        subject=version,
        engagement_id=engagement.pk,
        facts={
            "dataset": dataset.public_id, "version": version.number, "of": clean.public_id,
            "cases": len(drafts), "seed": seed,
        },
    )  # fmt: skip
    return version


def _made(
    sources: Sequence[Case], changes: Sequence[Change], seed: int
) -> Iterator[tuple[Case, Change, CaseDraft]]:
    for change in changes:
        for case in sources:
            text = variant(case.input, change, seed=seed, key=case.key)
            if text is not None:
                ending = f"~{change}"
                key = f"{case.key[: MAX_KEY_CHARS - len(ending)]}{ending}"
                yield case, change, _sliced(draft_of(case, key=key, question=text), str(change))


def _sliced(draft: CaseDraft, change: str) -> CaseDraft:
    return replace(draft, slices={**draft.slices, "change": change})


def _stay_accepted(version: DatasetVersion, clean: DatasetVersion) -> None:
    """The expert's word on a clean case holds for its copy; the row names the review that it comes from."""
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


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
