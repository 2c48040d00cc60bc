"""Limits over all workers together: calls at a time, rate, rests, money, tokens, fairness, the switch."""

from __future__ import annotations

import asyncio
import threading
import time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from demos.engine.pricing import Price
from demos.engine.shares import Share
from demos.models import Run, Target
from demos.services import execution, fairness, halting, runs, shares, targets
from demos.services.shares import TargetShares, in_thread
from demos.valkey import valkey
from demos.vocabulary import RunStatus
from portal.errors import Forbidden, TargetHalted, WrongMoment
from portal.models import LedgerEntry, OutboxEvent
from tests.demos.test_kill import wait_for, worker  # noqa: F401  # a real worker
from tests.personas import scope

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_waits() -> None:
    valkey().delete(fairness.WAITING, fairness.WORKING)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    queued: list[Any] = []
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda name, **options: queued.append(name))
    return queued


def part(target: UUID, *, most: int, rate: float | None = None) -> TargetShares:
    return TargetShares(target, uuid4(), most, rate, in_thread)


def renew(one: TargetShares, *, under_way: int = 0, rest_s: float = 0.0) -> Share:
    return asyncio.run(one.renew(under_way=under_way, rest_s=rest_s))


def shard(run: Run) -> None:
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)


def now(run: Run, world: Any) -> Run:
    with scope(world):
        return Run.objects.get(pk=run.pk)


def test_the_shares_of_all_shards_never_exceed_what_the_target_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROTATION_MS", 10**9)  # nobody changes places meanwhile
    target = uuid4()
    parts = [part(target, most=5, rate=10.0) for _ in range(3)]
    first = renew(parts[0])
    assert (first.concurrency, first.per_second) == (5, 10.0), "alone it has everything"
    held: dict[int, Share] = {0: first}
    for step in range(12):
        number = step % 3
        busy = held.get(number, Share(0)).concurrency if step < 6 else 0
        held[number] = renew(parts[number], under_way=busy)
        assert sum(share.concurrency for share in held.values()) <= 5
        assert sum(share.per_second or 0.0 for share in held.values()) <= 10.0 + 1e-9
    assert sorted(share.concurrency for share in held.values()) == [1, 2, 2]


def test_a_shard_that_is_always_busy_makes_room_as_its_calls_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shares, "ROTATION_MS", 10**9)
    target = uuid4()
    busy, newcomer = part(target, most=4), part(target, most=4)
    assert renew(busy).concurrency == 4
    assert renew(newcomer).concurrency == 0
    assert renew(busy, under_way=4).concurrency == 2, "it starts nothing until two calls came back"
    assert renew(newcomer).concurrency == 0, "four calls are still under way"
    assert renew(busy, under_way=2).concurrency == 2
    assert renew(newcomer).concurrency == 2


def fall_silent(one: TargetShares) -> None:
    """As if it had not renewed its share for as long as a share is held."""
    members, *_ = one._keys()
    valkey().zadd(members, {str(one.owner): 1})


def test_a_shard_that_dies_frees_its_share_and_one_that_leaves_at_once() -> None:
    target = uuid4()
    dead, heir, third = part(target, most=2), part(target, most=2), part(target, most=2)
    assert renew(dead).concurrency == 2
    assert renew(heir).concurrency == 0
    fall_silent(dead)
    assert renew(heir).concurrency == 2
    asyncio.run(heir.leave())
    assert renew(third).concurrency == 2


def test_a_rest_that_one_shard_is_asked_for_holds_for_all() -> None:
    target = uuid4()
    one, other = part(target, most=4), part(target, most=4)
    renew(one, rest_s=60.0)
    assert 30 < renew(other).rest_s <= 60.0
    assert renew(part(uuid4(), most=4)).rest_s == 0


