"""Looks at sealed cases: each run whose result on them was shown to the consultancy counts as one."""

from __future__ import annotations

from django.db import transaction

from demos.models import Run, SealedLook
from demos.selectors.sealing import has_sealed_cases, looks_at
from demos.vocabulary import SEALED_LOOKED_AT, RunStatus
from portal import audit
from portal.models import User
from portal.vocabulary import Affiliation


@transaction.atomic
def note_look(*, by: User, run: Run) -> None:
    """Count that the result of a finished run is shown to ``by``: the consultancy's first look, once."""
    if by.affiliation == Affiliation.CLIENT or run.status not in (RunStatus.FINISHED, RunStatus.INVALID):
        return
    version = run.plan.dataset_version
    if not has_sealed_cases(version) or SealedLook.objects.filter(run=run).exists():
        return
    Run.objects.select_for_update().get(pk=run.pk)
    _, is_new = SealedLook.objects.get_or_create(
        tenant_id=run.tenant_id, run=run, defaults={"dataset": version.dataset, "seen_by": by}
    )
    if is_new:
        audit.record(
            actor=by,
            event=SEALED_LOOKED_AT,
            subject=run,
            facts={"run": run.public_id, "looks": looks_at(version.dataset_id)},
        )
