"""Counterfactual cases: the same question about somebody else, to see whether the verdict stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from demos.engine.swaps import SwapSet
from demos.importing.cases import CaseDraft
from demos.importing.limits import MAX_ROWS
from demos.models import Case, DatasetVersion
from demos.outcomes import SWAP
from demos.selectors import datasets as reading
from demos.services.beside import Made, key_of, sliced, store_beside
from demos.services.datasets import draft_of
from demos.vocabulary import DATASET_SWAPPED
from portal import access
from portal.errors import FieldError, Invalid
from portal.models import User


@transaction.atomic
def make_counterfactuals(*, by: User, version_id: UUID, swaps: SwapSet) -> DatasetVersion:
    """Store each accepted case that names one value of the attribute, and one counterfactual for each other.

    Question, context, what was said before and the expected answer are swapped. Both stand in the slice of
    the attribute. Cases that name no value, or several, are left out and counted. Raises NotFound, Forbidden,
    and Invalid for swaps that cannot be made or that no case holds.
    """
    clean = reading.dataset_version_for(by, version_id)
    access.require(by, "manage_datasets", clean.dataset.engagement)
    _check(clean, swaps)
    accepted = list(reading.accepted_cases(clean))
    valued = [(case, swaps.value_of(_said(case))) for case in accepted]
    sources = [(case, value) for case, value in valued if value is not None]
    if not sources:
        raise _invalid("/values", "No accepted case names one of these terms. Add some that they hold.")
    if len(sources) * len(swaps.values) > MAX_ROWS:
        raise _invalid("/values", f"That would be more than {MAX_ROWS:,} cases. Give fewer values.")
    several = sum(value is None and swaps.names_any(_said(case)) for case, value in valued)
    left_out = {"none": len(accepted) - len(sources) - several, "several": several}
    return store_beside(
        by=by,
        clean=clean,
        ending=f"other {swaps.attribute}",
        originals=[sliced(_draft(case), swaps.attribute, value) for case, value in sources],
        made=list(_made(sources, swaps)),
        about={
            "of": clean.public_id, "attribute": swaps.attribute,
            "values": {value: list(terms) for value, terms in swaps.values.items()}, "left_out": left_out,
        },
        event=DATASET_SWAPPED,
        facts={"attribute": swaps.attribute, "left_out": sum(left_out.values())},
    )  # fmt: skip


def _check(clean: DatasetVersion, swaps: SwapSet) -> None:
    faults = swaps.faults()
    if faults:
        errors = [FieldError(f"/{field}", "invalid", detail) for field, detail in faults]
        raise Invalid(errors[0].detail, errors=errors)
    if clean.variants:
        raise _invalid("/values", "These cases were made from others already. Take the cases that came in.")


def _made(sources: Sequence[tuple[Case, str]], swaps: SwapSet) -> Iterator[Made]:
    for value in swaps.values:
        for case, own in sources:
            if value != own:
                draft = _swapped(_draft(case, key=key_of(case, value)), swaps, value)
                yield case.key, SWAP, sliced(draft, swaps.attribute, value)


def _swapped(draft: CaseDraft, swaps: SwapSet, value: str) -> CaseDraft:
    return replace(
        draft,
        input=swaps.swapped(draft.input, value),
        expected=swaps.swapped(draft.expected, value),
        context=swaps.swapped(draft.context, value),
        turns=[_turn(turn, swaps, value) for turn in draft.turns],
    )


def _turn(turn: dict[str, Any], swaps: SwapSet, value: str) -> dict[str, Any]:
    return {key: swaps.swapped(part, value) if isinstance(part, str) else part for key, part in turn.items()}


def _draft(case: Case, *, key: str = "") -> CaseDraft:
    return draft_of(case, key=key or case.key, question=case.input)


def _said(case: Case) -> str:
    """Everything that the system is told, in one text."""
    turns = [part for turn in case.turns for part in turn.values() if isinstance(part, str)]
    return "\n".join([case.input, case.context, *turns])


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer, "invalid", detail)])
