"""What a reviewer may not see yet: what graders, judges and others say of an answer that waits for a word."""

from __future__ import annotations

from uuid import UUID

from demos.models import HumanReview, ReviewItem, Run
from demos.selectors.reviews import waits_for
from portal import access
from portal.models import User


def withheld_from(viewer: User, run: Run) -> frozenset[UUID]:
    """Attempts of a run whose verdict is not shown to ``viewer``: they still wait for this person's word.

    Empty for whoever reviews nothing here. At most three queries.
    """
    if not access.of(viewer).can("review_answers", run.engagement):
        return frozenset()
    given = HumanReview.objects.filter(reviewer=viewer, item__round__run=run).values("item_id")
    items = ReviewItem.objects.filter(round__run=run).exclude(pk__in=given).prefetch_related("reviews")
    return frozenset(item.attempt_id for item in items if waits_for(viewer, item))
