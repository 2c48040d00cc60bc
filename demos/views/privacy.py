"""Privacy tests: started, read finding by finding, a log sample searched."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.models import PrivacyTest
from demos.selectors import targets, trials
from demos.services import privacy_tests as services
from demos.trial_words import privacy_head
from demos.views.sent import sent_file
from demos.vocabulary import OPEN_TRIALS, TrialStatus
from engagements.selectors import engagement_for
from portal import access
from portal.errors import Forbidden, NotFound, WrongMoment
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
        "reports": trials.visible_probe_reports(request.user, engagement_id)[:100],
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
        "head": privacy_head(test),
        "kinds": trials.leaks_by_kind(test),
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
    file = sent_file(request, "Choose a log file first.")
    found = services.search_log(by=request.user, test_id=test_id, file=file)
    says = "None of the planted strings stands" if not found else f"{found} of the planted strings stand"
    messages.info(request, f"{says} in the sample. The sample is not kept.")
    return redirect("demos:privacy_test", tenant, engagement_id, test_id)


def _test(request: PersonRequest, engagement_id: UUID, test_id: UUID) -> PrivacyTest:
    test = trials.privacy_test_for(request.user, test_id)
    if test.engagement_id != engagement_id:
        raise NotFound
    return test
