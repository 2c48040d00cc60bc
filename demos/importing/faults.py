"""Reports of the fault proxy (``python -m demos.engine.faults``): counts, checked against each other.

A report holds no text of a request: fingerprints and counts. Shares and intervals are worked out anew from
the counts, so a report cannot bring its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, NoReturn

from demos.engine.faults.observed import BOUNDED_TRIES, FORMAT
from demos.engine.faults.plan import Fault, FaultPlan, UnfitPlan, plan_of
from demos.fault_behaviours import FaultCounts
from demos.importing.table import refused

MOST_BYTES: Final = 1_000_000
MOST_COUNT: Final = 2**31 - 1
LONGEST_HOST: Final = 300


@dataclass(frozen=True, slots=True)
class FaultReportRead:
    """What a report says. ``requests`` are different requests, ``tries`` what the caller sent in all.

    ``untouched`` requests met no fault. ``retries_after_limit``: retries after a 429, ``too_early`` of them
    before the wait that was asked for. ``too_often``: requests that were tried more than ten times.
    ``content_sha256`` is that of the report as canonical JSON, whichever way it came.
    """

    content_sha256: str
    upstream: str
    started_at: datetime
    finished_at: datetime
    plan: FaultPlan
    requests: int
    tries: int
    peak_per_second: int
    untouched: int
    by_fault: tuple[FaultCounts, ...]
    retries_after_limit: int
    too_early: int
    too_often: int

    def plan_json(self) -> dict[str, Any]:
        """The plan as stored."""
        return asdict(self.plan)

    def faults_json(self) -> list[dict[str, Any]]:
        """The counts by fault as stored."""
        return [asdict(one) for one in self.by_fault]


def parse_fault_report(content: bytes) -> dict[str, Any]:
    """The object in a file. Raises Invalid: too long, or none."""
    _check_size(content)
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        _refuse("This is no JSON. Bring the whole report in, as the fault proxy printed it.")
    if not isinstance(told, dict):
        _refuse("A report is an object with its fields, as the fault proxy printed it.")
    return told


def read_fault_report(told: Mapping[str, Any]) -> FaultReportRead:
    """The counts of a report. Raises Invalid: too long, of another kind, or in contradiction with itself."""
    content = _canonical(told)
    _check_size(content)
    if told.get("format") != FORMAT:
        _refuse(f"This is no report of the fault proxy in the form {FORMAT}. Make it anew with this version.")
    found = FaultReportRead(
        content_sha256=hashlib.sha256(content).hexdigest(), upstream=_host(told),
        started_at=_instant(told, "started_at"),
        finished_at=_instant(told, "finished_at"), plan=_plan(told), requests=_count(told, "requests"),
        tries=_count(told, "tries"), peak_per_second=_count(told, "peak_per_second"),
        untouched=_count(told, "untouched"), by_fault=_by_fault(told),
        retries_after_limit=_count(_part(told, "retry_after"), "retries"),
        too_early=_count(_part(told, "retry_after"), "too_early"), too_often=_count(told, "too_often"),
    )  # fmt: skip
    _check(found)
    return found


def _check(found: FaultReportRead) -> None:
    """Whatever could not have happened is refused by name."""
    spoilt = sum(one.requests for one in found.by_fault)
    limited = any(one.fault == Fault.RATE_LIMITED for one in found.by_fault)
    tried_too_often = any(one.most_tries > BOUNDED_TRIES for one in found.by_fault)
    faults = {
        "it ends before it begins": found.finished_at < found.started_at,
        "no request met a fault: let the caller work longer": not spoilt,
        "requests are not those untouched and those with a fault": found.requests != found.untouched + spoilt,
        "there are fewer tries than requests": found.tries < found.requests,
        "the busiest second holds more than all tries": not 1 <= found.peak_per_second <= found.tries,
        "more retries came too early than came": found.too_early > found.retries_after_limit,
        "retries came too early without a 429": found.retries_after_limit > 0 and not limited,
        "the most tries and the requests tried too often do not agree":
            tried_too_often != (0 < found.too_often <= spoilt),
        "a fault was met that the plan does not name":
            any(one.fault not in found.plan.shares for one in found.by_fault),
    }  # fmt: skip
    for words, holds in faults.items():
        if holds:
            _refuse(f"The report contradicts itself: {words}.")


def _by_fault(told: Mapping[str, Any]) -> tuple[FaultCounts, ...]:
    kinds = _part(told, "by_fault")
    unknown = sorted(set(kinds) - {fault.value for fault in Fault})
    if unknown:
        _refuse(f"There is no fault “{unknown[0][:40]}”.")
    return tuple(_counts(fault, _part(kinds, fault.value)) for fault in Fault if fault.value in kinds)


def _counts(fault: Fault, told: Mapping[str, Any]) -> FaultCounts:
    one = FaultCounts(
        fault=fault, requests=_count(told, "requests"), retried=_count(told, "retried"),
        recovered=_count(told, "recovered"), most_tries=_count(told, "most_tries"),
        shortest_gap_s=_seconds(told, "shortest_gap_s"), middle_gap_s=_seconds(told, "middle_gap_s"),
    )  # fmt: skip
    if not one.requests or max(one.retried, one.recovered) > one.requests or not one.most_tries:
        _refuse(f"The report contradicts itself: the counts of “{fault}” cannot be.")
    if (one.retried > 0) != (one.most_tries > 1):
        _refuse(f"The report contradicts itself: “{fault}” was retried, or it was not.")
    return one


def _canonical(told: Mapping[str, Any]) -> bytes:
    """Whatever a JSON reader may give has such a form: also numbers and letters that no database takes."""
    try:
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    except RecursionError:
        _refuse("This is no report of the fault proxy: its parts lie too deep in each other.")


def _check_size(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        _refuse("The file is longer than 1 MB: a report of the fault proxy is a few thousand characters.")


def _part(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    if not isinstance(found, dict):
        _refuse(f"The report has no part “{name}”.")
    return found


def _count(told: Mapping[str, Any], name: str) -> int:
    found = told.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MOST_COUNT:
        _refuse(f"“{name}” is no count.")
    return found


def _seconds(told: Mapping[str, Any], name: str) -> float | None:
    found = told.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= MOST_COUNT:
        _refuse(f"“{name}” is no number of seconds.")
    return float(found)


def _instant(told: Mapping[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(told.get(name, ""))
    except (TypeError, ValueError):
        _refuse(f"“{name}” is no instant such as 2026-11-23T10:00:00+00:00.")
    if found.utcoffset() is None:
        _refuse(f"“{name}” does not say in which time zone.")
    return found


def _host(told: Mapping[str, Any]) -> str:
    found = told.get("upstream")
    if not isinstance(found, str) or not 3 <= len(found) <= LONGEST_HOST or ":" not in found:
        _refuse("“upstream” is no host with its port, such as ai.example.com:443.")
    return found.lower()


def _plan(told: Mapping[str, Any]) -> FaultPlan:
    try:
        return plan_of(_part(told, "plan"))
    except UnfitPlan as problem:
        _refuse(f"The plan in the report is none: {problem}")


def _refuse(detail: str) -> NoReturn:
    raise refused(detail, code="invalid")
