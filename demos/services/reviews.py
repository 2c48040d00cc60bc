"""People judge answers here: a seeded sample, two persons each, blind to graders and version."""

from __future__ import annotations

import secrets as chance
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from demos.engine import statistics as st
from demos.models import Attempt, HumanReview, ReviewItem, ReviewRound, Run
from demos.selectors import reviews as reading
from demos.selectors.runs import run_for
from demos.services.transcripts import check_texts_kept
from demos.vocabulary import REVIEW_ASKED, REVIEW_FINISHED, REVIEW_GIVEN, ReviewLabel, RunStatus
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal import access, audit
from portal.errors import FieldError, Forbidden, Invalid, WrongMoment
from portal.models import User

MOST_ANSWERS = 2_000
KEY = "severe_wrong_answers"
CONFIDENCE = Decimal("0.95")
PLACES = Decimal("1e-10")


@transaction.atomic
def ask_for_reviews(*, by: User, run_id: UUID, size: int, seed: int | None = None) -> ReviewRound:
    """Draw ``size`` answers of a finished run for two reviewers each. Raises Invalid, Forbidden, WrongMoment.

    One answer for each case, the first time it was asked; cases without an answer have nothing to review.
    """
    run = run_for(by, run_id)
    access.require(by, "start_run", run.engagement)
    if run.status not in (RunStatus.FINISHED, RunStatus.INVALID):
        raise WrongMoment(f"{run} has not finished: its answers can be reviewed when all are in.")
    Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    check_texts_kept(run)
    answered = Attempt.objects.filter(run=run, repeat=1, error_class="").order_by("position")
    keys = list(answered.values_list("pk", flat=True))
    if not 1 <= size <= min(len(keys), MOST_ANSWERS):
        most = min(len(keys), MOST_ANSWERS)
        detail = f"Write a number from 1 to {most:,}: so many answers there are."
        raise Invalid(detail, errors=[FieldError("/size", "range", detail)])
    seed = chance.randbelow(2**31) if seed is None else seed
    last = ReviewRound.objects.filter(engagement=run.engagement).aggregate(n=Max("number"))["n"]
    found = ReviewRound.objects.create(
        tenant_id=run.tenant_id, engagement=run.engagement, run=run, number=(last or 0) + 1, size=size,
        seed=seed, created_by=by,
    )  # fmt: skip
    ReviewItem.objects.bulk_create(
        ReviewItem(tenant_id=run.tenant_id, round=found, attempt_id=key, position=position)
        for position, key in enumerate(drawn(keys, size, seed), start=1)
    )
    facts: dict[str, audit.Fact] = {"number": found.number, "answers": size}
    audit.record(actor=by, event=REVIEW_ASKED, subject=found, facts=facts, path=round_path(found))
    return found


def drawn(keys: Sequence[UUID], size: int, seed: int) -> list[UUID]:
    """A simple random sample in random order; the same seed draws the same."""
    return Random(seed).sample(list(keys), size)  # noqa: S311 - sampling, not a secret


@transaction.atomic
def review_answer(
    *, by: User, item_id: UUID, label: ReviewLabel, severe: bool = False, note: str = ""
) -> HumanReview:
    """One person's word on one answer. The last word of a round measures the severe wrong answers.

    Raises Forbidden, WrongMoment if the answer is settled or the person has judged it already.
    """
    item = reading.item_for(by, item_id)
    found = ReviewRound.objects.select_for_update(of=("self",)).select_related("run", "engagement").get(
        pk=item.round_id
    )  # fmt: skip
    access.require(by, "review_answers", found.engagement)
    if not reading.waits_for(by, item):
        raise WrongMoment("This answer does not wait for you: you judged it already, or two people agree.")
    if by.affiliation not in ("consultancy", "client"):
        raise Forbidden("Only people of the consultancy and of the client judge answers.")
    try:
        with transaction.atomic():
            review = HumanReview.objects.create(
                tenant_id=item.tenant_id, item=item, reviewer=by, label=label,
                severe=severe and label == ReviewLabel.WRONG, note=note.strip()[:500],
            )  # fmt: skip
    except IntegrityError:
        raise WrongMoment("You have judged this answer already.") from None
    audit.record(
        actor=by, event=REVIEW_GIVEN, subject=found,
        facts={"number": found.number, "label": label.value, "severe": review.severe},
    )  # fmt: skip
    summary = reading.summary_of(found)
    if summary.complete:
        _finish(found, summary)
    return review


def round_path(found: ReviewRound) -> str:
    """Where a round is worked on in the browser."""
    return f"/{found.tenant.slug}/engagements/{found.engagement.public_id}/reviews/{found.public_id}/"


def _finish(found: ReviewRound, summary: reading.Summary) -> None:
    """Every answer is settled: what people called severe goes to the gates."""
    run = found.run
    if run.started_at is None or run.finished_at is None:
        raise ValueError("a run that finished has a beginning and an end")
    estimate = st.rate(summary.severe, found.size)
    high = st.zero_event_upper(found.size) if not summary.severe else estimate.bound_high
    value, low, upper, bound_low, bound_high = (
        None if end is None else Decimal(repr(end)).quantize(PLACES)
        for end in (estimate.value, estimate.low, estimate.high, estimate.bound_low, high)
    )
    record_measurement(
        by=None, engagement_id=found.engagement_id, key=KEY, value=value, unit=Unit.RATE, n=found.size,
        low=low, high=upper, bound_low=bound_low, bound_high=bound_high, confidence=CONFIDENCE,
        method="two reviewers, blind" + ("" if summary.severe else ", exact bound"), seed=found.seed,
        slice="", source_kind=SourceKind.RUN, source_id=found.pk, config_sha256=run.plan.config_sha256,
        started_at=run.started_at, measured_at=run.finished_at, valid=run.status == RunStatus.FINISHED,
    )  # fmt: skip
    audit.record(
        actor=None, event=REVIEW_FINISHED, subject=found, path=round_path(found),
        facts={"number": found.number, "answers": found.size, "severe": summary.severe},
    )  # fmt: skip
