"""Words and plain values of the evaluation engine.

Every outcome here is a frozen value. ``None`` always means "not measured", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

DETAIL_BYTES = 4096
"""Longest error detail and longest excerpt kept of one request or response."""


class ErrorClass(StrEnum):
    """Why the target gave no usable answer. A grader that fails is not in this list."""

    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    CLIENT_ERROR = "client_error"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    MALFORMED = "malformed"
    EMPTY = "empty"
    BLOCKED = "blocked"
    TOO_LARGE = "too_large"


class AttemptStatus(StrEnum):
    """How an attempt ended."""

    ANSWERED = "answered"
    ERRORED = "errored"


class Control(StrEnum):
    """What the sink wants the runner to do next; asked with every write.

    PAUSE and STOP cut calls under way after a second. BUDGET (a limit over all parts of the run) and
    DRAIN (another part takes over) send nothing more and let them finish.
    """

    CONTINUE = "continue"
    PAUSE = "pause"
    STOP = "stop"
    BUDGET = "budget"
    DRAIN = "drain"


class RunEnd(StrEnum):
    """Why ``runner.run`` returned."""

    FINISHED = "finished"
    PAUSED = "paused"
    STOPPED = "stopped"
    LIMIT_CALLS = "limit_calls"
    LIMIT_COST = "limit_cost"
    LIMIT_TOKENS = "limit_tokens"
    LIMIT_TIME = "limit_time"
    LIMIT_SHARED = "limit_shared"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the target called, with its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What came with an answer. None: the target does not say."""

    citations: tuple[str, ...] | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    session_id: str = ""


NOTHING_FOUND = Found()


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that is said in a conversation. ``checks`` hold for the answer to it."""

    say: str
    checks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseInput:
    """One question to the target. ``expected`` is None when the case has no single right answer.

    ``turns`` are said before ``question`` in one conversation, each with checks of its own. ``checks`` are
    checks of the last answer that this case alone carries (kind and params of a grader).
    """

    id: str
    question: str
    expected: str | None = None
    context: str = ""
    category: str = ""
    slices: tuple[str, ...] = ()
    cluster: str = ""
    turns: tuple[Turn, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One case for one repeat (counted from 1), handed to this runner and to no other."""

    case: CaseInput
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class TurnResult:
    """One turn of a conversation and what its checks say. ``passed`` None: no check, or ``error``."""

    say: str
    answer: str
    passed: bool | None
    reason: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What came of one (case, repeat), after all its tries.

    ``latency_ms`` is that of the last try; a time-out counts with the time waited. ``first_try`` is
    "answered" or the error class of the first try, so that retries never improve a figure silently.
    ``tokens_in``, ``tokens_out`` and ``cost`` are None when the target did not say. ``ttft_ms`` is the time
    to the first piece of a streamed answer. ``calls`` counts every call, those of turns and retries included.
    """

    case_id: str
    repeat: int
    status: AttemptStatus
    first_try: str
    retries: int
    sent_at: datetime
    latency_ms: float
    error_class: ErrorClass | None = None
    error_detail: str = ""
    answer: str | None = None
    http_status: int | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: Decimal | None = None
    request_excerpt: str = ""
    response_excerpt: str = ""
    calls: int = 1
    tokens_cached: int | None = None
    ttft_ms: float | None = None
    found: Found = NOTHING_FOUND
    turns: tuple[TurnResult, ...] = ()


@dataclass(frozen=True, slots=True)
class GradeResult:
    """One grader's word on one answer.

    ``error`` is set when the grader could not judge; then ``score`` and ``passed`` are None.
    ``score`` is a fraction from 0 to 1.
    """

    score: float | None
    passed: bool | None
    reason: str
    error: str = ""
    grader: str = ""


@dataclass(frozen=True, slots=True)
class GradedAttempt:
    """One row for the sink. ``grades`` is empty and ``verdict`` None when there was no answer to grade."""

    attempt: AttemptResult
    grades: tuple[GradeResult, ...] = ()
    verdict: GradeResult | None = None


class CaseSource(Protocol):
    """Where the runner gets its work."""

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Lease up to ``limit`` unfinished (case, repeat) pairs. Empty means nothing is left."""

    async def release(self, claims: Sequence[Claim]) -> None:
        """Take back claims that were not finished: they are open again, not failed."""


class ResultSink(Protocol):
    """Where the runner puts its rows."""

    async def write(self, rows: Sequence[GradedAttempt]) -> Control:
        """Store ``rows`` and say how to go on. Called with no rows about every 250 ms when idle."""


def clipped(text: str, limit: int = DETAIL_BYTES) -> str:
    """``text`` cut to at most ``limit`` bytes of UTF-8, with a mark when something was cut."""
    if len(text) * 4 <= limit:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    return raw[: limit - 4].decode("utf-8", "ignore") + " …"
