"""What a person of the client finds first: what to sign, to answer, to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.urls import reverse

from engagements.models import Condition, CriteriaSet, Decision, SuccessMetric
from engagements.rules.metrics import missing_for_seal
from engagements.selectors.approvers import rounds_to_sign
from engagements.selectors.portfolio import PortfolioRow, portfolio
from engagements.vocabulary import UNCLOSED, CriteriaStatus, Verdict
from portal import access
from portal.models import User

RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for the viewer, with the page to do it on."""

    title: str
    text: str
    href: str
    action: str
    since: datetime | None = None
    due: date | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientHome:
    """The three groups in their order, and where the work stands."""

    sign: tuple[Task, ...]
    answer: tuple[Task, ...]
    read: tuple[Task, ...]
    rows: tuple[PortfolioRow, ...]


def client_home(viewer: User, *, now: datetime) -> ClientHome:
    """A constant number of queries. Other apps add to ``answer`` and ``read``."""
    rows = portfolio(viewer, now=now)
    reader = access.of(viewer)
    keys = [row.engagement.pk for row in rows]
    signing = rounds_to_sign(viewer, [row.gate for row in rows if row.round and row.gate], today=now.date())
    deciding = [row for row in rows if row.round and row.round.pk in signing]
    closings = _closings(keys, reader)
    sealing = [row for row in rows if _may_be_sealed(row) and reader.can("seal_for_client", row.engagement)]
    metrics = {row.engagement_id: row for row in SuccessMetric.objects.filter(engagement_id__in=keys)}
    metric_rows = [
        row
        for row in rows
        if _metric_waits(metrics.get(row.engagement.pk)) and reader.can("seal_for_client", row.engagement)
    ]
    return ClientHome(
        sign=(*map(_decide, deciding), *map(_seal, sealing), *map(_seal_metric, metric_rows)),
        answer=tuple(_accept(row) for row in closings),
        read=(
            *(_follow(row) for row in rows if row.round and row not in deciding),
            *_recent(keys, rows, now=now),
        ),
        rows=tuple(rows),
    )


def _closings(keys: Sequence[UUID], reader: access.Access) -> list[Condition]:
    """Conditions that were handed in and wait for the client. One query."""
    rows = Condition.objects.filter(
        engagement_id__in=keys, status__in=UNCLOSED, proposed_by__isnull=False
    ).select_related("engagement__tenant", "proposed_by", "decision__round__gate")
    return [row for row in rows.order_by("proposed_at") if reader.can("close_condition", row)]


def _accept(row: Condition) -> Task:
    name = row.proposed_by.name if row.proposed_by else "Somebody"
    return Task(
        title=f"Is this condition met? {row.text}",
        text=f"{name} handed in what shows it. Gate {row.decision.round.gate.number} was approved with it.",
        href=reverse("engagements:conditions", args=[row.engagement.tenant.slug, row.engagement_id]),
        action="Read and accept",
        since=row.proposed_at,
        due=row.due,
    )


def _may_be_sealed(row: PortfolioRow) -> bool:
    found: CriteriaSet | None = row.criteria_set
    return bool(found and found.status == CriteriaStatus.PROPOSED and found.sealed_by_client_id is None)


def _metric_waits(metric: SuccessMetric | None) -> bool:
    if metric is None or metric.sealed_by_client_id is not None:
        return False
    return not missing_for_seal(metric.terms())


def _decide(row: PortfolioRow) -> Task:
    short = len(row.readiness.blocking)
    state = "Every must-criterion is met." if not short else f"{short} must-criteria are open."
    if short == 1:
        state = "One must-criterion is open."
    return Task(
        title=f"Gate {_number(row)}: {row.gate.question if row.gate else ''}",
        text=f"{state} {row.readiness.met} of {row.readiness.total} criteria are met in all.",
        href=_round_href(row),
        action="Read and decide",
        since=row.round.submitted_at if row.round else None,
        due=row.round.due if row.round else None,
        verdicts=row.verdicts,
    )


def _seal(row: PortfolioRow) -> Task:
    return Task(
        title=f"Seal the criteria of gate {_number(row)}",
        text="They say what has to be shown before you decide. Nothing is measured before both sides sealed.",
        href=reverse(
            "engagements:gate",
            args=[row.engagement.tenant.slug, row.engagement.pk, row.gate.pk if row.gate else None],
        ),
        action="Read and seal",
        since=row.court.since,
    )


def _seal_metric(row: PortfolioRow) -> Task:
    return Task(
        title="Seal the success metric",
        text="It says what has to move, by how much, and what must not suffer.",
        href=reverse("engagements:success_metric", args=[row.engagement.tenant.slug, row.engagement.pk]),
        action="Read and seal",
    )


def _follow(row: PortfolioRow) -> Task:
    who = row.person.name if row.person else "the sponsor"
    return Task(
        title=f"Gate {_number(row)} waits for its decision",
        text=f"{who} decides.",
        href=_round_href(row),
        action="Read the brief",
        since=row.court.since,
        due=row.round.due if row.round else None,
        verdicts=row.verdicts,
    )


def _recent(keys: Sequence[UUID], rows: Iterable[PortfolioRow], *, now: datetime) -> list[Task]:
    slugs = {row.engagement.pk: row.engagement.tenant.slug for row in rows}
    found = (
        Decision.objects.filter(engagement_id__in=keys, decided_at__gte=now - timedelta(days=RECENT_DAYS))
        .select_related("round__gate", "decided_by")
        .order_by("-decided_at")
    )
    return [
        Task(
            title=f"Gate {row.round.gate.number}: {row.outcome_past}",
            text=f"Signed by {row.decided_by.name}.",
            href=reverse(
                "engagements:receipt", args=[slugs[row.engagement_id], row.engagement_id, row.round_id]
            ),
            action="Read the decision",
            since=row.decided_at,
        )
        for row in found
    ]


def _round_href(row: PortfolioRow) -> str:
    if row.round is None:
        raise ValueError("only an open round has a brief to sign")
    return reverse("engagements:brief", args=[row.engagement.tenant.slug, row.engagement.pk, row.round.pk])


def _number(row: PortfolioRow) -> int:
    return row.gate.number if row.gate else 0
