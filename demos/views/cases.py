"""Cases: uploaded, mapped, imported, accepted or rejected."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from demos.engine.swaps import SwapSet
from demos.engine.variants import Change
from demos.forms import CounterfactualForm, MappingForm, PersonalDataForm, UploadForm, VariantsForm
from demos.importing.limits import MAX_FILE_BYTES, MIB
from demos.importing.reading import too_large
from demos.models import Upload
from demos.rules import quota_warnings
from demos.selectors import datasets as reading
from demos.selectors.sealing import looks_in_words, may_read_sealed
from demos.services import counterfactuals, datasets, variants
from demos.services import personal_data as rules
from demos.vocabulary import CaseVerdict, PersonalDataAction
from engagements.selectors import engagement_for
from portal import access, ids
from portal.errors import Invalid
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422
CASES_A_PAGE = 50
VIEWS = {"open": "To review", "accepted": "Accepted", "rejected": "Rejected", "all": "All"}


@csrf_exempt
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload_cases(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Take a file. One that is too large is refused by its announced size, before a byte of it is read.

    The check for forgery reads the body, so it comes after that; nothing was done until then.
    """
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    if announced > MAX_FILE_BYTES + MIB:
        engagement = engagement_for(request.user, engagement_id)
        form = UploadForm({})
        form.is_valid()
        form.errors.clear()
        form.show_refusal(too_large(announced))
        response = _upload_page(request, engagement, form)
        response["Connection"] = "close"
        return response
    return _upload_cases(request, tenant, engagement_id)


