"""Whether what was approved may run in an environment now, with every reason against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from engagements.rules.sentences import day
from engagements.vocabulary import EngagementStatus, Environment, StageKind, StageStatus

LONGEST: Final = timedelta(hours=12)
"""A permit is asked for again at each deployment; it is no licence to keep."""

LAST_STAGE: Final = {Environment.PILOT: StageKind.DEMO, Environment.PROD: StageKind.DEPLOYMENT}
"""The stage whose gate opens an environment: the demo gate the pilot, the deployment gate production."""

_PASSED: Final = (StageStatus.PASSED, StageStatus.PASSED_WITH_CONDITIONS)


@dataclass(frozen=True, slots=True)
class GateFacts:
    """One gate on the way. ``waivers`` are dates until which what was waived holds."""

    number: int
    stage: StageKind
    name: str
    status: StageStatus
    conditions_due: tuple[date, ...] = ()
    lapsed: int = 0
    waivers: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Permit:
    """``expires`` None where it is denied. ``reasons`` are empty where it is allowed."""

    environment: Environment
    allow: bool
    reasons: tuple[str, ...]
    expires: datetime | None


def permit(
    environment: Environment,
    gates: Sequence[GateFacts],
    *,
    status: EngagementStatus,
    approved: str,
    running: str,
    now: datetime,
) -> Permit:
    """Every gate up to the one that opens the environment has to be passed, and to hold today.

    ``approved``: hash of the target version that the last run was sealed on, "" where none was. ``running``:
    the hash of what the pipeline is about to deploy, "" where it does not say.
    """
    reasons = _of_engagement(status)
    wanted = [gate for gate in gates if gate.stage == LAST_STAGE[environment]]
    if not wanted:
        reasons.append(f"No stage of this engagement opens {environment.label.lower()}.")
    last = max((gate.number for gate in wanted), default=-1)
    way = [gate for gate in gates if gate.number <= last]
    for gate in way:
        reasons += _of_gate(gate, today=now.date())
    if running and running != approved:
        reasons.append("What is to be deployed is not what was approved: its hash is another.")
    if reasons:
        return Permit(environment, False, tuple(reasons), None)
    ends = [until for gate in way for until in (*gate.conditions_due, *gate.waivers)]
    return Permit(environment, True, (), min([now + LONGEST, *(_end_of(until) for until in ends)]))


def _of_engagement(status: EngagementStatus) -> list[str]:
    if status in (EngagementStatus.ACTIVE, EngagementStatus.COMPLETED):
        return []
    return [f"The engagement is {status.label.lower()}."]


def _of_gate(gate: GateFacts, *, today: date) -> list[str]:
    if gate.status == StageStatus.BASIS_CHANGED:
        return [f"Gate {gate.number} ({gate.name}): its basis has changed since it was decided."]
    if gate.status not in _PASSED:
        return [f"Gate {gate.number} ({gate.name}) is not passed."]
    reasons = []
    late = gate.lapsed + sum(due < today for due in gate.conditions_due)
    if late:
        which = "a condition" if late == 1 else f"{late} conditions"
        reasons.append(f"Gate {gate.number} ({gate.name}): {which} lapsed.")
    reasons += [
        f"Gate {gate.number} ({gate.name}): what was waived held until {day(until)}."
        for until in gate.waivers
        if until < today
    ]
    return reasons


def _end_of(until: date) -> datetime:
    return datetime.combine(until, time.max, tzinfo=UTC)
