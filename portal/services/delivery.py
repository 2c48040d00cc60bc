"""Delivery of the outbox: at least once, in order of events, nothing lost by a crash at any point.

An event is marked dispatched only after all its readers have it. Inbox lines are written in one
transaction; mails are sent outside any transaction, and each is marked as soon as it is out. Mails that
somebody wished to have later wait as inbox lines and go out by the same tick.
"""

import itertools
import logging
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone

from portal.delivery import inbox, mail
from portal.models import Notification, OutboxEvent, Tenant
from portal.scope import tenant_scope
from portal.wishes import MailKind

BATCH: Final = 200
HOLD_S: Final = 60
"""How long one deliverer keeps a tenant to itself. It only spares repeated mails: no rule rests on it."""

Post = tuple[list[UUID], mail.Letter]
"""A mail, and the inbox lines that it tells of."""

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
        later = Notification.objects.filter(mailed_at__isnull=True, mail_after__lte=timezone.now())
        is_due = later.exclude(mail=MailKind.NONE).exists()
    if not (waiting or is_due) or not cache.add(f"deliver:{tenant_id}", 1, timeout=HOLD_S):
        return 0
    try:
        done = sum(_deliver_event(tenant_id, key) for key in waiting)
        _deliver_later(tenant_id)
        return done
    finally:
        cache.delete(f"deliver:{tenant_id}")


def _deliver_event(tenant_id: UUID, event_id: UUID) -> bool:
    """Inbox, then mail, then the mark. True when the event is done."""
    with tenant_scope([tenant_id]):
        event = OutboxEvent.objects.select_related("tenant").get(pk=event_id)
        if event.dispatched_at is not None:
            return True
        letters: list[Post] = [
            ([line.pk], mail.event_letter(event, event.tenant, line.user))
            for line in inbox.deliver(event)
            if _goes_now(line)
        ]
        invitation = mail.invitation_letter(event)
        if invitation is not None:
            letters.append(([], invitation))
    sent = [_send(tenant_id, lines, letter) for lines, letter in letters]
    if not all(sent):
        return False
    with tenant_scope([tenant_id]):
        OutboxEvent.objects.filter(pk=event_id, dispatched_at__isnull=True).update(
            dispatched_at=timezone.now()
        )
    return True


def _goes_now(line: Notification) -> bool:
    waits = line.mail_after is not None and line.mail_after > timezone.now()
    return line.mailed_at is None and line.mail == MailKind.SINGLE and not waits


def _deliver_later(tenant_id: UUID) -> None:
    """Mails that waited for the end of quiet hours or for the day's mail, to who may still read them."""
    with tenant_scope([tenant_id]):
        rows = list(
            Notification.objects.filter(
                mailed_at__isnull=True, mail_after__lte=timezone.now(), event__dispatched_at__isnull=False
            )
            .exclude(mail=MailKind.NONE)
            .select_related("user", "event", "tenant")
            .order_by("created_at", "pk")[:BATCH]
        )
        letters = _letters_of([row for row in rows if row.user in inbox.audience(row.event)])
        gone = [row.pk for row in rows if not any(row.pk in keys for keys, _ in letters)]
        Notification.objects.filter(pk__in=gone).update(mail=MailKind.NONE)
    for keys, letter in letters:
        _send(tenant_id, keys, letter)


def _letters_of(rows: list[Notification]) -> list[Post]:
    """One mail for each single line, and one for all lines of a person's digest."""
    singles = [row for row in rows if row.mail == MailKind.SINGLE]
    letters: list[Post] = [([row.pk], mail.event_letter(row.event, row.tenant, row.user)) for row in singles]
    for _, group in itertools.groupby(
        sorted((row for row in rows if row.mail == MailKind.DIGEST), key=lambda row: row.user_id),
        key=lambda row: row.user_id,
    ):
        lines = list(group)
        letters.append(([row.pk for row in lines], mail.digest_letter(lines, lines[0].tenant)))
    return letters


def _send(tenant_id: UUID, lines: Sequence[UUID], letter: mail.Letter) -> bool:
    """Send one mail and mark its lines; False when the server did not take it: the next tick tries again."""
    try:
        letter.send()
    except (OSError, SMTPException):
        logger.warning("mail was not taken", extra={"message_id": letter.message_id}, exc_info=True)
        return False
    if lines:
        with tenant_scope([tenant_id]):
            Notification.objects.filter(pk__in=lines).update(mailed_at=timezone.now())
    return True