@csrf_protect
def _upload_cases(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_datasets", engagement)
    form = UploadForm(
        request.POST or None, request.FILES or None, initial={"name": request.GET.get("name", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            upload = datasets.preview_upload(
                by=request.user,
                engagement_id=engagement_id,
                dataset_name=form.cleaned_data["name"],
                file_name=form.cleaned_data["file"].name,
                file=form.cleaned_data["file"].file,
            )
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:mapping", tenant, engagement_id, upload.pk)
    return _upload_page(request, engagement, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def map_columns(request: PersonRequest, tenant: str, engagement_id: UUID, upload_id: UUID) -> HttpResponse:
    """Look at the first rows, choose the columns, import all rows or see what is wrong with which."""
    engagement = engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_datasets", engagement)
    upload = reading.upload_for(request.user, upload_id)
    form = MappingForm(request.POST or None, columns=upload.columns, initial=upload.guess)
    refused: Invalid | None = None
    if request.method == "POST" and form.is_valid():
        try:
            result = datasets.import_upload(by=request.user, upload_id=upload_id, mapping=form.mapping())
        except Invalid as problem:
            refused = problem
            if problem.errors and problem.errors[0].pointer.startswith("/mapping"):
                form.show_refusal(problem)
        else:
            version = result.version
            said = f"{version.case_count:,} cases are in, as version {version.number}."
            messages.success(
                request, said if result.created else f"Version {version.number} holds these very cases."
            )
            return redirect("demos:cases", tenant, engagement_id, version.pk)
    context = {
        "engagement": engagement,
        "upload": upload,
        "preview": _preview(upload),
        "form": form,
        "refused": refused,
        "rows_refused": _rows_refused(refused),
        "left_out": upload.guess.get("left_out", {}),
    }
    return render(
        request, "demos/mapping.html", context, status=STATUS_REFUSED if refused or form.errors else 200
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_cases(request: PersonRequest, tenant: str, engagement_id: UUID, version_id: UUID) -> HttpResponse:
    """The cases of a version; the client's expert accepts or rejects the ticked ones, or all open ones."""
    engagement = engagement_for(request.user, engagement_id)
    version = reading.dataset_version_for(request.user, version_id)
    if request.method == "POST":
        verdict = CaseVerdict.REJECTED if request.POST.get("verdict") == "rejected" else CaseVerdict.ACCEPTED
        everything = request.POST.get("which") == "open"
        count = datasets.review_cases(
            by=request.user,
            version_id=version_id,
            verdict=verdict,
            case_ids=None if everything else _ticked(request),
            note=request.POST.get("note", ""),
        )
        word = "case is" if count == 1 else "cases are"
        messages.success(request, f"{count:,} {word} {verdict.label.lower()}.")
        return redirect(request.get_full_path())
    counts = reading.review_counts(version)
    view = request.GET.get("view", "open" if counts.open else "accepted")
    rows = reading.cases_of(version)
    if not may_read_sealed(request.user, engagement):
        rows = rows.filter(sealed=False)
    if view in ("accepted", "rejected"):
        rows = rows.filter(review=view)
    elif view == "open":
        rows = rows.filter(review=None)
    numbers = {
        "open": counts.open,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "all": counts.total,
    }
    context = {
        "engagement": engagement,
        "version": version,
        "counts": counts,
        "categories": [(c.label, n) for c, n in reading.category_counts(version).items()],
        "tabs": [
            {"label": label, "href": f"?view={key}", "current": key == view, "count": numbers[key]}
            for key, label in VIEWS.items()
        ],
        "view_query": f"view={view}",
        "page_obj": Paginator(rows, CASES_A_PAGE).get_page(request.GET.get("page")),
        "may_accept": access.of(request.user).can("accept_cases", engagement),
        "may_start": access.of(request.user).can("start_run", engagement),
        **_about(request, engagement, version),
    }
    return render(request, "demos/cases.html", context)


@login_required
@require_POST
def personal_data(request: PersonRequest, tenant: str, engagement_id: UUID, version_id: UUID) -> HttpResponse:
    """Say what happens to cases with personal data in this engagement."""
    engagement_for(request.user, engagement_id)
    reading.dataset_version_for(request.user, version_id)
    form = PersonalDataForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose what happens to cases with personal data.")
    action = PersonalDataAction(form.cleaned_data["action"])
    rules.set_personal_data_rule(by=request.user, engagement_id=engagement_id, action=action)
    messages.success(request, f"From now on: {action.label.lower()}.")
    return redirect("demos:cases", tenant, engagement_id, version_id)


@login_required
@require_POST
def make_variants(request: PersonRequest, tenant: str, engagement_id: UUID, version_id: UUID) -> HttpResponse:
    """Make messy variants of the accepted cases, as a dataset of their own."""
    engagement_for(request.user, engagement_id)
    reading.dataset_version_for(request.user, version_id)
    form = VariantsForm(request.POST)
    if not form.is_valid():
        raise Invalid("Choose at least one change. A seed is a whole number.")
    version = variants.make_variants(
        by=request.user,
        version_id=version_id,
        changes=[Change(value) for value in form.cleaned_data["changes"]],
        seed=form.cleaned_data["seed"],
    )
    messages.success(
        request,
        f"{version.case_count:,} cases: the clean ones, and their variants, which wait for the expert.",
    )
    return redirect("demos:cases", tenant, engagement_id, version.pk)


@login_required
@require_POST
def make_counterfactuals(
    request: PersonRequest, tenant: str, engagement_id: UUID, version_id: UUID
) -> HttpResponse:
    """Make counterfactuals of the accepted cases, as a dataset of their own."""
    engagement_for(request.user, engagement_id)
    reading.dataset_version_for(request.user, version_id)
    form = CounterfactualForm(request.POST)
    if not form.is_valid():
        raise Invalid(str(next(iter(form.errors.values()))[0]))
    swaps = SwapSet(form.cleaned_data["attribute"], form.cleaned_data["values"])
    version = counterfactuals.make_counterfactuals(by=request.user, version_id=version_id, swaps=swaps)
    left = sum(version.variants["left_out"].values())
    told = f"{version.case_count:,} cases: those that name one value, and their counterfactuals, which wait."
    messages.success(request, f"{told} {left:,} accepted cases name none or several and are left out.")
    return redirect("demos:cases", tenant, engagement_id, version.pk)


def _about(request: PersonRequest, engagement: Any, version: Any) -> dict[str, Any]:
    """What is to be known of a version beside its cases."""
    mine = access.of(request.user)
    action = rules.action_for(engagement.pk)
    sealed = version.cases.filter(sealed=True).count()
    return {
        "warnings": quota_warnings(reading.accepted_categories(version), {}),
        "found": rules.in_words(version.pii_counts),
        "looked_for": bool(version.pii_counts),
        "action": action,
        "personal_form": PersonalDataForm(initial={"action": action}),
        "variants_form": VariantsForm(),
        "swap_form": CounterfactualForm(),
        "carried": reading.carried_count(version),
        "sealed": sealed,
        "hidden": 0 if may_read_sealed(request.user, engagement) else sealed,
        "looks": looks_in_words(version),
        "may_manage": mine.can("manage_datasets", engagement),
    }


def _ticked(request: PersonRequest) -> list[UUID]:
    try:
        return [ids.decode("cas", text) for text in request.POST.getlist("case")]
    except ValueError:
        raise Invalid("A ticked case is not one of this page. Load the page again.") from None


def _preview(upload: Upload) -> list[dict[str, Any]]:
    return [
        {
            "number": row["number"],
            "problem": row["problem"],
            "cells": [row["values"].get(c, "") for c in upload.columns],
        }
        for row in upload.preview
    ]


def _rows_refused(refused: Invalid | None) -> list[dict[str, str]]:
    """Errors by row as the table shows them: “Row 12, expected”."""
    errors = [error for error in (refused.errors if refused else ()) if error.pointer.startswith("/rows/")]
    return [
        {"place": "Row " + ", ".join(error.pointer.split("/")[2:]), "detail": error.detail}
        for error in errors
    ]


def _upload_page(request: PersonRequest, engagement: Any, form: UploadForm) -> HttpResponse:
    context = {
        "engagement": engagement,
        "form": form,
        "datasets": reading.visible_datasets(request.user, engagement.pk),
    }
    return render(request, "demos/upload.html", context, status=STATUS_REFUSED if form.errors else 200)
