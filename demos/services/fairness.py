"""One client's long run does not hold up another's: a shard hands over when somebody else waits.

Runs that wait for a worker and shards that work stand in two sets in Valkey, by tenant. A shard asks twice a
second; after a slice of time it hands over if a tenant waits that has fewer shards at work than its own. The
broker's queue is first come, first served, so the one that waits is served before the one that hands over.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import redis

from demos.valkey import valkey

WAITING, WORKING = "gatehouse:{evaluate}:waiting", "gatehouse:{evaluate}:working"
WAITS_FOR_MS = 60_000
"""A run that waits says so again before this is over, or it is not there any more."""
WORKS_FOR_MS = 5_000

logger = logging.getLogger(__name__)

LOOK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], 0, now)
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), ARGV[1] .. '/' .. ARGV[2])
local at_work = {}
for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local tenant = string.match(member, '^[^/]+')
    at_work[tenant] = (at_work[tenant] or 0) + 1
end
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local tenant = string.match(member, '^[^/]+')
    if tenant ~= ARGV[1] and (at_work[tenant] or 0) < at_work[ARGV[1]] then return 1 end
end
return 0
"""
REMOVE = "return redis.call('ZREM', KEYS[1], ARGV[1])"
ADD = """
local clock = redis.call('TIME')
redis.call('ZADD', KEYS[1], clock[1] * 1000 + tonumber(ARGV[2]), ARGV[1])
return 0
"""


def note_waiting(tenant_id: UUID, run_id: UUID) -> None:
    """A run has sent shards to the queue."""
    _script(ADD, [WAITING], f"{tenant_id}/{run_id}", WAITS_FOR_MS)


def note_served(tenant_id: UUID, run_id: UUID) -> None:
    """A worker has taken a shard of the run."""
    _script(REMOVE, [WAITING], f"{tenant_id}/{run_id}")


def note_done(tenant_id: UUID, owner: UUID) -> None:
    """A shard has ended."""
    _script(REMOVE, [WORKING], f"{tenant_id}/{owner}")


def should_hand_over(tenant_id: UUID, owner: UUID) -> bool:
    """Whether another tenant waits that has fewer shards at work than this one. False without Valkey."""
    return bool(_script(LOOK, [WAITING, WORKING], str(tenant_id), str(owner), WORKS_FOR_MS))


def _script(script: str, keys: list[str], *words: str | int) -> Any:
    try:
        return valkey().eval(script, len(keys), *keys, *words)
    except redis.RedisError:
        logger.warning("Valkey does not answer; who waits is not known", exc_info=True)
        return None
