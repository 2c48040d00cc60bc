"""Cases that nobody of the client has accepted, and grades that are disputed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse

from demos.models import Case, CaseReview, DatasetVersion, Dispute
from engagements.models import Engagement
from engagements.vocabulary import Side
from engagements.waiting import Waiting
from portal.models import User


def cases_waiting(viewer: User, engagements: Sequence[Engagement], now: datetime) -> list[Waiting]:
    """One line for each version with cases that nobody of the client has looked at."""
    by_key = {row.pk: row for row in engagements}
    unseen = (
        Case.objects.filter(dataset_version__dataset__engagement_id__in=by_key)
        .exclude(Exists(CaseReview.objects.filter(case=OuterRef("pk"))))
        .values_list("dataset_version_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    count = dict(unseen)
    found = []
    for row in DatasetVersion.objects.filter(pk__in=count).select_related("dataset"):
        engagement = by_key[row.dataset.engagement_id]
        found.append(
            Waiting(
                engagement=engagement,
                side=Side.CLIENT,
                what=f"Accept {count[row.pk]} case{'' if count[row.pk] == 1 else 's'}",
                href=reverse("demos:cases", args=[engagement.tenant.slug, engagement.pk, row.pk]),
                since=row.created_at,
                detail=row.dataset.name,
            )
        )
    return found


def disputes_waiting(viewer: User, engagements: Sequence[Engagement], now: datetime) -> list[Waiting]:
    """One line for each disputed grade that nobody has ruled on."""
    by_key = {row.pk: row for row in engagements}
    rows = Dispute.objects.filter(engagement_id__in=by_key, rulings=None)
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=Side.CONSULTANCY,
            what="Rule on a disputed grade",
            href=reverse(
                "demos:rule_on_dispute",
                args=[by_key[row.engagement_id].tenant.slug, row.engagement_id, row.pk],
            ),
            since=row.created_at,
        )
        for row in rows
    ]
