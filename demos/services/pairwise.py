"""A judge model compares the answers of two runs, each pair in both orders, and its words are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from demos.engine import pairwise as engine
from demos.engine.vocabulary import CaseInput, Claim, GradedAttempt
from demos.models import Attempt, Comparison, JudgeVersion, PairJudging, PairOpinion
from demos.selectors import pairwise as reading
from demos.selectors.comparisons import comparison_for
from demos.services.comparisons import comparison_path
from demos.services.halting import check_not_halted
from demos.services.judge_desk import JudgeDesk, carry_out, send, send_lost, take
from demos.services.leases import case_input
from demos.services.spending import check_may_spend
from demos.services.transcripts import check_texts_kept
from demos.vocabulary import PAIRS_FINISHED, PAIRS_STARTED, JudgingStatus, PairOrder, PairWord
from portal import access, audit
from portal.errors import FieldError, GatehouseError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.scope import tenant_scope

TASK = "demos.judge_pairs"
NOW_FIRST = {"first": PairWord.NOW, "second": PairWord.BEFORE, "tie": PairWord.TIE}
BEFORE_FIRST = {"first": PairWord.BEFORE, "second": PairWord.NOW, "tie": PairWord.TIE}
WORDS = {PairOrder.NOW_FIRST: NOW_FIRST, PairOrder.BEFORE_FIRST: BEFORE_FIRST}


@transaction.atomic
def start_pair_judging(*, by: User, comparison_id: UUID, judge_id: UUID) -> PairJudging:
    """Have a judge compare the answers of two compared runs. Its task is sent after commit.

    Raises NotFound, Forbidden, Invalid, WrongMoment, TargetHalted, SpendLimitReached.
    """
    comparison = comparison_for(by, comparison_id)
    access.require(by, "start_run", comparison.engagement)
    Comparison.objects.select_for_update(of=("self",)).get(pk=comparison.pk)
    for run in (comparison.before, comparison.now):
        check_texts_kept(run)
    check_may_spend(comparison.tenant_id, comparison.now.currency)
    judge = JudgeVersion.objects.filter(pk=judge_id, engagement=comparison.engagement).first()
    if judge is None:
        raise NotFound
    own = {run.plan.target_version.config_sha256 for run in (comparison.before, comparison.now)}
    if judge.target_version.config_sha256 in own:
        raise _invalid("/judge", "A system does not judge its own answers. Choose a judge on another target.")
    check_not_halted(judge.target_version.target)
    if PairJudging.objects.filter(comparison=comparison, judge=judge).exists():
        raise WrongMoment(f"{judge} has compared these two runs already.")
    cases = len(reading.pairs_of(comparison))
    if not cases:
        raise _invalid("", "There is no case that both runs answered.")
    judging = PairJudging.objects.create(
        tenant_id=comparison.tenant_id, comparison=comparison, judge=judge, cases=cases, total=2 * cases,
        config_sha256=engine.pairwise_sha256(judge.config_sha256), started_by=by,
    )  # fmt: skip
    audit.record(
        actor=by, event=PAIRS_STARTED, subject=judging, engagement_id=comparison.engagement_id,
        path=comparison_path(comparison),
        facts={
            "before": comparison.before.number, "now": comparison.now.number, "cases": cases,
            "sha256": judging.config_sha256,
        },
    )  # fmt: skip
    send(TASK, judging)
    return judging


def sweep_pair_judgings() -> None:
    """Send passes again whose worker is gone. Called inside the scope of one tenant; safe at any time."""
    send_lost(PairJudging, TASK, now=timezone.now())


def execute_pair_judging(*, tenant_id: UUID, judging_id: UUID) -> None:
    """Ask about every pair and order without a word, then count. Does nothing to a pass that is over, or that
    another worker has.
    """
    with tenant_scope([tenant_id]):
        judging = _judging(judging_id)
        desk = _Desk(
            tenant_id, PairJudging, judging_id, judging.judge.target_version.target_id, judging.currency,
            judging=judging,
        )  # fmt: skip
        if not take(desk):
            desk.thread.shutdown()
            return
    try:
        carry_out(desk, judging.judge, total=judging.total, what=f"comparing answers {judging_id}")
    except (GatehouseError, ValueError) as problem:
        with tenant_scope([tenant_id]):
            _close(judging_id, fault=str(problem))
        return
    with tenant_scope([tenant_id]):
        _close(judging_id)
        rest = PairJudging.objects.filter(pk=judging_id, status=JudgingStatus.WAITING).first()
        if desk.handed_over and rest is not None:
            send(TASK, rest)


@dataclass(slots=True)
class _Desk(JudgeDesk):
    """What is asked of one pass. ``<answer now>/<order>`` stands in the place of a case's id."""

    judging: PairJudging = field(kw_only=True)
    pairs: dict[str, reading.Pair] | None = None
    asked: set[str] = field(default_factory=set)

    def ask(self, limit: int) -> list[Claim]:
        if self.pairs is None:
            self.pairs = _questions(self.judging)
        todo = [key for key in self.pairs if key not in self.asked][:limit]
        self.asked |= set(todo)
        rows = Attempt.objects.select_related("case").in_bulk(
            {answer for key in todo for answer in (self.pairs[key].before, self.pairs[key].now)}
        )
        return [self._claim_of(key, rows) for key in todo]

    def _claim_of(self, key: str, rows: dict[Any, Attempt]) -> Claim:
        pair = (self.pairs or {})[key]
        before, now = rows[pair.before].answer or "", rows[pair.now].answer or ""
        first, second = (now, before) if key.endswith(PairOrder.NOW_FIRST) else (before, now)
        case = case_input(rows[pair.now].case)
        return Claim(CaseInput(key, engine.prompt(self.judging.judge.rubric, case, first, second)))

    def store(self, rows: Sequence[GradedAttempt]) -> None:
        said = [self._opinion(row) for row in rows]
        PairOpinion.objects.bulk_create(said, ignore_conflicts=True)

    def _opinion(self, row: GradedAttempt) -> PairOpinion:
        attempt, (_, _, order) = row.attempt, row.attempt.case_id.partition("/")
        pair = (self.pairs or {})[attempt.case_id]
        word, error = "", ""
        if attempt.error_class is not None:
            error = f"The judge gave no usable answer: {attempt.error_class.value}."
        else:
            try:
                word = WORDS[PairOrder(order)][engine.read_choice(attempt.answer or "")]
            except ValueError as problem:
                error = str(problem)
        return PairOpinion(
            tenant_id=self.tenant_id, judging_id=self.key, before_id=pair.before, now_id=pair.now,
            order=order, word=word, error=error[:120], cost=attempt.cost,
        )  # fmt: skip


