"""The one HTTP door: every call to a target leaves through it, and only to addresses it has checked.

The check sits in the socket factory. It sees the very address that is about to be connected, after
name resolution, so that an address literal, an internal name and a name that changes its answer
between two look-ups all meet one rule. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from demos.engine.targets.spec import Header, Timeouts
from demos.engine.vocabulary import ErrorClass, clipped

NAT64 = ipaddress.ip_network("64:ff9b::/96")
Watch = Callable[[bytes], bool]
"""Looks at each piece of a response as it arrives; True when it is the one waited for."""


class CallFailed(Exception):
    """A call that gave no response. ``error_class`` and the message say why; no secret is in it."""

    def __init__(self, error_class: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error_class = error_class
        self.detail = detail


class Blocked(OSError):
    """The address is not one that this installation calls."""


@dataclass(frozen=True, slots=True)
class EgressRules:
    """Where calls may go.

    ``internal`` opens named (host or address, port) pairs inside private networks; all other private,
    loopback, link-local and reserved addresses are refused. ``hosts`` None lets every public host be
    called, else only the named ones (and the internal ones); ``where_set`` says where that list is kept.
    """

    internal: frozenset[tuple[str, int]] = frozenset()
    hosts: frozenset[str] | None = None
    where_set: str = ""

    def refusal(self, url: str) -> str | None:
        """Why ``url`` may not be called by its name alone, or None. Addresses are checked on connecting."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if self.hosts is None or host in self.hosts or (host, port) in self.internal:
            return None
        way_out = f" The list is kept at {self.where_set}" if self.where_set else ""
        return f"{host} is not on the list of hosts that may be called.{way_out}"


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response, at most as long as allowed. ``elapsed_ms`` counts from sending to last byte.

    ``first_ms`` is when the first piece of a streamed answer was there; None when nobody watched for it.
    """

    status: int
    content_type: str
    body: bytes
    elapsed_ms: float
    retry_after: str = ""
    location: str = ""
    first_ms: float | None = None


class Secrets:
    """Secret values by name: put into headers when sending, taken out of every text that is kept."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        forms = {
            form: f"[secret {name}]"
            for name, value in self._values.items()
            for form in (value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""))
            if form
        }
        self._forms = sorted(forms.items(), key=lambda pair: -len(pair[0]))

    def headers(self, headers: tuple[Header, ...]) -> dict[str, str]:
        """Real header values. Raises ValueError naming a secret that is missing or unfit for a header."""
        ready = {}
        for header in headers:
            value = header.value
            if header.secret:
                if not self._values.get(header.secret):
                    raise ValueError(f"The secret “{header.secret}” is not set.")
                value += self._values[header.secret]
            if any(ord(c) < 32 or ord(c) == 127 for c in value):
                raise ValueError(f"The secret “{header.secret}” contains a line break or control character.")
            ready[header.name] = value
        return ready

    def redact(self, text: str) -> str:
        """``text`` without any secret value, also where it is escaped as JSON or in an address."""
        for form, mark in self._forms:
            if form in text:
                text = text.replace(form, mark)
        return text

    def excerpt(self, text: str) -> str:
        """``text`` redacted and then cut to the length that is kept."""
        return clipped(self.redact(text))


class Door:
    """An open door to targets under one set of rules. Use as ``async with Door(rules) as door``."""

    def __init__(self, rules: EgressRules, *, connections: int = 0) -> None:
        self._rules = rules
        self._addresses = {pair for pair in rules.internal if _is_address(pair[0])}
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._places: dict[str, URL] = {}

    def _noted(self, url: str) -> URL:
        """A checked address, parsed once; the addresses of jobs, which are many, do not pile up."""
        if len(self._places) >= 100:
            self._places.clear()
        return self._places.setdefault(url, URL(url))

    async def __aenter__(self) -> Door:
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            socket_factory=self._socket,
            resolver=_NotingResolver(self._rules.internal, self._addresses),
            ttl_dns_cache=30,
            keepalive_timeout=30,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Gatehouse", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(
        self, url: str, *, body: bytes, headers: Mapping[str, str], timeouts: Timeouts, max_bytes: int,
        watch: Watch | None = None,
    ) -> Response:  # fmt: skip
        """Send ``body`` and read the response. Raises CallFailed when there is none to read."""
        return await self._call(
            "POST", url, body=body, headers=headers, timeouts=timeouts, max_bytes=max_bytes, watch=watch
        )

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeouts: Timeouts, max_bytes: int
    ) -> Response:
        """Read what stands at ``url``. Raises CallFailed when there is nothing to read."""
        return await self._call(
            "GET", url, body=None, headers=headers, timeouts=timeouts, max_bytes=max_bytes, watch=None
        )

    async def _call(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], timeouts: Timeouts,
        max_bytes: int, watch: Watch | None,
    ) -> Response:  # fmt: skip
        place = self._places.get(url)
        if place is None:
            refusal = self._rules.refusal(url)
            if refusal:
                raise CallFailed(ErrorClass.BLOCKED, refusal)
            place = self._noted(url)
        if self._session is None:
            raise RuntimeError("The door is not open.")
        started = time.perf_counter()
        try:
            async with self._session.request(
                method,
                place,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=_client_timeout(timeouts),
            ) as answer:
                content, first_at = await _read(answer, max_bytes, watch)
                elapsed_ms = (time.perf_counter() - started) * 1000
                return Response(
                    status=answer.status,
                    content_type=answer.headers.get("Content-Type", ""),
                    body=content,
                    elapsed_ms=elapsed_ms,
                    retry_after=answer.headers.get("Retry-After", ""),
                    location=answer.headers.get("Location", ""),
                    first_ms=None if first_at is None else (first_at - started) * 1000,
                )
        except CallFailed:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            raise _named(problem, timeouts) from problem

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, address = info
        if (address[0], address[1]) not in self._addresses and is_internal(address[0]):
            where = f"{address[0]} port {address[1]}"
            raise Blocked(f"{where} is an internal address that is not on the allow list")
        return socket.socket(family, kind, proto)


