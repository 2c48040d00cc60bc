"""Pages of frameworks: which versions a client has, importing, publishing, and moving to another one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.forms.readiness import FrameworkForm
from assessments.selectors.readers import frameworks_for, standing_for
from assessments.services.assessment import preview_upgrade, upgrade
from assessments.services.frameworks import export_framework, import_framework, publish_framework
from assessments.views.tabs import readiness_tabs
from portal import access, ids
from portal.errors import Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def frameworks(request: PersonRequest, tenant: str) -> HttpResponse:
    """The framework versions of a client; importing another."""
    access.require(request.user, "see_engagement", request.tenant)
    form = FrameworkForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = import_framework(by=request.user, tenant=request.tenant, text=form.given())
        except (Invalid, WrongMoment) as refused:
            faults = [f"{fault.pointer}: {fault.detail}" for fault in refused.errors] or [refused.detail]
            for fault in faults:
                form.add_error("file", fault)
        else:
            messages.success(request, f"{version} is imported as {version.get_status_display().lower()}.")
            return redirect("assessments:frameworks", tenant)
    context = {
        "rows": frameworks_for(request.user, request.tenant.pk),
        "form": form,
        "may_import": access.of(request.user).can("manage_templates", request.tenant),
    }
    return render(request, "assessments/frameworks.html", context, status=REFUSED if form.is_bound else 200)


@login_required
@require_POST
def publish(request: PersonRequest, tenant: str, version_id: UUID) -> HttpResponse:
    """Make a draft final."""
    version = publish_framework(by=request.user, version_id=version_id)
    messages.success(request, f"Version {version.number} is published and does not change any more.")
    return redirect("assessments:frameworks", tenant)


@login_required
@require_safe
def export(request: PersonRequest, tenant: str, version_id: UUID) -> HttpResponse:
    """A version as YAML."""
    name, text = export_framework(by=request.user, version_id=version_id)
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Which version an assessment asks with; what moving to another would do, before it is done."""
    engagement, standing = standing_for(request.user, engagement_id)
    wanted = _version_id(request.POST.get("to") or request.GET.get("to") or "")
    plan = None
    if wanted is not None:
        place: dict[str, Any] = {
            "by": request.user,
            "engagement_id": engagement_id,
            "framework_version_id": wanted,
        }
        if request.method == "POST":
            done = upgrade(**place)
            messages.success(
                request, f"{len(done.carried)} answers are taken over, {len(done.to_answer)} to give."
            )
            return redirect("assessments:readiness", tenant, engagement_id)
        plan = preview_upgrade(**place)
    context = {
        "engagement": engagement,
        "standing": standing,
        "rows": frameworks_for(request.user, engagement.tenant_id),
        "plan": plan,
        "wanted": wanted,
        "may_manage": access.of(request.user).can("manage_readiness", standing.assessment),
        "tabs": readiness_tabs(tenant, engagement_id, "readiness_framework"),
    }
    return render(request, "assessments/readiness_framework.html", context)


def _version_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return ids.decode("frv", text)
    except ValueError:
        raise NotFound from None
