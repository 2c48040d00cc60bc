"""Comparing the pilot's environment with production, respect by respect: the only writer of ParityCheck."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.evidence import evidence_changed
from engagements.models import Engagement, ParityCheck
from engagements.pilot_words import PARITY_CHECKED, Aspect, Parity
from engagements.selectors.pilot import parity_of
from engagements.services.measurements import Counted, record_counted
from engagements.services.pilot import engagement_to_report
from engagements.vocabulary import SourceKind, Unit
from portal import audit
from portal.errors import FieldError, Invalid, VersionConflict
from portal.models import User

OPEN_GAPS = "open_parity_gaps"


@transaction.atomic
def compare_aspect(
    *, by: User, engagement_id: UUID, aspect: Aspect, state: Parity, note: str = "", version: int = 0
) -> ParityCheck:
    """Say how one respect compares; ``version`` 0: nobody has looked yet.

    Once all are compared, the number of blocking differences is paid into the gates. Raises NotFound,
    Forbidden, WrongMoment, VersionConflict, and Invalid for a difference that is not described.
    """
    engagement = engagement_to_report(engagement_id, by)
    note = note.strip()
    if state != Parity.SAME and not note:
        words = f"{aspect.label}: say what differs" + (
            ", and why it does not matter." if state == Parity.HARMLESS else "."
        )
        raise Invalid(words, errors=[FieldError(f"/{aspect}", "missing", words)])
    row = ParityCheck.objects.filter(engagement=engagement, aspect=aspect).first()
    if (row.version if row else 0) != version:
        raise VersionConflict("Not saved: somebody else compared this meanwhile.")
    row = row or ParityCheck(tenant_id=engagement.tenant_id, engagement=engagement, aspect=aspect, version=0)
    row.state, row.note, row.looked_by, row.looked_at = state, note, by, timezone.now()
    row.version += 1
    row.save()
    audit.record(
        actor=by, event=PARITY_CHECKED, subject=row, engagement_id=engagement.pk,
        facts={"aspect": aspect.value, "state": state.value},
    )  # fmt: skip
    _count(engagement, by)
    return row


def _count(engagement: Engagement, by: User) -> None:
    found = parity_of(engagement.pk)
    if set(found) != set(Aspect.values):
        return
    gaps = sum(row.state == Parity.BLOCKING for row in found.values())
    figure = Counted(OPEN_GAPS, Decimal(gaps), Unit.COUNT, n=len(found))
    if record_counted(
        by=by, engagement=engagement, figures=[figure], source_kind=SourceKind.SERIES,
        source_id=engagement.pk, method="counted in the comparison with production",
    ):  # fmt: skip
        evidence_changed(engagement.pk)
