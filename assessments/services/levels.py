"""What readiness pays into gates: the weakest link, each element, how many are under each gate's targets."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from assessments.models import Assessment
from assessments.selectors.standing import ReadinessStanding, standing_of
from assessments.vocabulary import READINESS_CHANGED
from engagements.models import Measurement
from engagements.services.measurements import Counted, record_counted
from engagements.vocabulary import SourceKind, Unit
from portal import audit
from portal.models import User

METHOD = "lowest of core questions"


def pay_in(assessment: Assessment, *, by: User | None) -> ReadinessStanding:
    """Record the levels that changed; the ledger says when the weakest link did. Call in a transaction."""
    standing = standing_of(assessment, today=timezone.now().date())
    before = _last_level(assessment)
    changed = record_counted(
        by=by, engagement=assessment.engagement, figures=figures_of(standing),
        source_kind=SourceKind.ANSWER, source_id=assessment.pk, method=METHOD,
    )  # fmt: skip
    keys = {figure.key for figure in changed}
    gate = assessment.target_gate
    if keys & {"readiness_level", f"elements_below_target_gate_{gate}"} and before != standing.level:
        audit.record(
            actor=by, event=READINESS_CHANGED, subject=assessment, engagement_id=assessment.engagement_id,
            facts={
                "level": standing.level, "before": before, "gate": gate,
                "below_target": len(standing.below(gate)),
            },
        )  # fmt: skip
    return standing


def figures_of(standing: ReadinessStanding) -> list[Counted]:
    """Levels are whole numbers and exact. Before anything is answered, nothing is known: None, not 0."""
    rows = [Counted("readiness_level", _exact(standing.level), Unit.LEVEL, n=len(standing.vector()))]
    rows += [
        Counted("element_level", _exact(row.level), Unit.LEVEL, slice=row.element.key, n=len(row.questions))
        for row in standing.elements
        if row.applies
    ]
    for gate in sorted(standing.framework.targets):
        below = len(standing.below(gate)) if standing.answered else None
        for key, part in (
            ("elements_below_target", f"gate-{gate}"),
            (f"elements_below_target_gate_{gate}", ""),
        ):
            rows.append(Counted(key, _exact(below), Unit.COUNT, slice=part, n=len(standing.vector())))
    return rows


def _exact(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _last_level(assessment: Assessment) -> int | None:
    last = (
        Measurement.objects.filter(
            engagement_id=assessment.engagement_id, key="readiness_level", source_kind=SourceKind.ANSWER
        )
        .order_by("-measured_at")
        .first()
    )
    return None if last is None or last.value is None else int(last.value)
