"""What the wire formats share: reading JSON, naming what is wrong with a response, filling templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from demos.engine.http import Response
from demos.engine.vocabulary import NOTHING_FOUND, CaseInput, ErrorClass, Found, ToolCall

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
PLACEHOLDERS = frozenset({"question", "context", "case_id", "category", "session_id", "history"})
TEMPLATE_DEPTH = 30

STATUS_WORDS = {
    400: "bad request",
    401: "not signed in",
    403: "not allowed",
    404: "not found",
    405: "method not allowed",
    413: "request too long",
    415: "wrong content type",
    422: "request not understood",
    429: "too many requests",
    500: "internal error",
    502: "bad gateway",
    503: "not available",
    504: "gateway time-out",
}


class Unreadable(Exception):
    """A response without a usable answer: its class and one sentence."""

    def __init__(self, error_class: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error_class = error_class
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answer:
    """The target's answer. Token counts are None when the response does not name them."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    found: Found = NOTHING_FOUND


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said so far in a conversation: (ours, theirs) in order, and the session that they named."""

    said: tuple[tuple[str, str], ...] = ()
    session_id: str = ""


NO_TALK = Talk()


class Wire(Protocol):
    """A wire format: makes the body of a request and reads the answer out of a response."""

    def body(self, case: CaseInput, talk: Talk = NO_TALK) -> bytes:
        """The request body for ``case``, after ``talk``."""

    def read(self, response: Response) -> Answer:
        """The answer in a response with a 2xx status. Raises Unreadable."""

    def piece(self, event: Any) -> str:
        """The piece of answer text in one event of a stream; "" when it has none."""


def check_status(response: Response) -> None:
    """Raises Unreadable, with class and sentence, unless the status is 2xx."""
    status = response.status
    if 200 <= status < 300:
        return
    said = STATUS_WORDS.get(status)
    line = f"The target answered {status} ({said})." if said else f"The target answered {status}."
    if 300 <= status < 400:
        where = f" to {response.location[:200]}" if response.location else ""
        raise Unreadable(
            ErrorClass.CLIENT_ERROR,
            f"The target answered {status}: a redirect{where}. Redirects are not followed.",
        )
    if status == 408:
        raise Unreadable(ErrorClass.TIMEOUT, "The target answered 408: it gave up waiting for the request.")
    if status == 429:
        raise Unreadable(ErrorClass.RATE_LIMITED, line)
    if 400 <= status < 500:
        raise Unreadable(ErrorClass.CLIENT_ERROR, line)
    if 500 <= status < 600:
        raise Unreadable(ErrorClass.SERVER_ERROR, line)
    raise Unreadable(ErrorClass.MALFORMED, f"The target answered with the unusual status {status}.")


def read_json(response: Response) -> Any:
    """The response body as JSON. Raises Unreadable for an empty body, a web page or bad JSON."""
    body = response.body
    if not body.strip():
        raise Unreadable(ErrorClass.EMPTY, f"The target answered {response.status} with an empty body.")
    try:
        return orjson.loads(body)
    except ValueError:
        is_page = body.lstrip()[:1] == b"<" or "html" in response.content_type.lower()
        fault = (
            "The target sent a web page instead of JSON."
            if is_page
            else "The target's answer is not valid JSON."
        )
        raise Unreadable(ErrorClass.MALFORMED, fault) from None


def text_answer(value: Any, where: str) -> str:
    """The answer text of a JSON value. Raises Unreadable when it is null or blank."""
    if value is None or value == [] or value == {}:
        raise Unreadable(ErrorClass.EMPTY, f"There is no answer at {where}.")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if not text.strip():
        raise Unreadable(ErrorClass.EMPTY, f"The answer at {where} is empty.")
    return text


def token_count(value: Any) -> int | None:
    """A token count, or None when it is not a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def values_of(case: CaseInput, talk: Talk = NO_TALK) -> dict[str, str]:
    """The values that a template may name."""
    return {
        "session_id": talk.session_id,
        "history": "\n".join(f"User: {ours}\nAssistant: {theirs}" for ours, theirs in talk.said),
        "question": case.question,
        "context": case.context,
        "case_id": case.id,
        "category": case.category,
    }


def check_template(template: Any, *, needs_question: bool, depth: int = 0) -> bool:
    """Raises ValueError for an unknown placeholder, too deep nesting, or no ``{{question}}`` where needed.

    Returns whether the template names the question.
    """
    if depth > TEMPLATE_DEPTH:
        raise ValueError(f"The template is nested deeper than {TEMPLATE_DEPTH} levels.")
    found = False
    if isinstance(template, str):
        names = set(PLACEHOLDER.findall(template))
        unknown = sorted(names - PLACEHOLDERS)
        if unknown:
            known = ", ".join(sorted(PLACEHOLDERS))
            raise ValueError(
                f"The template names {{{{{unknown[0]}}}}}, which does not exist; known: {known}."
            )
        found = "question" in names
    elif isinstance(template, Mapping):
        if not all(isinstance(key, str) for key in template):
            raise ValueError("Every key in the template must be a text.")
        every = [check_template(v, needs_question=False, depth=depth + 1) for v in template.values()]
        found = any(every)
    elif isinstance(template, list | tuple):
        every = [check_template(v, needs_question=False, depth=depth + 1) for v in template]
        found = any(every)
    if needs_question and not found:
        raise ValueError("The template never uses {{question}}, so every case would send the same request.")
    return found


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """A copy of parsed JSON with the placeholders in its texts replaced.

    Values are put in as text after parsing, in one pass: nothing in a question can add a field, end a
    string, or be taken for a placeholder.
    """
    if isinstance(template, str):
        if "{{" not in template:
            return template
        return PLACEHOLDER.sub(lambda match: values[match.group(1)], template)
    if isinstance(template, Mapping):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [fill(value, values) for value in template]
    return template


def messages_of(case: CaseInput, talk: Talk) -> list[dict[str, str]]:
    """The conversation as role and content. The context goes before the first thing that is said."""
    messages: list[dict[str, str]] = []
    for ours, theirs in talk.said:
        messages += [{"role": "user", "content": ours}, {"role": "assistant", "content": theirs}]
    messages.append({"role": "user", "content": case.question})
    if case.context:
        messages[0]["content"] = f"{case.context}\n\n{messages[0]['content']}"
    return messages


def tool_call_of(value: Any) -> ToolCall | None:
    """A tool call from an object with ``name`` and ``arguments`` (an object, or JSON as text)."""
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments")
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except ValueError:
            arguments = {}
    return ToolCall(value["name"], arguments if isinstance(arguments, Mapping) else {})


def texts_of(value: Any) -> tuple[str, ...]:
    """Sources as texts: a list of texts, or of objects that name an id, title, url or source."""
    items = value if isinstance(value, list) else [value]
    found = []
    for item in items:
        if isinstance(item, Mapping):
            item = next((item[key] for key in ("id", "source", "title", "url") if item.get(key)), None)
        if item not in (None, ""):
            found.append(str(item))
    return tuple(found)
