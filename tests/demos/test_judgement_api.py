"""Judgement over the API: blind reviews, disputes with both values, further results, judge models."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from demos.engine.pricing import Price
from demos.models import Attempt, Dispute, HumanReview, JudgeOpinion, Judging, PlanGrader, ReviewItem
from demos.services import judging as judging_service
from demos.services.targets import register_target
from demos.vocabulary import JudgingStatus
from portal.ids import encode
from portal.models import User
from portal.services.signing import SigningProof
from portal.services.tokens import create_token
from tests.api.conftest import Caller
from tests.demos.conftest import spec_for
from tests.personas import scope

pytestmark = pytest.mark.django_db
RUBRIC = "An answer is right when it repeats the question in capital letters."
VERDICT = {"passed": None, "score": None, "reason": "", "grader_error": "", "grades": []}


@pytest.fixture(autouse=True)
def _nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.services.judge_desk.current_app.send_task", lambda *args, **options: None)


@pytest.fixture
def api_as() -> Any:
    """A function: a caller in the session of this person's browser."""

    def caller(person: User) -> Caller:
        found = Caller("")
        found.client = Client()
        found.client.force_login(person)
        return found

    return caller


def token_of(world: Any, person: User, *scopes: str) -> Caller:
    with scope(world):
        made = create_token(
            by=person, proof=SigningProof("code", 1, second_factor=True), tenant_id=world.tenant.pk,
            name="machine", scopes=scopes, expires=timezone.now() + timedelta(days=1), service=False,
        )  # fmt: skip
    return Caller(made.text)


@pytest.fixture
def asked(world: Any, engagement: Any, runs_of: Any, api_as: Any) -> Any:
    """A function: a finished run of n answers, and a round over all of them that the API drew."""

    def make(n: int, failing: set[int]) -> tuple[Any, dict[str, Any]]:
        run = runs_of(n, failing)[0]
        body = {"run": run.public_id, "size": n}
        answer = api_as(world.lead).post(f"engagements/{engagement.public_id}/review-rounds", body)
        assert answer.status_code == 201, answer.json()
        assert answer["Location"].endswith(f"/api/v1/review-rounds/{answer.json()['id']}")
        return run, answer.json()

    return make


def test_a_round_is_worked_on_blind_and_read_when_every_answer_is_settled(world, asked, api_as):
    run, made = asked(3, {0})
    expert, reviewer = api_as(world.expert), api_as(world.reviewer)
    items = f"review-rounds/{made['id']}/items"
    waiting = expert.get(items, limit=2).json()
    assert [sorted(row) for row in waiting["items"]] == [
        ["answer", "asked", "context_given", "expected", "id", "position"]
    ] * 2
    rest = expert.client.get(waiting["next"]).json()["items"]
    assert [row["position"] for row in [*waiting["items"], *rest]] == [1, 2, 3]
    attempts = f"runs/{run.public_id}/attempts"
    for row in expert.get(attempts).json()["items"]:
        assert row["withheld"] is True
        assert {key: row[key] for key in VERDICT} == VERDICT
    assert expert.get(attempts, failures="1").json()["items"] == []
    first = waiting["items"][0]["id"]
    given = expert.post(f"review-items/{first}/reviews", {"label": "wrong", "severe": True, "note": "No."})
    assert (given.status_code, given.json()["label"], given.json()["severe"]) == (201, "wrong", True)
    assert expert.post(f"review-items/{first}/reviews", {"label": "right"}).status_code == 409
    shown = {row["withheld"] for row in expert.get(attempts).json()["items"]}
    assert shown == {True, False}
    words = f"review-rounds/{made['id']}/reviews"
    assert reviewer.get(words).json()["items"] == []
    assert len(reviewer.get(items).json()["items"]) == 3
    assert reviewer.get(f"review-rounds/{made['id']}").json()["result"] is None
    for person in (expert, reviewer):
        for row in person.get(items).json()["items"]:
            label = "wrong" if row["id"] == first else "right"
            assert person.post(f"review-items/{row['id']}/reviews", {"label": label}).status_code == 201
    found = reviewer.get(f"review-rounds/{made['id']}").json()
    assert (found["settled"], found["complete"], found["words"], found["mine"]) == (3, True, 6, 3)
    assert (found["result"]["severe"], found["result"]["people"]["agreed"]) == (1, 3)
    assert found["result"]["people"]["kappa"] == 1.0
    assert len(reviewer.get(words).json()["items"]) == 6
    assert {row["withheld"] for row in expert.get(attempts).json()["items"]} == {False}


