"""Targets and graders, as a viewer may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from demos.models import Grader, GraderVersion, Target, TargetExchange, TargetVersion
from engagements.models import Engagement
from portal import access
from portal.errors import NotFound
from portal.models import User


def visible_targets(viewer: User, engagement_id: UUID) -> QuerySet[Target]:
    """Targets of an engagement, by name."""
    return access.visible(viewer, Target.objects.filter(engagement_id=engagement_id)).order_by("name")


def target_for(viewer: User, target_id: UUID) -> Target:
    """Raises NotFound if there is none that the viewer may see."""
    target = access.visible(viewer, Target.objects.filter(pk=target_id)).select_related("engagement").first()
    if target is None:
        raise NotFound
    return target


def target_version_for(viewer: User, version_id: UUID) -> TargetVersion:
    """Raises NotFound if there is none that the viewer may see."""
    mine = access.visible(viewer, Target.objects.all())
    version = (
        TargetVersion.objects.filter(pk=version_id, target__in=mine)
        .select_related("target__engagement", "created_by")
        .first()
    )
    if version is None:
        raise NotFound
    return version


def target_version_in(viewer: User, engagement: Engagement, version_id: UUID) -> TargetVersion:
    """As ``target_version_for``; a version of another engagement is none either."""
    version = target_version_for(viewer, version_id)
    if version.target.engagement_id != engagement.pk:
        raise NotFound
    return version


def newest_target_versions(viewer: User, engagement_id: UUID) -> QuerySet[TargetVersion]:
    """The newest version of each target, with ``works``: how its last test went, None if never tested."""
    newest = TargetVersion.objects.filter(target=OuterRef("target")).order_by("-number").values("pk")[:1]
    tested = TargetExchange.objects.filter(target_version=OuterRef("pk")).order_by("-created_at")
    rows = TargetVersion.objects.filter(
        target__in=visible_targets(viewer, engagement_id), pk=Subquery(newest)
    )
    return (
        rows.annotate(works=Subquery(tested.values("works")[:1]))
        .select_related("target")
        .order_by("target__name")
    )


def exchanges(version: TargetVersion) -> QuerySet[TargetExchange]:
    """Tests of the connection, newest first."""
    return (
        TargetExchange.objects.filter(target_version=version)
        .select_related("asked_by")
        .order_by("-created_at")
    )


def newest_grader_versions(viewer: User, engagement_id: UUID) -> QuerySet[GraderVersion]:
    """The newest version of each grader of an engagement, by name."""
    mine = access.visible(viewer, Grader.objects.filter(engagement_id=engagement_id))
    newest = GraderVersion.objects.filter(grader=OuterRef("grader")).order_by("-number").values("pk")[:1]
    rows = GraderVersion.objects.filter(grader__in=mine, pk=Subquery(newest))
    return rows.select_related("grader").order_by("grader__name")
