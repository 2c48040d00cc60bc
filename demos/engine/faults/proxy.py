"""The proxy: passes requests on to one system, spoils those that the plan names, and notes every try.

It listens on loopback unless told otherwise, and speaks to its one upstream through the engine's HTTP door.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from demos.engine.faults.observed import Asked
from demos.engine.faults.plan import Fault, FaultPlan
from demos.engine.http import CallFailed, Door, EgressRules, Response
from demos.engine.targets.spec import Timeouts

MOST_BYTES: Final = 10 * 1024 * 1024
PIECES: Final = 20
"""Pieces in which a slow answer drips."""
_NOT_PASSED_ON: Final = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
)
_TIMEOUTS: Final = Timeouts(connect_s=10, first_byte_s=120, total_s=300)


class FaultProxy:
    """Use as ``async with FaultProxy(plan, upstream) as proxy``; its address is ``proxy.url``."""

    def __init__(self, plan: FaultPlan, upstream: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.plan = plan
        self.upstream = upstream.rstrip("/")
        self.requests: dict[str, Asked] = {}
        self.url = ""
        self._where = (host, port)
        self._began = time.monotonic()
        parts = urlsplit(self.upstream)
        known = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        self._door = Door(EgressRules(internal=frozenset({known}), hosts=frozenset({known[0]})))
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> FaultProxy:
        await self._door.__aenter__()
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._where)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._began = time.monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._door.__aexit__(None, None, None)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.method not in ("GET", "POST"):
            return web.Response(status=405, text="The fault proxy passes GET and POST on.")
        key = _fingerprint(request.method, request.path_qs, body)
        asked = self.requests.setdefault(key, Asked(self.plan.fault_of(key)))
        spoils = asked.fault is not None and (len(asked.at) < self.plan.tries or self.plan.lasts(key))
        asked.at.append(time.monotonic() - self._began)
        asked.faulted.append(spoils)
        if asked.fault is None or not spoils:
            return await self._plain(request, body)
        return await _FAULTS[asked.fault](self, request, body)

    async def _plain(self, request: web.Request, body: bytes) -> web.StreamResponse:
        try:
            answer = await self._passed_on(request, body)
        except CallFailed as problem:
            return web.Response(status=502, text=f"The system behind the fault proxy: {problem.detail}")
        return web.Response(status=answer.status, body=answer.body, headers=_headers(answer))

    async def _passed_on(self, request: web.Request, body: bytes) -> Response:
        url = f"{self.upstream}{request.path_qs}"
        headers = {
            name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON
        }
        if request.method == "GET":
            return await self._door.get(url, headers=headers, timeouts=_TIMEOUTS, max_bytes=MOST_BYTES)
        return await self._door.post(
            url, body=body, headers=headers, timeouts=_TIMEOUTS, max_bytes=MOST_BYTES
        )

    async def _delayed(self, request: web.Request, body: bytes) -> web.StreamResponse:
        await asyncio.sleep(self.plan.delay_s)
        return await self._plain(request, body)

    async def _limited(self, request: web.Request, body: bytes) -> web.StreamResponse:
        wait = {"Retry-After": f"{self.plan.retry_after_s:g}"}
        return web.json_response({"error": {"message": "Too many requests."}}, status=429, headers=wait)

    async def _broken(self, request: web.Request, body: bytes) -> web.StreamResponse:
        return web.json_response({"error": {"message": "The server is overloaded."}}, status=503)

    async def _malformed(self, request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response(text='{"choices": [{"message": {"content": ', content_type="application/json")

    async def _reset(self, request: web.Request, body: bytes) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _truncated(self, request: web.Request, body: bytes) -> web.StreamResponse:
        answer = await self._passed_on(request, body)
        out = web.StreamResponse(status=answer.status, headers=_headers(answer))
        out.content_length = len(answer.body)
        await out.prepare(request)
        await out.write(answer.body[: len(answer.body) // 2])
        if request.transport is not None:
            request.transport.close()
        return out

    async def _dripped(self, request: web.Request, body: bytes) -> web.StreamResponse:
        answer = await self._passed_on(request, body)
        out = web.StreamResponse(status=answer.status, headers=_headers(answer))
        out.content_length = len(answer.body)
        await out.prepare(request)
        size = max(1, -(-len(answer.body) // PIECES))
        for at in range(0, len(answer.body), size):
            await out.write(answer.body[at : at + size])
            await asyncio.sleep(self.plan.drip_s / PIECES)
        return out


_FAULTS: Final[Mapping[Fault, Callable[..., Awaitable[web.StreamResponse]]]] = {
    Fault.DELAY: FaultProxy._delayed,
    Fault.RATE_LIMITED: FaultProxy._limited,
    Fault.SERVER_ERROR: FaultProxy._broken,
    Fault.TRUNCATED: FaultProxy._truncated,
    Fault.MALFORMED: FaultProxy._malformed,
    Fault.RESET: FaultProxy._reset,
    Fault.SLOW_DRIP: FaultProxy._dripped,
}


def _fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()[:16]


def _headers(answer: Response) -> dict[str, str]:
    told = {"Content-Type": answer.content_type or "application/octet-stream"}
    return told | ({"Retry-After": answer.retry_after} if answer.retry_after else {})
