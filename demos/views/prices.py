"""Price tables of an engagement: versions with the time they are valid, and a new one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from demos.selectors import prices as reading
from demos.services.prices import store_prices
from demos.setup_forms import PriceForm
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_prices(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every version of every table, newest first, and the form of the next."""
    engagement = engagement_for(request.user, engagement_id)
    form = PriceForm(request.POST or None)
    if request.method == "POST":
        access.require(request.user, "manage_prices", engagement)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            version = store_prices(
                by=request.user, engagement_id=engagement_id, name=data["name"],
                valid_from=data["valid_from"], valid_to=data["valid_to"], lines=data["lines"],
                source=data["source"],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{version} is stored. Runs from its first day on are counted by it.")
            return redirect("demos:prices", tenant, engagement_id)
    context = {
        "engagement": engagement,
        "form": form,
        "versions": reading.price_versions(request.user, engagement_id),
        "may_manage": access.of(request.user).can("manage_prices", engagement),
    }
    return render(request, "demos/prices.html", context, status=STATUS_REFUSED if form.errors else 200)
