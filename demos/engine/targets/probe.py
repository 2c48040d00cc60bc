"""Test connection: one call to a target, shown without secrets, with a sentence on what is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from demos.engine.http import Door, EgressRules, Response, Secrets
from demos.engine.targets.spec import TargetKind, TargetSpec
from demos.engine.targets.target import Target, Try
from demos.engine.vocabulary import CaseInput, ErrorClass

PROBE_QUESTION = "Hello, this is a connection test. Please answer with one short sentence."

STATUS_ADVICE = {
    400: "Read the response below: the target says which field of the request it does not take.",
    401: "Check the secret header: the key is missing, wrong or expired.",
    403: "The key is known but may not do this. Ask the owner of the target for access.",
    404: "Check the path of the address; the host is there, this page is not.",
    405: "The target does not take POST at this address. Check the path.",
    413: "The request is too long for the target. Shorten the template or the context.",
    415: "The target does not take JSON at this address. Check the path.",
    422: "Read the response below: the target says which field of the request it does not take.",
}
CLASS_ADVICE = {
    ErrorClass.TRANSPORT: "Check host and port, and that the target is running and reachable from here.",
    ErrorClass.TIMEOUT: "Try again; if the target is just slow, allow it more time.",
    ErrorClass.RATE_LIMITED: "The target works but has a limit. Wait a moment; lower concurrency or rate.",
    ErrorClass.SERVER_ERROR: "The failure is inside the target. Tell its owner the time and this response.",
    ErrorClass.CLIENT_ERROR: "Check address, headers and request.",
    ErrorClass.BLOCKED: "An administrator can add host and port to the list of addresses that may be called.",
    ErrorClass.TOO_LARGE: "Check the address, or raise the longest response that is allowed.",
    ErrorClass.EMPTY: "Check that the request asks for an answer, and that the path points at it.",
    ErrorClass.MALFORMED: "Check the address: it must be the one that programs call, not a page for people.",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One test call. No secret is in any text. ``status`` and ``answer`` are None when there was none.

    ``sentence`` says what happened, ``way_out`` what to do about it (empty when all is well).
    """

    ok: bool
    sentence: str
    way_out: str
    error_class: ErrorClass | None
    status: int | None
    elapsed_ms: float
    request_text: str
    response_text: str
    answer: str | None
    tokens_in: int | None
    tokens_out: int | None
    first_ms: float | None = None


async def probe(
    spec: TargetSpec,
    *,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
    question: str = PROBE_QUESTION,
) -> Exchange:
    """Ask the target once. Raises ValueError when the description is unfit or a secret is missing."""
    kept = Secrets(secrets)
    case = CaseInput(id="connection-test", question=question)
    started = time.perf_counter()
    async with Door(egress or EgressRules()) as door:
        result = await Target(spec, secrets=kept, door=door).ask(case)
    elapsed_ms = (time.perf_counter() - started) * 1000
    response, answer = result.response, result.answer
    sentence, way_out = _words(spec, result)
    return Exchange(
        ok=answer is not None,
        sentence=sentence,
        way_out=way_out,
        error_class=result.error_class,
        status=response.status if response else None,
        elapsed_ms=response.elapsed_ms if response else elapsed_ms,
        request_text=kept.excerpt(_request_text(spec, result.body)),
        response_text=kept.excerpt(_response_text(response)) if response else "",
        answer=kept.redact(answer.text) if answer else None,
        tokens_in=answer.tokens_in if answer else None,
        tokens_out=answer.tokens_out if answer else None,
        first_ms=response.first_ms if response else None,
    )


def probe_sync(
    spec: TargetSpec,
    *,
    secrets: Mapping[str, str] | None = None,
    egress: EgressRules | None = None,
    question: str = PROBE_QUESTION,
) -> Exchange:
    """``probe`` for callers without an event loop."""
    return asyncio.run(probe(spec, secrets=secrets, egress=egress, question=question))


def _words(spec: TargetSpec, result: Try) -> tuple[str, str]:
    if result.error_class is None:
        tokens = result.answer
        counted = tokens is not None and tokens.tokens_in is not None and tokens.tokens_out is not None
        note = "" if counted else " It names no token counts, so a price per token cannot be applied."
        if spec.stream and result.response is not None and result.response.first_ms is None:
            note += " It did not stream, so the time to the first piece is not measured."
        return f"The target answered.{note}", ""
    status = result.response.status if result.response else None
    if status is not None and 300 <= status < 400:
        advice = "Enter the final address of the target instead."
    elif status in STATUS_ADVICE:
        advice = STATUS_ADVICE[status]
    elif status is not None and 200 <= status < 300:
        advice = _advice_on_content(spec, result)
    else:
        advice = CLASS_ADVICE[result.error_class]
    return result.detail, advice


def _advice_on_content(spec: TargetSpec, result: Try) -> str:
    """What to do when the status is fine and the content is not."""
    if "answer path" in result.detail:
        return "Look for the answer in the response below and correct the path."
    ending = {TargetKind.OPENAI_CHAT: "/chat/completions", TargetKind.OPENAI_RESPONSES: "/responses"}
    if spec.kind in ending and "format" in result.detail:
        return f"Check that the address ends in {ending[spec.kind]}, or describe the target as generic JSON."
    return CLASS_ADVICE[result.error_class or ErrorClass.MALFORMED]


def _request_text(spec: TargetSpec, body: bytes) -> str:
    lines = [f"POST {spec.url}", "Content-Type: application/json"]
    for header in spec.headers:
        secret = f"[secret {header.secret}]" if header.secret else ""
        lines.append(f"{header.name}: {header.value}{secret}")
    return "\n".join([*lines, "", body.decode("utf-8", "replace")])


def _response_text(response: Response) -> str:
    lines = [f"Status {response.status}"]
    for name, value in (
        ("Content-Type", response.content_type),
        ("Retry-After", response.retry_after),
        ("Location", response.location),
    ):
        if value:
            lines.append(f"{name}: {value}")
    return "\n".join([*lines, "", response.body.decode("utf-8", "replace").replace("\x00", "�")])
