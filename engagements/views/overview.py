"""Starting an engagement, its overview, its success metric, its ledger."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.forms import EngagementForm, SuccessMetricForm, initial_metric
from engagements.models import Condition
from engagements.rules import metrics as metric_rules
from engagements.selectors.activity import activity, in_short
from engagements.selectors.engagements import metric_of
from engagements.selectors.pilot import newest_measurements
from engagements.selectors.portfolio import PortfolioRow, rows_for
from engagements.selectors.templates import offered
from engagements.selectors.value import value_line
from engagements.services import engagements as service
from engagements.services import measurements, metrics
from engagements.views.comments import discussion
from engagements.vocabulary import UNCLOSED, StageKind, StageStatus
from portal import access, ids
from portal.errors import Invalid, VersionConflict
from portal.web.requests import PersonRequest

REFUSED = 422
PROGRESS = "success_metric_progress"
_PASSED = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS)
_NOW = (StageStatus.IN_PROGRESS, StageStatus.GATE_OPEN, StageStatus.STOPPED)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_engagement(request: PersonRequest, tenant: str) -> HttpResponse:
    """Start an engagement for the client of the address."""
    access.require(request.user, "create_engagement", request.tenant)
    sponsors = access.holders("decide_gate", tenant_id=request.tenant.pk)
    templates = offered(request.tenant.pk)
    form = EngagementForm(
        request.POST or None, sponsors=sponsors, is_new=True, templates=[row.label for row in templates]
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = service.create_engagement(
                by=request.user,
                tenant=request.tenant,
                title=data["title"],
                problem_statement=data["problem_statement"],
                code=data["code"],
                sponsor=form.sponsor_chosen(),
                template=templates[int(data.get("template") or 0)].template,
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{made.title} is started, with its stages and their gates.")
            return redirect("engagements:overview", tenant, made.pk)
    context = {"form": form, "form_heading": "Start an engagement", "back": reverse("portfolio")}
    return render(request, "engagements/engagement_form.html", context, status=_status(form.is_bound))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_engagement(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Change title, problem and sponsor."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_engagement", engagement)
    sponsors = access.holders("decide_gate", tenant_id=engagement.tenant_id, engagement_id=engagement.pk)
    sponsor = engagement.sponsor
    initial = {
        "title": engagement.title,
        "problem_statement": engagement.problem_statement,
        "sponsor": sponsor.public_id if sponsor else "",
        "version": engagement.version,
    }
    form = EngagementForm(request.POST or None, sponsors=sponsors, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            service.change_engagement(
                by=request.user, engagement_id=engagement_id, version=data["version"], title=data["title"],
                problem_statement=data["problem_statement"], sponsor=form.sponsor_chosen(),
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.add_error(None, f"{conflict.detail} Your text is kept below.")
        else:
            return redirect("engagements:overview", tenant, engagement_id)
    back = reverse("engagements:overview", args=[tenant, engagement_id])
    context = {"form": form, "form_heading": "Change the engagement", "engagement": engagement, "back": back}
    return render(request, "engagements/engagement_form.html", context, status=_status(form.is_bound))


@login_required
@require_safe
def engagement_overview(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Where one engagement stands: stages, the gate, what is in the way, the metric, what happened."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    now = timezone.now()
    row = rows_for([engagement], now=now)[0]
    metric = metric_of(request.user, engagement_id)
    reader = access.of(request.user)
    trouble = [one for one in (row.standing.rows if row.standing else ()) if one.ruling.next_action]
    context = {
        "engagement": engagement,
        "row": row,
        "stages": stage_line(row, tenant),
        "trouble": trouble[:6],
        "more_trouble": max(len(trouble) - 6, 0),
        "metric": metric,
        "value": value_line(engagement_id),
        "effect": newest_measurements(engagement_id, [PROGRESS]).get(PROGRESS) if metric else None,
        "metric_sentence": metric_rules.sentence(metric.terms()) if metric else "",
        "metric_baseline": metric_rules.baseline_sentence(metric.terms().baseline) if metric else "",
        "conditions": Condition.objects.filter(engagement=engagement, status__in=UNCLOSED)
        .select_related("owner")
        .order_by("due"),
        "activity": in_short(activity(request.user, engagement, most=60, figures=False), most=8),
        "may_edit": reader.can("edit_engagement", engagement),
        "may_metric": reader.can("edit_metrics", engagement),
        "may_see_ledger": reader.can("see_ledger", engagement),
        "now": now,
        **discussion(request, engagement, engagement.public_id),
    }
    return render(request, "engagements/overview.html", context)


@login_required
@require_POST
def resume(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Go on after a hold."""
    selectors.engagement_for(request.user, engagement_id)
    service.resume_engagement(by=request.user, engagement_id=engagement_id)
    return redirect("engagements:overview", tenant, engagement_id)


