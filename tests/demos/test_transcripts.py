"""What is kept of texts and how long: at the moment of storing, by whom changed, deleted with a proof."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from demos.models import Attempt, Run, TargetExchange, TargetVersion, TextDeletion
from demos.services import retention, transcripts
from demos.services.execution import execute_shard
from demos.services.regrading import regrade_run
from demos.services.reviews import ask_for_reviews
from demos.services.runs import start_run
from demos.transcripts import kept_answer, kept_json, kept_text
from demos.vocabulary import TranscriptMode
from portal.errors import Forbidden, Invalid, NotFound, WrongMoment
from portal.models import LedgerEntry
from tests.personas import scope

MAIL = "write to jane.roe@example.test now"
SHOUTED = MAIL.upper()
DAY = timedelta(days=1)


def test_each_rule_keeps_of_a_text_what_it_says():
    assert kept_text(TranscriptMode.FULL, MAIL) == MAIL
    assert "jane" not in kept_text(TranscriptMode.MASKED, MAIL)
    assert (kept_text(TranscriptMode.HASH, MAIL), kept_text(TranscriptMode.HASH, "")) == ("not kept", "")
    answer, sha256, length = kept_answer(TranscriptMode.HASH, "Straße")
    assert (answer, sha256, length) == (None, hashlib.sha256("Straße".encode()).hexdigest(), 6)
    assert kept_answer(TranscriptMode.HASH, None) == (None, "", None)
    nested = {"turns": [{"say": MAIL, "passed": True}]}
    assert kept_json(TranscriptMode.HASH, nested) == {"turns": [{"say": "not kept", "passed": True}]}


def set_rule(world: Any, engagement: Any, mode: str, days: int | None = None, *, by: Any = None):
    with scope(world):
        return transcripts.set_policy(
            by=by or world.security,
            engagement_id=engagement.pk,
            mode=TranscriptMode(mode),
            retention_days=days,
        )


@pytest.fixture
def done(world, engagement, prepared, monkeypatch):
    """A function: a real run of two cases under a rule, one with an address in its answer."""
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *a, **kw: None)

    def run(mode: str) -> tuple[Run, dict[str, Any]]:
        set_rule(world, engagement, mode)
        ready = prepared([MAIL, "denied"])
        with scope(world):
            from demos.services.personal_data import set_personal_data_rule
            from demos.vocabulary import PersonalDataAction

            set_personal_data_rule(
                by=world.expert, engagement_id=engagement.pk, action=PersonalDataAction.ALLOW
            )
            started = start_run(by=world.lead, **ready)
        execute_shard(tenant_id=world.tenant.pk, run_id=started.pk)
        return started, ready

    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", ["masked", "hash"])
def test_the_rule_holds_at_the_moment_of_storing_and_the_grade_is_that_of_the_whole_text(
    world, engagement, done, mode, client
):
    run, ready = done(mode)
    with scope(world):
        right, denied = Attempt.objects.filter(run=run).order_by("position")
        assert (right.passed, right.kept, denied.error_class) == (True, mode, "client_error")
        stored = repr([vars(right), vars(denied)])
        assert "jane" not in stored.lower()
        if mode == "masked":
            assert "[" in right.answer
            return
        assert (right.answer, right.answer_chars) == (None, len(SHOUTED))
        assert right.answer_sha256 == hashlib.sha256(SHOUTED.encode()).hexdigest()
        with pytest.raises(WrongMoment, match="only length and hash are kept"):
            regrade_run(by=world.lead, run_id=run.pk, grader_version_ids=ready["grader_version_ids"])
        with pytest.raises(WrongMoment, match="only length and hash"):
            ask_for_reviews(by=world.lead, run_id=run.pk, size=1)
    client.force_login(world.lead)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    assert f"not kept: {len(SHOUTED)} characters" in client.get(f"{base}/runs/{run.public_id}/?view=all").text
    with scope(world):
        assert "not kept: " in client.get(f"{base}/attempts/{right.public_id}/").text


@pytest.mark.django_db
def test_after_their_time_texts_go_rows_and_grades_stay_and_a_proof_can_be_repeated(
    world, engagement, runs_of, client
):
    old, fresh = runs_of(3, {1}, {2})
    set_rule(world, engagement, "full", 30)
    with scope(world):
        before = list(
            Attempt.objects.filter(run=old).order_by("pk").values_list("pk", "passed", "latency_ms")
        )
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            retention.delete_texts_of(old.pk, retention_days=30)
        Run.objects.filter(pk=old.pk).update(
            started_at=timezone.now() - 32 * DAY, finished_at=timezone.now() - 31 * DAY
        )
    retention.delete_due()
    retention.delete_due()
    with scope(world):
        rows = Attempt.objects.filter(run=old).order_by("pk")
        assert list(rows.values_list("pk", "passed", "latency_ms")) == before
        assert set(rows.values_list("answer", "kept")) == {(None, "deleted")}
        assert not Attempt.objects.filter(run=fresh, answer=None).exists()
        proof = TextDeletion.objects.get()
        lines = "\n".join(str(key) for key, *_ in before)
        assert (proof.run_id, proof.attempts) == (old.pk, 3)
        assert proof.ids_sha256 == hashlib.sha256(lines.encode()).hexdigest()
        entry = LedgerEntry.objects.get(event="texts.deleted")
        assert (entry.actor, entry.facts["ids_sha256"]) == (None, proof.ids_sha256)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(passed=True)
        with pytest.raises(WrongMoment, match="were deleted"):
            transcripts.check_texts_kept(old)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    for person in (world.lead, world.client_member):
        client.force_login(person)
        assert proof.ids_sha256[:16] in client.get(f"{base}/texts/").text
    assert "deleted: its time was over" in client.get(f"{base}/runs/{old.public_id}/?view=all").text
    listed = client.get(f"/api/v1/engagements/{engagement.public_id}/text-deletions").json()["items"]
    assert [(row["attempts"], row["ids_sha256"]) for row in listed] == [(3, proof.ids_sha256)]


@pytest.mark.django_db
def test_the_lead_may_keep_less_and_only_the_client_may_keep_more(world, engagement, client):
    set_rule(world, engagement, "masked", 60, by=world.lead)
    for mode, days in (("full", 60), ("masked", 61), ("masked", None)):
        with pytest.raises(Forbidden, match="own people"):
            set_rule(world, engagement, mode, days, by=world.lead)
    for person in (world.consultant, world.expert):
        with pytest.raises(Forbidden):
            set_rule(world, engagement, "hash", 1, by=person)
    with pytest.raises(NotFound):
        set_rule(world, engagement, "hash", 1, by=world.outsider_lead)
    with pytest.raises(Invalid, match="1 to 3,650 days"):
        set_rule(world, engagement, "hash", 0, by=world.sponsor)
    set_rule(world, engagement, "full", None, by=world.client_admin)
    set_rule(world, engagement, "full", None, by=world.client_admin)
    with scope(world):
        assert LedgerEntry.objects.filter(event="transcript_policy.set").count() == 2
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/texts/"
    client.force_login(world.security)
    assert client.post(base, {"mode": "hash", "retention_days": "90"}).status_code == 302
    assert "Only length and SHA-256 of each answer, for 90 days" in client.get(base).text
    client.force_login(world.lead)
    refused = client.post(base, {"mode": "full", "retention_days": ""})
    assert (refused.status_code, "own people can have more kept" in refused.text) == (422, True)
    policy = f"/api/v1/engagements/{engagement.public_id}/transcript-policy"
    kept = client.get(policy)
    assert kept.json() == {"mode": "hash", "retention_days": 90, "version": 3}
    changed = client.put(
        policy, {"mode": "hash", "retention_days": 30}, content_type="application/json",
        headers={"If-Match": kept["ETag"]},
    )  # fmt: skip
    assert (changed.status_code, changed.json()["retention_days"]) == (200, 30)


@pytest.mark.django_db
def test_texts_of_connection_tests_go_after_their_time_with_a_proof_that_can_be_repeated(
    world, engagement, prepared, client, monkeypatch
):
    order = prepared(["question"])
    set_rule(world, engagement, "full", 30)
    with scope(world):
        version = TargetVersion.objects.get(pk=order["target_version_id"])
        texts = {"answer": "Jane", "request_excerpt": "ask Jane", "response_excerpt": "Jane says"}
        made = {"tenant": world.tenant, "target_version": version, "asked_by": world.lead, **texts}
        fresh = TargetExchange.objects.create(works=True, sentence="It answers.", **made)
        now = timezone.now()
        with monkeypatch.context() as past:
            past.setattr("django.db.models.fields.timezone.now", lambda: now - 31 * DAY)
            old = TargetExchange.objects.create(works=True, sentence="It answers.", **made)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            TargetExchange.objects.filter(pk=fresh.pk).update(
                answer="", request_excerpt="", response_excerpt="", texts_deleted=True
            )
    retention.delete_due()
    retention.delete_due()
    with scope(world):
        old.refresh_from_db()
        fresh.refresh_from_db()
        assert (old.answer, old.request_excerpt, old.response_excerpt) == ("", "", "")
        assert (old.texts_deleted, old.sentence, old.works) == (True, "It answers.", True)
        assert (fresh.answer, fresh.texts_deleted) == ("Jane", False)
        proof = TextDeletion.objects.get()
        assert (proof.run_id, proof.exchanges, proof.retention_days) == (None, 1, 30)
        assert proof.ids_sha256 == hashlib.sha256(str(old.pk).encode()).hexdigest()
        assert LedgerEntry.objects.filter(event="exchanges.deleted").count() == 1
    client.force_login(world.client_member)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    assert "Tests of a connection" in client.get(f"{base}/texts/").text
    told = client.get(f"/api/v1/engagements/{engagement.public_id}/text-deletions").json()["items"]
    assert [(row["run"], row["exchanges"]) for row in told] == [(None, 1)]
