"""A judge model grades stored answers: asked through the one door, bounded, its cost kept apart.

What it says becomes a further result of the run. That feeds a must-criterion only after the judge was
compared with people and agreed with them; until then it is indicative.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, Sum
from django.utils import timezone

from demos.engine import judge as engine
from demos.engine.vocabulary import CaseInput, Claim, GradedAttempt, GradeResult
from demos.models import (
    Attempt,
    JudgeCalibration,
    JudgeOpinion,
    JudgeVersion,
    Judging,
    Regrade,
    ResultVersion,
)
from demos.selectors import judges as reading
from demos.selectors.targets import target_version_in
from demos.services.halting import check_not_halted
from demos.services.judge_desk import JudgeDesk, carry_out, send, send_lost, take
from demos.services.leases import case_input
from demos.services.regrading import (
    conclude,
    locked_run,
    new_version,
    regrade_row,
    sha256_with,
    store_regrades,
)
from demos.services.spending import check_may_spend
from demos.services.targets import plain_text
from demos.services.transcripts import check_texts_kept, mode_of_run
from demos.transcripts import kept_text
from demos.vocabulary import (
    JUDGE_CALIBRATED,
    JUDGE_STORED,
    JUDGING_FINISHED,
    JUDGING_STARTED,
    JudgingStatus,
    ResultReason,
)
from engagements.selectors import engagement_for
from portal import access, audit
from portal.errors import FieldError, GatehouseError, Invalid, NotFound, WrongMoment
from portal.models import User
from portal.scope import tenant_scope

TASK = "demos.judge_answers"
CALIBRATED_FOR = timedelta(days=180)


@transaction.atomic
def store_judge(
    *, by: User, engagement_id: UUID, name: str, target_version_id: UUID, rubric: str
) -> JudgeVersion:
    """The version of the named judge with this target and rubric, made if there is none yet."""
    engagement = engagement_for(by, engagement_id)
    access.require(by, "start_run", engagement)
    target = target_version_in(by, engagement, target_version_id)
    if not name.strip() or len(name) > 120:
        raise _invalid("/name", "Give the judge a name of at most 120 characters.")
    if len(rubric.strip()) < 20:
        raise _invalid("/rubric", "Say in a few sentences what makes an answer right.")
    sha256 = engine.judge_sha256(target_sha256=target.config_sha256, rubric=rubric.strip())
    mine = JudgeVersion.objects.filter(engagement=engagement, name=name.strip())
    kept = mine.filter(config_sha256=sha256).first()
    if kept is not None:
        return kept
    version = JudgeVersion.objects.create(
        tenant_id=engagement.tenant_id, engagement=engagement, name=name.strip(),
        number=(mine.aggregate(n=Max("number"))["n"] or 0) + 1, target_version=target, rubric=rubric.strip(),
        config_sha256=sha256, created_by=by,
    )  # fmt: skip
    audit.record(
        actor=by, event=JUDGE_STORED, subject=version, facts={"version": version.number, "sha256": sha256}
    )
    return version


@transaction.atomic
def start_judging(*, by: User, run_id: UUID, judge_id: UUID) -> Judging:
    """Have a judge read every stored answer of a finished run. Its task is sent after commit."""
    run = locked_run(by, run_id)
    access.require(by, "start_run", run.engagement)
    check_texts_kept(run)
    check_may_spend(run.tenant_id, run.currency)
    judge = JudgeVersion.objects.filter(pk=judge_id, engagement=run.engagement).first()
    if judge is None:
        raise NotFound
    if judge.target_version.config_sha256 == run.plan.target_version.config_sha256:
        raise _invalid("/judge", "A system does not judge its own answers. Choose a judge on another target.")
    check_not_halted(judge.target_version.target)
    if Judging.objects.filter(run=run, judge=judge).exists():
        raise WrongMoment(f"{judge} has judged {run} already.")
    judging = Judging.objects.create(
        tenant_id=run.tenant_id, run=run, judge=judge, started_by=by,
        total=Attempt.objects.filter(run=run, error_class="").count(),
    )  # fmt: skip
    facts: dict[str, audit.Fact] = {"number": run.number, "answers": judging.total}
    audit.record(
        actor=by, event=JUDGING_STARTED, subject=judging, engagement_id=run.engagement_id, facts=facts
    )
    send(TASK, judging)
    return judging


@transaction.atomic
def resume_judging(*, by: User, judging_id: UUID) -> None:
    """Send the task of an unfinished judging again; answers with a word are not asked again."""
    judging = reading.judging_for(by, judging_id)
    access.require(by, "start_run", judging.run.engagement)
    if judging.status != JudgingStatus.WAITING:
        raise WrongMoment("This judging is over.")
    send(TASK, judging)


def sweep_judgings() -> None:
    """Send judgings again whose worker is gone. Called inside the scope of one tenant; safe at any time."""
    send_lost(Judging, TASK, now=timezone.now())


def execute_judging(*, tenant_id: UUID, judging_id: UUID) -> None:
    """Ask about every answer without a word, then make the result. Does nothing to a judging that is over,
    or that another worker has.
    """
    with tenant_scope([tenant_id]):
        judging = Judging.objects.select_related("judge__target_version", "run").get(pk=judging_id)
        judge = judging.judge
        desk = _Desk(
            tenant_id, Judging, judging_id, judge.target_version.target_id, judging.currency,
            run_id=judging.run_id, rubric=judge.rubric,
        )  # fmt: skip
        if not take(desk):
            desk.thread.shutdown()
            return
    try:
        carry_out(desk, judge, total=judging.total, what=f"judging {judging_id}")
    except (GatehouseError, ValueError) as problem:
        _fail(tenant_id, judging_id, str(problem))
        return
    with tenant_scope([tenant_id]):
        _settle(judging_id)
        rest = Judging.objects.filter(pk=judging_id, status=JudgingStatus.WAITING).first()
        if desk.handed_over and rest is not None:
            send(TASK, rest)


@transaction.atomic
def calibrate_judge(*, by: User, judging_id: UUID) -> JudgeCalibration:
    """Compare a judge with what people settled on, on the answers of its run that people reviewed.

    If it may count from now on, the run gets a further result with the same grades that gates may read.
    """
    judging = reading.judging_for(by, judging_id)
    access.require(by, "start_run", judging.run.engagement)
    if judging.status != JudgingStatus.FINISHED or judging.result_version is None:
        raise WrongMoment("The judge has not read all answers yet.")
    skill = reading.skill_of(judging)
    if not skill.n:
        raise _invalid(
            "", "No answer of this run was settled by people and judged. Have answers reviewed first."
        )
    run = locked_run(by, judging.run_id)
    calibration = JudgeCalibration.objects.create(
        tenant_id=judging.tenant_id, judge=judging.judge, judging=judging, both_pass=skill.both_pass,
        judge_only=skill.judge_only, people_only=skill.people_only, both_fail=skill.both_fail,
        agreement=skill.agreement, kappa=skill.kappa, sensitivity=skill.sensitivity,
        specificity=skill.specificity, counts=skill.may_count,
        valid_until=timezone.localdate() + CALIBRATED_FOR, created_by=by,
    )  # fmt: skip
    audit.record(
        actor=by, event=JUDGE_CALIBRATED, subject=calibration, engagement_id=run.engagement_id,
        facts={"labels": skill.n, "counts": skill.may_count},
    )  # fmt: skip
    version = _version(judging, by, "Calibrated against people.", calibration)
    store_regrades(version, _rows(version, judging))
    conclude(version, run, counts=skill.may_count, skill=skill)
    return calibration


@dataclass(slots=True)
class _Desk(JudgeDesk):
    """What is asked of one judging. An answer's id stands in the place of a case's."""

    run_id: UUID = field(kw_only=True)
    rubric: str = field(kw_only=True)
    claimed: set[UUID] = field(default_factory=set)

    def ask(self, limit: int) -> list[Claim]:
        said = JudgeOpinion.objects.filter(judging_id=self.key, attempt=OuterRef("pk"))
        rows = Attempt.objects.filter(run_id=self.run_id, error_class="").exclude(pk__in=self.claimed)
        found = list(rows.filter(~Exists(said)).select_related("case").order_by("position")[:limit])
        self.claimed |= {row.pk for row in found}
        return [
            Claim(CaseInput(str(row.pk), engine.prompt(self.rubric, case_input(row.case), row.answer or "")))
            for row in found
        ]

    def store(self, rows: Sequence[GradedAttempt]) -> None:
        mode = mode_of_run(self.run_id)
        said = [_opinion(self.tenant_id, self.key, row) for row in rows]
        for row in said:
            row.reason = kept_text(mode, row.reason)
        JudgeOpinion.objects.bulk_create(said, ignore_conflicts=True)


def _opinion(tenant_id: UUID, judging_id: UUID, row: GradedAttempt) -> JudgeOpinion:
    attempt = row.attempt
    passed, reason, error = None, "", ""
    if attempt.error_class is not None:
        error = f"The judge gave no usable answer: {attempt.error_class.value}."
    else:
        try:
            word = engine.read_word(attempt.answer or "")
            passed, reason = word.passed, word.reason
        except ValueError as problem:
            error = str(problem)
    return JudgeOpinion(
        tenant_id=tenant_id, judging_id=judging_id, attempt_id=UUID(attempt.case_id), passed=passed,
        reason=plain_text(reason), error=error, cost=attempt.cost,
    )  # fmt: skip


def _settle(judging_id: UUID) -> None:
    """When every answer has its word: the further result, indicative unless the judge is calibrated."""
    judging = Judging.objects.select_for_update(of=("self",)).select_related("judge").get(pk=judging_id)
    said = JudgeOpinion.objects.filter(judging=judging)
    if judging.status != JudgingStatus.WAITING or said.count() < judging.total:
        return
    run = locked_run(judging.started_by, judging.run_id)
    calibration = reading.calibration_of(judging.judge, on=timezone.localdate())
    version = _version(judging, judging.started_by, f"Judged by {judging.judge}.", calibration)
    store_regrades(version, _rows(version, judging))
    conclude(
        version, run, counts=calibration is not None and calibration.counts,
        skill=None if calibration is None else reading.skill_in(calibration),
    )  # fmt: skip
    judging.status, judging.finished_at, judging.result_version = (
        JudgingStatus.FINISHED,
        timezone.now(),
        version,
    )
    judging.cost = said.aggregate(n=Sum("cost"))["n"] or Decimal(0)
    judging.uncosted = said.filter(cost=None).count()
    judging.save(update_fields=["status", "finished_at", "result_version", "cost", "uncosted"])
    audit.record(
        actor=None, event=JUDGING_FINISHED, subject=judging, engagement_id=run.engagement_id,
        facts={
            "number": run.number, "result": version.number, "status": str(judging.status),
            "abstained": said.filter(Q(passed=None) & Q(error="")).count(),
            "failed": said.exclude(error="").count(),
        },
    )  # fmt: skip


def _version(judging: Judging, by: User, note: str, calibration: JudgeCalibration | None) -> ResultVersion:
    run = locked_run(by, judging.run_id)
    sha256 = sha256_with(run, [judging.judge.config_sha256])
    return new_version(
        run, ResultReason.JUDGE, by=by, note=note, graders=[], config_sha256=sha256, calibration=calibration
    )


def _rows(version: ResultVersion, judging: Judging) -> Iterator[Regrade]:
    said = JudgeOpinion.objects.filter(judging=judging).select_related("attempt")
    for opinion in said.iterator(chunk_size=1_000):
        score = None if opinion.passed is None else float(opinion.passed)
        problem = opinion.error or ("The judge abstained." if opinion.passed is None else "")
        verdict = GradeResult(score, opinion.passed, opinion.reason, error=problem, grader=judging.judge.name)
        yield regrade_row(version, opinion.attempt, verdict, [verdict])


def _fail(tenant_id: UUID, judging_id: UUID, reason: str) -> None:
    with tenant_scope([tenant_id]):
        judging = Judging.objects.select_for_update(of=("self",)).select_related("run").get(pk=judging_id)
        if judging.status != JudgingStatus.WAITING:
            return
        judging.status, judging.fault, judging.finished_at = JudgingStatus.FAILED, reason, timezone.now()
        judging.save(update_fields=["status", "fault", "finished_at"])
        facts: dict[str, audit.Fact] = {"number": judging.run.number, "status": str(judging.status)}
        audit.record(
            actor=None, event=JUDGING_FINISHED, subject=judging, facts=facts,
            engagement_id=judging.run.engagement_id,
        )  # fmt: skip


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
