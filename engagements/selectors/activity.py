"""What happened in an engagement, from the ledger, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from engagements.models import Engagement
from engagements.vocabulary import MEASUREMENT_RECORDED
from portal.bylines import byline, noted
from portal.events import CATALOGUE
from portal.fact_words import fact_words
from portal.models import LedgerEntry, User

_GATE_EVENTS = ("gate.",)


@dataclass(frozen=True, slots=True)
class Happening:
    """One ledger entry for a reader. ``who`` "" is the system; ``times`` such entries stand in a row."""

    seq: int
    at: datetime
    title: str
    who: str
    is_gate: bool
    facts: tuple[str, ...]
    sha256: str
    times: int = 1


def activity(viewer: User, engagement: Engagement, *, most: int, figures: bool = True) -> list[Happening]:
    """The newest entries first: one query. The caller has made sure that the viewer may see them.

    ``figures`` False leaves out that single figures were recorded: a run says so once itself.
    """
    entries = LedgerEntry.objects.filter(engagement_id=engagement.pk)
    if not figures:
        entries = entries.exclude(event=MEASUREMENT_RECORDED.name)
    rows = entries.select_related("actor").order_by("-seq")[:most]
    return [
        Happening(
            seq=row.seq,
            at=row.at,
            title=CATALOGUE[row.event].title if row.event in CATALOGUE else row.event,
            who=byline(viewer, row.actor, masked=noted(row.facts), client=engagement.tenant),
            is_gate=row.event.startswith(_GATE_EVENTS),
            facts=tuple(fact_words(row.facts)),
            sha256=row.sha256,
        )
        for row in rows
    ]


def in_short(entries: Iterable[Happening], *, most: int) -> list[Happening]:
    """The first ``most`` lines when the same thing by the same person, again and again, is one line."""
    lines: list[Happening] = []
    for entry in entries:
        last = lines[-1] if lines else None
        if last is not None and (last.title, last.who) == (entry.title, entry.who):
            lines[-1] = replace(last, times=last.times + 1)
        elif len(lines) == most:
            break
        else:
            lines.append(entry)
    return lines
