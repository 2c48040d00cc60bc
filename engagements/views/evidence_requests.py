"""The list of what is asked for: the client sends it from there, staff ask and withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from engagements import selectors
from engagements.evidence import subjects_of
from engagements.forms import PlainForm
from engagements.models import Engagement
from engagements.selectors.evidence_requests import (
    RequestLine,
    people_to_ask,
    request_lines,
    visible_requests,
)
from engagements.services import evidence_requests as service
from engagements.services.evidence import Given
from engagements.services.evidence_requests import Wanted
from engagements.vocabulary import Side
from portal import access
from portal.errors import GatehouseError, Invalid, NotFound, SegregationOfDuties, WrongMoment
from portal.models import User
from portal.web.requests import PersonRequest

REFUSED = 422
ANYBODY = "Anybody who has it"


class RequestForm(PlainForm):
    """What is asked for."""

    title = forms.CharField(
        label="What should be shown", max_length=160, help_text="Such as: Restore test of the index."
    )
    reason = forms.CharField(
        label="Why", max_length=1000, required=False, widget=forms.Textarea,
        help_text="What it is needed for, and what would be enough. The client reads this.",
    )  # fmt: skip
    person = forms.ChoiceField(label="Who is asked", required=False)
    due = forms.DateField(label="Needed by", widget=forms.DateInput(attrs={"type": "date"}))
    about = forms.MultipleChoiceField(
        label="Speaks to", required=False, help_text="Hold Ctrl or ⌘ to choose several."
    )

    def __init__(
        self, *args: Any, people: list[User], subjects: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", ANYBODY), *((str(person.pk), person.name) for person in people)]
        self.fields["person"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["about"].choices = subjects  # type: ignore[attr-defined]  # a MultipleChoiceField
        self.fields["about"].widget.attrs["size"] = min(max(len(subjects), 2), 8)
        if not subjects:
            del self.fields["about"]

    def wanted(self) -> Wanted:
        """What the service takes."""
        data = self.cleaned_data
        return Wanted(
            title=data["title"], reason=data["reason"], due=data["due"], about=tuple(data.get("about") or ()),
            person_id=UUID(data["person"]) if data["person"] else None,
        )  # fmt: skip


class AnswerForm(PlainForm):
    """A file, or else a link or a sentence; and the day that it speaks of."""

    file = forms.FileField(
        required=False, help_text="PDF, picture, Office file, CSV or text. You can drop it here."
    )
    url = forms.URLField(label="Or a link", max_length=500, required=False, assume_scheme="https")
    note = forms.CharField(
        label="Or a sentence", max_length=2000, required=False, widget=forms.Textarea,
        help_text="Beside a file it is a note; alone it is a statement in your name.",
    )  # fmt: skip
    effective_from = forms.DateField(
        label="Day that it speaks of", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def given(self) -> Given:
        """What the service takes. The file is read here, once; an empty day is today."""
        data = self.cleaned_data
        upload = data.get("file")
        return Given(
            effective_from=data["effective_from"] or timezone.now().date(),
            note=data["note"], url=data["url"],
            file_name=upload.name if upload else "", body=upload.read() if upload else b"",
        )  # fmt: skip


@login_required
@require_safe
def requests(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Everything that is asked for; what is late first."""
    return _list_page(request, selectors.engagement_for(request.user, engagement_id))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Ask for one thing more; ``?about=E05-2`` says what it serves."""
    engagement = selectors.engagement_for(request.user, engagement_id)
    access.require(request.user, "request_evidence", engagement)
    form = RequestForm(
        request.POST or None, people=people_to_ask(engagement), subjects=subjects_of(engagement_id),
        initial={"about": request.GET.getlist("about"), "title": request.GET.get("title", "")},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            service.ask_for_evidence(by=request.user, engagement_id=engagement_id, wanted=form.wanted())
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, "It stands on the client’s list now.")
            return redirect("engagements:evidence_requests", tenant, engagement_id)
    status = REFUSED if form.is_bound else 200
    context = {"engagement": engagement, "form": form}
    return render(request, "engagements/evidence_request_form.html", context, status=status)


@login_required
@require_POST
def send(request: PersonRequest, tenant: str, engagement_id: UUID, request_id: UUID) -> HttpResponse:
    """Send what was asked for."""
    engagement = _engagement_with(request, engagement_id, request_id)
    form = AnswerForm(request.POST, request.FILES, auto_id=f"{request_id}_%s")
    if form.is_valid():
        try:
            service.answer_request(by=request.user, request_id=request_id, given=form.given())
        except (SegregationOfDuties, WrongMoment) as refused:
            return _list_page(request, engagement, refusal=refused)
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            messages.success(request, "Thank you, it is sent. You are told when it is accepted or sent back.")
            return redirect("engagements:evidence_requests", tenant, engagement_id)
    return _list_page(request, engagement, bound=(request_id, form))


@login_required
@require_POST
def withdraw(request: PersonRequest, tenant: str, engagement_id: UUID, request_id: UUID) -> HttpResponse:
    """Take it off the list."""
    engagement = _engagement_with(request, engagement_id, request_id)
    try:
        service.withdraw_request(by=request.user, request_id=request_id)
    except WrongMoment as refused:
        return _list_page(request, engagement, refusal=refused)
    messages.success(request, "Withdrawn. It is off the client’s list.")
    return redirect("engagements:evidence_requests", tenant, engagement_id)


def _engagement_with(request: PersonRequest, engagement_id: UUID, request_id: UUID) -> Engagement:
    engagement = selectors.engagement_for(request.user, engagement_id)
    if not visible_requests(request.user, engagement_id).filter(pk=request_id).exists():
        raise NotFound
    return engagement


def _list_page(
    request: PersonRequest,
    engagement: Engagement,
    *,
    bound: tuple[UUID, AnswerForm] | None = None,
    refusal: GatehouseError | None = None,
) -> HttpResponse:
    reader, today = access.of(request.user), timezone.now().date()
    may_send = bool(reader.can("hand_in_evidence", engagement)) and request.user.side == Side.CLIENT
    lines = request_lines(visible_requests(request.user, engagement.pk), today=today)
    context = {
        "engagement": engagement,
        "open": [_entry(request.user, line, bound, may_send) for line in lines if line.state.is_open],
        "closed": [line for line in lines if not line.state.is_open],
        "late": sum(line.days_late > 0 for line in lines),
        "may_ask": reader.can("request_evidence", engagement),
        "refusal": refusal.detail if refusal else "",
    }
    status = REFUSED if bound or refusal else 200
    return render(request, "engagements/evidence_requests.html", context, status=status)


def _entry(
    viewer: User, line: RequestLine, bound: tuple[UUID, AnswerForm] | None, may_send: bool
) -> dict[str, Any]:
    form = None
    if may_send and line.state.is_wanted:
        form = bound[1] if bound and bound[0] == line.row.pk else AnswerForm(auto_id=f"{line.row.pk}_%s")
    return {"line": line, "form": form, "mine": line.row.person_id in (None, viewer.pk)}
