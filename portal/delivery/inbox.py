"""The inbox: one line for each person who is told of an event."""

from uuid import UUID

from django.utils import timezone

from portal import access
from portal.delivery import told
from portal.events import CATALOGUE
from portal.models import MailWishes, Notification, OutboxEvent, User
from portal.wishes import Wishes, sending

NO_WISHES = Wishes()


def deliver(event: OutboxEvent) -> list[Notification]:
    """Put the event into the inbox of its audience; returns all its notifications, old and new.

    Safe to run twice: a notification is unique per event and person. The actor is not told of what they
    did, and nobody of what they wished not to hear. Runs inside the event's tenant scope.
    """
    kind, now = CATALOGUE.get(event.event), timezone.now()
    if kind is None:
        return []
    people = [person for person in audience(event) if person.pk != event.actor_id]
    chosen = {row.user_id: row.wishes() for row in MailWishes.objects.filter(user__in=people)}
    rows = []
    for person in people:
        plan = sending(kind, chosen.get(person.pk, NO_WISHES), now=now)
        if plan.in_inbox:
            rows.append(
                Notification(
                    tenant_id=event.tenant_id, user=person, event=event, mail=plan.mail,
                    mail_after=plan.after,
                )
            )  # fmt: skip
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Notification.objects.filter(event=event).select_related("user").order_by("pk"))


def audience(event: OutboxEvent) -> list[User]:
    """Who is told now: the holders of the event type's audience, in its engagement or client.

    With them goes the one more person whom the type names, if that person sees the place.
    """
    kind = CATALOGUE.get(event.event)
    if kind is None or not kind.audience:
        return []
    engagement_id: UUID | None = event.engagement_id
    holders = access.holders(kind.audience, tenant_id=event.tenant_id, engagement_id=engagement_id)
    known = {person.pk for person in holders}
    holders += [person for person in told.deputies_for(event, kind.audience) if person.pk not in known]
    if kind.also:
        known = {person.pk for person in holders}
        seers = access.holders("see_engagement", tenant_id=event.tenant_id, engagement_id=engagement_id)
        holders += [row for row in _named(seers, event, kind.also) if row.pk not in known]
    if kind.side:
        holders = [person for person in holders if person.side == kind.side]
    holders = [person for person in holders if told.concerns(event, person)]
    return _named(holders, event, kind.person) if kind.person else holders


def _named(people: list[User], event: OutboxEvent, fact: str) -> list[User]:
    return [person for person in people if person.public_id == event.facts.get(fact)]
