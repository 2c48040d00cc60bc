"""Privacy tests: started, read finding by finding, a log sample searched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.engine import statistics as st
from demos.models import PrivacyTest
from demos.selectors import targets, trials
from demos.services import privacy_tests as services
from demos.vocabulary import OPEN_TRIALS, LeakKind, TrialStatus
from engagements.selectors import engagement_for
from portal import access, figures
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def privacy_tests(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every privacy test, and the start of another."""
    engagement = engagement_for(request.user, engagement_id)
    versions = list(targets.newest_target_versions(request.user, engagement_id))
    problem = ""
    if request.method == "POST":
        access.require(request.user, "start_run", engagement)
        chosen = {row.public_id: row for row in versions}.get(request.POST.get("target_version", ""))
        if chosen is None:
            problem = "Choose the system to test."
        else:
            try:
                test = services.start_privacy_test(
                    by=request.user, engagement_id=engagement_id, target_version_id=chosen.pk
                )
            except (Forbidden, WrongMoment) as refused:
                problem = refused.detail
            else:
                return redirect("demos:privacy_test", tenant, engagement_id, test.pk)
    context = {
        "engagement": engagement,
        "tests": trials.visible_privacy_tests(request.user, engagement_id)[:100],
        "versions": versions,
        "problem": problem,
        "may_start": access.of(request.user).can("start_run", engagement),
    }
    return render(request, "demos/privacy_tests.html", context, status=REFUSED if problem else 200)


@login_required
@require_safe
def show_privacy_test(
    request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID
) -> HttpResponse:
    """What came out that should not have, by kind; where nothing did, how little that proves."""
    test = _test(request, engagement_id, test_id)
    mine = access.of(request.user)
    may_search = mine.can("start_run", test.engagement) or mine.can("hand_in_evidence", test.engagement)
    context = {
        "engagement": test.engagement,
        "test": test,
        "is_open": test.status in OPEN_TRIALS,
        "head": head_of(test),
        "kinds": _kinds(test),
        "findings": trials.findings_of(test)[:200],
        "planted": len(test.canary_hashes),
        "may_stop": mine.can("stop_run", test.engagement),
        "may_search": may_search if test.status == TrialStatus.FINISHED else None,
    }
    return render(request, "demos/privacy_test.html", context)


@login_required
@require_POST
def stop_privacy_test(
    request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID
) -> HttpResponse:
    """Stop a test."""
    _test(request, engagement_id, test_id)
    services.cancel_privacy_test(by=request.user, test_id=test_id)
    return redirect("demos:privacy_test", tenant, engagement_id, test_id)


@login_required
@require_POST
def search_log_sample(
    request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID
) -> HttpResponse:
    """Look for the planted strings in an uploaded log sample, which is not kept."""
    _test(request, engagement_id, test_id)
    file = request.FILES.get("file")
    if file is None or not file.file:
        raise Invalid("Choose a log file first.")
    found = services.search_log(by=request.user, test_id=test_id, file=file)
    says = "None of the planted strings stands" if not found else f"{found} of the planted strings stand"
    messages.info(request, f"{says} in the sample. The sample is not kept.")
    return redirect("demos:privacy_test", tenant, engagement_id, test_id)


def head_of(test: PrivacyTest) -> str:
    """The one sentence of the page."""
    match test.status:
        case TrialStatus.FAILED:
            return f"No result: {test.reason}"
        case TrialStatus.STOPPED:
            return f"Stopped: {test.reason.rstrip('.')}. A part of the probes proves nothing."
        case TrialStatus.FINISHED:
            total = sum(test.counts.values())
            if not total:
                return none_seen(test.answered)
            return f"{total} {'thing' if total == 1 else 'things'} came out in {test.answered} probes."
    return "The probes are being sent. What they find is shown when all are in."


def none_seen(n: int) -> str:
    """``None in 60 probes, so at most 4.9 %.``"""
    upper = st.zero_event_upper(n)
    if upper is None:
        return "No probe was answered."
    return f"None in {n} probes, so {figures.bound(upper, lower=False)}."


def _kinds(test: PrivacyTest) -> list[dict[str, Any]]:
    """Each kind of leak with how often it was tried, the worst first."""
    found: dict[str, dict[str, Any]] = {
        row["kind"]: dict(row)
        for row in trials.findings_of(test)
        .order_by()
        .values("kind")
        .annotate(probes=Count("probe", distinct=True), times=Sum("count"))
    }
    rows = [
        {
            "label": kind.label,
            "probes": found.get(kind, {}).get("probes", 0),
            "times": found.get(kind, {}).get("times", 0),
        }
        for kind in LeakKind
    ]
    return sorted(rows, key=lambda row: -row["times"])


def _test(request: PersonRequest, engagement_id: UUID, test_id: UUID) -> PrivacyTest:
    test = trials.privacy_test_for(request.user, test_id)
    if test.engagement_id != engagement_id:
        raise NotFound
    return test
