"""Server-sent events: reading the pieces of a streamed answer, and spotting the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from demos.engine.http import Response
from demos.engine.targets.wire import Unreadable, read_json
from demos.engine.vocabulary import ErrorClass

END = b"[DONE]"


def is_stream(response: Response) -> bool:
    """Whether a response is a stream of events, whatever it calls itself."""
    return "event-stream" in response.content_type or response.body.lstrip()[:5] in (b"data:", b"event")


def events(response: Response) -> list[Any]:
    """The JSON of each event. Raises Unreadable for anything that is no whole stream of JSON events."""
    if not is_stream(response):
        return [read_json(response)]
    found = []
    for raw in _data(response.body):
        if raw == END:
            continue
        try:
            found.append(orjson.loads(raw))
        except ValueError:
            raise Unreadable(
                ErrorClass.MALFORMED, "An event of the streamed answer is not valid JSON."
            ) from None
    if not found:
        raise Unreadable(ErrorClass.EMPTY, "The stream ended without an event.")
    return found


def first_piece(piece: Callable[[Any], str]) -> Callable[[bytes], bool]:
    """A watcher of arriving bytes: True as soon as an event with a piece of the answer is complete."""
    buffer = bytearray()

    def watch(arrived: bytes) -> bool:
        buffer.extend(arrived)
        *lines, rest = bytes(buffer).split(b"\n")
        buffer[:] = rest
        for line in lines:
            if not line.startswith(b"data:") or line[5:].strip() == END:
                continue
            try:
                if piece(orjson.loads(line[5:])):
                    return True
            except ValueError:
                continue
        return False

    return watch


def _data(body: bytes) -> Iterator[bytes]:
    lines: list[bytes] = []
    for line in body.splitlines():
        if line.startswith(b"data:"):
            lines.append(line[5:].strip())
        elif not line.strip() and lines:
            yield b"\n".join(lines)
            lines = []
    if lines:
        yield b"\n".join(lines)
