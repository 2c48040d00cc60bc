"""What waits for whom, since when and until when: gates, conditions, questions, evidence, other apps' own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from engagements.models import (
    Condition,
    Decision,
    Engagement,
    EvidenceRequest,
    EvidenceVersion,
    PilotPlan,
    Question,
    SuccessMetric,
)
from engagements.rules.metrics import missing_for_seal
from engagements.rules.waiting import first_comes
from engagements.selectors.evidence_requests import RequestLine, request_lines, visible_requests
from engagements.selectors.pilot import sealed_sides
from engagements.selectors.portfolio import PortfolioRow, rows_for
from engagements.vocabulary import (
    OPEN_ROUNDS,
    UNCLOSED,
    EngagementStatus,
    EvidenceStatus,
    Outcome,
    Side,
)
from engagements.waiting import Waiting, sources
from portal import access
from portal.models import User
from portal.vocabulary import Affiliation, Visibility

Part = Callable[[User, dict[UUID, Engagement], datetime], list[Waiting]]


def waiting_for(viewer: User, engagements: Sequence[Engagement], *, now: datetime) -> list[Waiting]:
    """Everything open there that the viewer may read, what is late first. Constant query count."""
    by_key = {row.pk: row for row in engagements}
    parts: tuple[Part, ...] = (
        _gates,
        _holds,
        _questions,
        _conditions,
        _metrics,
        _plans,
        _requests,
        _evidence,
    )
    found = [one for part in parts for one in part(viewer, by_key, now)]
    found += [one for source in sources for one in source(viewer, engagements, now)]
    return sorted(found, key=lambda one: first_comes(one.since, one.due, today=now.date()))


def _gates(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Whose turn it is with the gate of the current stage."""
    return [_of_gate(row) for row in rows_for(list(by_key.values()), now=now) if row.court.side and row.gate]


def _of_gate(row: PortfolioRow) -> Waiting:
    if row.gate is None or row.court.side is None:
        raise ValueError("only a gate that somebody has to move waits")
    place = [row.engagement.tenant.slug, row.engagement.pk]
    if row.round is not None:
        href = reverse("engagements:brief", args=[*place, row.round.pk])
    else:
        href = reverse("engagements:gate", args=[*place, row.gate.pk])
    return Waiting(
        engagement=row.engagement,
        side=row.court.side,
        what=f"{row.court.what}, gate {row.gate.number}",
        href=href,
        since=row.court.since,
        detail=row.gate.question,
        due=row.round.due if row.round else None,
        person=row.person,
    )


def _holds(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Holds whose date has come: somebody has to go on, or to decide anew."""
    held = [key for key, row in by_key.items() if row.status == EngagementStatus.ON_HOLD]
    rows = Decision.objects.filter(engagement_id__in=held, outcome=Outcome.HOLD, hold_until__lte=now.date())
    newest = {row.engagement_id: row for row in rows.select_related("round__gate").order_by("decided_at")}
    return [
        Waiting(
            engagement=by_key[key],
            side=Side.CONSULTANCY,
            what=f"Go on after the hold of gate {row.round.gate.number}",
            href=_href(by_key[key], "engagements:overview"),
            since=datetime.combine(row.hold_until, time(), UTC) if row.hold_until else None,
            person=by_key[key].lead,
        )
        for key, row in newest.items()
    ]


def _questions(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Questions that do not stop the clock; those that do are the gate's own turn."""
    rows = Question.objects.filter(
        engagement_id__in=by_key, closed_at=None, is_blocking=False, round__status__in=OPEN_ROUNDS
    ).select_related("round__gate")
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=Side.CONSULTANCY,
            what=f"Answer a question about gate {row.round.gate.number}",
            href=_href(by_key[row.engagement_id], "engagements:brief", row.round_id),
            since=row.asked_at,
            detail=row.text,
        )
        for row in rows
    ]


