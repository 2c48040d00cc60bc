"""A judge compares the answers of two runs, the order swapped: counted, shown, resumed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from demos.engine.pricing import Price
from demos.models import Attempt, Comparison, PairJudging, PairOpinion
from demos.services import sweeping
from demos.services.comparisons import compare_runs
from demos.services.judging import store_judge
from demos.services.pairwise import execute_pair_judging, start_pair_judging
from demos.services.targets import register_target
from demos.vocabulary import JudgingStatus
from portal.errors import Forbidden, Invalid, WrongMoment
from portal.models import LedgerEntry
from tests.api.conftest import Caller
from tests.demos.conftest import spec_for
from tests.demos.test_judging import answer_with
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)
RUBRIC = "Prefer the answer with the higher number of its run."


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(
        "demos.services.judge_desk.current_app.send_task",
        lambda name, args, **options: found.append((name, args)),
    )
    return found


@pytest.fixture
def compared(world: Any, engagement: Any, runs_of: Any, answering: Any, monkeypatch: Any) -> Any:
    """A comparison of two runs of eight cases, and a judge: cases 0 to 4 now is better, 5 the first place,
    6 a tie, 7 no word.
    """

    def choose(asked: str) -> str:
        first = asked.split("<first>\n")[1]
        case = int(first.split("\n")[0].rsplit(" ", 1)[1])
        if case == 7:
            return "I like both."
        by_run = "first" if first.startswith("run 2") else "second"
        return '{"better": "%s"}' % ("tie" if case == 6 else "first" if case == 5 else by_run)

    before, now = runs_of(8, {0}, {1})
    answer_with(monkeypatch, answering, choose)
    with scope(world):
        target = register_target(
            by=world.lead, engagement_id=engagement.pk, name="Judge",
            price=Price("USD", per_call=Decimal("0.01")), spec=spec_for(answering.url + "?judge"),
        )  # fmt: skip
        judge = store_judge(
            by=world.lead, engagement_id=engagement.pk, name="Number", target_version_id=target.pk,
            rubric=RUBRIC,
        )  # fmt: skip
        return compare_runs(by=world.lead, before_id=before.pk, now_id=now.pk), judge


def test_each_pair_is_asked_in_both_orders_and_what_only_likes_a_place_is_counted_apart(
    world, engagement, compared, client
):
    comparison, judge = compared
    with scope(world):
        judging = start_pair_judging(by=world.lead, comparison_id=comparison.pk, judge_id=judge.pk)
        assert (judging.cases, judging.total) == (8, 16)
    execute_pair_judging(tenant_id=world.tenant.pk, judging_id=judging.pk)
    with scope(world):
        judging.refresh_from_db()
        found = judging.result
        assert found is not None
        assert (judging.status, judging.cost) == (JudgingStatus.FINISHED, Decimal("0.16"))
        assert (found["prefers_now"], found["prefers_before"], found["ties"]) == (5, 0, 1)
        assert (found["position_biased"], found["failed"], found["n"]) == (1, 1, 5)
        assert (found["rate"], found["verdict"]) == (1.0, "now")
        assert 0.5 < found["low"] < 0.6
        assert PairOpinion.objects.filter(judging=judging).count() == 16
        entry = LedgerEntry.objects.filter(event="pair_judging.finished").get()
        assert (entry.facts["position_biased"], entry.facts["prefers_now"]) == (1, 5)
        with pytest.raises(WrongMoment, match="has compared these two runs"):
            start_pair_judging(by=world.lead, comparison_id=comparison.pk, judge_id=judge.pk)
        with pytest.raises(Forbidden):
            start_pair_judging(by=world.expert, comparison_id=comparison.pk, judge_id=judge.pk)
    execute_pair_judging(tenant_id=world.tenant.pk, judging_id=judging.pk)
    client.force_login(world.expert)
    page = client.get(
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/comparisons/{comparison.public_id}/"
    ).text
    assert "It prefers run 2." in page
    assert "Position-biased: the same place both times</dt><dd>1 of 8" in page
    assert "Send the judge" not in page


def test_a_pass_whose_worker_is_gone_is_sent_again_and_asks_only_what_has_no_word(
    world, compared, answering, sent
):
    comparison, judge = compared
    with scope(world):
        judging = start_pair_judging(by=world.lead, comparison_id=comparison.pk, judge_id=judge.pk)
        answers = dict(Attempt.objects.filter(position=0).values_list("run_id", "pk"))
        PairOpinion.objects.create(
            tenant=world.tenant, judging=judging, before_id=answers[comparison.before_id],
            now_id=answers[comparison.now_id], order="now_first", word="before",
        )  # fmt: skip
        PairJudging.objects.update(sent_at=None)
    sent.clear()
    sweeping.sweep_all()
    assert sent == [("demos.judge_pairs", [str(world.tenant.pk), str(judging.pk)])]
    execute_pair_judging(tenant_id=world.tenant.pk, judging_id=judging.pk)
    assert answering.judged == 15
    with scope(world):
        judging.refresh_from_db()
        found = judging.result
        assert found is not None
        assert (found["prefers_now"], found["position_biased"]) == (4, 2)


def test_neither_of_the_two_systems_judges_itself(world, engagement, compared):
    comparison, _ = compared
    with scope(world):
        own = store_judge(
            by=world.lead, engagement_id=engagement.pk, name="Itself", rubric=RUBRIC,
            target_version_id=comparison.now.plan.target_version_id,
        )  # fmt: skip
        with pytest.raises(Invalid, match="does not judge its own"):
            start_pair_judging(by=world.lead, comparison_id=comparison.pk, judge_id=own.pk)
        assert not PairJudging.objects.exists()


def test_answers_are_compared_over_the_api_and_on_the_page(world, engagement, compared, client):
    comparison, judge = compared
    lead = Caller("")
    lead.client = Client()
    lead.client.force_login(world.lead)
    here = f"comparisons/{comparison.public_id}/judgings"
    made = lead.post(here, {"judge": judge.public_id})
    assert (made.status_code, made["Retry-After"], made.json()["result"]) == (202, "2", None)
    assert lead.post(here, {"judge": judge.public_id}).status_code == 409
    with scope(world):
        judging = PairJudging.objects.get()
    execute_pair_judging(tenant_id=world.tenant.pk, judging_id=judging.pk)
    told = lead.get(f"pair-judgings/{judging.public_id}").json()
    assert (told["said"], told["total"], told["result"]["position_biased"]) == (16, 16, 1)
    words = lead.get(f"pair-judgings/{judging.public_id}/opinions", limit=10).json()
    assert len(words["items"]) == 10
    assert words["next"]
    assert lead.get(here).json()["items"][0]["id"] == told["id"]
    client.force_login(world.lead)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/comparisons/{comparison.public_id}/"
    client.post(base + "judge/", {"judge": "nothing"})
    page = client.get(base).text
    assert "Choose a judge." in page
    with scope(world):
        assert Comparison.objects.get().pair_judgings.count() == 1
