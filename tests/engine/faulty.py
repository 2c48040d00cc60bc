"""A small target on loopback that answers, or fails in a named way, over raw sockets."""

import asyncio
import contextlib
import json
import re
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Behave = Callable[["Call"], Awaitable[None]]


@dataclass
class Call:
    """One request as the target sees it; ``count`` is how often this question was asked so far."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    question: str
    count: int
    writer: asyncio.StreamWriter
    keep: bool = True

    def send(self, status: int, body: bytes, *, kind: str = "application/json", **more: str) -> None:
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        self.writer.write(head.encode() + body)

    def answer(self, text: str, **usage: int) -> None:
        usage = usage or {"prompt_tokens": 10, "completion_tokens": 5}
        message = {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage}
        self.send(200, json.dumps(message).encode())


async def well(call: Call) -> None:
    call.answer(f"echo {call.question}")


async def web_page(call: Call) -> None:
    call.send(200, b"<!doctype html><title>Sign in</title>", kind="text/html")


async def empty_body(call: Call) -> None:
    call.send(200, b"")


async def empty_answer(call: Call) -> None:
    call.answer("  ")


async def no_choices(call: Call) -> None:
    call.send(200, b'{"object": "chat.completion"}')


async def bad_json(call: Call) -> None:
    call.send(200, b'{"choices": [{"mess')


async def server_error(call: Call) -> None:
    call.send(500, b'{"error": "boom"}')


async def too_many(call: Call) -> None:
    call.send(429, b'{"error": "slow down"}', Retry_After="0.2")


async def not_signed_in(call: Call) -> None:
    call.send(401, json.dumps({"error": f"bad key {call.headers.get('authorization', '')}"}).encode())


async def redirect(call: Call) -> None:
    call.send(302, b"", Location="http://169.254.169.254/latest/")


async def hang(call: Call) -> None:
    await asyncio.sleep(30)


async def reset(call: Call) -> None:
    sock = call.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.writer.transport.abort()
    call.keep = False


async def cut_short(call: Call) -> None:
    call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
    call.keep = False


async def drip(call: Call) -> None:
    call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
    for _ in range(100):
        call.writer.write(b" ")
        await call.writer.drain()
        await asyncio.sleep(0.05)


async def huge(call: Call) -> None:
    """Fifty megabytes that do not announce their length."""
    call.writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    call.keep = False
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for _ in range(800):
        call.writer.write(chunk)
        await call.writer.drain()


async def huge_announced(call: Call) -> None:
    call.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n" + b"x" * 65_536)
    call.keep = False


async def not_http(call: Call) -> None:
    call.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    call.keep = False


async def echo_secret(call: Call) -> None:
    call.answer(f"your key is {call.headers.get('authorization', '')}")


@dataclass
class FaultyTarget:
    """Behaves as ``behave`` says; a question that names a case in ``special`` gets that behaviour instead."""

    behave: Behave = well
    delay_s: float = 0.0
    special: dict[str, Behave] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak: int = 0

    async def __aenter__(self) -> "FaultyTarget":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._open: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        self._open.discard(task)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        headers = {k.lower(): v for k, v in re.findall(r"^([\w-]+): (.*?)\r$", head, re.M)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        messages = body.get("messages")
        question = messages[-1]["content"] if messages else str(body.get("question", ""))
        self.asked[question] += 1
        call = Call(path, headers, body, question, self.asked[question], writer)
        self.calls.append(call)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self.special.get(question, self.behave)(call)
            if not writer.is_closing():
                await writer.drain()
        finally:
            self.in_flight -= 1
        return call.keep
