"""People judge answers: blind, two for each, a third where they differ; and what a gate gets of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from demos.models import HumanReview, ReviewItem, ReviewRound
from demos.selectors import reviews as reading
from demos.selectors.results import failures_for_brief
from demos.services.reviews import ask_for_reviews, drawn, review_answer
from demos.vocabulary import ReviewLabel
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from tests.personas import scope

pytestmark = pytest.mark.django_db

RIGHT, WRONG = ReviewLabel.RIGHT, ReviewLabel.WRONG


@pytest.fixture
def asked(world, runs_of) -> Any:
    """A function: a round over all answers of a run, with its items in order."""

    def make(n: int, failing: set[int]) -> tuple[ReviewRound, list[ReviewItem]]:
        run = runs_of(n, failing)[0]
        with scope(world):
            found = ask_for_reviews(by=world.lead, run_id=run.pk, size=n, seed=7)
            return found, list(found.items.select_related("attempt").order_by("position"))

    return make


def test_a_sample_is_drawn_by_its_seed(world, asked):
    found, items = asked(12, {1})
    keys = sorted(item.attempt_id for item in items)
    assert len(set(keys)) == 12
    assert drawn(keys, 5, 7) == drawn(keys, 5, 7) != drawn(keys, 5, 8)
    with scope(world), pytest.raises(Invalid, match="from 1 to 12"):
        ask_for_reviews(by=world.lead, run_id=found.run_id, size=13)
    with scope(world), pytest.raises(Forbidden):
        ask_for_reviews(by=world.expert, run_id=found.run_id, size=3)


def test_two_who_agree_settle_an_answer_and_a_third_settles_a_difference(world, asked):
    _, items = asked(2, set())
    with scope(world):
        review_answer(by=world.expert, item_id=items[0].pk, label=RIGHT)
        with pytest.raises(WrongMoment):
            review_answer(by=world.expert, item_id=items[0].pk, label=WRONG)
        review_answer(by=world.reviewer, item_id=items[0].pk, label=WRONG, severe=True)
        assert not reading.is_settled(items[0].reviews.all())
        review_answer(by=world.consultant, item_id=items[0].pk, label=WRONG)
        assert reading.settled_label(items[0].reviews.all()) == WRONG
        with pytest.raises(WrongMoment):
            review_answer(by=world.lead, item_id=items[0].pk, label=RIGHT)
        with pytest.raises(Forbidden):
            review_answer(by=world.client_member, item_id=items[1].pk, label=RIGHT)
        with pytest.raises(NotFound):
            review_answer(by=world.outsider_lead, item_id=items[1].pk, label=RIGHT)
        review = HumanReview.objects.get(severe=True)
        assert review.label == WRONG
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            HumanReview.objects.update(label=RIGHT)


def test_a_finished_round_measures_severe_answers_agreement_and_the_graders(world, asked, engagement):
    found, items = asked(10, {0, 1})
    with scope(world):
        for number, item in enumerate(items):
            truth = RIGHT if item.attempt.passed else WRONG
            other = WRONG if number == 0 else truth
            review_answer(by=world.expert, item_id=item.pk, label=truth)
            review_answer(by=world.reviewer, item_id=item.pk, label=other)
            if other != truth:
                review_answer(by=world.lead, item_id=item.pk, label=truth)
        summary = reading.summary_of(found)
        assert summary.complete
        assert (summary.pairs, summary.graders.n, summary.graders.agreement) == (10, 10, 1.0)
        assert summary.agreement == (1.0 if items[0].attempt.passed is False else 0.9)
        measured = Measurement.objects.get(key="severe_wrong_answers")
        assert measured.value == 0
        assert (measured.n, measured.source_id) == (10, found.pk)
        assert round(measured.bound_high, 4) == round(Decimal(1 - 0.05 ** (1 / 10)), 4)
        assert measured.config_sha256 == found.run.plan.config_sha256
        judges = failures_for_brief(engagement.pk).judges
        assert set(judges) >= {world.expert.pk, world.reviewer.pk}


def test_the_page_of_a_reviewer_is_blind(world, asked, client, engagement):
    found, _ = asked(3, {0, 1, 2})
    address = f"/{world.tenant.slug}/engagements/{engagement.public_id}/reviews/{found.public_id}/"
    client.force_login(world.expert)
    page = client.get(address).text
    for told in ("Run 1", "The answer is not", "Same words", "Upper, version", "passed"):
        assert told not in page
    assert "Is this answer right?" in page
    for turn in range(3):
        with scope(world):
            item = reading.next_item(world.expert, found)
        answer = client.post(address, {"item": item.public_id, "word": "severe" if turn else "right"})
        assert answer.status_code == 302
    assert "Nothing waits for you here." in client.get(address).text
    late = client.post(address, {"item": item.public_id, "word": "right"}, follow=True)
    assert "you judged it already" in late.text
    with scope(world):
        assert HumanReview.objects.filter(severe=True).count() == 2
        for row in found.items.all():
            label = HumanReview.objects.get(item=row).label
            review_answer(by=world.reviewer, item_id=row.pk, label=ReviewLabel(label))
    page = client.get(address).text
    assert "2 answers are severely wrong, of 3" in page
    assert "Cohen’s kappa" in page
    client.force_login(world.client_member)
    assert "finished" in client.get(address.rsplit("/", 2)[0] + "/").text
