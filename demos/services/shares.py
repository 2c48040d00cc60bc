"""What a target takes, divided between all shards that call it, over all workers.

Each shard holds a slice of the target's concurrency and rate in Valkey and renews it twice a second: never a
call per request. A slice is granted only from what no other shard holds, so the sum never exceeds the limit;
what is under way beyond a smaller slice is held until it came back. A shard that dies lets its slice run out.
A rest that the target asks one shard for holds for all.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from demos.engine.shares import Share
from demos.valkey import valkey

HELD_FOR_MS = 5_000
"""After this a silent shard's slice is free again: ten missed renewals."""
ROTATION_MS = 10_000
"""When there are more shards than calls at a time, those that wait change places this often."""

logger = logging.getLogger(__name__)

RENEW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local owner, capacity, rate = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local under_way, held_ms, rest_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], 0, now)) do
    redis.call('ZREM', KEYS[1], dead)
    redis.call('HDEL', KEYS[2], dead)
    redis.call('HDEL', KEYS[3], dead)
end
redis.call('ZADD', KEYS[1], now + held_ms, owner)
local rank, count = 0, 0
for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    count = count + 1
    if other < owner then rank = rank + 1 end
end
rank = (rank + math.floor(now / tonumber(ARGV[7]))) % count
local function free(key, total)
    local left = total
    local held = redis.call('HGETALL', key)
    for index = 1, #held, 2 do
        if held[index] ~= owner then left = left - tonumber(held[index + 1]) end
    end
    return math.max(left, 0)
end
local mine = tonumber(redis.call('HGET', KEYS[2], owner) or '0')
local wanted = math.floor(capacity / count)
if rank < capacity % count then wanted = wanted + 1 end
local granted = math.min(wanted, free(KEYS[2], capacity))
redis.call('HSET', KEYS[2], owner, math.max(granted, math.min(under_way, mine)))
local pace = -1
if rate > 0 then
    pace = math.min(rate / count, free(KEYS[3], rate))
    redis.call('HSET', KEYS[3], owner, tostring(pace))
end
for index = 1, 3 do redis.call('PEXPIRE', KEYS[index], held_ms * 4) end
local resting = redis.call('PTTL', KEYS[4])
if rest_ms > 0 and rest_ms > resting then
    redis.call('SET', KEYS[4], '1', 'PX', rest_ms)
    resting = rest_ms
end
return {granted, tostring(pace), math.max(resting, 0), count}
"""


@dataclass(slots=True)
class TargetShares:
    """The slices of one shard. ``parts`` is how many shards call this target now, this one included."""

    target_id: UUID
    owner: UUID
    concurrency: int
    per_second: float | None
    call: Callable[[Callable[[], Any]], Any]
    parts: int = 1
    _warned: bool = field(default=False)

    async def renew(self, *, under_way: int, rest_s: float) -> Share:
        """The share from now on. Without Valkey: that of one among as many shards as there may be."""
        try:
            granted, pace, resting_ms, self.parts = await self.call(lambda: self._renew(under_way, rest_s))
        except redis.RedisError:
            self._warn()
            return self._alone()
        per_second = float(pace) if float(pace) >= 0 else None
        if per_second == 0.0:
            return Share(0, None, resting_ms / 1000)
        return Share(int(granted), per_second, resting_ms / 1000)

    async def leave(self) -> None:
        """Give the slices back."""
        try:
            await self.call(self._leave)
        except redis.RedisError:
            self._warn()

    def _renew(self, under_way: int, rest_s: float) -> list[Any]:
        found: Any = valkey().eval(
            RENEW, 4, *self._keys(), str(self.owner), self.concurrency, self.per_second or 0,
            under_way, HELD_FOR_MS, int(rest_s * 1000), ROTATION_MS,
        )  # fmt: skip
        return list(found)

    def _leave(self) -> None:
        members, slots, rates, _ = self._keys()
        with valkey().pipeline() as pipe:
            pipe.zrem(members, str(self.owner))
            pipe.hdel(slots, str(self.owner))
            pipe.hdel(rates, str(self.owner))
            pipe.execute()

    def _keys(self) -> tuple[str, str, str, str]:
        """The braces keep the keys of one target in one slot of a cluster."""
        base = f"gatehouse:share:{{{self.target_id}}}"
        return f"{base}:shards", f"{base}:slots", f"{base}:rates", f"{base}:rest"

    def _alone(self) -> Share:
        most = max(1, settings.EVALUATION_SHARDS)
        rate = None if self.per_second is None else self.per_second / most
        return Share(max(1, self.concurrency // most), rate)

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            logger.warning("Valkey does not answer; this shard keeps to its smallest share", exc_info=True)


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run blocking work beside the loop."""
    return await asyncio.to_thread(work)
