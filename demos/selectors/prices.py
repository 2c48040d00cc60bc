"""Prices, as a viewer may see them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from demos.models import PriceTable, PriceVersion
from portal import access
from portal.models import User


def price_versions(viewer: User, engagement_id: UUID) -> QuerySet[PriceVersion]:
    """Every version of every table of an engagement with its lines, the newest first."""
    tables = access.visible(viewer, PriceTable.objects.filter(engagement_id=engagement_id))
    rows = PriceVersion.objects.filter(table__in=tables).select_related("table", "created_by")
    return rows.prefetch_related("lines").order_by("-valid_from", "-created_at")
