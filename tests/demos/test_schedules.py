"""Runs on a schedule: started once a due time, compared with the accepted run, said aloud when worse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from assessments.models import Risk
from assessments.services.signals import look_for_risks
from demos.drift_rules import is_worse, sentence
from demos.models import Attempt, Case, Run, RunSchedule, ScheduledStart
from demos.rules import next_due
from demos.services import drift, schedules
from demos.services.schedules import ScheduleOrder
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, NotFound, VersionConflict
from portal.models import LedgerEntry
from tests.personas import scope

WEEK = timedelta(days=7)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@given(days=some.integers(1, 92), late=some.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_next_due_time_lies_ahead_on_the_same_hour_and_nothing_piles_up(days, late):
    due, missed = next_due(NOON, days, now=NOON + late)
    assert NOON + late < due <= NOON + late + timedelta(days=days)
    assert (due - NOON) == (missed + 1) * timedelta(days=days)


@pytest.fixture
def planned(world, engagement, runs_of, monkeypatch):
    """A weekly schedule over 40 cases that was due three weeks and a minute ago, against a whole run."""
    sent: list[Any] = []
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *a, **kw: sent.append(a))
    accepted = runs_of(40, set())[0]
    with scope(world):
        schedule = schedules.create_schedule(
            by=world.lead, engagement_id=engagement.pk, order=order_of(accepted)
        )
        overdue = timezone.now() - 3 * WEEK - timedelta(minutes=1)
        RunSchedule.objects.filter(pk=schedule.pk).update(due_at=overdue)
    return schedule, accepted


def order_of(accepted: Run, **changes: Any) -> ScheduleOrder:
    fields: dict[str, Any] = {
        "name": "Weekly check", "target_id": accepted.plan.target_version.target_id,
        "dataset_version_id": accepted.plan.dataset_version_id, "accepted_run_id": accepted.pk,
        "first_at": timezone.now() + timedelta(hours=1), "interval_days": 7,
    }  # fmt: skip
    return ScheduleOrder(**(fields | changes))


def end(run: Run, wrong: set[int], *, status: str = "finished") -> None:
    """As if the run's shards had done it: ``wrong`` are the positions that fail."""
    now = timezone.now()
    cases = list(Case.objects.filter(dataset_version=run.plan.dataset_version).order_by("position"))
    Attempt.objects.bulk_create(
        Attempt(
            tenant=run.tenant, run=run, case=case, repeat=1, position=index, first_try="answered",
            passed=index not in wrong, answer="", sent_at=now, latency_ms=5.0,
        )
        for index, case in enumerate(cases)
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(
        status=status, done=len(cases), passed=len(cases) - len(wrong), failed=len(wrong), started_at=now,
        finished_at=now,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_due_time_starts_one_ordinary_run_even_after_weeks_of_standing_still(world, planned):
    schedule, accepted = planned
    drift.tick()
    drift.tick()
    with scope(world):
        start = ScheduledStart.objects.get()
        schedule.refresh_from_db()
        assert (start.missed, start.problem) == (3, "")
        assert timezone.now() < schedule.due_at <= timezone.now() + WEEK
        run = start.run
        assert (run.status, run.total, run.started_by) == ("queued", 40, world.lead)
        graders = [row.grader_version_id for row in run.plan.plan_graders.all()]
        assert graders == [row.grader_version_id for row in accepted.plan.plan_graders.all()]
        RunSchedule.objects.update(due_at=timezone.now())
    drift.tick()
    with scope(world):
        refused = ScheduledStart.objects.latest("due_at")
        assert refused.run is None
        assert "still on" in refused.problem
        assert LedgerEntry.objects.filter(event="schedule.failed").count() == 1


@pytest.mark.django_db
def test_a_real_fall_is_said_to_both_sides_and_opens_the_risk_of_drift(world, engagement, planned, client):
    drift.tick()
    with scope(world):
        end(ScheduledStart.objects.get().run, set(range(12)))
    drift.tick()
    drift.tick()
    with scope(world):
        start = ScheduledStart.objects.get()
        assert (start.comparison.verdict, start.comparison.b, start.comparison.c) == ("worse", 12, 0)
        assert LedgerEntry.objects.filter(event="quality.dropped").count() == 1
        measured = dict(Measurement.objects.filter(source_kind="comparison").values_list("key", "value"))
        assert measured["quality_drops"] == measured["unexplained_quality_drops"] == 1
        look_for_risks(engagement, {})
        assert set(Risk.objects.values_list("catalogue", flat=True)) == {"R09", "R21"}
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            ScheduledStart.objects.update(problem="never mind")
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/schedules/"
    for person in (world.lead, world.client_member):
        client.force_login(person)
        page = client.get(base).text
        assert "Weekly check" in page
        assert "12 newly wrong, 0 put right" in page


@pytest.mark.parametrize(
    ("verdict", "bound", "margin", "worse", "words"),
    [
        ("worse", "-0.0400", "0", True, "Worse."),
        ("worse", "-0.0400", "0.05", False, "Not worse by more than the margin of 5 points, though really"),
        ("worse", "-0.0500", "0.05", False, "Not worse by more than the margin of 5 points, though really"),
        (
            "worse",
            "-0.0501",
            "0.05",
            True,
            "Worse: a real fall, and it may be more than the margin of 5",
        ),
        ("cannot_tell", "-0.2000", "0.05", False, "Cannot tell yet: not shown to be within the margin"),
        ("cannot_tell", "-0.0200", "0.05", False, "Not worse by more than the margin of 5 points; the lower"),
        ("better", "0.0100", "0", False, "Better."),
    ],
)
def test_worse_is_a_real_fall_whose_bound_lies_under_the_margin(verdict, bound, margin, worse, words):
    assert is_worse(verdict, Decimal(bound), Decimal(margin)) is worse
    assert sentence(verdict, Decimal(bound), Decimal(margin)).startswith(words)


@pytest.mark.django_db
@pytest.mark.parametrize(("margin", "drops"), [("0.5", 0), ("0.1", 1)])
def test_a_fall_within_the_margin_of_the_schedule_alarms_nobody(
    world, engagement, planned, client, margin, drops
):
    with scope(world):
        RunSchedule.objects.update(margin=Decimal(margin))
    drift.tick()
    with scope(world):
        end(ScheduledStart.objects.get().run, set(range(12)))
    drift.tick()
    with scope(world):
        start = ScheduledStart.objects.get()
        assert (start.comparison.verdict, start.comparison.margin) == ("worse", Decimal(margin))
        assert LedgerEntry.objects.filter(event="quality.dropped").count() == drops
        measured = dict(Measurement.objects.filter(source_kind="comparison").values_list("key", "value"))
        assert (measured["quality_drops"], start.is_worse) == (drops, bool(drops))
        says = start.says
    client.force_login(world.client_member)
    page = client.get(f"/{world.tenant.slug}/engagements/{engagement.public_id}/schedules/").text
    assert says in page
    assert ("Worse: a real fall" if drops else "Not worse by more than the margin of 50 points") in says


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "status", "says"), [({1}, "finished", ""), (set(), "invalid", "only whole runs compare")]
)
def test_noise_raises_nothing_and_a_part_of_a_run_is_not_compared(world, planned, wrong, status, says):
    drift.tick()
    with scope(world):
        end(ScheduledStart.objects.get().run, wrong, status=status)
    drift.tick()
    with scope(world):
        start = ScheduledStart.objects.get()
        assert says in start.problem
        assert (start.comparison is None) == bool(says)
        assert not LedgerEntry.objects.filter(event="quality.dropped").exists()
        drops = list(Measurement.objects.filter(key="quality_drops").values_list("value", flat=True))
        assert drops == ([] if says else [0])