class _NotingResolver(AbstractResolver):
    """Resolves names and notes the addresses of names that are on the allow list."""

    def __init__(self, internal: frozenset[tuple[str, int]], addresses: set[tuple[str, int]]) -> None:
        self._inner = ThreadedResolver()
        self._internal = internal
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if (host.lower(), port) in self._internal:
            self._addresses.update((entry["host"], port) for entry in found)
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_internal(address: str) -> bool:
    """Whether an IP address is private, loopback, link-local, reserved, multicast or wraps such a one."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return not inner.is_global or inner.is_multicast
    return not ip.is_global or ip.is_multicast


async def _read(
    answer: aiohttp.ClientResponse, max_bytes: int, watch: Watch | None
) -> tuple[bytes, float | None]:
    """The body, and when ``watch`` first said yes to what had arrived."""
    too_large = CallFailed(
        ErrorClass.TOO_LARGE, f"The response is longer than the {max_bytes:,} bytes that are allowed."
    )
    if answer.content_length is not None and answer.content_length > max_bytes:
        answer.close()
        raise too_large
    pieces: list[bytes] = []
    size = 0
    first_at = None
    async for piece in answer.content.iter_any():
        if watch is not None and first_at is None and watch(piece):
            first_at = time.perf_counter()
        size += len(piece)
        if size > max_bytes:
            answer.close()
            raise too_large
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces), first_at


@cache
def _client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=timeouts.total_s,
        connect=timeouts.connect_s,
        sock_connect=timeouts.connect_s,
        sock_read=timeouts.first_byte_s,
    )


def _named(problem: BaseException, timeouts: Timeouts) -> CallFailed:
    """The failure behind an exception of the client, in words a reader can act on."""
    blocked = _blocked_in(problem)
    if blocked is not None:
        return CallFailed(ErrorClass.BLOCKED, f"{blocked}.")
    if isinstance(problem, aiohttp.ConnectionTimeoutError):
        return CallFailed(ErrorClass.TIMEOUT, f"No connection within {timeouts.connect_s:g} s.")
    if isinstance(problem, aiohttp.SocketTimeoutError):
        return CallFailed(ErrorClass.TIMEOUT, f"Nothing was received for {timeouts.first_byte_s:g} s.")
    if isinstance(problem, TimeoutError | asyncio.TimeoutError):
        return CallFailed(ErrorClass.TIMEOUT, f"The response was not complete within {timeouts.total_s:g} s.")
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return CallFailed(ErrorClass.TRANSPORT, f"The host name {problem.host} could not be resolved.")
    if isinstance(problem, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return CallFailed(ErrorClass.TRANSPORT, f"No secure connection: {problem}.")
    if isinstance(problem, aiohttp.ClientConnectorError):
        reason = problem.strerror or problem
        return CallFailed(ErrorClass.TRANSPORT, f"No connection to {problem.host}:{problem.port}: {reason}.")
    if isinstance(problem, ConnectionResetError) or getattr(problem, "errno", None) == errno.ECONNRESET:
        return CallFailed(ErrorClass.TRANSPORT, "The target reset the connection.")
    if isinstance(problem, aiohttp.ServerDisconnectedError):
        return CallFailed(ErrorClass.TRANSPORT, "The target closed the connection without an answer.")
    if isinstance(problem, aiohttp.ClientPayloadError):
        return CallFailed(ErrorClass.TRANSPORT, "The connection closed before the answer was complete.")
    if isinstance(problem, aiohttp.ClientResponseError):
        return CallFailed(ErrorClass.MALFORMED, "The target's answer is not valid HTTP.")
    return CallFailed(ErrorClass.TRANSPORT, f"The call failed: {type(problem).__name__}.")


def _blocked_in(problem: BaseException | None) -> Blocked | None:
    """The refusal of our own socket factory in a chain or group of exceptions, if there is one."""
    seen: set[int] = set()
    waiting = [problem]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Blocked):
            return current
        waiting += [current.__cause__, current.__context__, getattr(current, "os_error", None)]
        waiting += list(getattr(current, "exceptions", ()))
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
