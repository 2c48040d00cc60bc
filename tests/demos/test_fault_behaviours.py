"""What a report of the fault proxy says, and what is wanted of a caller. Pure."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from demos.engine.faults.__main__ import told
from demos.engine.faults.observed import Asked, busiest_second
from demos.engine.faults.plan import Fault, FaultPlan
from demos.engine.faults.proxy import FaultProxy
from demos.fault_behaviours import FaultCounts, behaviours, missed, not_tried
from demos.fault_vocabulary import Attested
from demos.importing.faults import parse_fault_report, read_fault_report
from portal.errors import Invalid

PLAN = FaultPlan({Fault.RATE_LIMITED: 0.2, Fault.RESET: 0.2, Fault.DELAY: 0.2, Fault.MALFORMED: 0.2})


def asked(fault: Fault | None, *at: float, answers: int = 1) -> Asked:
    return Asked(fault, list(at), [fault is not None] + [False] * (len(at) - 1), answers)


def watched() -> dict[str, Any]:
    """The report on nine requests: one reset is given up, one retry after a 429 comes too early."""
    proxy = FaultProxy(PLAN, "http://127.0.0.1:9/ask")
    rows = [
        *(asked(None, at) for at in (0.0, 5.0)), asked(Fault.RATE_LIMITED, 1.0, 3.1),
        asked(Fault.RATE_LIMITED, 1.1, 1.6), asked(Fault.RESET, 2.0, 2.5), asked(Fault.RESET, 2.1, answers=0),
        asked(Fault.DELAY, 2.2), asked(Fault.MALFORMED, 2.3, 2.9), asked(Fault.MALFORMED, 2.4, 3.0),
    ]  # fmt: skip
    proxy.requests = {f"r{place}": row for place, row in enumerate(rows)}
    return told(PLAN, proxy)


def content(report: dict[str, Any]) -> bytes:
    return json.dumps(report).encode()


# What a report says


def test_what_the_proxy_prints_is_what_is_read():
    found = read_fault_report(parse_fault_report(content(watched())))

    assert (found.upstream, found.requests, found.untouched, found.tries) == ("127.0.0.1:9", 9, 2, 14)
    assert (found.retries_after_limit, found.too_early, found.too_often) == (2, 1, 0)
    assert {one.fault: (one.requests, one.retried, one.recovered) for one in found.by_fault} == {
        Fault.RATE_LIMITED: (2, 2, 2), Fault.RESET: (2, 1, 1), Fault.DELAY: (1, 0, 1),
        Fault.MALFORMED: (2, 2, 2),
    }  # fmt: skip
    assert found.plan == PLAN


@pytest.mark.parametrize(
    ("instants", "most"), [([], 0), ([0.0], 1), ([0.0, 0.9, 1.0, 1.5], 3), ([0.0, 1.0, 2.0], 1)]
)
def test_the_busiest_second_is_any_second_not_one_of_the_clock(instants, most):
    assert busiest_second({str(n): asked(None, at) for n, at in enumerate(instants)}) == most


def changed(path: str, value: Any) -> dict[str, Any]:
    report = deepcopy(watched())
    *way, last = path.split("/")
    place = report
    for step in way:
        place = place[step]
    place[last] = value
    return report


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("format", "gatehouse-faults/0", "no report of the fault proxy"),
        ("requests", 10, "not those untouched and those with a fault"),
        ("tries", 8, "fewer tries than requests"),
        ("tries", True, "“tries” is no count"),
        ("peak_per_second", 99, "busiest second"),
        ("retry_after/too_early", 3, "more retries came too early"),
        ("too_often", 1, "do not agree"),
        ("by_fault/reset/recovered", 3, "the counts of “reset” cannot be"),
        ("by_fault/delay/retried", 1, "was retried, or it was not"),
        ("by_fault/earthquake", {}, "no fault “earthquake”"),
        ("plan/shares", {"reset": 0.5}, "a fault was met that the plan does not name"),
        ("plan/shares", {"reset": 7}, "The plan in the report is none"),
        ("started_at", "2026-11-23T10:00:00", "time zone"),
        ("started_at", "2999-01-01T00:00:00+00:00", "ends before it begins"),
        ("upstream", "somewhere", "no host with its port"),
        ("by_fault", [], "no part “by_fault”"),
        ("by_fault/reset/shortest_gap_s", float("nan"), "no number of seconds"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused_by_name(path, value, words):
    with pytest.raises(Invalid, match=words):
        read_fault_report(parse_fault_report(content(changed(path, value))))


@pytest.mark.parametrize("body", [b"", b"{broken", b"[1]", b"x" * 1_000_001, b"[" * 50_000])
def test_what_is_no_report_is_refused_in_a_sentence(body):
    with pytest.raises(Invalid):
        read_fault_report(parse_fault_report(body))


# What is wanted of a caller


RESET = FaultCounts(Fault.RESET, 4, 4, 4, 3, 0.5, 0.7)
LIMITED = replace(RESET, fault=Fault.RATE_LIMITED)
ALL = (Fault.RESET, Fault.DELAY, Fault.MALFORMED)


def seen(*counts: FaultCounts, retries: int = 0, early: int = 0, said: Attested | None = None) -> list[str]:
    words = {} if said is None else {counts[0].fault: said}
    lines = behaviours(counts, retries_after_limit=retries, too_early=early, attested=words)
    return [f"{line.behaviour} {line.seen}" for line in lines]


def test_ten_tries_are_bounded_and_eleven_are_not():
    assert seen(replace(RESET, most_tries=10)) == ["bounded kept"]
    assert seen(replace(RESET, most_tries=11)) == ["bounded missed"]


def test_a_wait_that_was_asked_for_is_kept_by_every_retry_or_missed():
    assert seen(LIMITED) == ["bounded kept"]  # no retry, so no occasion
    assert seen(LIMITED, retries=4) == ["bounded kept", "waits kept"]
    assert seen(LIMITED, retries=4, early=1) == ["bounded kept", "waits missed"]


def test_what_people_got_is_seen_only_when_somebody_looked():
    given_up = replace(RESET, recovered=3)
    assert seen(given_up) == ["bounded kept", "told not_seen"]
    assert seen(given_up, said=Attested.HONEST) == ["bounded kept", "told kept"]
    assert seen(given_up, said=Attested.ANOTHER_WAY) == ["bounded kept", "told kept"]
    assert seen(given_up, said=Attested.NOTHING_HONEST) == ["bounded kept", "told missed"]


def test_nothing_is_counted_before_down_slow_and_wrong_were_tried_and_looked_at():
    whole = behaviours([RESET], retries_after_limit=0, too_early=0, attested={})
    unseen = behaviours([replace(RESET, recovered=0)], retries_after_limit=0, too_early=0, attested={})

    assert missed(whole, ALL) == 0
    assert missed(unseen, ALL) is None
    assert missed(whole, [Fault.RESET, Fault.SLOW_DRIP]) is None
    assert not_tried([Fault.RESET, Fault.SLOW_DRIP]) == ["wrong"]
    assert not_tried([]) == ["down", "slow", "wrong"]