@pytest.mark.django_db
def test_only_who_may_start_a_run_plans_one_and_the_client_may_pause_it(world, engagement, planned):
    schedule, accepted = planned
    with scope(world):
        with pytest.raises(Forbidden):
            schedules.create_schedule(by=world.sponsor, engagement_id=engagement.pk, order=order_of(accepted))
        with pytest.raises(NotFound):
            schedules.pause_schedule(by=world.outsider_lead, schedule_id=schedule.pk)
        for wrong, words in (
            ({"name": "Weekly check"}, "already"), ({"name": "a", "first_at": timezone.now()}, "future"),
            ({"name": "b", "interval_days": 0}, "every 1 to 92 days"),
        ):  # fmt: skip
            with pytest.raises(Invalid, match=words):
                schedules.create_schedule(
                    by=world.lead, engagement_id=engagement.pk, order=order_of(accepted, **wrong)
                )
        with pytest.raises(VersionConflict):
            schedules.change_schedule(
                by=world.lead, schedule_id=schedule.pk, order=order_of(accepted), version=9
            )
        schedules.pause_schedule(by=world.client_member, schedule_id=schedule.pk)
    drift.tick()
    with scope(world):
        assert not ScheduledStart.objects.exists()
        with pytest.raises(Forbidden):
            schedules.resume_schedule(by=world.client_member, schedule_id=schedule.pk)
        resumed = schedules.resume_schedule(by=world.consultant, schedule_id=schedule.pk)
        assert (resumed.due_at > timezone.now(), resumed.owner) == (True, world.consultant)


