"""Delivery of the outbox: at least once, in order of events, nothing lost by a crash at any point.

An event is marked dispatched only after all its readers have it. Inbox lines are written in one
transaction; mails are sent outside any transaction, and each is marked as soon as it is out.
"""

import logging
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone

from portal.delivery import inbox, mail
from portal.models import Notification, OutboxEvent, Tenant
from portal.scope import tenant_scope

BATCH: Final = 200
HOLD_S: Final = 60
"""How long one deliverer keeps a tenant to itself. It only spares repeated mails: no rule rests on it."""

logger = logging.getLogger(__name__)


def deliver_waiting(*, tenant_id: UUID | None = None) -> int:
    """Deliver what waits, of one client or of all, client by client. Returns the number of events done."""
    if tenant_id is not None:
        return _deliver_tenant(tenant_id)
    return sum(_deliver_tenant(key) for key in Tenant.objects.values_list("pk", flat=True).order_by("pk"))


def _deliver_tenant(tenant_id: UUID) -> int:
    with tenant_scope([tenant_id]):
        waiting = list(
            OutboxEvent.objects.filter(tenant_id=tenant_id, dispatched_at__isnull=True)
            .order_by("created_at", "pk")
            .values_list("pk", flat=True)[:BATCH]
        )
    if not waiting or not cache.add(f"deliver:{tenant_id}", 1, timeout=HOLD_S):
        return 0
    try:
        return sum(_deliver_event(tenant_id, key) for key in waiting)
    finally:
        cache.delete(f"deliver:{tenant_id}")


def _deliver_event(tenant_id: UUID, event_id: UUID) -> bool:
    """Inbox, then mail, then the mark. True when the event is done."""
    with tenant_scope([tenant_id]):
        event = OutboxEvent.objects.select_related("tenant").get(pk=event_id)
        if event.dispatched_at is not None:
            return True
        letters: list[tuple[UUID | None, mail.Letter]] = [
            (line.pk, mail.event_letter(event, event.tenant, line.user))
            for line in inbox.deliver(event)
            if line.mailed_at is None
        ]
        invitation = mail.invitation_letter(event)
        if invitation is not None:
            letters.append((None, invitation))
    sent = [_send(tenant_id, line, letter) for line, letter in letters]
    if not all(sent):
        return False
    with tenant_scope([tenant_id]):
        OutboxEvent.objects.filter(pk=event_id, dispatched_at__isnull=True).update(
            dispatched_at=timezone.now()
        )
    return True


def _send(tenant_id: UUID, line_id: UUID | None, letter: mail.Letter) -> bool:
    """Send one mail and mark it; False when the server did not take it, so that the next tick tries again."""
    try:
        letter.send()
    except (OSError, SMTPException):
        logger.warning("mail was not taken", extra={"message_id": letter.message_id}, exc_info=True)
        return False
    if line_id is not None:
        with tenant_scope([tenant_id]):
            Notification.objects.filter(pk=line_id).update(mailed_at=timezone.now())
    return True
