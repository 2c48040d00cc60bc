"""What waits for which side. Apps that ask somebody for something register a source when Django is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engagements.models import Engagement
from engagements.vocabulary import Side
from portal.models import User


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that somebody has to do. ``what`` is the product's own phrase and may stand in a mail.

    ``detail`` may be the client's words, so it stays on pages. ``since`` None: nobody noted it. ``due`` None:
    no date was set. ``person`` None: whoever of the side may.
    """

    engagement: Engagement
    side: Side
    what: str
    href: str
    since: datetime | None = None
    detail: str = ""
    due: date | None = None
    person: User | None = None


Source = Callable[[User, Sequence[Engagement], datetime], list[Waiting]]
"""``source(viewer, engagements, now)``: what waits there, as far as the viewer may read it."""

sources: list[Source] = []


def register_waiting(source: Source) -> None:
    """Bring what waits for somebody."""
    sources.append(source)
