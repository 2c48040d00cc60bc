"""The inbox: one line for each person who is told of an event."""

from uuid import UUID

from portal import access
from portal.events import CATALOGUE
from portal.models import Notification, OutboxEvent, User


def deliver(event: OutboxEvent) -> list[Notification]:
    """Put the event into the inbox of its audience; returns all its notifications, old and new.

    Safe to run twice: a notification is unique per event and person. The actor is not told of
    what they did. Runs inside the event's tenant scope.
    """
    rows = [
        Notification(tenant_id=event.tenant_id, user=person, event=event)
        for person in audience(event)
        if person.pk != event.actor_id
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Notification.objects.filter(event=event).select_related("user").order_by("pk"))


def audience(event: OutboxEvent) -> list[User]:
    """Who is told now: the holders of the event type's audience, in its engagement or client."""
    kind = CATALOGUE.get(event.event)
    if kind is None or not kind.audience:
        return []
    engagement_id: UUID | None = event.engagement_id
    holders = access.holders(kind.audience, tenant_id=event.tenant_id, engagement_id=engagement_id)
    if not kind.person:
        return holders
    return [person for person in holders if person.public_id == event.facts.get(kind.person)]
