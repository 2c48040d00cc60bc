"""The page of one criterion: what it asks, where it stands and why, and what is said about it."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from engagements.rules import sentences
from engagements.selectors.criterion import criterion_of, standing_of_one, talked_about_as
from engagements.views.comments import discussion
from engagements.views.criteria import gate_of
from portal.web.requests import PersonRequest

PLAINLY = {"d_grade_share": "share that rests on a single guess"}  # keys whose own words say too little


@login_required
@require_safe
def criterion(
    request: PersonRequest, tenant: str, engagement_id: UUID, gate_id: UUID, criterion_id: UUID
) -> HttpResponse:
    """One criterion, explained."""
    gate = gate_of(request, engagement_id, gate_id)
    found = criterion_of(gate, criterion_id)
    context = {
        "engagement": gate.engagement,
        "gate": gate,
        "criterion": found,
        "one": standing_of_one(gate, found, now=timezone.now()),
        "asked": sentences.asked(found.terms(gate.engagement.currency)),
        "source": PLAINLY.get(found.source_key) or sentences.key_words(found.source_key),
        **discussion(request, gate.engagement, talked_about_as(found)),
    }
    return render(request, "engagements/criterion.html", context)