def test_the_page_of_an_answer_that_waits_for_a_word_does_not_tell_its_grade(
    world, asked, client, engagement
):
    run, _ = asked(2, {0})
    with scope(world):
        answer = Attempt.objects.get(run=run, position=0)
        item = ReviewItem.objects.get(attempt=answer)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    client.force_login(world.expert)
    page = client.get(f"{base}/attempts/{answer.public_id}/").text
    assert "You have not judged this answer yet." in page
    assert "Dispute the grade" not in page
    listed = client.get(f"{base}/runs/{run.public_id}/").text
    assert "2 answers wait for your blind review" in listed
    with scope(world):
        HumanReview.objects.create(tenant=world.tenant, item=item, reviewer=world.expert, label="wrong")
        found = item.round
    assert "Dispute the grade" in client.get(f"{base}/attempts/{answer.public_id}/").text
    page = client.get(f"{base}/reviews/{found.public_id}/").text
    assert "You have judged 1 of 2" in page
    assert "btn-primary" not in page.split('name="note"')[1].split("</form>")[0], "no word is nudged"


def test_a_word_needs_the_right_and_the_scope_and_is_checked_whole(world, asked, api_as):
    _, made = asked(1, set())
    with scope(world):
        item = ReviewItem.objects.get().public_id
    address = f"review-items/{item}/reviews"
    assert api_as(world.client_member).post(address, {"label": "right"}).status_code == 403
    assert api_as(world.client_member).get(f"review-rounds/{made['id']}/items").status_code == 403
    narrow = token_of(world, world.lead, "runs:read").post(address, {"label": "right"})
    assert (narrow.status_code, narrow.json()["code"]) == (403, "forbidden-scope")
    severe = api_as(world.expert).post(address, {"label": "right", "severe": True})
    assert (severe.status_code, severe.json()["errors"][0]["pointer"]) == (422, "/severe")
    with scope(world):
        assert not HumanReview.objects.exists()
    wide = token_of(world, world.lead, "reviews:write").post(address, {"label": "right"})
    assert wide.status_code == 201


