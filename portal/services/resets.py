"""A forgotten password: the request only notes the address; the mail is written and sent afterwards.

So the answer and its time are the same whether the address has an account or not, a slow mail server
holds up nobody, and a crash between commit and mail loses nothing: the row waits for the next tick.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from portal import outbox
from portal.delivery import mail
from portal.models import ResetRequest

BATCH: Final = 200
HOLD_S: Final = 60
"""How long one deliverer keeps the queue to itself. It only spares repeated mails: no rule rests on it."""

TRIED_FOR: Final = timedelta(days=1)
"""An address that no mail server takes is given up after this."""

logger = logging.getLogger(__name__)


@transaction.atomic
def ask_for_reset(*, email: str) -> None:
    """Note that somebody wants a new password. Asking again while the mail waits changes nothing."""
    waiting = ResetRequest(email=email.strip().lower())
    ResetRequest.objects.bulk_create([waiting], ignore_conflicts=True)
    outbox.kick_resets()


def deliver_resets() -> int:
    """Write and send the mails that wait, oldest first; returns how many went out. Safe to run twice.

    Sent outside any transaction. A row goes only after its mail was taken; one that fails waits for the
    next tick and holds up no other.
    """
    waiting = list(ResetRequest.objects.order_by("created_at", "pk")[:BATCH])
    if not waiting or not cache.add("deliver:resets", 1, timeout=HOLD_S):
        return 0
    try:
        return sum(_deliver(one) for one in waiting)
    finally:
        cache.delete("deliver:resets")


def _deliver(waiting: ResetRequest) -> bool:
    """One mail. False when it was not taken."""
    letter = mail.reset_letter(waiting)
    try:
        letter.send()
    except (OSError, SMTPException):
        is_late = timezone.now() - waiting.created_at > TRIED_FOR
        logger.warning(
            "mail was given up" if is_late else "mail was not taken",
            extra={"message_id": letter.message_id},
            exc_info=True,
        )
        if is_late:
            waiting.delete()
        return False
    waiting.delete()
    return True
