"""A run: planned, started, watched, read; and each of its attempts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.engine import statistics as st
from demos.engine.graders import GraderKind
from demos.figures import SMALLEST_SLICE
from demos.forms import PlannerForm, RunForm
from demos.grader_kinds import GRADER_KINDS
from demos.models import Run
from demos.rules import quota_warnings
from demos.selectors import datasets, results, runs, sealing, targets, verdicts
from demos.selectors.blindness import withheld_from
from demos.services import looks
from demos.services import runs as services
from demos.services.graders import store_grader
from demos.setup_forms import GraderForm
from demos.views import judging, run_charts
from demos.vocabulary import OPEN_STATUSES
from engagements.selectors import engagement_for
from engagements.selectors.letterheads import presets_of
from engagements.views.comments import discussion
from engagements.vocabulary import ReportKind
from portal import access, figures, ids
from portal.errors import Forbidden, Invalid, NotFound
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422
FAILURES_A_PAGE = 6
MOVES = {"pause": services.pause_run, "resume": services.resume_run, "stop": services.cancel_run}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start_run(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Choose target, cases and graders; see how many cases the target needs; start."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "start_run", engagement)
    form = RunForm(request.POST or None, initial=_first_choices(request, engagement_id))
    _fill_choices(request, engagement_id, form)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            run = services.start_run(
                by=request.user,
                engagement_id=engagement_id,
                target_version_id=ids.decode("tgv", data["target_version"]),
                dataset_version_id=ids.decode("dsv", data["dataset_version"]),
                grader_version_ids=[ids.decode("grv", key) for key in data["graders"]],
                repeats=data["repeats"],
                limits=form.limits(),
                quotas=form.quotas(),
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:run", tenant, engagement_id, run.pk)
    context = {"engagement": engagement, "form": form, **_planned(request, engagement)}
    return render(request, "demos/run_form.html", context, status=STATUS_REFUSED if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_grader(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Set up a grader; the same name again makes a new version of it."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "start_run", engagement)
    kind = request.POST.get("kind") or request.GET.get("kind") or ""
    if kind not in GraderKind.__members__.values():
        return render(
            request, "demos/grader_kinds.html", {"engagement": engagement, "kinds": GRADER_KINDS.items()}
        )
    form = GraderForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        try:
            store_grader(
                by=request.user, engagement_id=engagement_id, name=form.cleaned_data["name"], spec=form.spec()
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:start_run", tenant, engagement_id)
    context = {"engagement": engagement, "form": form, "kind": form.about}
    return render(request, "demos/grader_form.html", context, status=STATUS_REFUSED if form.errors else 200)


@login_required
@require_safe
def show_run(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """A run under way, without its pass rate; or its result, failures first."""
    run = _run(request, engagement_id, run_id)
    if run.status in OPEN_STATUSES:
        return render(request, "demos/run_live.html", _live(request, run))
    result = results.result_of(run, version=_version(request))
    looks.note_look(by=request.user, run=run)
    rows = runs.all_attempts(run) if request.GET.get("view") == "all" else runs.failures(run)
    withheld = withheld_from(request.user, run)
    rows = sealing.readable_attempts(request.user, rows, run.engagement).exclude(pk__in=withheld)
    context = {
        "engagement": run.engagement,
        "run": run,
        "result": result,
        "sentence": results.sentence_of(run, result),
        "whole_scale": (0, 1),
        "sealed": sealing.looks_in_words(run.plan.dataset_version),
        "warnings": quota_warnings(datasets.asked_categories(run), run.plan.quotas),
        "page_obj": Paginator(rows, FAILURES_A_PAGE).get_page(request.GET.get("page")),
        "view_query": "view=all" if request.GET.get("view") == "all" else "view=failures",
        "shows_all": request.GET.get("view") == "all",
        "smallest_slice": SMALLEST_SLICE,
        "may_start": access.of(request.user).can("start_run", run.engagement),
        "waits": run_charts.waits_of(run, result),
        "versions": verdicts.versions_of(run),
        "withheld": len(withheld),
        "presets": presets_of(run.tenant_id, ReportKind.EVALUATION),
    }
    return render(request, "demos/run.html", context)


@login_required
@require_safe
def live_run(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """The part of a run under way that renews itself; after its end the whole page is loaded again."""
    run = _run(request, engagement_id, run_id)
    if run.status not in OPEN_STATUSES:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "demos/_live.html", _live(request, run))


@login_required
@require_POST
def move_run(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """Pause, resume or stop."""
    _run(request, engagement_id, run_id)
    move = MOVES.get(request.POST.get("move", ""))
    if move is None:
        raise Invalid("A run can be paused, resumed or stopped.")
    move(by=request.user, run_id=run_id)
    return redirect("demos:run", tenant, engagement_id, run_id)


@login_required
@require_safe
def show_attempt(request: PersonRequest, tenant: str, engagement_id: UUID, attempt_id: UUID) -> HttpResponse:
    """One question with its answer, what was expected, and what each grader says."""
    attempt = runs.attempt_for(request.user, attempt_id)
    if attempt.run.status in OPEN_STATUSES and attempt.passed:
        raise NotFound
    if attempt.case.sealed and not sealing.may_read_sealed(request.user, attempt.run.engagement):
        raise Forbidden("This case is sealed: only the client’s people read it.")
    context = {
        "engagement": attempt.run.engagement,
        "attempt": attempt,
        "run": attempt.run,
        "run_label": f"Run {attempt.run.number}",
        "case": attempt.case,
        "withheld": attempt.pk in withheld_from(request.user, attempt.run),
        **judging.opinions_on(request, attempt),
        **discussion(request, attempt.run.engagement, attempt.public_id),
    }
    return render(request, "demos/attempt.html", context)


def _version(request: PersonRequest) -> int | None:
    """The result that the address asks for; None: as it stands now."""
    asked = request.GET.get("result", "")
    return int(asked) if asked.isdecimal() and len(asked) < 4 else None


def _run(request: PersonRequest, engagement_id: UUID, run_id: UUID) -> Run:
    run = runs.run_for(request.user, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    return run


def _live(request: PersonRequest, run: Run) -> dict[str, Any]:
    mine = access.of(request.user)
    progress = runs.progress(run)
    left = progress.seconds_left
    return {
        "engagement": run.engagement,
        "run": run,
        "progress": progress,
        "head": f"{progress.done} of {progress.total} cases asked",
        "time_left": f"about {figures.duration_ms(left * 1000)} left" if left is not None else "",
        "newest": sealing.readable_attempts(request.user, runs.newest_attempts(run), run.engagement)[:5],
        "first_failures": sealing.readable_attempts(request.user, runs.failures(run), run.engagement)[:5],
        "may_stop": mine.can("stop_run", run.engagement),
        "may_start": mine.can("start_run", run.engagement),
    }


def _fill_choices(request: PersonRequest, engagement_id: UUID, form: RunForm) -> None:
    systems = targets.newest_target_versions(request.user, engagement_id)
    sets = list(datasets.visible_versions(request.user).filter(dataset__engagement_id=engagement_id)[:50])
    counts = datasets.review_counts_of(sets)
    judges = targets.newest_grader_versions(request.user, engagement_id)
    form.offer("target_version", [(v.public_id, str(v)) for v in systems])
    form.offer(
        "dataset_version",
        [(v.public_id, f"{v}: {counts[v.pk].accepted} accepted of {v.case_count}") for v in sets],
    )
    form.offer("graders", [(v.public_id, str(v)) for v in judges])


def _first_choices(request: PersonRequest, engagement_id: UUID) -> dict[str, Any]:
    judges = targets.newest_grader_versions(request.user, engagement_id)
    return {"dataset_version": request.GET.get("cases", ""), "graders": [v.public_id for v in judges]}


def _planned(request: PersonRequest, engagement: Any) -> dict[str, Any]:
    """How many cases prove the rate that the gate asks for, if the system is as good as expected."""
    asked = results.asked_pass_rate(engagement)
    target = asked if asked is not None else 0.85
    form = PlannerForm(request.GET if "expected" in request.GET else None)
    expected = min(target + 0.07, 0.99)
    if form.is_bound and form.is_valid():
        expected, target = (float(form.cleaned_data[key]) / 100 for key in ("expected", "target"))
    return {
        "planner": form,
        "planned": {"expected": expected, "target": target, "cases": st.cases_needed(expected, target)},
    }
