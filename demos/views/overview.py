"""The evaluations of an engagement, and its systems under test."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from demos.selectors import comparisons, datasets, runs, targets
from engagements.selectors import engagement_for
from portal import access
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_safe
def overview(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Runs, and what a run needs: a target, accepted cases, a grader."""
    engagement = engagement_for(request.user, engagement_id)
    versions = datasets.visible_versions(request.user).filter(dataset__engagement_id=engagement_id)
    newest = list(versions[:20])
    counts = datasets.review_counts_of(newest)
    context = {
        "engagement": engagement,
        "comparisons": comparisons.visible_comparisons(request.user, engagement_id)[:10],
        "runs": runs.visible_runs(request.user, engagement_id)[:50],
        "targets": targets.newest_target_versions(request.user, engagement_id),
        "datasets": [{"version": version, "counts": counts[version.pk]} for version in newest],
        "graders": targets.newest_grader_versions(request.user, engagement_id),
        "has_accepted": any(count.accepted for count in counts.values()),
        **_permissions(request, engagement),
    }
    return render(request, "demos/evaluations.html", context)


def _permissions(request: PersonRequest, engagement: Any) -> dict[str, Any]:
    mine = access.of(request.user)
    return {
        "may_manage_targets": mine.can("manage_targets", engagement),
        "may_manage_datasets": mine.can("manage_datasets", engagement),
        "may_start": mine.can("start_run", engagement),
        "may_accept": mine.can("accept_cases", engagement),
    }
