"""Rounds of review: what waits for whom, and how far people agree with each other and with the graders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from demos.engine.agreement import JudgeSkill, agreement, kappa
from demos.models import HumanReview, ReviewItem, ReviewRound
from demos.selectors.sealing import may_read_sealed
from demos.vocabulary import ReviewLabel
from portal import access
from portal.errors import NotFound
from portal.models import User

REVIEWERS = 2
"""Two people judge every answer; a third when the two do not agree."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A round as it stands. Agreement and kappa are between the first two words on each answer.

    ``graders`` compares what people settled on with what the graders said. None: nothing to compare yet.
    """

    size: int
    settled: int
    words: int
    severe: int
    both_right: int
    first_right: int
    second_right: int
    both_wrong: int
    graders: JudgeSkill
    disagreed: int

    @property
    def complete(self) -> bool:
        """Whether every answer is settled."""
        return self.settled == self.size

    @property
    def pairs(self) -> int:
        """Answers on which two people said right or wrong."""
        return self.both_right + self.first_right + self.second_right + self.both_wrong

    @property
    def agreed(self) -> int:
        return self.both_right + self.both_wrong

    @property
    def agreement(self) -> float | None:
        return agreement(self.both_right, self.first_right, self.second_right, self.both_wrong)

    @property
    def kappa(self) -> float | None:
        return kappa(self.both_right, self.first_right, self.second_right, self.both_wrong)


def visible_rounds(viewer: User, engagement_id: UUID) -> QuerySet[ReviewRound]:
    """Rounds of an engagement, newest first."""
    rows = access.visible(viewer, ReviewRound.objects.filter(engagement_id=engagement_id))
    return rows.select_related("run", "created_by").order_by("-number")


def round_for(viewer: User, round_id: UUID) -> ReviewRound:
    """Raises NotFound if there is none that the viewer may see."""
    rows = access.visible(viewer, ReviewRound.objects.filter(pk=round_id))
    found = rows.select_related("engagement", "run", "created_by").first()
    if found is None:
        raise NotFound
    return found


def item_for(viewer: User, item_id: UUID) -> ReviewItem:
    """Raises NotFound if there is none that the viewer may see."""
    rounds = access.visible(viewer, ReviewRound.objects.all())
    item = ReviewItem.objects.filter(pk=item_id, round__in=rounds).select_related("attempt__case").first()
    if item is None:
        raise NotFound
    return item


def next_item(viewer: User, found: ReviewRound) -> ReviewItem | None:
    """The first answer that waits for this person; answers that nobody or one person judged come first."""
    rows = _unjudged_by(viewer, found).prefetch_related("reviews")
    items = sorted(rows, key=lambda item: (len(item.reviews.all()), item.position))
    return next((item for item in items if not is_settled(item.reviews.all())), None)


def items_waiting_for(viewer: User, found: ReviewRound) -> QuerySet[ReviewItem]:
    """Every answer that waits for this person, in the order drawn. Raises Forbidden if none ever does."""
    access.require(viewer, "review_answers", found.engagement)
    rows = _unjudged_by(viewer, found)
    settled = [item.pk for item in rows.prefetch_related("reviews") if is_settled(item.reviews.all())]
    return rows.exclude(pk__in=settled)


def words_of(viewer: User, found: ReviewRound) -> int:
    """How many answers of a round this person has judged."""
    return HumanReview.objects.filter(item__round=found, reviewer=viewer).count()


def words_for(viewer: User, found: ReviewRound) -> QuerySet[HumanReview]:
    """Words given in a round: everybody's once it is complete, until then only the viewer's own."""
    rows = HumanReview.objects.filter(item__round=found).select_related("reviewer")
    if not may_read_sealed(viewer, found.engagement):
        rows = rows.filter(item__attempt__case__sealed=False)
    return rows if summary_of(found).complete else rows.filter(reviewer=viewer)


def waits_for(viewer: User, item: ReviewItem) -> bool:
    """Whether this person may still judge the answer."""
    reviews = list(item.reviews.all())
    return not is_settled(reviews) and all(review.reviewer_id != viewer.pk for review in reviews)


def is_settled(reviews: Iterable[HumanReview]) -> bool:
    """Two people agree, or a third has spoken."""
    rows = list(reviews)
    if len(rows) < REVIEWERS:
        return False
    return len(rows) > REVIEWERS or len({row.label for row in rows}) == 1


def settled_label(reviews: Iterable[HumanReview]) -> ReviewLabel | None:
    """What people settled on: what two of them say; None while open, or when all three differ."""
    rows = list(reviews)
    if not is_settled(rows):
        return None
    said = [ReviewLabel(row.label) for row in rows]
    return next((label for label in said if said.count(label) >= REVIEWERS), None)


def summary_of(found: ReviewRound) -> Summary:
    """Two queries, whatever the size."""
    ordered = Prefetch("reviews", HumanReview.objects.order_by("created_at", "pk"))
    items = list(found.items.select_related("attempt").prefetch_related(ordered))
    pairs = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    graders = dict.fromkeys(pairs, 0)
    settled = words = severe = disagreed = 0
    for item in items:
        reviews = list(item.reviews.all())
        words += len(reviews)
        settled += is_settled(reviews)
        severe += any(review.severe for review in reviews) and is_settled(reviews)
        sides = [_right(ReviewLabel(review.label)) for review in reviews[:REVIEWERS]]
        if len(sides) == REVIEWERS and sides[0] is not None and sides[1] is not None:
            pairs[sides[0], sides[1]] += 1
            disagreed += sides[0] is not sides[1]
        label = settled_label(reviews)
        people = None if label is None else _right(label)
        if people is not None and item.attempt.passed is not None:
            graders[item.attempt.passed, people] += 1
    return Summary(
        size=found.size, settled=settled, words=words, severe=severe, both_right=pairs[True, True],
        first_right=pairs[True, False], second_right=pairs[False, True], both_wrong=pairs[False, False],
        graders=JudgeSkill(*graders.values()),
        disagreed=disagreed,
    )  # fmt: skip


def reviewers_of(run_id: UUID) -> list[UUID]:
    """Everybody who judged an answer of a run: they do not decide on it."""
    rows = HumanReview.objects.filter(item__round__run_id=run_id)
    return list(rows.order_by("reviewer_id").values_list("reviewer_id", flat=True).distinct())


def rounds_with_progress(viewer: User, engagement_id: UUID) -> QuerySet[ReviewRound]:
    """Rounds with ``words`` (reviews given) and ``mine`` (given by the viewer)."""
    rows = visible_rounds(viewer, engagement_id)
    return rows.annotate(
        words=Count("items__reviews"),
        mine=Count("items__reviews", filter=Q(items__reviews__reviewer=viewer)),
    )


def _unjudged_by(viewer: User, found: ReviewRound) -> QuerySet[ReviewItem]:
    mine = HumanReview.objects.filter(item=OuterRef("pk"), reviewer=viewer)
    rows = found.items.filter(~Exists(mine)).select_related("attempt__case")
    return rows if may_read_sealed(viewer, found.engagement) else rows.filter(attempt__case__sealed=False)


def _right(label: ReviewLabel) -> bool | None:
    return None if label == ReviewLabel.CANNOT_SAY else label == ReviewLabel.RIGHT
