"""The proxy: passes requests on to one system, spoils those that the plan names, and notes every try.

It listens on loopback unless told otherwise and calls the one upstream that its user names. What passes,
passes piece by piece as it comes, so that a stream stays one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from aiohttp import web

from demos.engine.faults.observed import Asked
from demos.engine.faults.plan import Fault, FaultPlan

MOST_BYTES: Final = 10 * 1024 * 1024
PIECES: Final = 20
"""Pieces in which a slow answer drips."""
_HOP_BY_HOP: Final = frozenset(
    {"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "date", "server"}
)
_PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
WHOLE: Final = web.ResponseKey("whole", bool)
"""Noted with a response whose content went out to the end while the caller was there: before the last piece,
because a caller that has all of it may hang up at once."""
_OVERLOADED: Final = 500
_TOO_MANY: Final = 429
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError)


class FaultProxy:
    """Use as ``async with FaultProxy(plan, upstream) as proxy``; its address is ``proxy.url``."""

    def __init__(self, plan: FaultPlan, upstream: str, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.plan = plan
        self.upstream = upstream.rstrip("/")
        self.requests: dict[str, Asked] = {}
        self.url = ""
        self._where = (host, port)
        self._began = time.monotonic()
        self.started_at = datetime.now(UTC)
        self._session: aiohttp.ClientSession | None = None
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> FaultProxy:
        self._session = aiohttp.ClientSession(
            timeout=_PATIENCE, trust_env=False, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
        )  # fmt: skip
        await self._runner.setup()
        site = web.TCPSite(self._runner, *self._where)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._began, self.started_at = time.monotonic(), datetime.now(UTC)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        key = _fingerprint(request.method, request.path_qs, body)
        asked = self.requests.setdefault(key, Asked(self.plan.fault_of(key)))
        spoils = asked.fault is not None and (len(asked.at) < self.plan.tries or self.plan.lasts(key))
        asked.at.append(time.monotonic() - self._began)
        asked.faulted.append(spoils)
        way = _FAULTS[asked.fault] if asked.fault is not None and spoils else FaultProxy._plain
        try:
            out = await way(self, request, body)
        except _NO_ANSWER as problem:
            return web.Response(
                status=502,
                text=f"The system behind the fault proxy gave no answer: {str(problem) or 'time is up'}.",
            )
        asked.answers += bool(out.get(WHOLE)) and _is_answer(out)
        return out

    async def _plain(self, request: web.Request, body: bytes) -> web.StreamResponse:
        async with self._asked(request, body) as answer:
            out = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
            await out.prepare(request)
            out[WHOLE] = _is_there(request)
            try:
                async for piece in answer.content.iter_any():
                    out[WHOLE] = _is_there(request)
                    await out.write(piece)
            except _NO_ANSWER:
                out[WHOLE] = False
                _cut(request)
                raise
            with contextlib.suppress(OSError):  # the caller has it all and hung up
                await out.write_eof()
            return out

    def _asked(self, request: web.Request, body: bytes) -> Any:
        """The upstream's answer to the same request, as a context."""
        if self._session is None:
            raise RuntimeError("The proxy is not open.")
        return self._session.request(
            request.method, f"{self.upstream}{request.path_qs}", data=body or None,
            headers=_kept(request.headers), allow_redirects=False,
            skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type"),
        )  # fmt: skip

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
        _cut(request)
        return web.Response(status=503)

    async def _truncated(self, request: web.Request, body: bytes) -> web.StreamResponse:
        out, content = await self._begun(request, body)
        await out.write(content[: len(content) // 2])
        if request.transport is not None:
            request.transport.close()
        return out

    async def _dripped(self, request: web.Request, body: bytes) -> web.StreamResponse:
        out, content = await self._begun(request, body)
        size = max(1, -(-len(content) // PIECES))
        for at in range(0, len(content), size):
            await asyncio.sleep(self.plan.drip_s / PIECES)
            out[WHOLE] = _is_there(request)
            await out.write(content[at : at + size])
        return out

    async def _begun(self, request: web.Request, body: bytes) -> tuple[web.StreamResponse, bytes]:
        """The head of the real answer, sent with its whole length; and its content, not sent yet."""
        async with self._asked(request, body) as answer:
            content: bytes = await answer.read()
            out = web.StreamResponse(status=answer.status, headers=_kept(answer.headers))
        out.content_length = len(content)
        await out.prepare(request)
        return out, content


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


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that belong to the message and not to one connection; lengths are counted anew where needed."""
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _is_answer(out: web.StreamResponse) -> bool:
    """The upstream did its work: neither overloaded nor too busy."""
    return out.status < _OVERLOADED and out.status != _TOO_MANY


def _is_there(request: web.Request) -> bool:
    """Whether the caller still holds its connection."""
    return request.transport is not None and not request.transport.is_closing()


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
