"""A target ready to be asked: description, secrets, wire format and door together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from demos.engine.http import CallFailed, Door, Response, Secrets
from demos.engine.targets.generic_json import GenericJson
from demos.engine.targets.json_path import PathFinder
from demos.engine.targets.openai_chat import OpenAIChat
from demos.engine.targets.openai_responses import OpenAIResponses
from demos.engine.targets.spec import Polling, TargetKind, TargetSpec
from demos.engine.targets.stream import first_piece
from demos.engine.targets.wire import NO_TALK, Answer, Talk, Unreadable, Wire, check_status, read_json
from demos.engine.vocabulary import CaseInput, ErrorClass, TurnResult


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
    turns: tuple[TurnResult, ...] = ()


def wire_for(spec: TargetSpec) -> Wire:
    """The wire format of ``spec``. Raises ValueError with a sentence when the description does not fit it."""
    if spec.kind is TargetKind.OPENAI_CHAT:
        return OpenAIChat(spec)
    if spec.kind is TargetKind.OPENAI_RESPONSES:
        return OpenAIResponses(spec)
    if spec.polling is not None:
        PathFinder(spec.polling.id_path), PathFinder(spec.polling.status_path)
    return GenericJson(spec)


class Target:
    """Asks one target. Raises ValueError on building when the description or a secret is unfit."""

    def __init__(self, spec: TargetSpec, *, secrets: Secrets, door: Door) -> None:
        self.spec = spec
        self.secrets = secrets
        self._door = door
        self._wire = wire_for(spec)
        self._headers = {"Content-Type": "application/json", **secrets.headers(spec.headers)}

    async def ask(self, case: CaseInput, talk: Talk = NO_TALK) -> Try:
        """Send ``case`` once, after ``talk``. Whatever goes wrong comes back as an error class."""
        try:
            body = self._wire.body(case, talk)
        except (TypeError, ValueError) as problem:  # e.g. lone surrogates, which JSON cannot carry
            return Try(
                b"", error_class=ErrorClass.CLIENT_ERROR, detail=f"The case cannot be sent: {problem}."
            )
        response = None
        try:
            response = await self._sent(body)
            check_status(response)
            if self.spec.polling is not None:
                response = await self._fetched(response, self.spec.polling)
            answer = self._wire.read(response)
        except CallFailed as failure:
            return Try(body, error_class=failure.error_class, detail=self.secrets.redact(failure.detail))
        except Unreadable as problem:
            asked = response.retry_after if response else ""
            wait = retry_after_s(asked, now=datetime.now(UTC)) if asked else None
            return Try(body, None, problem.error_class, self.secrets.redact(problem.detail), response, wait)
        return Try(body, answer, response=response)

    async def _sent(self, body: bytes) -> Response:
        spec = self.spec
        return await self._door.post(
            spec.url,
            body=body,
            headers=self._headers,
            timeouts=spec.timeouts,
            max_bytes=spec.max_response_bytes,
            watch=first_piece(self._wire.piece) if spec.stream else None,
        )

    async def _fetched(self, submitted: Response, polling: Polling) -> Response:
        """The response of a job that is done. Raises Unreadable when it failed, CallFailed when too slow.

        The wait that counts is that from sending to the last byte of the answer.
        """
        there, job = PathFinder(polling.id_path).first(read_json(submitted))
        if not there or not isinstance(job, str | int) or not str(job):
            raise Unreadable(ErrorClass.MALFORMED, f"{polling.id_path} names no job in the response.")
        url = polling.url.replace("{{job_id}}", quote(str(job), safe=""))
        status_path, total_s = PathFinder(polling.status_path), self.spec.timeouts.total_s
        waited_s = submitted.elapsed_ms / 1000
        try:
            async with asyncio.timeout(max(total_s - waited_s, 0.0)):
                while True:
                    await asyncio.sleep(polling.interval_s)
                    response = await self._door.get(
                        url, headers=self._headers, timeouts=self.spec.timeouts,
                        max_bytes=self.spec.max_response_bytes,
                    )  # fmt: skip
                    waited_s += polling.interval_s + response.elapsed_ms / 1000
                    check_status(response)
                    status = str(status_path.first(read_json(response))[1])
                    if status in polling.failed:
                        raise Unreadable(ErrorClass.SERVER_ERROR, f"The job ended as “{status[:40]}”.")
                    if status in polling.done:
                        return replace(response, elapsed_ms=waited_s * 1000)
        except TimeoutError:
            raise CallFailed(ErrorClass.TIMEOUT, f"The job was not done within {total_s:g} s.") from None


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
