"""Keep how one person wants to be told of things."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.errors import FieldError, Invalid
from portal.models import MailWishes, User
from portal.wishes import Channel, Topic


def save_mail_wishes(
    *,
    by: User,
    channels: Mapping[str, str],
    zone: str,
    quiet: tuple[time | None, time | None],
    digest_at: time,
) -> MailWishes:
    """Store the wishes of ``by``. ``quiet``: both None, or from and until. Raises Invalid."""
    faults = [
        FieldError(f"/{topic}", "unknown", "Choose one of the four ways.")
        for topic, channel in channels.items()
        if topic not in Topic.values or channel not in Channel.values
    ]
    if not _is_zone(zone):
        faults.append(FieldError("/zone", "unknown", "Choose a time zone such as Europe/Berlin."))
    begins, ends = quiet
    if (begins is None) != (ends is None):
        place = "/quiet_from" if begins is None else "/quiet_until"
        faults.append(FieldError(place, "missing", "Quiet hours have a beginning and an end."))
    elif begins is not None and begins == ends:
        faults.append(FieldError("/quiet_until", "same", "They end at another time than they begin."))
    if faults:
        raise Invalid(faults[0].detail, errors=faults)
    chosen = {topic: channel for topic, channel in channels.items() if channel != Channel.MAIL}
    row, _ = MailWishes.objects.update_or_create(
        user=by,
        defaults={
            "channels": chosen, "zone": zone, "quiet_from": begins, "quiet_until": ends,
            "digest_at": digest_at,
        },
    )  # fmt: skip
    return row


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
