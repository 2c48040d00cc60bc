"""A fast local target for measuring: chat completions with a fixed wait, and faults on request.

``python -m benchmarks.evaluation.target --port 8900 --wait-ms 50 --faults none|transient|persistent|limit``

Each question ends in a number. The answer is ``code-<number>``, and wrong where the number ends in 7: a
right grader says 90 %. ``GET /stats`` gives what the target itself counted, ``POST /reset`` starts anew.
Faults hit 103 numbers of each 1,000, six kinds, at the first try only (transient) or at every try.
``limit`` answers 20 a second and says 429 with Retry-After 1 to the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter
from typing import Any, Final

NUMBER: Final = re.compile(rb"number (\d+)")
LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
KINDS: Final = (("500", 17), ("429", 22), ("hang", 19), ("reset", 18), ("truncated", 9), ("no_choices", 18))
HANG_S: Final = 10.0
PER_SECOND: Final = 20


def fault_of(number: int) -> str:
    """Which fault a number has; "" for most. 103 of each 1,000, spread evenly."""
    place = (number * 389) % 1000  # 389 and 1000 have no common factor: each number has a place of its own
    for kind, count in KINDS:
        if place < count:
            return kind
        place -= count
    return ""


def answer_of(number: int) -> str:
    """What the target says: wrong where the number ends in 7."""
    return f"code-{number + 1 if number % 10 == 7 else number}"


class Target:
    """What all connections share."""

    def __init__(self, *, wait_s: float, faults: str) -> None:
        self.wait_s, self.faults = wait_s, faults
        self.reset()

    def reset(self) -> None:
        self.calls = self.in_flight = self.most_in_flight = self.second = self.in_second = 0
        self.seen: Counter[int] = Counter()
        self.first_at = self.last_at = 0.0

    def stats(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "questions": len(self.seen),
            "asked_more_than_once": sum(1 for times in self.seen.values() if times > 1),
            "most_for_one": max(self.seen.values(), default=0),
            "most_in_flight": self.most_in_flight,
            "seconds": round(self.last_at - self.first_at, 3),
        }

    def fault(self, number: int) -> str:
        """The fault of this try."""
        if self.faults == "limit":
            now = int(time.monotonic())
            self.in_second = self.in_second + 1 if now == self.second else 1
            self.second = now
            return "429" if self.in_second > PER_SECOND else ""
        if self.faults == "none" or (self.faults == "transient" and self.seen[number] > 1):
            return ""
        return fault_of(number)


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests come one after the other."""

    def __init__(self, target: Target) -> None:
        self.target, self.buffer = target, b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport, as TCP gives

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return
        self.buffer = b""
        if head.startswith(b"POST /v1/"):
            self._ask(body)
        elif head.startswith(b"POST /reset"):
            self.target.reset()
            self._send(b"200 OK", b"{}")
        else:
            self._send(b"200 OK", json.dumps(self.target.stats()).encode())

    def _ask(self, body: bytes) -> None:
        target, found = self.target, NUMBER.search(body)
        number = int(found[1]) if found else 0
        now = time.monotonic()
        target.calls += 1
        target.seen[number] += 1
        target.in_flight += 1
        target.most_in_flight = max(target.most_in_flight, target.in_flight)
        target.first_at = target.first_at or now
        fault = target.fault(number)
        wait = HANG_S if fault == "hang" else 0.0 if fault else target.wait_s
        if wait:
            asyncio.get_running_loop().call_later(wait, self._answer, number, fault)
        else:
            self._answer(number, fault)

    def _answer(self, number: int, fault: str) -> None:
        self.target.in_flight -= 1
        self.target.last_at = time.monotonic()
        if self.transport.is_closing():
            return
        if fault in ("hang", "reset"):
            self.transport.abort()
        elif fault == "500":
            self._send(b"500 Internal Server Error", b'{"error": "broken"}')
        elif fault == "429":
            self._send(b"429 Too Many Requests", b'{"error": "slow down"}', b"Retry-After: 1\r\n")
        elif fault == "truncated":
            self._send(b"200 OK", b'{"choices": [{"message": {"content": "co')
        elif fault == "no_choices":
            self._send(b"200 OK", b'{"choices": []}')
        else:
            self._send(b"200 OK", _completion(number))

    def _send(self, status: bytes, body: bytes, more: bytes = b"") -> None:
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b"
            % (status, more, len(body), body)
        )


def _completion(number: int) -> bytes:
    return (
        b'{"id": "1", "object": "chat.completion", "model": "bench", "choices": [{"index": 0, '
        b'"finish_reason": "stop", "message": {"role": "assistant", "content": "%b"}}], '
        b'"usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}}'
    ) % answer_of(number).encode()


async def serve(port: int, target: Target) -> None:
    """Serve until the process is stopped."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(target), "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation.target", description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--wait-ms", type=float, default=0.0)
    parser.add_argument("--faults", choices=["none", "transient", "persistent", "limit"], default="none")
    options = parser.parse_args()
    from demos.engine.runner import fast_loop_factory

    target = Target(wait_s=options.wait_ms / 1000, faults=options.faults)
    with asyncio.Runner(loop_factory=fast_loop_factory()) as runner:
        runner.run(serve(options.port, target))


if __name__ == "__main__":
    main()
