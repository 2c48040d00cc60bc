"""Who reads what of readiness: everything, or only the section that one was asked to answer."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from assessments.models import Assessment, FrameworkVersion, Risk
from assessments.selectors.standing import ElementStanding, ReadinessStanding, assessment_of, standing_of
from engagements.models import Engagement
from engagements.selectors import engagement_for
from portal import access
from portal.errors import NotFound
from portal.models import User

SEE_ALL = ("verify_readiness", "manage_readiness", "see_ledger", "see_internal", "decide_gate")


def sees_all(viewer: User, place: Engagement | Assessment) -> bool:
    """Whether the whole assessment is open to ``viewer``; who only answers sees the own sections."""
    reader = access.of(viewer)
    return any(reader.can(action, place) for action in SEE_ALL)


def assessment_for(viewer: User, engagement_id: UUID) -> tuple[Engagement, Assessment]:
    """The engagement and its assessment. Raises NotFound where one is not seen, or nothing has begun."""
    engagement = engagement_for(viewer, engagement_id)
    assessment = assessment_of(engagement_id)
    if assessment is None:
        raise NotFound("The readiness assessment has not begun yet.")
    return engagement, assessment


def standing_for(viewer: User, engagement_id: UUID) -> tuple[Engagement, ReadinessStanding]:
    """All of it, for those who may see all of it. Raises NotFound."""
    engagement, assessment = assessment_for(viewer, engagement_id)
    if not sees_all(viewer, assessment):
        raise NotFound("You see the sections that you were asked to answer.")
    return engagement, standing_of(assessment, today=timezone.now().date())


def element_for(
    viewer: User, engagement_id: UUID, key: str
) -> tuple[Engagement, ReadinessStanding, ElementStanding]:
    """One element, if the viewer sees everything or was asked to answer it. Raises NotFound."""
    engagement, assessment = assessment_for(viewer, engagement_id)
    standing = standing_of(assessment, today=timezone.now().date())
    row = next((one for one in standing.elements if one.element.key == key), None)
    if row is None or not (sees_all(viewer, assessment) or is_asked(viewer, row)):
        raise NotFound
    return engagement, standing, row


def is_asked(viewer: User, row: ElementStanding) -> bool:
    return row.section is not None and row.section.person_id == viewer.pk


def risks_for(viewer: User, engagement_id: UUID) -> list[Risk]:
    """The register, highest open score first. One query."""
    rows = access.visible(viewer, Risk.objects.filter(engagement_id=engagement_id))
    settled = ("closed", "accepted")
    return sorted(
        rows.select_related("owner", "accepted_by"),
        key=lambda row: (row.status in settled, -row.score, row.catalogue, row.title),
    )


def risk_for(viewer: User, engagement_id: UUID, risk_id: UUID) -> Risk:
    """One risk. Raises NotFound."""
    rows = access.visible(viewer, Risk.objects.filter(engagement_id=engagement_id, pk=risk_id))
    found = rows.select_related("owner", "accepted_by", "engagement").first()
    if found is None:
        raise NotFound
    return found


def framework_for(viewer: User, version_id: UUID) -> FrameworkVersion:
    """One framework version. Raises NotFound."""
    rows = access.visible(viewer, FrameworkVersion.objects.filter(pk=version_id))
    found = rows.select_related("framework").first()
    if found is None:
        raise NotFound
    return found


def frameworks_for(viewer: User, tenant_id: UUID) -> list[FrameworkVersion]:
    """Framework versions of a client, newest first; empty before the first assessment began."""
    rows = access.visible(viewer, FrameworkVersion.objects.filter(tenant_id=tenant_id))
    return list(rows.select_related("framework", "published_by").order_by("framework__title", "-created_at"))
