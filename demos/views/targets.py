"""Systems under test: registered, changed, tried out, and stopped by the client."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.forms import KEY_SECRET
from demos.models import Target
from demos.selectors import targets
from demos.services.halting import halt_target, release_target
from demos.services.targets import change_target, price_of, register_target, spec_of, try_connection
from demos.setup_forms import TARGET_KINDS, TargetForm, initial_of
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid
from portal.scope import outside_scope, tenant_scope
from portal.vocabulary import Affiliation
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_target(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Register a target of either kind."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_targets", engagement)
    form = TargetForm(request.POST or None, currency=engagement.currency, kind=_kind(request))
    if request.method == "POST" and form.is_valid():
        secret = f"{KEY_SECRET}-{engagement.code}-{form.cleaned_data['name']}"[:80]
        try:
            version = register_target(
                by=request.user,
                engagement_id=engagement_id,
                name=form.cleaned_data["name"],
                spec=form.spec(secret=secret),
                price=form.price(),
                secrets=_key(form, secret),
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{version.target.name} is registered. Test the connection next.")
            return redirect("demos:target", tenant, engagement_id, version.target_id)
    return _target_form(request, engagement, form, heading="Register a system under test")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_target(request: PersonRequest, tenant: str, engagement_id: UUID, target_id: UUID) -> HttpResponse:
    """Change a target; any change of its configuration is a new version."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_targets", engagement)
    target = targets.target_for(request.user, target_id)
    spec = spec_of(target.versions.order_by("-number")[0])
    form = TargetForm(
        request.POST or None,
        currency=engagement.currency,
        kind=_kind(request, spec.kind),
        has_key=bool(spec.headers),
        initial=_initial(target),
    )
    form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid():
        secret = next(iter(spec.secret_names), f"{KEY_SECRET}-{engagement.code}-{target.name}"[:80])
        try:
            change_target(
                by=request.user,
                target_id=target_id,
                spec=form.spec(secret=secret),
                price=form.price(),
                secrets=_key(form, secret),
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:target", tenant, engagement_id, target_id)
    return _target_form(request, engagement, form, heading=f"Change {target.name}")


@login_required
@require_safe
def show_target(request: PersonRequest, tenant: str, engagement_id: UUID, target_id: UUID) -> HttpResponse:
    """One target: its newest configuration, and how its last test went."""
    engagement = engagement_for(request.user, engagement_id)
    target = targets.target_for(request.user, target_id)
    mine = access.of(request.user)
    versions = list(target.versions.select_related("created_by").order_by("-number"))
    context = {
        "engagement": engagement,
        "target": target,
        "version": versions[0],
        "versions": versions,
        "exchange": targets.exchanges(versions[0]).first(),
        "kind_label": TARGET_KINDS[versions[0].config["kind"]],
        "may_manage_targets": mine.can("manage_targets", engagement),
        "may_halt": _may_halt(request, engagement),
    }
    return render(request, "demos/target.html", context)


@outside_scope
@login_required
@require_POST
def test_target(request: PersonRequest, tenant: str, engagement_id: UUID, target_id: UUID) -> HttpResponse:
    """Ask the target one question. The call leaves between two transactions."""
    tenant_id = request.tenant.pk
    with tenant_scope([tenant_id]):
        version = targets.target_for(request.user, target_id).versions.order_by("-number")[0]
    question = request.POST.get("question", "").strip() or "Is anybody there?"
    try_connection(by=request.user, tenant_id=tenant_id, version_id=version.pk, question=question)
    return redirect("demos:target", tenant, engagement_id, target_id)


@login_required
@require_POST
def switch_target(request: PersonRequest, tenant: str, engagement_id: UUID, target_id: UUID) -> HttpResponse:
    """The client's switch: stop everything on a target, or let it go on."""
    if request.POST.get("move") == "release":
        target = release_target(by=request.user, target_id=target_id)
        messages.success(request, f"{target.name} is released. Paused runs wait to be resumed.")
    else:
        target = halt_target(by=request.user, target_id=target_id)
        messages.success(
            request, f"Everything on {target.name} is stopped. Nothing starts until you release it."
        )
    return redirect("demos:target", tenant, engagement_id, target_id)


def _may_halt(request: PersonRequest, engagement: Any) -> access.Permission:
    if request.user.affiliation != Affiliation.CLIENT:
        return access.Permission(False, "This switch is the client’s own. You can pause a single run.")
    return access.of(request.user).can("stop_run", engagement)


def _key(form: TargetForm, name: str) -> dict[str, str]:
    value = form.cleaned_data["key"]
    return {name: value} if value else {}


def _kind(request: PersonRequest, stored: str = "openai_chat") -> str:
    """The kind that was chosen: posted with the form, named in the address, or that of the target."""
    return request.POST.get("kind") or request.GET.get("kind") or stored


def _initial(target: Target) -> dict[str, Any]:
    version = target.versions.order_by("-number")[0]
    shown = initial_of(spec_of(version), price_of(version), _as_text(version.config["template"]))
    return {**shown, "name": target.name}


def _as_text(template: Any) -> str:
    return "" if template is None else json.dumps(template, indent=1, ensure_ascii=False)


def _target_form(request: PersonRequest, engagement: Any, form: TargetForm, *, heading: str) -> HttpResponse:
    kinds = [
        {"label": label, "href": f"?kind={kind}", "current": kind == form.chosen.value}
        for kind, label in TARGET_KINDS.items()
    ]
    context = {"engagement": engagement, "form": form, "form_heading": heading, "kinds": kinds}
    status = STATUS_REFUSED if form.errors else 200
    return render(request, "demos/target_form.html", context, status=status)
