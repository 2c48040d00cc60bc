"""Pages of the risk register: what can go wrong, who sees to it, what the client lives with until when."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.catalogue import risks as catalogue
from assessments.forms.risks import AcceptRiskForm, RiskForm, initial_from, initial_of
from assessments.models import Risk
from assessments.selectors.readers import risk_for, risks_for
from assessments.services import risks as service
from assessments.vocabulary import OPEN_RISKS
from engagements.models import Engagement
from engagements.selectors import engagement_for
from engagements.selectors.history import history_of
from engagements.views.comments import discussion
from portal import access
from portal.errors import Invalid, VersionConflict, WrongMoment
from portal.models import User
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def risks(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The register, highest open score first; what of the catalogue is not on it yet."""
    engagement = engagement_for(request.user, engagement_id)
    rows = risks_for(request.user, engagement_id)
    there = {row.catalogue for row in rows}
    open_rows = [row for row in rows if row.status in OPEN_RISKS]
    context = {
        "engagement": engagement,
        "rows": rows,
        "highest": open_rows[0] if open_rows else None,
        "open_count": len(open_rows),
        "catalogue": [row for row in catalogue().values() if row.key not in there],
        "may_manage": access.of(request.user).can("manage_risks", engagement),
        "today": timezone.now().date(),
    }
    return render(request, "assessments/risks.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_risk(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Put a risk on the register; ``?from=R29`` begins with one of the catalogue."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_risks", engagement)
    entry = catalogue().get(request.GET.get("from", ""))
    form = RiskForm(
        request.POST or None, people=_people(engagement), initial=initial_from(entry) if entry else {}
    )
    if request.method == "POST" and form.is_valid():
        try:
            risk = service.open_risk(
                by=request.user, engagement_id=engagement_id, terms=form.terms(),
                catalogue_key=entry.key if entry else "",
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except WrongMoment as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, f"“{risk.title}” is on the register.")
            return redirect("assessments:risks", tenant, engagement_id)
    context = {"engagement": engagement, "form": form, "entry": entry}
    return render(request, "assessments/risk_form.html", context, status=REFUSED if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def risk(request: PersonRequest, tenant: str, engagement_id: UUID, risk_id: UUID) -> HttpResponse:
    """One risk: what is said of it, what is done, what is left."""
    row = risk_for(request.user, engagement_id, risk_id)
    if request.method != "POST":
        return _risk_page(request, row)
    access.require(request.user, "manage_risks", row)
    form = RiskForm(request.POST, people=_people(row.engagement))
    if form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            service.change_risk(by=request.user, risk_id=risk_id, version=version, terms=form.terms())
        except Invalid as refused:
            form.show_refusal(refused)
        except (VersionConflict, WrongMoment) as refused:
            form.add_error(None, refused.detail)
        else:
            messages.success(request, f"“{row.title}” is changed.")
            return redirect("assessments:risks", tenant, engagement_id)
    return _risk_page(request, row, form=form)


@login_required
@require_POST
def accept(request: PersonRequest, tenant: str, engagement_id: UUID, risk_id: UUID) -> HttpResponse:
    """The client lives with it until a date."""
    row = risk_for(request.user, engagement_id, risk_id)
    form = AcceptRiskForm(request.POST)
    if form.is_valid():
        try:
            service.accept_risk(by=request.user, risk_id=risk_id, **form.cleaned_data)
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, "Accepted in your name until that day.")
            return redirect("assessments:risks", tenant, engagement_id)
    access.require(request.user, "accept_risk", row)
    return _risk_page(request, row, accept_form=form)


@login_required
@require_POST
def close(request: PersonRequest, tenant: str, engagement_id: UUID, risk_id: UUID) -> HttpResponse:
    """It can no longer happen."""
    row = risk_for(request.user, engagement_id, risk_id)
    try:
        service.close_risk(by=request.user, risk_id=risk_id, reason=request.POST.get("reason", ""))
    except Invalid as refused:
        return _risk_page(request, row, refusal=refused.detail)
    return redirect("assessments:risks", tenant, engagement_id)


def _risk_page(request: PersonRequest, row: Risk, *, refusal: str = "", **forms: Any) -> HttpResponse:
    reader = access.of(request.user)
    context = {
        "engagement": row.engagement,
        "risk": row,
        "entry": catalogue().get(row.catalogue),
        "form": RiskForm(people=_people(row.engagement), initial=initial_of(row)),
        "accept_form": AcceptRiskForm(),
        **forms,
        "refusal": refusal,
        "may_manage": reader.can("manage_risks", row),
        "may_accept": reader.can("accept_risk", row),
        "is_open": row.status in OPEN_RISKS,
        "history": history_of(row.engagement_id, row.public_id),
        **discussion(request, row.engagement, row.public_id),
    }
    return render(request, "assessments/risk.html", context, status=REFUSED if forms or refusal else 200)


def _people(engagement: Engagement) -> list[User]:
    """Who can see to a risk: people with a place here, of either side."""
    place: dict[str, UUID] = {"tenant_id": engagement.tenant_id, "engagement_id": engagement.pk}
    return access.holders("comment", **place)
