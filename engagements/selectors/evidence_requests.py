"""The list of what is asked for, with how far each has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from engagements.models import Engagement, EvidenceRequest, EvidenceVersion
from engagements.rules.requests import HandedIn, RequestState, state_of
from engagements.vocabulary import EvidenceStatus
from portal import access
from portal.errors import NotFound
from portal.models import User
from portal.vocabulary import Affiliation


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request as a list shows it. ``newest`` None: nothing handed in yet."""

    row: EvidenceRequest
    state: RequestState
    newest: EvidenceVersion | None
    days_late: int


def visible_requests(viewer: User, engagement_id: UUID | None = None) -> QuerySet[EvidenceRequest]:
    """Requests that ``viewer`` may read, of one engagement or of all, the most urgent first."""
    rows = EvidenceRequest.objects.all()
    if engagement_id is not None:
        rows = rows.filter(engagement_id=engagement_id)
    return access.visible(viewer, rows).select_related("item", "person", "asked_by").order_by("due", "pk")


def request_for(viewer: User, request_id: UUID) -> EvidenceRequest:
    """One request. Raises NotFound."""
    row = visible_requests(viewer).filter(pk=request_id).first()
    if row is None:
        raise NotFound
    return row


def request_lines(rows: Iterable[EvidenceRequest], *, today: date) -> list[RequestLine]:
    """Each with its state; open ones first, late before others. One query more."""
    found = list(rows)
    newest = _newest([row.item_id for row in found if row.item_id is not None])
    lines = []
    for row in found:
        version = newest.get(row.item_id) if row.item_id else None
        state = _state(row, version)
        lines.append(RequestLine(row, state, version, state.days_late(row.due, today=today)))
    return sorted(lines, key=lambda line: (not line.state.is_open, -line.days_late, line.row.due))


def state_of_request(row: EvidenceRequest) -> RequestState:
    """How far this request has come. One query."""
    return _state(row, _newest([row.item_id]).get(row.item_id) if row.item_id else None)


def people_to_ask(engagement: Engagement) -> list[User]:
    """People of the client who can hand in evidence there."""
    people = access.holders("hand_in_evidence", tenant_id=engagement.tenant_id, engagement_id=engagement.pk)
    return [person for person in people if person.side == "client"]


def _newest(item_ids: Sequence[UUID]) -> dict[UUID, EvidenceVersion]:
    rows = EvidenceVersion.objects.filter(item_id__in=item_ids).select_related("handed_in_by")
    return {row.item_id: row for row in rows.order_by("item_id", "-number").distinct("item_id")}


def _state(row: EvidenceRequest, version: EvidenceVersion | None) -> RequestState:
    handed_in = None
    if version is not None:
        handed_in = HandedIn(
            EvidenceStatus(version.status), version.received_at, version.judged_at,
            by_machine=version.handed_in_side == Affiliation.SERVICE,
        )  # fmt: skip
    return state_of(row.created_at, row.withdrawn_at, handed_in)