def test_the_same_key_gives_one_word_and_the_same_answer_again(world, asked):
    asked(1, set())
    with scope(world):
        item = ReviewItem.objects.get().public_id
    machine = token_of(world, world.lead, "reviews:write")
    answers = [
        machine.client.post(
            f"/api/v1/review-items/{item}/reviews", {"label": "right"}, content_type="application/json",
            headers={"Idempotency-Key": "one-word"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert answers[0].json() == answers[1].json()
    with scope(world):
        assert HumanReview.objects.count() == 1


def test_a_dispute_keeps_both_values_and_upheld_makes_a_further_result(world, engagement, runs_of, api_as):
    run = runs_of(4, {1, 2})[0]
    with scope(world):
        answer = Attempt.objects.get(run=run, position=1).public_id
    expert, lead = api_as(world.expert), api_as(world.lead)
    body = {"says": "right", "reason": "It is the same sum in words."}
    assert lead.post(f"attempts/{answer}/disputes", body).status_code == 403
    made = expert.post(f"attempts/{answer}/disputes", body)
    assert (made.status_code, made.json()["graded_as"], made.json()["ruling"]) == (201, False, None)
    assert expert.post(f"attempts/{answer}/disputes", body).status_code == 409
    ruling = f"disputes/{made.json()['id']}/ruling"
    assert expert.post(ruling, {"outcome": "upheld", "reason": "Yes."}).status_code == 403
    done = api_as(world.reviewer).post(ruling, {"outcome": "upheld", "reason": "The sum is the same."})
    assert done.status_code == 201
    told = done.json()
    assert (told["graded_as"], told["says"], told["ruling"]["outcome"]) == (False, "right", "upheld")
    assert api_as(world.reviewer).post(ruling, {"outcome": "rejected", "reason": "No."}).status_code == 409
    figures = lead.get(f"result-versions/{told['ruling']['result_version']}/metrics").json()["items"]
    rate = next(row for row in figures if (row["key"], row["slice"]) == ("pass_rate", ""))
    assert (rate["events"], rate["n"]) == (3, 4)
    listed = lead.get(f"engagements/{engagement.public_id}/disputes").json()["items"]
    assert [row["id"] for row in listed] == [told["id"]]
    with scope(world):
        assert Attempt.objects.get(run=run, position=1).passed is False


def test_a_dispute_of_an_answer_that_waits_for_a_word_is_not_told_to_its_reviewer(
    world, engagement, asked, api_as
):
    run, _ = asked(2, {0})
    with scope(world):
        answer = Attempt.objects.get(run=run, position=0)
        Dispute.objects.create(
            tenant=world.tenant, engagement=engagement, attempt=answer, says="right", reason="Same.",
            raised_by=world.sponsor,
        )  # fmt: skip
    address = f"engagements/{engagement.public_id}/disputes"
    assert api_as(world.expert).get(address).json()["items"] == []
    assert len(api_as(world.client_member).get(address).json()["items"]) == 1


def test_stored_answers_are_graded_again_over_the_api(world, runs_of, api_as):
    run = runs_of(3, {0})[0]
    with scope(world):
        grader = PlanGrader.objects.get(plan=run.plan).grader_version_id
    body = {"grader_versions": [encode("grv", grader)], "note": "Once more."}
    lead = api_as(world.lead)
    assert api_as(world.expert).post(f"runs/{run.public_id}/results", body).status_code == 403
    made = lead.post(f"runs/{run.public_id}/results", body)
    assert (made.status_code, made.json()["number"], made.json()["reason"]) == (201, 2, "regrade")
    assert lead.get(f"result-versions/{made.json()['id']}").json() == made.json()
    assert [row["number"] for row in lead.get(f"runs/{run.public_id}/results").json()["items"]] == [2]
    assert lead.post(f"runs/{run.public_id}/results", {"grader_versions": []}).status_code == 422


def test_a_judge_is_set_up_versioned_sent_and_polled(world, engagement, runs_of, api_as):
    run = runs_of(2, {0})[0]
    with scope(world):
        target = register_target(
            by=world.lead, engagement_id=engagement.pk, name="Judge", price=Price("USD"),
            spec=spec_for("https://judge.example/ask"),
        )  # fmt: skip
    lead, here = api_as(world.lead), f"engagements/{engagement.public_id}/judges"
    body = {"name": "Capitals", "target_version": encode("tgv", target.pk), "rubric": RUBRIC}
    first, again = lead.post(here, body).json(), lead.post(here, body).json()
    assert first == again
    second = lead.post(here, body | {"rubric": RUBRIC + " Nothing else counts."}).json()
    assert (first["number"], second["number"]) == (1, 2)
    assert first["config_sha256"] != second["config_sha256"]
    assert [row["number"] for row in lead.get(here).json()["items"]] == [2, 1]
    assert lead.get(f"judges/{first['id']}").json()["calibration"] is None
    assert api_as(world.expert).post(here, body).status_code == 403
    sent = lead.post(f"runs/{run.public_id}/judgings", {"judge": first["id"]})
    assert (sent.status_code, sent["Retry-After"]) == (202, "2")
    assert (sent.json()["status"], sent.json()["total"], sent.json()["raw"]) == ("waiting", 2, None)
    assert lead.post(f"runs/{run.public_id}/judgings", {"judge": first["id"]}).status_code == 409
    assert lead.post(f"judgings/{sent.json()['id']}/resume").status_code == 200
    assert lead.post(f"judgings/{sent.json()['id']}/calibrations").status_code == 409


def test_a_judge_is_compared_with_people_over_the_api(world, engagement, runs_of, asked, api_as):
    run, _ = asked(4, {0})
    with scope(world):
        target = register_target(
            by=world.lead, engagement_id=engagement.pk, name="Judge", price=Price("USD"),
            spec=spec_for("https://judge.example/ask"),
        )  # fmt: skip
        judge = judging_service.store_judge(
            by=world.lead, engagement_id=engagement.pk, name="Capitals", target_version_id=target.pk,
            rubric=RUBRIC,
        )  # fmt: skip
        judging = judging_service.start_judging(by=world.lead, run_id=run.pk, judge_id=judge.pk)
        for answer in Attempt.objects.filter(run=run):
            JudgeOpinion.objects.create(
                tenant=world.tenant, judging=judging, attempt=answer, passed=answer.passed, reason="So."
            )
        judging_service._settle(judging.pk)
    lead, expert = api_as(world.lead), api_as(world.expert)
    address = f"judgings/{judging.public_id}"
    assert expert.get(f"{address}/opinions").json()["items"] == []
    told = lead.get(address).json()
    assert (told["status"], told["said"], told["raw"]["value"]) == ("finished", 4, "0.7500000000")
    assert told["corrected"] is None
    refused = lead.post(f"{address}/calibrations")
    assert (refused.status_code, refused.json()["code"]) == (422, "validation")
    with scope(world):
        passed = dict(ReviewItem.objects.values_list("pk", "attempt__passed"))
    for person in (expert, api_as(world.reviewer)):
        for key, right in passed.items():
            label = "right" if right else "wrong"
            person.post(f"review-items/{encode('rvi', key)}/reviews", {"label": label})
    assert len(expert.get(f"{address}/opinions").json()["items"]) == 4
    done = lead.post(f"{address}/calibrations")
    assert (done.status_code, done.json()["agreement"], done.json()["counts"]) == (201, 1.0, False)
    told = lead.get(address).json()
    assert told["skill"]["n"] == 4
    assert told["missing"] == ["46 more answers have to be labelled by people."]
    assert told["corrected"]["n"] == 4
    assert lead.get(f"judges/{judge.public_id}").json()["calibration"]["id"] == done.json()["id"]
    with scope(world):
        assert Judging.objects.get().status == JudgingStatus.FINISHED
