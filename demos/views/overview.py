"""The evaluations of an engagement, and its systems under test."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.forms import KEY_SECRET, TargetForm
from demos.models import Target
from demos.selectors import comparisons, datasets, runs, targets
from demos.services.targets import change_target, price_of, register_target, spec_of, try_connection
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Invalid
from portal.scope import outside_scope, tenant_scope
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


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_target(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Register a target of either kind."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_targets", engagement)
    form = TargetForm(request.POST or None, currency=engagement.currency)
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
    versions = list(target.versions.select_related("created_by").order_by("-number"))
    context = {
        "engagement": engagement,
        "target": target,
        "version": versions[0],
        "versions": versions,
        "exchange": targets.exchanges(versions[0]).first(),
        **_permissions(request, engagement),
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


def _key(form: TargetForm, name: str) -> dict[str, str]:
    value = form.cleaned_data["key"]
    return {name: value} if value else {}


def _initial(target: Target) -> dict[str, Any]:
    version = target.versions.order_by("-number")[0]
    spec, price = spec_of(version), price_of(version)
    return {
        **{
            name: version.config[name]
            for name in ("kind", "url", "model", "system", "answer_path", "concurrency")
        },
        "name": target.name,
        "template": _as_text(version.config["template"]),
        "timeout_s": int(spec.timeouts.total_s),
        "per_million_in": price.per_million_in,
        "per_million_out": price.per_million_out,
        "per_call": price.per_call,
    }


def _as_text(template: Any) -> str:
    return "" if template is None else json.dumps(template, indent=1, ensure_ascii=False)


def _target_form(request: PersonRequest, engagement: Any, form: TargetForm, *, heading: str) -> HttpResponse:
    context = {"engagement": engagement, "form": form, "form_heading": heading}
    status = STATUS_REFUSED if form.errors else 200
    return render(request, "demos/target_form.html", context, status=status)


def _permissions(request: PersonRequest, engagement: Any) -> dict[str, Any]:
    mine = access.of(request.user)
    return {
        "may_manage_targets": mine.can("manage_targets", engagement),
        "may_manage_datasets": mine.can("manage_datasets", engagement),
        "may_start": mine.can("start_run", engagement),
        "may_accept": mine.can("accept_cases", engagement),
    }
