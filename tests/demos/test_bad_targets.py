"""Targets that fail: each fault has its class and sentence by page, API and run; totals add up."""

from __future__ import annotations

import asyncio
import html
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from demos.engine.pricing import Price
from demos.engine.targets.spec import Header, Timeouts
from demos.models import Attempt, Run, Target, TargetExchange
from demos.services import execution, runs, targets
from demos.vocabulary import RunStatus
from portal.errors import Invalid
from portal.models import LedgerEntry
from portal.services.tokens import create_token
from tests.demos.conftest import csv_of, spec_for
from tests.engine import faulty
from tests.engine.faulty import Call, FaultyTarget
from tests.personas import scope
from tests.portal.conftest import FRESH

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCES = {
    "limited": (faulty.too_many, "rate_limited", "429 (too many requests)"),
    "broken": (faulty.server_error, "server_error", "500 (internal error)"),
    "nothing": (faulty.empty_body, "empty", "an empty body"),
    "page": (faulty.web_page, "malformed", "a web page instead of JSON"),
    "huge": (faulty.huge, "too_large", "longer than"),
    "drip": (faulty.drip, "timeout", "not complete within"),
    "redirect": (faulty.redirect, "client_error", "Redirects are not followed"),
    "silent": (faulty.hang, "timeout", "Nothing was received"),
    "reset": (faulty.reset, "transport", "reset the connection"),
    "cut": (faulty.bad_json, "malformed", "not valid JSON"),
}


async def upper(call: Call) -> None:
    call.send(200, b'{"answer": "%s"}' % call.question.upper().encode())


@pytest.fixture
def strange(settings: Any) -> Iterator[FaultyTarget]:
    """A target on loopback in a loop of its own; ``special`` says which question meets which fault."""
    started, stop = threading.Event(), asyncio.Event()
    target = FaultyTarget(upper)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with target:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait(5)
    settings.ALLOWED_TARGETS = [f"127.0.0.1:{target.port}"]
    yield target
    loop.call_soon_threadsafe(stop.set)
    thread.join(5)


