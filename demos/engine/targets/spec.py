"""The frozen description of a target: where it is, how to ask it, where its answer stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import orjson

MEGABYTE = 1_048_576


class TargetKind(StrEnum):
    """The wire formats there are."""

    OPENAI_CHAT = "openai_chat"
    OPENAI_RESPONSES = "openai_responses"
    GENERIC_JSON = "generic_json"
    SUBMIT_POLL = "submit_poll"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, between two pieces of the answer (and until its first), and in all."""

    connect_s: float = 10.0
    first_byte_s: float = 60.0
    total_s: float = 120.0

    def __post_init__(self) -> None:
        if not all(0 < s <= 3600 for s in (self.connect_s, self.first_byte_s, self.total_s)):
            raise ValueError("Each time-out must be above 0 and at most 3600 seconds.")


@dataclass(frozen=True, slots=True)
class Header:
    """One request header: ``value`` as it is, or ``value`` followed by the secret named ``secret``."""

    name: str
    value: str = ""
    secret: str = ""

    def __post_init__(self) -> None:
        if not self.name or not all(c.isalnum() or c in "-_" for c in self.name) or not self.name.isascii():
            raise ValueError(f"“{self.name}” is not a header name.")
        if any(ord(c) < 32 for c in self.value):
            raise ValueError(f"The value of the header {self.name} contains a control character.")


@dataclass(frozen=True, slots=True)
class Polling:
    """How the answer to a submitted job is fetched.

    ``url`` names the job by ``{{job_id}}``, which stands at ``id_path`` of the first response. The job is
    done when the text at ``status_path`` is in ``done``, and has failed when it is in ``failed``.
    """

    url: str
    id_path: str
    status_path: str = "$.status"
    done: tuple[str, ...] = ("done", "completed", "succeeded")
    failed: tuple[str, ...] = ("failed", "error", "cancelled", "expired")
    interval_s: float = 1.0

    def __post_init__(self) -> None:
        check_url(self.url)
        if "{{job_id}}" not in self.url:
            raise ValueError("The address to fetch the answer from must name {{job_id}}.")
        if not self.id_path:
            raise ValueError("Say where the number of the job stands in the first response, such as $.id.")
        if not self.done:
            raise ValueError("Say which status means that the job is done.")
        if not 0.05 <= self.interval_s <= 60:
            raise ValueError("The time between two looks must lie between 0.05 and 60 seconds.")


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """Everything that makes two calls to a target comparable. Holds names of secrets, never values.

    ``template`` is the request body of a generic target as parsed JSON, with the placeholders
    ``{{question}}``, ``{{context}}``, ``{{case_id}}``, ``{{category}}``, ``{{session_id}}``, ``{{history}}``.
    For a chat or responses target it is an object of further body fields (temperature, max_tokens, …) and
    ``system`` is the system message. ``stream`` asks for server-sent events; in a generic target the answer
    path then finds the piece of text in each event. Paths of tokens, session, citations and tool calls are
    for generic targets; a tool call there is an object with ``name`` and ``arguments``.
    """

    kind: TargetKind
    url: str
    model: str = ""
    system: str = ""
    template: Any = None
    answer_path: str = ""
    tokens_in_path: str = ""
    tokens_out_path: str = ""
    headers: tuple[Header, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    concurrency: int = 4
    max_per_second: float | None = None
    max_response_bytes: int = MEGABYTE
    stream: bool = False
    tokens_cached_path: str = ""
    session_path: str = ""
    citations_path: str = ""
    tools_path: str = ""
    polling: Polling | None = None

    def __post_init__(self) -> None:
        check_url(self.url)
        if not 1 <= self.concurrency <= 512:
            raise ValueError("Concurrency must lie between 1 and 512.")
        if self.max_per_second is not None and self.max_per_second <= 0:
            raise ValueError("The rate must be above 0 requests per second.")
        if not 1 <= self.max_response_bytes <= 64 * MEGABYTE:
            raise ValueError("The longest response must lie between 1 byte and 64 MB.")
        self._check_polling()

    def _check_polling(self) -> None:
        if (self.kind is TargetKind.SUBMIT_POLL) is (self.polling is None):
            raise ValueError("How the answer is fetched is said for submit-and-poll targets, and only there.")
        if self.polling is not None and urlsplit(self.polling.url)[:2] != urlsplit(self.url)[:2]:
            raise ValueError("The answer must be fetched from the same host as the job is sent to.")
        if self.polling is not None and self.stream:
            raise ValueError("A submit-and-poll target does not stream.")

    @property
    def secret_names(self) -> frozenset[str]:
        """Names of the secrets that must be given to call this target."""
        return frozenset(h.secret for h in self.headers if h.secret)

    @property
    def config_sha256(self) -> str:
        """Hash over the canonical JSON of all fields. Two different hashes are two different systems.

        A later field counts only where it is used, so that older configurations keep their hash.
        """
        used = {key: value for key, value in asdict(self).items() if key not in LATER or value != LATER[key]}
        return hashlib.sha256(canonical_json(used)).hexdigest()

    @property
    def host(self) -> tuple[str, int]:
        """Host and port that will be called."""
        return host_of(self.url)

    @property
    def place(self) -> str:
        """``host:port``, as a permission for tests names it."""
        return place_of(self.url)


def host_of(url: str) -> tuple[str, int]:
    """Host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def place_of(url: str) -> str:
    """``host:port`` of an address."""
    host, port = host_of(url)
    return f"{host}:{port}"


LATER: Mapping[str, Any] = {
    "stream": False, "tokens_cached_path": "", "session_path": "", "citations_path": "", "tools_path": "",
    "polling": None,
}  # fmt: skip
"""Fields that came after the first configurations were hashed, with what they are when unused."""


def check_url(url: str) -> None:
    """Raises ValueError with a sentence unless ``url`` is a plain http or https address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("The address must start with http:// or https:// and name a host.")
    if parts.username or parts.password:
        raise ValueError("Put user names and passwords in a secret header, not in the address.")
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError("The port in the address is not a number from 1 to 65535.") from None


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces: equal content gives equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
