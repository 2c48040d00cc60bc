"""Where other apps bring what a report says of them. They register when Django is ready.

Engagements imports no app that measures; it freezes what comes back, and a worker prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engagements.models import Engagement
from engagements.report.blocks import Content
from engagements.rules.letterhead import Section
from engagements.vocabulary import ReportKind
from portal.errors import NotFound
from portal.models import User

Write = Callable[[User, Engagement, str], Content]
MayRead = Callable[[User, Engagement], bool]


@dataclass(frozen=True, slots=True)
class ReportSource:
    """``write(viewer, engagement, subject)`` may raise NotFound or WrongMoment; ``may_read``: as its page.

    ``sections`` are those that its blocks may hold, in their order.
    """

    write: Write
    may_read: MayRead
    sections: Sequence[Section]


_sources: dict[ReportKind, ReportSource] = {}


def register_report(
    kind: ReportKind, *, write: Write, may_read: MayRead, sections: Sequence[Section]
) -> None:
    """Say who writes reports of this kind, who may read them, and what they consist of."""
    _sources[kind] = ReportSource(write, may_read, sections)


def source_of(kind: str) -> ReportSource:
    """Raises NotFound for a kind that nobody writes."""
    found = _sources.get(ReportKind(kind)) if kind in ReportKind.values else None
    if found is None:
        raise NotFound
    return found


def readable_kinds(viewer: User, engagement: Engagement) -> list[ReportKind]:
    """The kinds of report that this person may read here."""
    return [kind for kind, source in _sources.items() if source.may_read(viewer, engagement)]


def every_kind() -> Mapping[ReportKind, ReportSource]:
    """The kinds of report that are written, each with its source."""
    return _sources
