"""The client of Valkey for what workers share beside the database. A call that fails raises at once."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def valkey(url: str | None = None) -> redis.Redis:
    """One client for a process; its connections are opened when they are used."""
    return redis.Redis.from_url(
        url or settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
