"""The portfolio as a page shows it: filtered, in the order of need, with what waits counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Sum
from django.urls import reverse

from assessments.models import CostComponent
from assessments.selectors.risks import engagements_at_risk
from engagements.selectors.engagements import visible_engagements
from engagements.selectors.outline import Outline, outlines
from engagements.selectors.portfolio import PortfolioRow, rows_for
from engagements.vocabulary import EngagementStatus, Side, StageKind, Verdict
from portal.models import User
from portal.vocabulary import Sector

SOON: Final = timedelta(days=14)
IN_WORK: Final = (EngagementStatus.DRAFT, EngagementStatus.ACTIVE, EngagementStatus.ON_HOLD)
OVER: Final = "over"
PER_PAGE: Final = 20
_STAGE_ORDER: Final = {kind: order for order, kind in enumerate(StageKind.values)}
_LAST: Final = date.max


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
    """The rows of one stage on this page, and how many there are on all. ``name`` "": not by stage."""

    name: str
    total: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait on one side, and the one that waits longest (None when nothing does)."""

    count: int
    longest: Outline | None


@dataclass(frozen=True, slots=True)
class Board:
    """The whole page. ``in_work`` and the figures are over everything, ``groups`` over what was asked for."""

    groups: tuple[Group, ...]
    page: Page[Outline]
    shown: int
    in_work: int
    everything: int
    over: int
    for_us: Waiting
    for_client: Waiting
    due_soon: tuple[Outline, ...]
    overdue: tuple[Outline, ...]
    stages: tuple[tuple[str, str], ...]
    leads: tuple[tuple[str, str], ...]
    sectors: tuple[tuple[str, str], ...]


def board(viewer: User, asked: Mapping[str, str], *, now: datetime) -> Board:
    """The portfolio of ``viewer``. ``asked``: stage, court, lead, sector, risk, verdict, sort, page.
    Constant queries.

    Verdicts are worked out for the engagements of the page alone, and for all that are left only when one
    asks for a verdict.
    """
    everything = outlines(viewer)
    working = [one for one in everything if one.status in IN_WORK]
    people = _leads(everything)
    shown = _chosen(viewer, everything, asked, people, now=now)
    today = now.date()
    with_date = sorted((one for one in working if one.due is not None), key=_due)
    page = Paginator(shown, PER_PAGE).get_page(asked.get("page") or 1)
    return Board(
        groups=_groups(page, shown, lines_of(viewer, list(page.object_list), now=now), asked.get("sort", "")),
        page=page,
        shown=len(shown),
        in_work=len(working),
        everything=len(everything),
        over=len(everything) - len(working),
        for_us=_waiting(working, Side.CONSULTANCY),
        for_client=_waiting(working, Side.CLIENT),
        due_soon=tuple(one for one in with_date if today <= _due(one) <= today + SOON),
        overdue=tuple(one for one in with_date if _due(one) < today),
        stages=(*StageKind.choices, (OVER, "Completed or stopped")),
        sectors=_sectors(everything),
        leads=tuple(sorted(((key, person.name) for key, person in people.items()), key=lambda pair: pair[1])),
    )


def all_lines(viewer: User, asked: Mapping[str, str], *, now: datetime) -> Iterable[Line]:
    """Every line that was asked for, in its order, worked out some hundred at a time."""
    everything = outlines(viewer)
    shown = _chosen(viewer, everything, asked, _leads(everything), now=now)
    for begin in range(0, len(shown), _AT_ONCE):
        yield from lines_of(viewer, shown[begin : begin + _AT_ONCE], now=now)


_AT_ONCE: Final = 200


def lines_of(viewer: User, chosen: Sequence[Outline], *, now: datetime) -> list[Line]:
    """These engagements with their verdicts, in this order."""
    keys = [one.engagement_id for one in chosen]
    found = {row.pk: row for row in visible_engagements(viewer).filter(pk__in=keys)}
    rows = rows_for([found[key] for key in keys if key in found], now=now)
    costs = _pain_a_year(keys)
    due = {one.engagement_id: one.due for one in chosen}
    return [
        _line(row, due[row.engagement.pk], costs.get(row.engagement.pk), today=now.date()) for row in rows
    ]