@pytest.mark.django_db
def test_a_schedule_is_planned_changed_and_paused_in_the_browser(world, engagement, runs_of, client):
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/schedules/"
    client.force_login(world.lead)
    assert "No schedule yet" in client.get(base).text
    assert "No finished run yet" in client.get(f"{base}new/").text
    accepted = runs_of(5, set())[0]
    with scope(world):
        typed = {
            "name": "Weekly check", "target": accepted.plan.target_version.target.public_id,
            "dataset_version": accepted.plan.dataset_version.public_id, "accepted_run": accepted.public_id,
            "first_at": "2020-01-01T02:00", "interval_days": "7", "max_cost": "5",
            "margin": "3",
        }  # fmt: skip
    refused = client.post(f"{base}new/", typed)
    assert (refused.status_code, "lies in the future" in refused.text) == (422, True)
    assert client.post(f"{base}new/", typed | {"first_at": "2036-01-01T02:00"}).status_code == 302
    with scope(world):
        row = RunSchedule.objects.get()
        assert row.margin == Decimal("0.03")
    changed = client.post(
        f"{base}{row.public_id}/", typed | {"first_at": "2036-01-03T02:00", "interval_days": "14"}
    )
    assert changed.status_code == 302
    assert client.post(f"{base}{row.public_id}/switch/", {"move": "pause"}).status_code == 302
    page = client.get(base).text
    assert "every Thursday of every 2 weeks at 02:00 UTC" in page
    assert "Nothing starts until it is resumed." in page


@pytest.mark.django_db
def test_an_integrator_plans_changes_and_pauses_a_schedule(world, engagement, runs_of, client):
    accepted = runs_of(5, set())[0]
    client.force_login(world.lead)
    with scope(world):
        body = {
            "name": "Weekly check", "target": accepted.plan.target_version.target.public_id,
            "dataset_version": accepted.plan.dataset_version.public_id, "accepted_run": accepted.public_id,
            "first_at": "2036-01-01T02:00:00Z", "interval_days": 7,
        }  # fmt: skip
    listed = f"/api/v1/engagements/{engagement.public_id}/schedules"
    made = client.post(listed, body, content_type="application/json")
    assert (made.status_code, made["ETag"], made.json()["starts"]) == (201, '"1"', [])
    one = f"/api/v1/schedules/{made.json()['id']}"
    assert client.put(one, body, content_type="application/json").status_code == 428
    changed = client.put(
        one, body | {"interval_days": 14}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["interval_days"], changed["ETag"]) == (200, 14, '"2"')
    wide = client.put(
        one, body | {"margin": "0.6"}, content_type="application/json", headers={"If-Match": '"2"'}
    )
    assert (wide.status_code, wide.json()["errors"][0]["pointer"]) == (422, "/margin")
    assert client.post(f"{one}/pause").json()["is_on"] is False
    assert client.post(f"{one}/resume").json()["is_on"] is True
    assert [row["name"] for row in client.get(listed).json()["items"]] == ["Weekly check"]
