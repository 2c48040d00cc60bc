"""The page of the seven checks. Parse, one service or selector, render."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from assessments.forms.suitability import SuitabilityForm, initial_screening
from assessments.selectors.pain_points import pain_point_for
from assessments.services.suitability import screen_pain_point
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid, VersionConflict
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def suitability(
    request: PersonRequest, tenant: str, engagement_id: UUID, pain_point_id: UUID
) -> HttpResponse:
    """Answer the seven checks of a pain point."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_pain_points", engagement)
    point = pain_point_for(request.user, engagement, pain_point_id)
    form = SuitabilityForm(request.POST or None, initial=initial_screening(point))
    if request.method == "POST" and form.is_valid():
        try:
            found = screen_pain_point(
                by=request.user, pain_point_id=pain_point_id, version=form.cleaned_data["version"],
                facts=form.facts(),
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.data = {**dict(form.data.items()), "version": str(point.version)}
            form.add_error(None, f"{conflict.detail} Your answers are kept below.")
        else:
            messages.success(request, f"“{point.title}” calls for: {found.word}.")
            return redirect("assessments:pain_points", tenant, engagement_id)
    context = {"engagement": engagement, "form": form, "point": point}
    status = REFUSED if form.is_bound else 200
    return render(request, "assessments/suitability_form.html", context, status=status)
