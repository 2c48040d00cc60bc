"""How far a request for evidence has come, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from engagements.vocabulary import EvidenceStatus, RequestStatus, Side


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The newest version of what was handed in for a request. ``judged_at`` None: nobody has judged it.

    ``by_machine``: a service handed it in, so a person of the client accepts it, not the consultancy.
    """

    status: EvidenceStatus
    received_at: datetime
    judged_at: datetime | None
    by_machine: bool = False


@dataclass(frozen=True, slots=True)
class RequestState:
    """``side`` None: nobody's turn, it is over. ``since``: from when on it is so."""

    status: RequestStatus
    side: Side | None
    since: datetime

    @property
    def is_open(self) -> bool:
        return self.side is not None

    @property
    def is_wanted(self) -> bool:
        """Whether something has to be handed in."""
        return self.status in (RequestStatus.ASKED, RequestStatus.RETURNED)

    def days_late(self, due: date, *, today: date) -> int:
        """Days after the due date while something has to be handed in; otherwise 0."""
        return max((today - due).days, 0) if self.is_wanted else 0


def state_of(asked_at: datetime, withdrawn_at: datetime | None, handed_in: HandedIn | None) -> RequestState:
    """Withdrawn stays withdrawn; otherwise it is as far as the newest version of what was handed in."""
    if withdrawn_at is not None:
        return RequestState(RequestStatus.WITHDRAWN, None, withdrawn_at)
    if handed_in is None:
        return RequestState(RequestStatus.ASKED, Side.CLIENT, asked_at)
    if handed_in.status == EvidenceStatus.RECEIVED:
        judge = Side.CLIENT if handed_in.by_machine else Side.CONSULTANCY
        return RequestState(RequestStatus.RECEIVED, judge, handed_in.received_at)
    since = handed_in.judged_at or handed_in.received_at
    if handed_in.status == EvidenceStatus.ACCEPTED:
        return RequestState(RequestStatus.ACCEPTED, None, since)
    return RequestState(RequestStatus.RETURNED, Side.CLIENT, since)
