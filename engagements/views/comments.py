"""Comments: the panel that other pages show, the page of open threads, writing and resolving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from engagements.comment_forms import CommentForm
from engagements.models import Engagement
from engagements.selectors import engagement_for
from engagements.selectors.comments import follows, open_threads, people_to_mention, threads_on
from engagements.services import comments as service
from engagements.services.following import set_following
from engagements.subjects import word_for
from portal import access
from portal.errors import Invalid
from portal.services.clients import show_names
from portal.web.requests import PersonRequest

ANCHOR = "#comments"
LONGEST_PATH = 280
"""A longer one is no page of ours; an event holds 300 characters of it."""


def discussion(
    request: PersonRequest, engagement: Engagement, subject: str, form: CommentForm | None = None
) -> dict[str, Any]:
    """What the panel ``engagements/_comments.html`` needs on the page of ``subject``."""
    reader = access.of(request.user)
    return {
        "subject": subject,
        "threads": threads_on(request.user, engagement, subject),
        "follows": follows(request.user, engagement, subject),
        "may_comment": reader.can("comment", engagement),
        "sees_internal": bool(reader.can("see_internal", engagement)),
        "comment_form": form or _form(request, engagement),
        "comments_back": request.get_full_path(),
    }


@login_required
@require_safe
def comments(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every thread that is still open, newest first."""
    engagement = engagement_for(request.user, engagement_id)
    threads = open_threads(request.user, engagement)
    context = {
        "engagement": engagement,
        "threads": [(thread, word_for(thread.first.subject)) for thread in threads],
        "sees_internal": bool(access.of(request.user).can("see_internal", engagement)),
        "may_comment": access.of(request.user).can("comment", engagement),
        "may_set_names": access.of(request.user).can("seal_for_client", engagement.tenant),
        "comments_back": request.get_full_path(),
    }
    return render(request, "engagements/comments.html", context)


@login_required
@require_POST
def names(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Say for the client whether the other side reads names under comments that are written from now on."""
    engagement = engagement_for(request.user, engagement_id)
    shown = request.POST.get("names") != "none"
    show_names(by=request.user, tenant_id=engagement.tenant_id, shown=shown)
    messages.success(request, "Kept, and written into the ledger.")
    return redirect("engagements:comments", tenant, engagement_id)


@login_required
@require_POST
def write(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Store a comment or reply and go back to where it was written."""
    engagement = engagement_for(request.user, engagement_id)
    form = _form(request, engagement, data=request.POST)
    subject, back = request.POST.get("subject", ""), _back(request, tenant, engagement_id)
    thread = request.POST.get("thread", "")
    if form.is_valid():
        try:
            service.write_comment(
                by=request.user, engagement_id=engagement_id, subject=subject,
                body=form.cleaned_data["body"], visibility=form.chosen_visibility(),
                thread_id=_key(thread), path=back.removesuffix(ANCHOR),
                mentions=[UUID(key) for key in form.cleaned_data.get("mentions", [])],
            )  # fmt: skip
            return redirect(back)
        except Invalid as refused:
            form.add_error(None, refused.detail)
    context = {"engagement": engagement, "form": form, "subject": subject, "thread": thread, "back": back}
    return render(request, "engagements/comment_form.html", context, status=422)


@login_required
@require_POST
def follow(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Begin or stop to follow the thing that a panel is about."""
    wanted = request.POST.get("follows") == "yes"
    set_following(
        by=request.user, engagement_id=engagement_id, subject=request.POST.get("subject", ""), follows=wanted
    )
    told = "You are told of each comment on this." if wanted else "You are told of comments on this no more."
    messages.success(request, told)
    return redirect(_back(request, tenant, engagement_id))


@login_required
@require_POST
def edit(request: PersonRequest, tenant: str, engagement_id: UUID, comment_id: UUID) -> HttpResponse:
    """Put one's own words otherwise; the change is marked."""
    try:
        service.edit_comment(by=request.user, comment_id=comment_id, body=request.POST.get("body", ""))
    except Invalid as refused:
        messages.error(request, refused.detail)
    return redirect(_back(request, tenant, engagement_id))


@login_required
@require_POST
def resolve(request: PersonRequest, tenant: str, engagement_id: UUID, comment_id: UUID) -> HttpResponse:
    """Settle a thread."""
    service.resolve_thread(by=request.user, comment_id=comment_id)
    return redirect(_back(request, tenant, engagement_id))


def _form(request: PersonRequest, engagement: Engagement, *, data: Any = None) -> CommentForm:
    internal = bool(access.of(request.user).can("see_internal", engagement))
    people = [one for one in people_to_mention(engagement, internal=False) if one.pk != request.user.pk]
    return CommentForm(data, people=people, may_be_internal=internal, auto_id="comment_%s")


def _back(request: PersonRequest, tenant: str, engagement_id: UUID) -> str:
    """The page that the comment was written on, if it is one of this client; else the overview."""
    wanted = request.POST.get("back", "")
    is_ours = wanted.startswith(f"/{tenant}/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    is_ours = is_ours and len(wanted) < LONGEST_PATH
    return (wanted if is_ours else reverse("engagements:overview", args=[tenant, engagement_id])) + ANCHOR


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
