"""The page on which a consultancy sets how a client's papers look and what they leave out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements.forms import PlainForm
from engagements.report.paper import render_sample_pdf
from engagements.rules.letterhead import HOUSE_ACCENT, LARGEST_LOGO, LONGEST_COVER
from engagements.selectors.letterheads import letterhead_of, presets_of, sections_that_may_go
from engagements.services import letterheads
from engagements.services.letterheads import LONGEST_NAME, LetterheadTerms
from engagements.vocabulary import ReportKind
from portal import access
from portal.errors import Invalid
from portal.web.requests import PersonRequest

REFUSED = 422


class LetterheadForm(PlainForm):
    """Colour, words and picture at the head of a paper."""

    accent = forms.CharField(
        label="Colour of headings", max_length=7, widget=forms.TextInput(attrs={"type": "color"}),
        help_text="Dark enough to be read on white.",
    )  # fmt: skip
    cover_text = forms.CharField(
        label="Words at the head", max_length=LONGEST_COVER, required=False, widget=forms.Textarea,
        help_text="Such as: Prepared for the board. Confidential.",
    )  # fmt: skip
    logo = forms.FileField(
        required=False, help_text="A PNG file, at most 100 KiB and 2,000 by 2,000 pixels.",
        widget=forms.FileInput(attrs={"accept": "image/png"}),
    )  # fmt: skip
    without_logo = forms.BooleanField(label="Take the logo away", required=False)
    everywhere = forms.BooleanField(label="Use it for every client that I lead", required=False)

    def __init__(self, *args: Any, has_logo: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_logo:
            del self.fields["without_logo"]

    def clean_logo(self) -> bytes | None:
        """The bytes of the file; None where none was chosen."""
        given = self.cleaned_data["logo"]
        if given is None:
            return None
        return bytes(given.read(LARGEST_LOGO + 1))

    def terms(self) -> LetterheadTerms:
        """What was written, as the service takes it."""
        data = self.cleaned_data
        logo = b"" if data.get("without_logo") else data["logo"]
        return LetterheadTerms(data["accent"], data["cover_text"], logo)


class PresetForm(PlainForm):
    """A name and what is left out; the sections of all kinds stand below each other."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="Such as Board, short.")
    left_out = forms.MultipleChoiceField(label="Leave out", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["left_out"].choices = [  # type: ignore[attr-defined]  # a field with choices
            (f"{kind.value}:{one.key}", f"{one.title}: {kind.label}")
            for kind, found in sections_that_may_go().items()
            for one in found
        ]

    def clean_left_out(self) -> tuple[str, list[str]]:
        """The kind of report, and the keys of its sections."""
        chosen = [value.partition(":") for value in self.cleaned_data["left_out"]]
        kinds = {kind for kind, _, _ in chosen}
        if len(kinds) > 1:
            raise forms.ValidationError("A preset is for one kind of report. Choose sections of one kind.")
        return kinds.pop(), [key for _, _, key in chosen]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letterhead(request: PersonRequest, tenant: str) -> HttpResponse:
    """The letterhead in force and the presets; a POST puts another letterhead in force."""
    access.require(request.user, "manage_templates", request.tenant)
    form = None
    if request.method == "POST":
        now = letterhead_of(request.tenant.pk)
        form = LetterheadForm(request.POST, request.FILES, has_logo=bool(now and now.logo_sha256))
    if form is not None and form.is_valid():
        try:
            if form.cleaned_data["everywhere"]:
                number = len(letterheads.set_letterhead_everywhere(by=request.user, terms=form.terms()))
                told = f"The letterhead is in force with {number} clients."
            else:
                letterheads.set_letterhead(by=request.user, tenant_id=request.tenant.pk, terms=form.terms())
                told = "The letterhead is in force. Papers that were ordered before keep theirs."
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, told)
            return redirect("engagements:letterhead", tenant)
    return _page(request, form=form)


@login_required
@require_POST
def add_preset(request: PersonRequest, tenant: str) -> HttpResponse:
    """Name what a kind of report leaves out."""
    access.require(request.user, "manage_templates", request.tenant)
    form = PresetForm(request.POST)
    if form.is_valid():
        kind, keys = form.cleaned_data["left_out"]
        try:
            letterheads.set_preset(
                by=request.user, tenant_id=request.tenant.pk, kind=kind,
                name=form.cleaned_data["name"], left_out=keys,
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, "The preset is stored. It can be chosen when a report is ordered.")
            return redirect("engagements:letterhead", tenant)
    return _page(request, preset_form=form)


@login_required
@require_POST
def remove_preset(request: PersonRequest, tenant: str, preset_id: UUID) -> HttpResponse:
    """Take a preset away."""
    letterheads.remove_preset(by=request.user, tenant_id=request.tenant.pk, preset_id=preset_id)
    messages.success(request, "The preset is removed. Papers that were made with it stay.")
    return redirect("engagements:letterhead", tenant)


@login_required
@require_safe
def sample(request: PersonRequest, tenant: str) -> HttpResponse:
    """One page with the letterhead in force, to look at."""
    access.require(request.user, "manage_templates", request.tenant)
    body = render_sample_pdf(request.tenant, letterhead_of(request.tenant.pk))
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="letterhead.pdf"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _page(
    request: PersonRequest, *, form: LetterheadForm | None = None, preset_form: PresetForm | None = None
) -> HttpResponse:
    now = letterhead_of(request.tenant.pk)
    begin = {"accent": now.accent if now else HOUSE_ACCENT, "cover_text": now.cover_text if now else ""}
    titles = {(kind, one.key): one.title for kind, found in sections_that_may_go().items() for one in found}
    rows = [
        {"preset": row, "titles": [titles.get((ReportKind(row.kind), key), key) for key in row.left_out]}
        for row in presets_of(request.tenant.pk)
    ]
    context = {
        "letterhead": now,
        "rows": rows,
        "form": form or LetterheadForm(initial=begin, has_logo=bool(now and now.logo_sha256)),
        "preset_form": preset_form or PresetForm(),
    }
    faulty = any(one is not None and one.errors for one in (form, preset_form))
    return render(request, "engagements/letterhead.html", context, status=REFUSED if faulty else 200)
