"""How one person is told of things now, as the page and the API show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from portal.models import MailWishes, User
from portal.wishes import Channel, Topic


@dataclass(frozen=True, slots=True)
class ShownWishes:
    """``channels`` names every topic. ``quiet_from`` and ``quiet_until`` None: mail may come at any hour."""

    channels: dict[str, str]
    zone: str
    quiet_from: time | None
    quiet_until: time | None
    digest_at: time


def wishes_of(person: User) -> ShownWishes:
    """What the person chose, and mail at once for what nobody chose. One query."""
    row = MailWishes.objects.filter(user=person).first() or MailWishes(user=person)
    channels = dict.fromkeys(Topic.values, Channel.MAIL.value) | row.channels
    return ShownWishes(channels, row.zone, row.quiet_from, row.quiet_until, row.digest_at)
