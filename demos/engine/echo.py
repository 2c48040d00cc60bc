"""A server that answers at once with a fixed JSON text: what the load generator measures itself against.

``python -m demos.engine.echo`` prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from demos.engine.runner import fast_loop_factory

BODY = b'{"answer": "here"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Echo(asyncio.Protocol):
    """Reads requests by their Content-Length and answers each with the same bytes."""

    def __init__(self) -> None:
        self.held = b""
        self.out: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.out = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.held) < end + 4 + size or self.out is None:
                return
            self.held = self.held[end + 4 + size :]
            self.out.write(ANSWER)


async def serve() -> None:
    """Serve on a free loopback port until the parent closes our input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        runner.run(serve())
