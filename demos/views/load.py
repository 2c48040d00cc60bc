"""Load tests: planned, watched, read as a curve with its knee."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from demos.models import LoadTest
from demos.selectors import datasets, targets, trials
from demos.services import load_tests as services
from demos.trial_forms import LoadForm
from demos.trial_words import knee_of, load_head, says
from demos.vocabulary import OPEN_TRIALS
from engagements.selectors import engagement_for
from portal import access, charts, figures, ids
from portal.charts import Caption, Point
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest

REFUSED = 422


@login_required
@require_safe
def load_tests(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every load test of an engagement."""
    engagement = engagement_for(request.user, engagement_id)
    context = {
        "engagement": engagement,
        "tests": trials.visible_load_tests(request.user, engagement_id)[:100],
        "may_start": access.of(request.user).can("start_run", engagement),
    }
    return render(request, "demos/load_tests.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_load_test(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Plan a load test and start it."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "start_run", engagement)
    form = LoadForm(request.POST or None)
    versions = targets.newest_target_versions(request.user, engagement_id)
    form.offer("target_version", [(row.public_id, str(row)) for row in versions])
    cases = datasets.visible_versions(request.user).filter(dataset__engagement_id=engagement_id)
    form.offer("dataset_version", [(row.public_id, str(row)) for row in cases.order_by("-created_at")[:50]])
    graders = targets.newest_grader_versions(request.user, engagement_id)
    form.offer("graders", [(row.public_id, row.grader.name) for row in graders])
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            test = services.start_load_test(
                by=request.user, engagement_id=engagement_id,
                target_version_id=ids.decode("tgv", data["target_version"]),
                dataset_version_id=ids.decode("dsv", data["dataset_version"]),
                grader_version_ids=[ids.decode("grv", key) for key in data["graders"]],
                order=form.order(),
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except (Forbidden, WrongMoment) as refused:
            form.add_error(None, refused.detail)
        else:
            return redirect("demos:load_test", tenant, engagement_id, test.pk)
    context = {"engagement": engagement, "form": form}
    return render(request, "demos/load_form.html", context, status=REFUSED if form.errors else 200)


@login_required
@require_safe
def show_load_test(request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID) -> HttpResponse:
    """A test under way, or its curve."""
    test = _test(request, engagement_id, test_id)
    if test.status in OPEN_TRIALS:
        return render(request, "demos/load_live.html", _live(request, test))
    context = {
        "engagement": test.engagement,
        "test": test,
        "head": load_head(test),
        "steps": _steps(test),
        "picture": _picture(test),
        "target_ms": test.plan["target_p95_ms"],
        "recovery": test.plan["recovery_s"],
    }
    return render(request, "demos/load_test.html", context)


@login_required
@require_safe
def live_load_test(request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID) -> HttpResponse:
    """The part that renews itself; after the end the whole page is loaded again."""
    test = _test(request, engagement_id, test_id)
    if test.status not in OPEN_TRIALS:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "demos/_load_live.html", _live(request, test))


@login_required
@require_POST
def stop_load_test(request: PersonRequest, tenant: str, engagement_id: UUID, test_id: UUID) -> HttpResponse:
    """Stop a test."""
    _test(request, engagement_id, test_id)
    services.cancel_load_test(by=request.user, test_id=test_id)
    return redirect("demos:load_test", tenant, engagement_id, test_id)


def _steps(test: LoadTest) -> list[dict[str, Any]]:
    knee = knee_of(test)
    steps = test.result["steps"] if test.result else []
    return [{**step, "words": says(step), "is_knee": step is knee} for step in steps]


def _picture(test: LoadTest) -> SafeString | str:
    steps = test.result["steps"] if test.result else []
    if not steps:
        return ""
    unit = "a second" if steps[0]["kind"] == "rate" else "people"
    points = [
        Point(
            f"{figures.plain(step['level'])}", step["waits"]["p95"], step["waits"]["p50"],
            step["bounds"]["p95"] if step["bounds"]["p95"] is not None else step["waits"]["p95"],
        )
        for step in steps
    ]  # fmt: skip
    caption = Caption("curve", f"{test}: wait by load, {unit}", load_head(test))
    return charts.over_time(
        caption, points, write=lambda ms: str(figures.duration_ms(ms)), target=test.plan["target_p95_ms"]
    )


def _live(request: PersonRequest, test: LoadTest) -> dict[str, Any]:
    return {
        "engagement": test.engagement,
        "test": test,
        "progress": trials.load_progress(test),
        "windows": trials.last_windows(test),
        "may_stop": access.of(request.user).can("stop_run", test.engagement),
    }


def _test(request: PersonRequest, engagement_id: UUID, test_id: UUID) -> LoadTest:
    test = trials.load_test_for(request.user, test_id)
    if test.engagement_id != engagement_id:
        raise NotFound
    return test
