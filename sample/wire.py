"""Serve any text-to-text function over HTTP in the two shapes that a target can have.

``POST /v1/chat/completions`` speaks OpenAI-compatible chat; ``POST /classify`` takes ``{"text": …}`` and
answers ``{"label": …}``. Connections stay open between requests; each is served by its own thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONGEST_BODY = 1024 * 1024  # bytes
IDLE_SECONDS = 75
TOKEN = re.compile(r"\w+|[^\w\s]")

Answerer = Callable[[str], str]
Chooser = Callable[[str], Answerer]
"""Which system a request's model name means."""

Json = dict[str, object]


class BadRequest(Exception):
    """The request cannot be answered; ``status`` and the sentence go back to the caller."""

    def __init__(self, sentence: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(sentence)
        self.status = status


def tokens(text: str) -> int:
    """Words and marks in ``text``: what this system bills, not any vendor's count."""
    return len(TOKEN.findall(text))


def usage(asked: str, said: str) -> dict[str, int]:
    """Token counts in the names of the chat shape."""
    prompt, completion = tokens(asked), tokens(said)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def chat_completion(body: Mapping[str, object], answer: Answerer) -> Json:
    """Answer the last user message. Raises BadRequest when there is none."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise BadRequest("Send a list of messages, each with a role and a content.")
    asked = [str(message.get("content", "")) for message in messages]
    questions = [text for text, message in zip(asked, messages, strict=True) if message.get("role") == "user"]
    if not questions:
        raise BadRequest("Send at least one message with the role user.")
    said = answer(questions[-1])
    return {
        "object": "chat.completion",
        "model": str(body.get("model") or "sample"),
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}},
        ],
        "usage": usage("\n".join(asked), said),
    }


def classification(body: Mapping[str, object], answer: Answerer) -> Json:
    """Answer ``text``. Raises BadRequest when it is no text."""
    text = body.get("text")
    if not isinstance(text, str):
        raise BadRequest('Send {"text": "…"}.')
    label = answer(text)
    return {"label": label, "usage": usage(text, label)}


ROUTES: Mapping[str, Callable[[Mapping[str, object], Answerer], Json]] = {
    "/v1/chat/completions": chat_completion,
    "/classify": classification,
}


class Handler(BaseHTTPRequestHandler):
    """One connection. Headers and body leave in one write, so that no packet waits for an acknowledgement."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    server: AnswerServer

    def do_GET(self) -> None:
        """``/health`` says that the system is ready; nothing else is read by GET."""
        if self.path == "/health":
            self._send(HTTPStatus.OK, {"ready": True})
        else:
            self._send(HTTPStatus.NOT_FOUND, {"error": {"message": "Only /health is read by GET."}})

    def do_POST(self) -> None:
        """Answer one of ROUTES; a bad request gets its sentence, and the connection is closed after it."""
        try:
            route = ROUTES.get(self.path)
            body = self._body()
            if route is None:
                raise BadRequest(f"There is no {self.path} here.", HTTPStatus.NOT_FOUND)
            answer = self.server.answerer(str(body.get("model") or ""))
            self._send(HTTPStatus.OK, route(body, answer))
        except BadRequest as problem:
            self.close_connection = True
            self._send(problem.status, {"error": {"message": str(problem)}})

    def _body(self) -> Mapping[str, object]:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise BadRequest("Send a Content-Length.", HTTPStatus.LENGTH_REQUIRED)
        if int(length) > LONGEST_BODY:
            raise BadRequest("The body is longer than 1 MiB.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise BadRequest("The body is not JSON.") from None
        if not isinstance(body, dict):
            raise BadRequest("The body is not a JSON object.")
        return body

    def _send(self, status: HTTPStatus, body: Json) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: mail is the client's, and a log line per request would slow a run down."""


class AnswerServer(ThreadingHTTPServer):
    """An HTTP server around one answering function. Port 0 takes a free port; see ``server_address``."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, answer: Answerer, *, by_model: Chooser | None = None) -> None:
        self.answerer: Chooser = by_model or (lambda model: answer)
        super().__init__((host, port), Handler)
