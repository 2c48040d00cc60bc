"""Messy variants: a frozen dataset beside the clean one, each case linked to the one it was made from."""

from __future__ import annotations

import secrets as chance
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction

from demos.engine.variants import Change, variant
from demos.importing.cases import MAX_KEY_CHARS, CaseDraft, content_sha256
from demos.importing.limits import MAX_ROWS
from demos.models import Case, Dataset, DatasetVersion
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
    """Store each accepted case of a version once for each change that can be made to it.

    The expected answer stays: what is right does not change because it was typed badly. The variants wait for
    the client's expert like any other case. Raises Invalid when there is nothing to change.
    """
    clean = reading.dataset_version_for(by, version_id)
    access.require(by, "manage_datasets", clean.dataset.engagement)
    if not changes:
        raise _invalid("/changes", "Choose at least one change.")
    if clean.variants:
        raise _invalid("/changes", "These cases are variants already. Make variants of the clean cases.")
    seed = chance.randbelow(2**31) if seed is None else seed
    sources = list(reading.accepted_cases(clean))
    if len(sources) * len(set(changes)) > MAX_ROWS:
        raise _invalid("/changes", f"That would be more than {MAX_ROWS:,} cases. Choose fewer changes.")
    made = list(_made(sources, list(dict.fromkeys(changes)), seed))
    if not made:
        raise _invalid("/changes", "No accepted case can be changed this way. Choose other changes.")
    name = f"{clean.dataset.name[:112]}, messy"
    engagement = clean.dataset.engagement
    Dataset.objects.get_or_create(tenant_id=clean.tenant_id, engagement=engagement, name=name)
    dataset = Dataset.objects.select_for_update().get(engagement=engagement, name=name)
    drafts = [draft for _, _, draft in made]
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
    insert_cases(version, drafts, links=[(case.pk, str(change)) for case, change, _ in made])
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
                yield case, change, draft_of(case, key=key, question=text)


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