def _conditions(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Handed in: the client accepts it. Not yet: its owner's side."""
    rows = Condition.objects.filter(engagement_id__in=by_key, status__in=UNCLOSED)
    found = []
    for row in rows.select_related("owner", "decision__round__gate"):
        number, handed_in = row.decision.round.gate.number, row.proposed_at is not None
        verb = "Accept or send back" if handed_in else "Hand in what meets"
        found.append(
            Waiting(
                engagement=by_key[row.engagement_id],
                side=Side.CLIENT if handed_in else Side(row.owner.side),
                what=f"{verb} a condition of gate {number}",
                href=_href(by_key[row.engagement_id], "engagements:conditions"),
                since=row.proposed_at or row.created_at,
                detail=row.text,
                due=row.due,
                person=None if handed_in else row.owner,
            )
        )
    return found


def _metrics(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """A success metric that is whole and lacks the seal of a side."""
    rows = SuccessMetric.objects.filter(
        engagement_id__in=[key for key, row in by_key.items() if row.status == EngagementStatus.ACTIVE],
        sealed_at=None,
    )
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=side,
            what="Seal the success metric",
            href=_href(by_key[row.engagement_id], "engagements:success_metric"),
        )
        for row in rows
        if not missing_for_seal(row.terms())
        for side in Side
        if getattr(row, f"sealed_by_{side}_id") is None
    ]


def _plans(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """The newest plan of a pilot, while it lacks the seal of a side."""
    rows = PilotPlan.objects.filter(
        engagement_id__in=[key for key, row in by_key.items() if row.status == EngagementStatus.ACTIVE]
    )
    newest = rows.order_by("engagement_id", "-number").distinct("engagement_id").prefetch_related("seals")
    return [
        Waiting(
            engagement=by_key[row.engagement_id],
            side=side,
            what="Seal the plan of the pilot",
            href=_href(by_key[row.engagement_id], "engagements:pilot_plan"),
            since=row.created_at,
        )
        for row in newest
        for side in Side
        if side not in sealed_sides(row)
    ]


def _requests(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Evidence that was asked for: to be sent by the client, or to be judged."""
    rows = visible_requests(viewer).filter(engagement_id__in=by_key, withdrawn_at=None)
    lines = request_lines(rows, today=now.date())
    return [_of_request(line, by_key[line.row.engagement_id]) for line in lines if line.state.is_open]


def _of_request(line: RequestLine, engagement: Engagement) -> Waiting:
    if line.state.side is None:
        raise ValueError("a request that is over waits for nobody")
    wanted = line.state.is_wanted
    return Waiting(
        engagement=engagement,
        side=line.state.side,
        what="Send evidence that was asked for" if wanted else "Accept or send back evidence",
        href=f"{_href(engagement, 'engagements:evidence_requests')}#{line.row.public_id}",
        since=line.state.since,
        detail=line.row.title,
        due=line.row.due if wanted else None,
        person=line.row.person if wanted else None,
    )


def _evidence(viewer: User, by_key: dict[UUID, Engagement], now: datetime) -> list[Waiting]:
    """Evidence that was handed in without being asked for: the other side judges it."""
    reader = access.of(viewer)
    inside = [key for key, row in by_key.items() if reader.can("see_internal", row)]
    asked_for = EvidenceRequest.objects.filter(item__isnull=False).values("item_id")
    newest = (
        EvidenceVersion.objects.filter(item__engagement_id__in=by_key)
        .filter(Q(item__visibility=Visibility.CLIENT) | Q(item__engagement_id__in=inside))
        .exclude(item_id__in=asked_for)
        .select_related("item")
        .order_by("item_id", "-number")
        .distinct("item_id")
    )
    return [
        Waiting(
            engagement=by_key[row.item.engagement_id],
            side=Side.CONSULTANCY if row.handed_in_side == Affiliation.CLIENT else Side.CLIENT,
            what="Accept or send back evidence",
            href=_href(by_key[row.item.engagement_id], "engagements:evidence_item", row.item_id),
            since=row.received_at,
            detail=row.item.title,
        )
        for row in newest
        if row.status == EvidenceStatus.RECEIVED
    ]


def _href(engagement: Engagement, name: str, *keys: UUID) -> str:
    return reverse(name, args=[engagement.tenant.slug, engagement.pk, *keys])