def _questions(judging: PairJudging) -> dict[str, reading.Pair]:
    """Every pair in both orders that has no word yet, by its key."""
    had = {
        f"{now}/{order}"
        for now, order in PairOpinion.objects.filter(judging=judging).values_list("now_id", "order")
    }
    both = (
        (f"{pair.now}/{order.value}", pair)
        for pair in reading.pairs_of(judging.comparison)
        for order in PairOrder
    )
    return {key: pair for key, pair in both if key not in had}


def _close(judging_id: UUID, *, fault: str = "") -> None:
    """End a pass: with its count when every question has a word, or with what went wrong."""
    PairJudging.objects.select_for_update(of=("self",)).get(pk=judging_id)
    judging = _judging(judging_id)
    said = PairOpinion.objects.filter(judging=judging)
    if judging.status != JudgingStatus.WAITING or (not fault and said.count() < judging.total):
        return
    judging.status = JudgingStatus.FAILED if fault else JudgingStatus.FINISHED
    judging.fault, judging.finished_at = fault, timezone.now()
    judging.result = None if fault else reading.result_of(judging)
    judging.cost = said.aggregate(n=Sum("cost"))["n"] or Decimal(0)
    judging.uncosted = said.filter(cost=None).count()
    judging.save(update_fields=["status", "fault", "finished_at", "result", "cost", "uncosted"])
    counted = judging.result or {}
    comparison = judging.comparison
    audit.record(
        actor=None, event=PAIRS_FINISHED, subject=judging, engagement_id=comparison.engagement_id,
        path=comparison_path(comparison),
        facts={
            "before": comparison.before.number, "now": comparison.now.number, "cases": judging.cases,
            "status": str(judging.status),
            **{key: counted.get(key) for key in reading.COUNTS},
        },
    )  # fmt: skip


def _judging(judging_id: UUID) -> PairJudging:
    rows = PairJudging.objects.select_related(
        "judge__target_version", "comparison__engagement", "comparison__tenant", "comparison__before__plan",
        "comparison__now__plan",
    )  # fmt: skip
    return rows.get(pk=judging_id)


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
