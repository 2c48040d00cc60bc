"""One claimed case on its way through its tries, and the row that is stored in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from demos.engine.http import Secrets
from demos.engine.plan import RunPlan
from demos.engine.targets.target import Try
from demos.engine.vocabulary import AttemptResult, AttemptStatus, Claim, ErrorClass


@dataclass(slots=True, eq=False)
class Work:
    """A claim and what has happened to it. ``sent_at`` and ``latency_ms`` are those of the last try."""

    claim: Claim
    first_sent: float | None = None
    first_try: str = ""
    calls: int = 0
    sent_at: datetime | None = None
    latency_ms: float = 0.0
    failures: dict[ErrorClass, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The case, for telling one limited case from several."""
        return self.claim.case.id


def attempt_row(work: Work, result: Try, *, plan: RunPlan, secrets: Secrets) -> AttemptResult:
    """The row of a case after its last try ``result``. No secret is in any of its texts."""
    answer, response = result.answer, result.response
    tokens_in = answer.tokens_in if answer else None
    tokens_out = answer.tokens_out if answer else None
    cost = None
    if plan.price is not None:
        cost = plan.price.cost(tokens_in=tokens_in, tokens_out=tokens_out, calls=work.calls)
    if work.sent_at is None:
        raise ValueError("A case that was never sent has no row.")
    keep = plan.keep_excerpts
    return AttemptResult(
        case_id=work.claim.case.id,
        repeat=work.claim.repeat,
        status=AttemptStatus.ERRORED if answer is None else AttemptStatus.ANSWERED,
        first_try=work.first_try,
        retries=work.calls - 1,
        sent_at=work.sent_at,
        latency_ms=work.latency_ms,
        error_class=result.error_class,
        error_detail=secrets.excerpt(result.detail) if result.detail else "",
        answer=secrets.redact(answer.text) if answer else None,
        http_status=response.status if response else None,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost=cost,
        request_excerpt=secrets.excerpt(_text(result.body)) if keep else "",
        response_excerpt=secrets.excerpt(_text(response.body)) if keep and response else "",
    )


def _text(raw: bytes) -> str:
    """Bytes as text that a database can store: undecodable bytes marked, no NUL characters."""
    return raw.decode("utf-8", "replace").replace("\x00", "�")
