"""How many requests a second a target answers by itself: the ceiling that no portal can exceed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp


def requests_per_second(url: str, bodies: Sequence[dict[str, Any]], *, connections: int) -> float:
    """Answers a second over so many kept-alive connections, each body asked once. Raises on a failure."""
    return asyncio.run(_ask_all(url, bodies, connections))


async def _ask_all(url: str, bodies: Sequence[dict[str, Any]], connections: int) -> float:
    waiting = iter(bodies)

    async def ask(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            async with session.post(url, json=body) as response:
                response.raise_for_status()
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(ask(session) for _ in range(connections)))
        return len(bodies) / (time.perf_counter() - started)