@login_required
@require_safe
def ledger(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Everything that happened in an engagement, newest first, with its place in the chain."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "see_ledger", engagement)
    context = {"engagement": engagement, "entries": activity(request.user, engagement, most=200)}
    return render(request, "engagements/ledger.html", context)


@login_required
@require_POST
def state(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """State by name that something holds."""
    selectors.engagement_for(request.user, engagement_id)
    measurements.record_statement(
        by=request.user,
        engagement_id=engagement_id,
        key=request.POST.get("key", ""),
        holds=request.POST.get("holds") != "no",
    )
    messages.success(request, "Stated in your name.")
    try:
        gate_id = ids.decode("gat", request.POST.get("gate", ""))
    except ValueError:
        return redirect("engagements:gates", tenant, engagement_id)
    return redirect("engagements:gate", tenant, engagement_id, gate_id)


@login_required
@require_safe
def success_metric(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """The metric as its sentence, what it lacks, and the seals."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    metric = metric_of(request.user, engagement_id)
    terms = metric.terms() if metric else None
    side = request.user.side
    context = {
        "engagement": engagement,
        "metric": metric,
        "sentence": metric_rules.sentence(terms) if terms else "",
        "baseline": metric_rules.baseline_sentence(terms.baseline) if terms else "",
        "missing": metric_rules.missing_for_seal(terms) if terms else [],
        "may_edit": access.of(request.user).can("edit_metrics", engagement),
        "may_seal": access.of(request.user).can(f"seal_for_{side}", engagement),
        "sealed_by_me": bool(metric and getattr(metric, f"sealed_by_{side}_id")),
        **(discussion(request, engagement, metric.public_id) if metric else {}),
    }
    return render(request, "engagements/success_metric.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_success_metric(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Write or change the metric."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "edit_metrics", engagement)
    row = metric_of(request.user, engagement_id)
    form = SuccessMetricForm(request.POST or None, initial=initial_metric(row) if row else None)
    if request.method == "POST" and form.is_valid():
        try:
            metrics.save_success_metric(
                by=request.user, engagement_id=engagement_id, metric=form.metric(),
                version=form.cleaned_data["version"],
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except VersionConflict as conflict:
            form.add_error(None, f"{conflict.detail} Your text is kept below.")
        else:
            return redirect("engagements:success_metric", tenant, engagement_id)
    context = {"engagement": engagement, "form": form}
    return render(request, "engagements/success_metric_form.html", context, status=_status(form.is_bound))


@login_required
@require_POST
def seal_metric(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Seal the metric for one's own side."""
    selectors.engagement_for(request.user, engagement_id)
    metrics.seal_success_metric(by=request.user, engagement_id=engagement_id)
    messages.success(request, "Sealed in your name.")
    return redirect("engagements:success_metric", tenant, engagement_id)


def stage_line(row: PortfolioRow, tenant: str) -> list[dict[str, object]]:
    """The stages as the stage line draws them, each linked to its gate."""
    gates = {gate.stage_id: gate for gate in row.gates}
    line: list[dict[str, object]] = []
    skipped = list(row.engagement.skipped_stages)
    for stage in row.stages:
        line += _left_out(skipped, before=stage.kind)
        gate = gates.get(stage.pk)
        status = StageStatus(stage.status)
        place = "passed" if status in _PASSED else "now" if status in _NOW else "ahead"
        href = reverse("engagements:gate", args=[tenant, row.engagement.pk, gate.pk]) if gate else ""
        when = _when(row, status, stage.ended_at)
        if gate is not None and gate.number in row.lapsed:
            when = f"{when}, condition lapsed"
        line.append(
            {
                "name": stage.name,
                "state": place,
                "number": gate.number if gate else "",
                "when": when,
                "href": href,
            }
        )
    return [*line, *_left_out(skipped)]


def _left_out(skipped: list[dict[str, str]], *, before: str = "") -> list[dict[str, object]]:
    """Take those that usually come before this kind of stage, "" all, out of ``skipped``, for the line."""
    usual = StageKind.values
    end = usual.index(before) if before else len(usual)
    found = [row for row in skipped if usual.index(row["kind"]) < end]
    skipped[:] = [row for row in skipped if row not in found]
    return [
        {"name": row["name"], "state": "skipped", "number": "", "when": "left out", "why": row["reason"]}
        for row in found
    ]


def _when(row: PortfolioRow, status: StageStatus, ended_at: object) -> str:
    if status == StageStatus.GATE_OPEN and row.round and row.round.due:
        return f"gate open, due {row.round.due.day} {row.round.due:%b}"
    if status in (*_PASSED, StageStatus.STOPPED) and ended_at:
        word = "stopped" if status == StageStatus.STOPPED else "passed"
        return f"{word} {ended_at:%-d %b}"
    return status.label.lower()


def _status(is_bound: bool) -> int:
    return REFUSED if is_bound else 200
