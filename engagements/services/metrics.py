"""Writing down the success metric, and sealing it by both sides."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from engagements.models import Engagement, SuccessMetric
from engagements.rules.metrics import MetricTerms, check_metric, missing_for_seal
from engagements.services import measurements
from engagements.vocabulary import METRIC_SAVED, METRIC_SEALED, Side, SourceKind
from portal import access, audit
from portal.errors import Invalid, NotFound, VersionConflict, WrongMoment
from portal.models import User

SEAL_ACTIONS = {Side.CONSULTANCY: "seal_for_consultancy", Side.CLIENT: "seal_for_client"}
SEALED_KEY = "success_metric_sealed"


@transaction.atomic
def save_success_metric(
    *, by: User, engagement_id: UUID, metric: MetricTerms, version: int | None = None
) -> SuccessMetric:
    """Write the metric of an engagement, new or changed. A change takes back a seal of one side only.

    ``version`` None does not look whether somebody else changed it. Raises NotFound, Forbidden, Invalid,
    VersionConflict, or WrongMoment once both sides have sealed it.
    """
    engagement = Engagement.objects.select_for_update().get(pk=engagement_id)
    access.require(by, "edit_metrics", engagement)
    check_metric(metric)
    row = SuccessMetric.objects.select_for_update().filter(engagement=engagement).first()
    if row is None:
        row = SuccessMetric(tenant_id=engagement.tenant_id, engagement=engagement, version=0)
    if row.sealed_at is not None:
        raise WrongMoment("The success metric is sealed by both sides, so it does not change any more.")
    if version is not None and version != row.version:
        raise VersionConflict("Not saved: somebody changed the success metric meanwhile.")
    _write(row, metric)
    audit.record(
        actor=by, event=METRIC_SAVED, subject=row, engagement_id=engagement.pk, facts={"version": row.version}
    )
    return row


@transaction.atomic
def seal_success_metric(*, by: User, engagement_id: UUID) -> SuccessMetric:
    """Seal for the side of ``by``; with the other side's seal it is frozen and feeds the first gate.

    Raises NotFound, Forbidden, WrongMoment, or Invalid with what is missing: a target needs a whole baseline.
    """
    engagement = Engagement.objects.get(pk=engagement_id)
    side = Side(by.side)
    access.require(by, SEAL_ACTIONS[side], engagement)
    row = SuccessMetric.objects.select_for_update().filter(engagement=engagement).first()
    if row is None:
        raise NotFound("There is no success metric yet.")
    missing = missing_for_seal(row.terms())
    if missing:
        raise Invalid("The success metric cannot be sealed yet: something is missing.", errors=missing)
    if row.sealed_at is not None or getattr(row, f"sealed_by_{side}_id") is not None:
        raise WrongMoment(f"The {side.label.lower()} has sealed the success metric already.")
    setattr(row, f"sealed_by_{side}", by)
    complete = row.sealed_by_consultancy_id is not None and row.sealed_by_client_id is not None
    row.sealed_at = timezone.now() if complete else None
    row.save(update_fields=["sealed_by_consultancy", "sealed_by_client", "sealed_at"])
    if complete:
        measurements.record_fact(
            by=by, engagement=engagement, key=SEALED_KEY, source_kind=SourceKind.METRIC, source_id=row.pk
        )
    audit.record(
        actor=by, event=METRIC_SEALED, subject=row, engagement_id=engagement.pk,
        facts={"side": side.value, "complete": complete},
    )  # fmt: skip
    return row


def _write(row: SuccessMetric, metric: MetricTerms) -> None:
    base = metric.baseline
    row.name, row.unit = metric.name.strip(), metric.unit.strip()
    row.aggregation, row.direction = metric.aggregation, metric.direction
    row.target_kind, row.target = metric.target_kind, metric.target
    row.baseline_value, row.baseline_n = base.value, base.n
    row.baseline_from, row.baseline_to, row.baseline_source = base.begins, base.ends, base.source.strip()
    row.guardrails = [
        {"name": rail.name, "above": rail.above, "limit": str(rail.limit), "unit": rail.unit}
        for rail in metric.guardrails
    ]
    row.sealed_by_consultancy = row.sealed_by_client = None
    row.version += 1
    row.save()