def test_without_valkey_a_shard_keeps_to_its_smallest_share(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import redis

    settings.EVALUATION_SHARDS = 2
    one = part(uuid4(), most=8, rate=4.0)
    monkeypatch.setattr(one, "call", raising(redis.ConnectionError()))
    assert renew(one) == Share(4, 2.0)


def raising(problem: Exception) -> Any:
    async def call(work: Any) -> Any:
        raise problem

    return call


def test_two_shards_together_keep_the_target_s_concurrency(world, prepared, answering, sent):
    answering.wait_s = 0.02
    with scope(world):
        run = runs.start_run(by=world.lead, **prepared([f"q{n}" for n in range(60)], concurrency=3))

    def work() -> None:
        try:
            shard(run)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    ended = now(run, world)
    assert (ended.status, ended.done, ended.passed) == (RunStatus.FINISHED, 60, 60)
    assert len(answering.asked) == 60
    assert answering.peak <= 3


def test_a_shard_makes_way_when_another_client_waits_that_has_less() -> None:
    ours, theirs = uuid4(), uuid4()
    mine, second, other = uuid4(), uuid4(), uuid4()
    assert not fairness.should_hand_over(ours, mine), "nobody waits"
    fairness.note_waiting(ours, uuid4())
    assert not fairness.should_hand_over(ours, mine), "another run of the same client waits its turn"
    fairness.note_waiting(theirs, waiting := uuid4())
    assert fairness.should_hand_over(ours, mine)
    fairness.should_hand_over(ours, second)
    fairness.should_hand_over(theirs, other)
    assert fairness.should_hand_over(ours, mine), "two at work against one"
    fairness.note_done(ours, second)
    assert not fairness.should_hand_over(ours, mine), "as many as they have"
    fairness.note_served(theirs, waiting)
    assert not fairness.should_hand_over(theirs, other)


def test_a_long_run_of_one_client_hands_over_to_the_run_of_another_and_is_finished_after_it(
    world, prepared, answering, sent, monkeypatch
):
    monkeypatch.setattr(execution, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(execution, "LOOK_EVERY", 0.0)
    answering.wait_s = 0.05
    with scope(world):
        run = runs.start_run(by=world.lead, **prepared([f"q{n}" for n in range(300)], concurrency=4))
    fairness.note_waiting(world.other.pk, theirs := uuid4())
    sent.clear()
    shard(run)
    held = now(run, world)
    assert held.status == RunStatus.RUNNING
    assert 0 < held.done < 300
    assert sent == ["demos.run_shard"], "it queues behind the one that waits"
    assert len(answering.asked) == held.done, "what was under way came in; nothing is asked twice"
    fairness.note_served(world.other.pk, theirs)
    answering.wait_s = 0.0
    shard(run)
    assert (now(run, world).status, len(answering.asked)) == (RunStatus.FINISHED, 300)


def test_money_is_reserved_before_a_call_is_sent_and_80_percent_are_said_aloud(world, prepared, sent):
    order = prepared([f"q{n}" for n in range(60)])
    with scope(world):
        target = Target.objects.get()
        spec = targets.spec_of(target.versions.get())
        priced = targets.change_target(
            by=world.lead, target_id=target.pk, spec=spec, price=Price("USD", per_call=Decimal("0.01"))
        )
        run = runs.start_run(
            by=world.lead,
            **order | {"target_version_id": priced.pk},
            limits=runs.Limits(max_cost=Decimal("0.25")),
        )
    shard(run)
    ended = now(run, world)
    assert (ended.status, ended.limit_hit) == (RunStatus.STOPPED_BUDGET, "cost")
    assert Decimal("0.20") <= ended.cost <= Decimal("0.25") + 8 * Decimal("0.01")
    with scope(world):
        near = LedgerEntry.objects.get(event="run.nears_limit")
        assert near.facts["limit"] == "cost"
        stopped = OutboxEvent.objects.get(event="run.stopped")
        assert stopped.path.endswith(f"/runs/{run.public_id}/"), "the mail leads to the run"


def test_tokens_are_a_limit_of_their_own(world, prepared, answering, sent):
    spec = {"tokens_in_path": "$.tokens.in", "tokens_out_path": "$.tokens.out"}
    with scope(world):
        run = runs.start_run(
            by=world.lead,
            **prepared([f"q{n}" for n in range(60)], **spec),
            limits=runs.Limits(max_tokens=200),
        )
    shard(run)
    ended = now(run, world)
    assert (ended.status, ended.limit_hit) == (RunStatus.STOPPED_BUDGET, "tokens")
    assert 100 <= ended.tokens <= 200 + 8 * 10
    assert ended.tokens == 10 * ended.done


def test_the_client_stops_everything_on_a_system_and_alone_releases_it(world, prepared, sent):
    order = prepared(["a", "b"])
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
        target = Target.objects.get()
        with pytest.raises(Forbidden, match="the client’s own"):
            halting.halt_target(by=world.lead, target_id=target.pk)
        halting.halt_target(by=world.client_member, target_id=target.pk)
        halting.halt_target(by=world.expert, target_id=target.pk)
        assert Run.objects.get(pk=run.pk).status == RunStatus.PAUSED
        with pytest.raises(TargetHalted):
            runs.start_run(by=world.lead, **order)
        with pytest.raises(TargetHalted):
            runs.resume_run(by=world.lead, run_id=run.pk)
        with pytest.raises(Forbidden):
            halting.release_target(by=world.lead, target_id=target.pk)
        halting.release_target(by=world.expert, target_id=target.pk)
        with pytest.raises(WrongMoment, match="not stopped"):
            halting.release_target(by=world.expert, target_id=target.pk)
        runs.resume_run(by=world.lead, run_id=run.pk)
        events = list(LedgerEntry.objects.filter(event__startswith="target.").values_list("event", flat=True))
        assert events[-2:] == ["target.halted", "target.released"]
    shard(run)
    assert now(run, world).status == RunStatus.FINISHED


def test_from_the_switch_to_the_last_request_it_takes_less_than_five_seconds(
    world, prepared, answering, worker  # noqa: F811  # the fixture
):  # fmt: skip
    answering.wait_s = 0.05
    order = prepared([f"q{n}" for n in range(2_000)], concurrency=4)
    worker()
    with scope(world):
        run = runs.start_run(by=world.lead, **order)
    wait_for(world, run, lambda seen: seen.done >= 20, seconds=120)
    with scope(world):
        halting.halt_target(by=world.client_member, target_id=Target.objects.get().pk)
    pulled = time.monotonic()
    asked = -1
    while asked != len(answering.asked):  # until a second passes in which nothing is asked
        asked = len(answering.asked)
        time.sleep(1)
    assert asked < 2_000
    assert answering.asked_at[-1] - pulled < 5
    assert now(run, world).status == RunStatus.PAUSED


def test_a_rate_of_the_target_is_kept(world, prepared, answering, sent):
    with scope(world):
        run = runs.start_run(by=world.lead, **prepared([f"q{n}" for n in range(20)], max_per_second=40.0))
    shard(run)
    assert now(run, world).status == RunStatus.FINISHED
    assert answering.asked_at[-1] - answering.asked_at[0] >= 19 / 40 * 0.9
