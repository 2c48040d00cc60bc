"""What happened to one thing, from the ledger: each step with what changed since the step before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from engagements.models import Gate
from portal import ids
from portal.events import CATALOGUE
from portal.fact_words import fact_words
from portal.models import LedgerEntry

COUNTERS: Final = ("version", "number")
"""Facts that count the changes and say nothing of them."""
WITHOUT_BEFORE: Final = ("side",)
"""Facts that tell whose step it was: another one is no change of the thing."""
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One entry about the thing. ``who`` "" is the system; ``changes`` say what was before, where known.

    ``times`` such entries in a row change nothing that an entry tells, and are one line.
    """

    seq: int
    at: datetime
    title: str
    who: str
    changes: tuple[str, ...]
    times: int = 1


def history_of(engagement_id: UUID, subject: str) -> list[Step]:
    """The steps of one thing, newest first. The caller has made sure that the viewer sees the thing."""
    return histories_of(engagement_id, [subject]).get(subject, [])


def histories_of(engagement_id: UUID, subjects: Collection[str]) -> dict[str, list[Step]]:
    """The steps of several things by their public id, newest first: one query."""
    rows = LedgerEntry.objects.filter(engagement_id=engagement_id, subject__in=subjects)
    newest = list(rows.select_related("actor").order_by("-seq")[:MOST])
    found: dict[str, list[Step]] = {}
    known: dict[str, dict[str, object]] = {}
    for row in reversed(newest):
        before = known.setdefault(row.subject, {})
        _add(found.setdefault(row.subject, []), _step(row, before))
        before.update(row.facts)
    return found


def criteria_history(gate: Gate) -> list[Step]:
    """What happened to the criteria of a gate, over all their versions, newest first."""
    subjects = [ids.encode("crs", key) for key in gate.criteria_sets.values_list("pk", flat=True)]
    found = histories_of(gate.engagement_id, subjects)
    return sorted((step for steps in found.values() for step in steps), key=lambda step: -step.seq)


def _add(steps: list[Step], step: Step) -> None:
    """Put a newer step before the others, or count it with the one that says the same."""
    last = steps[0] if steps else None
    if last is not None and not step.changes and (last.title, last.who) == (step.title, step.who):
        steps[0] = replace(last, at=step.at, seq=step.seq, times=last.times + 1)
    else:
        steps.insert(0, step)


def _step(row: LedgerEntry, before: Mapping[str, object]) -> Step:
    return Step(
        seq=row.seq,
        at=row.at,
        title=CATALOGUE[row.event].title if row.event in CATALOGUE else row.event,
        who=row.actor.name if row.actor else "",
        changes=tuple(changes(before, row.facts)),
    )


def changes(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """What an entry says that the ones before did not: ``score 6, was 12``; what stayed is left out."""
    said = []
    for key, value in now.items():
        if key in COUNTERS or (key in before and before[key] == value):
            continue
        told = fact_words({key: value})
        if not told:
            continue
        has_before = key in before and key not in WITHOUT_BEFORE
        was = fact_words({key: before[key]}) if has_before else []
        said.append(f"{told[0]}, was {_value(was[0], told[0])}" if was else told[0])
    return said


def _value(was: str, told: str) -> str:
    """``12`` from ``score 12``, where ``told`` is ``score 6``: the words that both begin with said once."""
    words, others = was.split(" "), told.split(" ")
    same = 0
    while same < min(len(words), len(others)) - 1 and words[same] == others[same]:
        same += 1
    return " ".join(words[same:])
