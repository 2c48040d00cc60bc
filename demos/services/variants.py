"""Messy variants: a frozen dataset that holds the clean cases and, beside each, what was made of it.

Both are asked in the same run, so the fall on messy input is a paired figure of one system at one time.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction

from demos.engine.variants import Change, variant
from demos.importing.cases import CaseDraft
from demos.importing.limits import MAX_ROWS
from demos.models import Case, DatasetVersion
from demos.selectors import datasets as reading
from demos.services.beside import Made, key_of, sliced, store_beside
from demos.services.datasets import draft_of
from demos.vocabulary import DATASET_VARIED
from portal import access
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
    return store_beside(
        by=by,
        clean=clean,
        ending="messy",
        originals=[_draft(case, case.key, case.input, "none") for case in sources],
        made=made,
        about={"of": clean.public_id, "changes": [str(c) for c in changes], "seed": seed},
        event=DATASET_VARIED,
        facts={"seed": seed},
    )


def _made(sources: Sequence[Case], changes: Sequence[Change], seed: int) -> Iterator[Made]:
    for change in changes:
        for case in sources:
            text = variant(case.input, change, seed=seed, key=case.key)
            if text is not None:
                key = key_of(case, str(change))
                yield case.key, str(change), _draft(case, key, text, str(change))


def _draft(case: Case, key: str, question: str, change: str) -> CaseDraft:
    return sliced(draft_of(case, key=key, question=question), "change", change)


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