def _line(row: PortfolioRow, due: date | None, pain_a_year: Decimal | None, *, today: date) -> Line:
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


def _chosen(
    viewer: User,
    everything: Sequence[Outline],
    asked: Mapping[str, str],
    people: Mapping[str, User],
    *,
    now: datetime,
) -> list[Outline]:
    """What fits the filters, sorted."""
    stage, side, lead = asked.get("stage", ""), asked.get("court", ""), asked.get("lead", "")
    wanted = people[lead].pk if lead in people else None
    over = stage == OVER
    pool = [one for one in everything if (one.status in IN_WORK) != over]
    if stage and not over:
        pool = [one for one in pool if one.stage == stage]
    if side:
        pool = [one for one in pool if one.court.side is not None and one.court.side.value == side]
    if lead:
        pool = [one for one in pool if one.lead_id == wanted]
    if asked.get("sector"):
        pool = [one for one in pool if one.sector == asked["sector"]]
    if asked.get("risk"):
        risky = engagements_at_risk([one.engagement_id for one in pool], asked["risk"])
        pool = [one for one in pool if one.engagement_id in risky]
    if asked.get("verdict"):
        fitting = {
            line.row.engagement.pk
            for line in lines_of(viewer, pool, now=now)
            if _verdict_matches(line.row, asked["verdict"])
        }
        pool = [one for one in pool if one.engagement_id in fitting]
    return _sorted(pool, asked.get("sort", ""))


def _sectors(chosen: Iterable[Outline]) -> tuple[tuple[str, str], ...]:
    """The sectors that these clients work in, by name."""
    present = {one.sector for one in chosen if one.sector}
    return tuple(sorted(((key, Sector(key).label) for key in present), key=lambda pair: pair[1]))


def _verdict_matches(row: PortfolioRow, wanted: str) -> bool:
    return row.readiness.ready if wanted == "ready" else Verdict(wanted) in row.verdicts


def _sorted(chosen: list[Outline], order: str) -> list[Outline]:
    if order == "waiting":
        return sorted(chosen, key=_since)
    if order == "client":
        return chosen
    return sorted(chosen, key=lambda one: (_STAGE_ORDER.get(one.stage, len(_STAGE_ORDER)), _due(one)))


def _since(one: Outline) -> tuple[bool, float]:
    since = one.court.since
    return (since is None, since.timestamp() if since else 0.0)


def _groups(
    page: Page[Outline], shown: Sequence[Outline], lines: Sequence[Line], order: str
) -> tuple[Group, ...]:
    if order:
        return (Group("", len(shown), tuple(lines)),) if lines else ()
    names = {one.engagement_id: _stage_name(one) for one in page.object_list}
    totals: dict[str, int] = {}
    for one in shown:
        totals[_stage_name(one)] = totals.get(_stage_name(one), 0) + 1
    return tuple(
        Group(name, totals[name], tuple(line for line in lines if names[line.row.engagement.pk] == name))
        for name in dict.fromkeys(names.values())
    )


def _stage_name(one: Outline) -> str:
    return one.stage_name or one.status.label


def _due(one: Outline) -> date:
    return one.due or _LAST


def _waiting(chosen: Iterable[Outline], side: Side) -> Waiting:
    mine = [one for one in chosen if one.court.side == side]
    dated = [one for one in mine if one.court.since is not None]
    return Waiting(len(mine), min(dated, key=_since, default=None))


def _leads(chosen: Iterable[Outline]) -> dict[str, User]:
    """The leads of these engagements by their public id. One query."""
    found = User.objects.filter(pk__in={one.lead_id for one in chosen})
    return {person.public_id: person for person in found}
