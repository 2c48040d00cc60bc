"""People judge answers: a round is asked for, worked on blind, and read when every answer is settled."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from demos.engine import statistics as st
from demos.forms import ReviewRoundForm
from demos.selectors import reviews, runs
from demos.services.reviews import ask_for_reviews, review_answer
from demos.vocabulary import ReviewLabel
from engagements.selectors import engagement_for
from portal import access, ids
from portal.errors import Invalid, NotFound, WrongMoment
from portal.web.requests import PersonRequest

STATUS_REFUSED = 422
WORDS = {"right": ReviewLabel.RIGHT, "wrong": ReviewLabel.WRONG, "cannot_say": ReviewLabel.CANNOT_SAY}
SEVERE = "severe"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: PersonRequest, tenant: str, engagement_id: UUID, run_id: UUID) -> HttpResponse:
    """Draw a sample of a run's answers for two reviewers."""
    run = runs.run_for(request.user, run_id)
    if run.engagement_id != engagement_id:
        raise NotFound
    access.require(request.user, "start_run", run.engagement)
    form = ReviewRoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = ask_for_reviews(by=request.user, run_id=run_id, size=form.cleaned_data["size"])
        except Invalid as refused:
            form.show_refusal(refused)
        else:
            return redirect("demos:review", tenant, engagement_id, found.pk)
    context = {"engagement": run.engagement, "run": run, "form": form}
    return render(request, "demos/review_form.html", context, status=STATUS_REFUSED if form.errors else 200)


@login_required
@require_safe
def list_rounds(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """Every round with how far it is, and what of it waits for the viewer."""
    engagement = engagement_for(request.user, engagement_id)
    found = list(reviews.rounds_with_progress(request.user, engagement_id))
    may_review = access.of(request.user).can("review_answers", engagement)
    rows = [
        {
            "round": row,
            "summary": reviews.summary_of(row),
            "waits": bool(may_review) and reviews.next_item(request.user, row) is not None,
        }
        for row in found[:50]
    ]
    context = {"engagement": engagement, "rows": rows, "may_review": may_review}
    return render(request, "demos/reviews.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def work(request: PersonRequest, tenant: str, engagement_id: UUID, round_id: UUID) -> HttpResponse:
    """The next answer that waits for the viewer, without grader and version; or what the round found."""
    found = reviews.round_for(request.user, round_id)
    if found.engagement_id != engagement_id:
        raise NotFound
    if request.method == "POST":
        _judge(request)
        return redirect("demos:review", tenant, engagement_id, round_id)
    may_review = access.of(request.user).can("review_answers", found.engagement)
    summary = reviews.summary_of(found)
    item = reviews.next_item(request.user, found) if may_review and not summary.complete else None
    severe = st.rate(summary.severe, found.size)
    context = {
        "engagement": found.engagement,
        "round": found,
        "summary": summary,
        "item": item,
        "mine": reviews.words_of(request.user, found),
        "may_review": may_review,
        "severe_bound": severe.bound_high if summary.severe else st.zero_event_upper(found.size),
        "graders": summary.graders,
    }
    return render(request, "demos/review.html", context)


def _judge(request: PersonRequest) -> None:
    word = request.POST.get("word", "")
    if word not in WORDS and word != SEVERE:
        raise Invalid("Say whether the answer is right, wrong, severely wrong, or that you cannot say.")
    try:
        item_id = ids.decode("rvi", request.POST.get("item", ""))
    except ValueError:
        raise NotFound from None
    try:
        review_answer(
            by=request.user, item_id=item_id, label=WORDS.get(word, ReviewLabel.WRONG), severe=word == SEVERE,
            note=request.POST.get("note", ""),
        )  # fmt: skip
    except WrongMoment as late:
        messages.warning(request, late.detail)
