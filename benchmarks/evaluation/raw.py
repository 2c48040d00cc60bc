"""The raw loop: the same HTTP client, without grading or storing, in as many processes as are compared."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import time
from typing import Any

import aiohttp

from demos.engine.runner import fast_loop_factory


def answers_per_second(url: str, *, count: int, connections: int, processes: int) -> float:
    """Encode, post, read, parse, look for the answer: so many a second over all processes together."""
    shares = [(url, range(p, count, processes), max(1, connections // processes)) for p in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_nothing, range(processes))  # the processes are up and have imported before time counts
        began = time.perf_counter()
        done = sum(pool.starmap(_loop, shares, chunksize=1))
        return done / (time.perf_counter() - began)


def _nothing(_: int) -> None:
    return None


def _loop(url: str, numbers: range, connections: int) -> int:
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        return runner.run(_ask_all(url, numbers, connections))


async def _ask_all(url: str, numbers: range, connections: int) -> int:
    waiting = iter(numbers)
    found = 0

    async def ask(session: aiohttp.ClientSession) -> None:
        nonlocal found
        for number in waiting:
            question = f"What is the code of number {number}"
            body: Any = {"model": "bench", "messages": [{"role": "user", "content": question}]}
            async with session.post(url, data=json.dumps(body).encode()) as answer:
                said = json.loads(await answer.read())["choices"][0]["message"]["content"]
            found += bool(said)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(ask(session) for _ in range(connections)))
    return found
