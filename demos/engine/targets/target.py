"""A target ready to be asked: description, secrets, wire format and door together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from demos.engine.http import CallFailed, Door, Response, Secrets
from demos.engine.targets.generic_json import GenericJson
from demos.engine.targets.openai_chat import OpenAIChat
from demos.engine.targets.spec import TargetKind, TargetSpec
from demos.engine.targets.wire import Answer, Unreadable, Wire, check_status
from demos.engine.vocabulary import CaseInput, ErrorClass


@dataclass(frozen=True, slots=True)
class Try:
    """One call to the target. Exactly one of ``answer`` and ``error_class`` is set.

    ``response`` is None when none came. ``retry_after_s`` is what the target asked for, or None.
    """

    body: bytes
    answer: Answer | None = None
    error_class: ErrorClass | None = None
    detail: str = ""
    response: Response | None = None
    retry_after_s: float | None = None


def wire_for(spec: TargetSpec) -> Wire:
    """The wire format of ``spec``. Raises ValueError with a sentence when the description does not fit it."""
    if spec.kind is TargetKind.OPENAI_CHAT:
        return OpenAIChat(spec)
    return GenericJson(spec)


class Target:
    """Asks one target. Raises ValueError on building when the description or a secret is unfit."""

    def __init__(self, spec: TargetSpec, *, secrets: Secrets, door: Door) -> None:
        self.spec = spec
        self.secrets = secrets
        self._door = door
        self._wire = wire_for(spec)
        self._headers = {"Content-Type": "application/json", **secrets.headers(spec.headers)}

    async def ask(self, case: CaseInput) -> Try:
        """Send ``case`` once. Whatever goes wrong with the target comes back as an error class."""
        spec = self.spec
        try:
            body = self._wire.body(case)
        except (TypeError, ValueError) as problem:  # e.g. lone surrogates, which JSON cannot carry
            return Try(
                b"", error_class=ErrorClass.CLIENT_ERROR, detail=f"The case cannot be sent: {problem}."
            )
        try:
            response = await self._door.post(
                spec.url,
                body=body,
                headers=self._headers,
                timeouts=spec.timeouts,
                max_bytes=spec.max_response_bytes,
            )
        except CallFailed as failure:
            return Try(body, error_class=failure.error_class, detail=self.secrets.redact(failure.detail))
        try:
            check_status(response)
            answer = self._wire.read(response)
        except Unreadable as problem:
            wait = (
                retry_after_s(response.retry_after, now=datetime.now(UTC)) if response.retry_after else None
            )
            detail = self.secrets.redact(problem.detail)
            return Try(body, None, problem.error_class, detail, response, wait)
        return Try(body, answer, response=response)


def retry_after_s(value: str, *, now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header (seconds or an HTTP date); None when it says neither."""
    value = value.strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = (when - now).total_seconds()
    return max(0.0, seconds) if seconds == seconds and abs(seconds) < 1e9 else None
