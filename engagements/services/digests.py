"""Once a week each side is told what waits for it; its lines are read anew for each reader of the mail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from engagements.events import WAITING_FOR_CLIENT, WAITING_FOR_CONSULTANCY
from engagements.rules.waiting import age_in_words, days_waiting, late_in_words, week_begins
from engagements.selectors.engagements import visible_engagements
from engagements.selectors.waiting import waiting_for
from engagements.vocabulary import Side
from engagements.waiting import Waiting
from portal import access, audit
from portal.events import EventType
from portal.models import LedgerEntry, OutboxEvent, Tenant, User

OF_SIDE = {Side.CLIENT: WAITING_FOR_CLIENT, Side.CONSULTANCY: WAITING_FOR_CONSULTANCY}


@transaction.atomic
def tell_what_waits(*, tenant_id: UUID, now: datetime) -> int:
    """Tell each side of the tenant in scope once a week, if anything waits. Returns how many were told.

    Safe to run twice and by two at once: the ledger says whether this week's was told.
    """
    monday = week_begins(now)
    if now < monday:
        return 0
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    names = [event.name for event in OF_SIDE.values()]
    rows = LedgerEntry.objects.filter(
        tenant_id=tenant_id, engagement_id=None, event__in=names, at__gte=monday
    )
    told = set(rows.values_list("event", flat=True))
    return sum(
        _tell(tenant, side, event, now=now) for side, event in OF_SIDE.items() if event.name not in told
    )


def mine(person: User, tenant_id: UUID, *, now: datetime) -> list[Waiting]:
    """What waits for the side of ``person`` at one client, in the engagements that the person sees."""
    engagements = list(visible_engagements(person).filter(tenant_id=tenant_id))
    side = Side(person.side)
    return [one for one in waiting_for(person, engagements, now=now) if one.side == side]


def lines(event: OutboxEvent, person: User) -> list[str]:
    """The week's mail for one reader: no client's words, nothing of another client; [] if nothing waits."""
    now = timezone.now()
    return [line_of(one, now=now) for one in mine(person, event.tenant_id, now=now)]


def line_of(one: Waiting, *, now: datetime) -> str:
    """``HM-01: seal the criteria, gate 1 (for 12 days, 3 days late)``"""
    told = [age_in_words(days_waiting(one.since, now=now)), late_in_words(one.due, today=now.date())]
    when = ", ".join(word for word in told if word)
    what = one.what[:1].lower() + one.what[1:]
    return f"{one.engagement.code}: {what}" + (f" ({when})" if when else "")


def _tell(tenant: Tenant, side: Side, event: EventType, *, now: datetime) -> bool:
    people = [row for row in access.holders(event.audience, tenant_id=tenant.pk) if row.side == side]
    if not any(mine(person, tenant.pk, now=now) for person in people):
        return False
    year, week, _ = now.isocalendar()
    path = reverse("engagements:waiting", args=[tenant.slug])
    audit.record(actor=None, event=event, subject=tenant, facts={"week": f"{year}-W{week:02}"}, path=path)
    return True