def strange_spec(strange: FaultyTarget) -> Any:
    waits = Timeouts(connect_s=2.0, first_byte_s=0.4, total_s=0.8)
    return spec_for(strange.url, timeouts=waits, max_response_bytes=200_000, concurrency=16)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their pauses; the rules of when to try again stay."""
    from demos.engine.plan import RetryPolicy, RunPlan

    quick = RetryPolicy(base_s=0.01, cap_s=0.05)
    monkeypatch.setattr(execution, "RunPlan", lambda **order: RunPlan(retries=quick, **order))
    monkeypatch.setattr("demos.queue.current_app.send_task", lambda *args, **options: None)


def run_of(world: Any, engagement: Any, prepared: Any, strange: FaultyTarget, questions: list[str]) -> Run:
    from demos.services import datasets
    from demos.vocabulary import CaseVerdict

    order = prepared(["plain"])
    with scope(world):
        version = targets.register_target(
            by=world.lead,
            engagement_id=engagement.pk,
            name="Strange",
            spec=strange_spec(strange),
            price=Price("USD"),
        )
        cases = datasets.import_cases(
            by=world.consultant, engagement_id=engagement.pk, dataset_name="Strange", file_name="s.csv",
            file=csv_of(questions),
        ).version  # fmt: skip
        datasets.review_cases(by=world.expert, version_id=cases.pk, verdict=CaseVerdict.ACCEPTED)
        run = runs.start_run(
            by=world.lead, **order | {"target_version_id": version.pk, "dataset_version_id": cases.pk}
        )
    execution.execute_shard(tenant_id=run.tenant_id, run_id=run.pk)
    with scope(world):
        return Run.objects.get(pk=run.pk)


def test_each_fault_is_named_and_other_cases_are_unharmed(
    world, engagement, prepared, strange, no_waiting, answering, settings
):
    settings.ALLOWED_TARGETS = [f"127.0.0.1:{strange.port}"]
    strange.special = {name: fault for name, (fault, _, _) in SENTENCES.items()}
    run = run_of(world, engagement, prepared, strange, [*SENTENCES, *(f"fine {n}" for n in range(20))])
    assert (run.status, run.passed, run.errored, run.failed, run.ungraded) == (
        RunStatus.FINISHED, 20, len(SENTENCES), 0, 0,
    )  # fmt: skip
    with scope(world):
        rows = {a.case.input: a for a in Attempt.objects.select_related("case").exclude(error_class="")}
    for name, (_, error_class, sentence) in SENTENCES.items():
        assert rows[name].error_class == error_class, name
        assert sentence in rows[name].error_detail, name


@pytest.mark.parametrize("name", ["limited", "broken", "nothing", "page", "huge", "drip", "redirect"])
def test_the_test_of_a_connection_names_the_fault_by_page_and_api(world, engagement, client, strange, name):
    fault, error_class, sentence = SENTENCES[name]
    strange.behave = fault
    with scope(world):
        version = targets.register_target(
            by=world.lead,
            engagement_id=engagement.pk,
            name="Strange",
            spec=strange_spec(strange),
            price=Price("USD"),
        )
    exchange = targets.try_connection(by=world.lead, tenant_id=world.tenant.pk, version_id=version.pk)
    assert (exchange.works, exchange.error_class) == (False, error_class)
    client.force_login(world.client_member)
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}"
    assert sentence in client.get(f"{base}/targets/{version.target.public_id}/").text
    with scope(world):
        assert Target.objects.get().versions.count() == 1
        assert TargetExchange.objects.count() == 1


def test_the_api_gives_each_fault_a_sentence_and_a_way_out_and_keeps_one_exchange(
    world, engagement, client, strange
):
    with scope(world):
        made = create_token(
            by=world.lead, proof=FRESH, tenant_id=world.tenant.pk, name="machine", scopes=["targets:write"],
            expires=timezone.now() + timedelta(days=1), service=False,
        )  # fmt: skip
        here = targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Strange", spec=strange_spec(strange),
            price=Price("USD"),
        )  # fmt: skip
        inside = targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Inside", price=Price("USD"),
            spec=spec_for("http://169.254.169.254/latest/meta-data"),
        )  # fmt: skip

    def ask(version: Any, question: str = "Anybody?") -> Any:
        return client.post(
            f"/api/v1/target-versions/{version.public_id}/tests", {"question": question},
            content_type="application/json", headers={"Authorization": f"Bearer {made.text}"},
        )  # fmt: skip

    def check(answer: Any, error_class: str, sentence: str) -> None:
        body = answer.json()
        assert (answer.status_code, body["works"], body["error_class"]) == (201, False, error_class)
        assert sentence in body["sentence"]
        assert body["way_out"].endswith(".")
        assert len(answer.content) < 20_000, "an excerpt, not the fifty megabytes"

    for fault, error_class, sentence in SENTENCES.values():
        strange.behave = fault
        check(ask(here), error_class, sentence)
    check(ask(inside), "blocked", "169.254.169.254 port 80 is an internal address")
    assert ask(here, "x" * 2001).status_code == 422

    with scope(world):
        assert TargetExchange.objects.count() == len(SENTENCES) + 1
        assert LedgerEntry.objects.filter(event="target.tested").count() == len(SENTENCES) + 1
        last = TargetExchange.objects.filter(target_version=here).order_by("-created_at")[0]
    client.force_login(world.lead)
    page = client.get(
        f"/{world.tenant.slug}/engagements/{engagement.public_id}/targets/{here.target.public_id}/"
    )
    assert last.way_out
    assert last.way_out in html.unescape(page.text)


def test_a_secret_with_a_line_break_is_refused_before_it_is_stored(world, engagement, strange):
    with scope(world), pytest.raises(Invalid, match="line break"):
        targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Strange", price=Price("USD"),
            spec=spec_for(strange.url, headers=(Header("Authorization", "Bearer ", secret="key"),)),
            secrets={"key": "abc\r\nX-Other: 1"},
        )  # fmt: skip
    with scope(world):
        assert not Target.objects.exists()


def test_seven_ways_to_fail_for_a_tenth_of_the_cases_that_pass_again_lose_nothing(
    world, engagement, prepared, strange, no_waiting, answering, settings
):
    settings.ALLOWED_TARGETS = [f"127.0.0.1:{strange.port}"]
    faults = seven_ways(once=True)
    questions = [f"case {n}" for n in range(140)]
    strange.special = {questions[n * 10]: faults[n % 7] for n in range(14)}
    run = run_of(world, engagement, prepared, strange, questions)
    assert (run.status, run.passed, run.failed, run.errored, run.ungraded) == (
        RunStatus.FINISHED,
        140,
        0,
        0,
        0,
    )
    assert run.retries == 14
    with scope(world):
        first = Counter(Attempt.objects.filter(run=run).values_list("first_try", flat=True))
    assert first == {
        "answered": 126, "server_error": 2, "rate_limited": 4, "transport": 2, "timeout": 2, "malformed": 2,
        "empty": 2,
    }, "the first try is kept"  # fmt: skip


def test_seven_ways_to_fail_for_ever_are_counted_by_class_and_no_grader_error_is_among_them(
    world, engagement, prepared, strange, no_waiting, answering, settings
):
    settings.ALLOWED_TARGETS = [f"127.0.0.1:{strange.port}"]
    faults = seven_ways(once=False)
    questions = [f"case {n}" for n in range(140)]
    strange.special = {f"case {n * 10 + 5}": faults[n % 7] for n in range(14)}
    run = run_of(world, engagement, prepared, strange, questions)
    assert (run.passed, run.failed, run.errored, run.ungraded) == (126, 0, 14, 0)
    assert run.passed + run.failed + run.errored + run.ungraded == run.total == 140
    with scope(world):
        classes = Counter(Attempt.objects.exclude(error_class="").values_list("error_class", flat=True))
    assert classes == {
        "server_error": 2, "rate_limited": 4, "transport": 2, "timeout": 2, "malformed": 2, "empty": 2,
    }  # fmt: skip


def seven_ways(*, once: bool) -> list[Any]:
    """500, 429 with and without Retry-After, reset, hang, malformed, empty. ``once``: then it is fine."""

    async def bare_429(call: Call) -> None:
        call.send(429, b"{}")

    faults = [
        faulty.server_error, faulty.too_many, bare_429, faulty.reset, faulty.hang, faulty.bad_json,
        faulty.empty_body,
    ]  # fmt: skip
    return [_first_only(fault) for fault in faults] if once else list(faults)


def _first_only(fault: Any) -> Any:
    async def behave(call: Call) -> None:
        await (fault(call) if call.count == 1 else upper(call))

    return behave
