"""The portfolio as a page shows it: filtered, in the order of need, with what waits counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.urls import reverse

from assessments.models import CostComponent
from engagements.selectors.portfolio import PortfolioRow, portfolio
from engagements.vocabulary import EngagementStatus, Side, StageKind, Verdict
from portal.models import User

SOON = timedelta(days=14)
IN_WORK = (EngagementStatus.DRAFT, EngagementStatus.ACTIVE, EngagementStatus.ON_HOLD)
OVER = "over"
_STAGE_ORDER = {kind: order for order, kind in enumerate(StageKind.values)}
_LAST = date.max


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. ``due`` None: no date is set; ``pain_a_year`` None: no cost was claimed."""

    row: PortfolioRow
    href: str
    due: date | None
    days_late: int
    pain_a_year: Decimal | None

    @property
    def since(self) -> datetime | None:
        return self.row.court.since


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one stage; ``name`` is "" when the order is not by stage."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait on one side, and the one that waits longest (None when nothing does)."""

    count: int
    longest: Line | None


@dataclass(frozen=True, slots=True)
class Board:
    """The whole page. ``in_work`` and the figures are over everything, ``groups`` over what was asked for."""

    groups: tuple[Group, ...]
    shown: int
    in_work: int
    everything: int
    for_us: Waiting
    for_client: Waiting
    due_soon: tuple[Line, ...]
    overdue: tuple[Line, ...]
    stages: tuple[tuple[str, str], ...]
    leads: tuple[tuple[str, str], ...]


def board(viewer: User, asked: Mapping[str, str], *, now: datetime) -> Board:
    """The portfolio of ``viewer``. ``asked``: stage, court, lead, verdict, sort. Ten queries at most."""
    rows = portfolio(viewer, now=now)
    costs = _pain_a_year([row.engagement.pk for row in rows])
    lines = [_line(row, costs.get(row.engagement.pk), today=now.date()) for row in rows]
    working = [line for line in lines if line.row.engagement.status in IN_WORK]
    pool = lines if asked.get("stage") == OVER else working
    shown = [line for line in pool if _matches(line, asked)]
    with_date = [line for line in working if line.due is not None]
    return Board(
        groups=_grouped(shown, asked.get("sort", "")),
        shown=len(shown),
        in_work=len(working),
        everything=len(lines),
        for_us=_waiting(working, Side.CONSULTANCY),
        for_client=_waiting(working, Side.CLIENT),
        due_soon=tuple(
            sorted((ln for ln in with_date if ln.days_late <= 0 and _due(ln) <= now.date() + SOON), key=_due)
        ),
        overdue=tuple(sorted((line for line in with_date if line.days_late > 0), key=_due)),
        stages=(*StageKind.choices, (OVER, "Completed or stopped")),
        leads=_leads(lines),
    )


def _line(row: PortfolioRow, pain_a_year: Decimal | None, *, today: date) -> Line:
    due = row.round.due if row.round and row.round.due else (row.stage.planned_end if row.stage else None)
    return Line(
        row=row,
        href=reverse("engagements:overview", args=[row.engagement.tenant.slug, row.engagement.pk]),
        due=due,
        days_late=max((today - due).days, 0) if due else 0,
        pain_a_year=pain_a_year,
    )


def _pain_a_year(engagement_ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """What the mapped pain costs a year, for the engagements where something was claimed."""
    rows = (
        CostComponent.objects.filter(pain_point__engagement_id__in=engagement_ids)
        .values_list("pain_point__engagement_id")
        .annotate(total=Sum("likely"))
    )
    return dict(rows.order_by())


def _matches(line: Line, asked: Mapping[str, str]) -> bool:
    row = line.row
    stage, court, lead = asked.get("stage", ""), asked.get("court", ""), asked.get("lead", "")
    if stage == OVER and row.engagement.status in IN_WORK:
        return False
    if stage not in ("", OVER) and (row.stage is None or row.stage.kind != stage):
        return False
    if court and (row.court.side is None or row.court.side.value != court):
        return False
    if lead and row.engagement.lead.public_id != lead:
        return False
    return _verdict_matches(row, asked.get("verdict", ""))


def _verdict_matches(row: PortfolioRow, wanted: str) -> bool:
    if wanted == "ready":
        return row.readiness.ready
    return not wanted or Verdict(wanted) in row.verdicts


def _grouped(lines: Iterable[Line], order: str) -> tuple[Group, ...]:
    if order == "waiting":
        waiting = sorted(lines, key=lambda ln: (ln.since is None, ln.since.timestamp() if ln.since else 0))
        return (Group("", tuple(waiting)),) if waiting else ()
    if order == "client":
        rows = tuple(lines)
        return (Group("", rows),) if rows else ()
    ordered = sorted(lines, key=lambda line: (_stage_rank(line), _due(line)))
    names = dict.fromkeys(_stage_name(line) for line in ordered)
    return tuple(Group(name, tuple(ln for ln in ordered if _stage_name(ln) == name)) for name in names)


def _stage_rank(line: Line) -> int:
    return _STAGE_ORDER[line.row.stage.kind] if line.row.stage else len(_STAGE_ORDER)


def _stage_name(line: Line) -> str:
    stage = line.row.stage
    return str(stage.name) if stage else str(EngagementStatus(line.row.engagement.status).label)


def _due(line: Line) -> date:
    return line.due or _LAST


def _waiting(lines: Iterable[Line], side: Side) -> Waiting:
    mine = [line for line in lines if line.row.court.side == side]
    dated = [line for line in mine if line.since is not None]
    longest = min(dated, key=lambda line: line.since.timestamp() if line.since else 0.0, default=None)
    return Waiting(len(mine), longest)


def _leads(lines: Iterable[Line]) -> tuple[tuple[str, str], ...]:
    people = {line.row.engagement.lead.public_id: line.row.engagement.lead.name for line in lines}
    return tuple(sorted(people.items(), key=lambda pair: pair[1]))
