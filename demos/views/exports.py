"""What is seen on a list leaves as a file: the same rows, the same rights, written in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from demos.exporting import junit, report, rows
from demos.models import Run
from demos.selectors import comparisons, datasets, runs
from demos.services.exports import record_export
from demos.vocabulary import OPEN_STATUSES
from engagements.selectors import engagement_for
from portal import tables
from portal.errors import NotFound, WrongMoment
from portal.models import TenantOwned
from portal.scope import tenant_scope
from portal.web.files import attached, table_answer
from portal.web.requests import PersonRequest

FORMS = frozenset({*tables.CONTENT_TYPES, "junit", "report", "schema"})


@login_required
@require_safe
def export_run(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponseBase:
    """The attempts of a run (all, or ``?view=failures``) as a table; or JUnit XML, report.json, schema."""
    form = _form(request)
    run = runs.run_for(request.user, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    if run.status in OPEN_STATUSES:
        raise WrongMoment(f"{run} is under way. Its results can be taken when all cases are in.")
    if form == "schema":
        return JsonResponse(report.report_schema())
    only_failures = request.GET.get("view") == "failures"
    found = rows.attempts_of(run, request.user, only_failures=only_failures and form != "junit")
    what = "failures" if only_failures else "attempts"
    record_export(by=request.user, subject=run, what=what, form=form, rows=found.count())
    name = f"run-{run.number}{'-failures' if only_failures else ''}"
    if form == "report":
        return attached(JsonResponse(report.report_of(run)), f"{name}-report.json")
    if form == "junit":
        body = junit.junit_chunks(run, _junit_rows(run, found))
        return attached(StreamingHttpResponse(body, content_type="application/xml"), f"{name}.xml")
    return table_answer(form, name, rows.ATTEMPT_COLUMNS, rows.attempt_rows(found, run.tenant_id))


@login_required
@require_safe
def export_cases(
    request: PersonRequest, tenant: str, engagement_id: UUID, version_id: UUID
) -> HttpResponseBase:
    """The cases of a version with their review; ``?view=`` as on their page."""
    form = _form(request)
    version = datasets.dataset_version_for(request.user, version_id)
    engagement = version.dataset.engagement
    if engagement.pk != engagement_id:
        raise NotFound
    found = rows.cases_of_version(datasets.cases_of(version), request.user, engagement)
    shown = request.GET.get("view", "all")
    if shown in ("open", "accepted", "rejected"):
        found = found.filter(Q(("review", None if shown == "open" else shown)))
    _note(request, engagement, "cases", form, found.count())
    name = f"cases-{version.dataset.name}-{version.number}"
    return table_answer(form, name, rows.CASE_COLUMNS, rows.case_rows(found, version.tenant_id))


@login_required
@require_safe
def export_runs(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponseBase:
    """The runs of an engagement, newest first."""
    form = _form(request)
    engagement = engagement_for(request.user, engagement_id)
    found = list(rows.run_rows(runs.visible_runs(request.user, engagement_id)))
    _note(request, engagement, "runs", form, len(found))
    return table_answer(form, "runs", rows.RUN_COLUMNS, found)


@login_required
@require_safe
def export_flips(
    request: PersonRequest, tenant: str, engagement_id: UUID, comparison_id: UUID
) -> HttpResponseBase:
    """The cases that changed sides between two runs."""
    form = _form(request)
    comparison = comparisons.comparison_for(request.user, comparison_id)
    if comparison.engagement_id != engagement_id:
        raise NotFound
    found = list(rows.flip_rows(comparison, request.user))
    record_export(by=request.user, subject=comparison, what="flips", form=form, rows=len(found))
    name = f"run-{comparison.now.number}-against-{comparison.before.number}"
    return table_answer(form, name, rows.FLIP_COLUMNS, found)


def _form(request: PersonRequest) -> str:
    """The form that is asked for, CSV where none is. Raises NotFound for one that is not ours."""
    form = request.GET.get("form", "csv")
    if form not in FORMS:
        raise NotFound
    return form


def _note(request: PersonRequest, subject: TenantOwned, what: str, form: str, n: int) -> None:
    record_export(by=request.user, subject=subject, what=what, form=form, rows=n)


def _junit_rows(run: Run, found: Any) -> Iterator[Mapping[str, Any]]:
    with tenant_scope([run.tenant_id]):
        yield from found.values(*junit.FIELDS).iterator(chunk_size=rows.CHUNK)
