"""Engagement templates of a client: read, bring, take away as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from engagements import selectors
from engagements.catalogue import LARGEST
from engagements.forms import PlainForm
from engagements.selectors.templates import as_template, offered, text_of
from engagements.services.templates import import_template
from portal import access
from portal.errors import Invalid
from portal.web.requests import PersonRequest

REFUSED = 422


class TemplateForm(PlainForm):
    """A template as a file."""

    file = forms.FileField(
        label="Template file", help_text="YAML that follows the schema; at most 256 KiB.",
        error_messages={"required": "Choose a file."},
    )  # fmt: skip

    def clean_file(self) -> str:
        """The text in it."""
        given = self.cleaned_data["file"]
        if given.size > LARGEST:
            raise forms.ValidationError("The file is larger than 256 KiB. A template is a page of text.")
        try:
            return str(given.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text. Save it as UTF-8.") from None

    def show_refusal(self, refused: Invalid) -> None:
        """Each fault with its place in the file."""
        for fault in refused.errors:
            self.add_error("file", f"{fault.pointer}: {fault.detail}" if fault.pointer else fault.detail)
        if not refused.errors:
            self.add_error("file", refused.detail)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def templates(request: PersonRequest, tenant: str) -> HttpResponse:
    """What an engagement with this client can start from; a POST brings another."""
    access.require(request.user, "manage_templates", request.tenant)
    form = TemplateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = import_template(by=request.user, tenant=request.tenant, text=form.cleaned_data["file"])
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, f"{made} can be chosen when an engagement starts.")
            return redirect("engagements:templates", tenant)
    rows: list[dict[str, Any]] = [
        {
            "offered": one,
            "criteria": sum(len(stage.criteria) for stage in one.template.stages),
            "stages": one.template.stages,
        }
        for one in offered(request.tenant.pk)
    ]
    return render(
        request, "engagements/templates.html", {"rows": rows, "form": form},
        status=REFUSED if form.errors else 200,
    )  # fmt: skip


@login_required
@require_safe
def standard_file(request: PersonRequest, tenant: str) -> HttpResponse:
    """The template that ships, as a file to begin one's own from."""
    access.require(request.user, "manage_templates", request.tenant)
    return _file(*text_of(request.tenant.pk, None))


@login_required
@require_safe
def template_file(request: PersonRequest, tenant: str, template_id: UUID) -> HttpResponse:
    """One that was brought, byte for byte."""
    found = text_of(request.tenant.pk, template_id)
    access.require(request.user, "manage_templates", request.tenant)
    return _file(*found)


@login_required
@require_safe
def engagement_file(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """An engagement's stages and criteria as a template for others."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "manage_templates", engagement)
    return _file(f"{engagement.code.lower()}.yaml", as_template(engagement))


def _file(name: str, text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
