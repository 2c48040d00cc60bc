"""What waits for whom: of one client, or of one engagement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from engagements.models import Engagement
from engagements.rules.waiting import age_in_words, days_waiting, late_in_words
from engagements.selectors.engagements import engagement_for, visible_engagements
from engagements.selectors.waiting import waiting_for
from engagements.vocabulary import Side
from portal.web.requests import PersonRequest


@login_required
@require_safe
def waiting(request: PersonRequest, tenant: str) -> HttpResponse:
    """Of all engagements with a client that the viewer sees."""
    engagements = list(visible_engagements(request.user).filter(tenant=request.tenant))
    now = timezone.now()
    context = {"sides": _sides(request, engagements, now=now), "several": len(engagements) > 1, "now": now}
    return render(request, "engagements/waiting.html", context)


@login_required
@require_safe
def engagement_waiting(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Of one engagement, with the list as a file."""
    engagement = engagement_for(request.user, engagement_id)
    now = timezone.now()
    context = {
        "engagement": engagement,
        "sides": _sides(request, [engagement], now=now),
        "several": False,
        "now": now,
    }
    return render(request, "engagements/waiting.html", context)


def _sides(
    request: PersonRequest, engagements: Sequence[Engagement], *, now: datetime
) -> list[dict[str, Any]]:
    """The viewer's own side first."""
    found = waiting_for(request.user, engagements, now=now)
    own = Side(request.user.side)
    other = next(side for side in Side if side != own)
    return [
        {
            "side": side,
            "is_own": side == own,
            "rows": [
                {
                    "item": one,
                    "age": age_in_words(days_waiting(one.since, now=now)),
                    "late": late_in_words(one.due, today=now.date()),
                    "is_late": one.due is not None and one.due < now.date(),
                }
                for one in found
                if one.side == side
            ],
        }
        for side in (own, other)
    ]
