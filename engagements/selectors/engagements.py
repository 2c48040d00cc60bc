"""Engagements, gates and rounds that a viewer may see; anything else is NotFound."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from engagements.models import Decision, Engagement, Gate, GateRound, Snapshot, SuccessMetric
from portal import access
from portal.errors import NotFound
from portal.models import User


def visible_engagements(viewer: User) -> QuerySet[Engagement]:
    """Engagements ``viewer`` may see, with client, lead and sponsor: one query."""
    rows = Engagement.objects.select_related("tenant", "lead", "sponsor")
    return access.visible(viewer, rows).order_by("tenant__name", "code")


def engagement_for(viewer: User, engagement_id: UUID) -> Engagement:
    """One engagement. Raises NotFound."""
    found = visible_engagements(viewer).filter(pk=engagement_id).first()
    if found is None:
        raise NotFound
    return found


def gate_for(viewer: User, gate_id: UUID) -> Gate:
    """One gate with its stage and engagement. Raises NotFound."""
    rows = Gate.objects.select_related(
        "stage", "engagement__tenant", "engagement__lead", "engagement__sponsor"
    )
    found = access.visible(viewer, rows).filter(pk=gate_id).first()
    if found is None:
        raise NotFound
    return found


def gates_of(viewer: User, engagement_id: UUID) -> QuerySet[Gate]:
    """The gates of one engagement in their order, each with its stage."""
    rows = Gate.objects.select_related("stage", "engagement").filter(engagement_id=engagement_id)
    return access.visible(viewer, rows).order_by("number")


def round_for(viewer: User, round_id: UUID) -> GateRound:
    """One round with gate, snapshot and submitter. Raises NotFound."""
    rows = GateRound.objects.select_related(
        "gate__stage", "engagement__tenant", "engagement__lead", "snapshot", "submitted_by", "criteria_set"
    )
    found = access.visible(viewer, rows).filter(pk=round_id).first()
    if found is None:
        raise NotFound
    return found


def decision_of(viewer: User, round_id: UUID) -> Decision | None:
    """The decision of a round that the viewer may see; None while there is none."""
    rows = Decision.objects.select_related("decided_by").filter(round_id=round_id)
    return access.visible(viewer, rows).first()


def metric_of(viewer: User, engagement_id: UUID) -> SuccessMetric | None:
    """The success metric; None when nobody has written one."""
    rows = SuccessMetric.objects.filter(engagement_id=engagement_id)
    return access.visible(viewer, rows).first()


def snapshot_by_hash(viewer: User, sha256: str) -> Snapshot | None:
    """The snapshot with these bytes, where the viewer may see it."""
    rows = Snapshot.objects.select_related("engagement__tenant").filter(sha256=sha256)
    return access.visible(viewer, rows).first()
