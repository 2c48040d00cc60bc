"""One claimed case on its way through its tries, the row that is stored in the end, and the counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from demos.engine.http import Secrets
from demos.engine.plan import RunOutcome, RunPlan
from demos.engine.targets.target import Try
from demos.engine.vocabulary import (
    NOTHING_FOUND,
    AttemptResult,
    AttemptStatus,
    Claim,
    ErrorClass,
    GradedAttempt,
    RunEnd,
)

FREE = Decimal(0)


@dataclass(slots=True, eq=False)
class Work:
    """A claim and what has happened to it. ``sent_at`` and ``latency_ms`` are those of the last try."""

    claim: Claim
    first_sent: float | None = None
    first_try: str = ""
    tries: int = 0
    calls: int = 0
    sent_at: datetime | None = None
    latency_ms: float = 0.0
    failures: dict[ErrorClass, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The case, for telling one limited case from several."""
        return self.claim.case.id


@dataclass(slots=True)
class Counts:
    """What a run part has done so far. ``cost`` is the sum of the known costs."""

    finished: int = 0
    answered: int = 0
    passed: int = 0
    ungraded: int = 0
    calls: int = 0
    cost: Decimal = Decimal(0)

    def add(self, row: GradedAttempt) -> None:
        """Count a finished row."""
        self.finished += 1
        self.answered += row.attempt.status is AttemptStatus.ANSWERED
        self.cost += row.attempt.cost or 0
        if row.verdict is not None:
            self.passed += row.verdict.passed is True
            self.ungraded += row.verdict.passed is None

    def outcome(self, end: RunEnd, *, released: int, seconds: float) -> RunOutcome:
        """The counts as the report of a run part that has ended."""
        return RunOutcome(
            end=end,
            finished=self.finished,
            answered=self.answered,
            errored=self.finished - self.answered,
            passed=self.passed,
            ungraded=self.ungraded,
            calls=self.calls,
            cost=self.cost,
            released=released,
            seconds=seconds,
        )


def attempt_row(
    work: Work, result: Try, answer_text: str | None, *, plan: RunPlan, secrets: Secrets, passed: bool
) -> AttemptResult:
    """The row of a case after its last try ``result``. No secret is in any of its texts."""
    answer, response = result.answer, result.response
    tokens_in = answer.tokens_in if answer else None
    tokens_out = answer.tokens_out if answer else None
    cost = None
    if plan.price is not None:
        cost = FREE
        if not plan.price.is_free:
            cost = plan.price.cost(
                tokens_in=tokens_in, tokens_out=tokens_out, calls=work.calls,
                tokens_cached=answer.tokens_cached if answer else None, seconds=work.latency_ms / 1000,
            )  # fmt: skip
    if work.sent_at is None:
        raise ValueError("A case that was never sent has no row.")
    keep = plan.keep_excerpts and not passed
    return AttemptResult(
        case_id=work.claim.case.id,
        repeat=work.claim.repeat,
        status=AttemptStatus.ERRORED if answer is None else AttemptStatus.ANSWERED,
        first_try=work.first_try,
        retries=work.tries - 1,
        sent_at=work.sent_at,
        latency_ms=work.latency_ms,
        error_class=result.error_class,
        error_detail=secrets.excerpt(result.detail) if result.detail else "",
        answer=answer_text,
        http_status=response.status if response else None,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost=cost,
        request_excerpt=secrets.excerpt(_text(result.body)) if keep else "",
        response_excerpt=secrets.excerpt(_text(response.body)) if keep and response else "",
        calls=work.calls,
        tokens_cached=answer.tokens_cached if answer else None,
        ttft_ms=response.first_ms if response else None,
        found=answer.found if answer else NOTHING_FOUND,
        turns=result.turns,
    )


def _text(raw: bytes) -> str:
    """Bytes as text that a database can store: undecodable bytes marked, no NUL characters."""
    return raw.decode("utf-8", "replace").replace("\x00", "�")
