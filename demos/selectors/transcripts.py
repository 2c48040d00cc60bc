"""Proofs of deleted texts, as a viewer may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from demos.models import TextDeletion
from portal import access
from portal.models import User


def visible_deletions(viewer: User, engagement_id: UUID) -> QuerySet[TextDeletion]:
    """The proofs of an engagement, newest first. One query."""
    rows = access.visible(viewer, TextDeletion.objects.filter(engagement_id=engagement_id))
    return rows.select_related("run").order_by("-created_at", "-pk")
