"""A later result of a run: stored answers graded again, without asking the target. The first result stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from demos.engine.agreement import JudgeSkill
from demos.engine.graders import build_graders, combine, grade_answer, with_turns
from demos.engine.vocabulary import Found, GradeResult, ToolCall, TurnResult
from demos.figures import corrected_figure, figures_of
from demos.models import Attempt, GraderVersion, JudgeCalibration, Regrade, ResultVersion, Run
from demos.rules import finishing_move, plan_sha256
from demos.selectors.datasets import asked_sha256_of
from demos.selectors.runs import result_version, run_for
from demos.services.graders import spec_of
from demos.services.leases import case_input
from demos.services.moves import run_path
from demos.services.results import outcomes, record_figures, store_figures
from demos.services.transcripts import check_texts_kept
from demos.vocabulary import RUN_REGRADED, ResultReason, RunMove, RunStatus
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound, WrongMoment
from portal.models import User

BATCH = 1_000


@transaction.atomic
def regrade_run(
    *, by: User, run_id: UUID, grader_version_ids: Sequence[UUID], note: str = ""
) -> ResultVersion:
    """Grade every stored answer with these graders, as a new version of the result. Nothing is asked again.

    Its figures are recorded with the hash of the new set of graders, so criteria that are sealed on the old
    set keep the old result. Raises NotFound, Forbidden, Invalid, WrongMoment.
    """
    run = locked_run(by, run_id)
    access.require(by, "start_run", run.engagement)
    check_texts_kept(run)
    graders = _graders(run, grader_version_ids)
    try:
        ready = build_graders([spec_of(grader) for grader in graders])
    except ValueError as problem:
        raise _invalid("/graders", str(problem)) from None
    version = new_version(
        run, ResultReason.REGRADE, by=by, note=note, graders=graders,
        config_sha256=sha256_with(run, [grader.config_sha256 for grader in graders]),
    )  # fmt: skip
    rows = Attempt.objects.filter(run=run, error_class="").select_related("case").order_by("position")
    store_regrades(version, (_regraded(version, row, ready, run.plan.threshold) for row in _all(rows)))
    conclude(version, run)
    return version


def locked_run(by: User, run_id: UUID) -> Run:
    """A finished run, locked. Raises NotFound, or WrongMoment while answers are missing."""
    run_for(by, run_id)
    rows = Run.objects.select_for_update(of=("self",))
    run = rows.select_related("engagement", "plan__target_version", "plan__dataset_version", "tenant").get(
        pk=run_id
    )
    if run.status not in (RunStatus.FINISHED, RunStatus.INVALID):
        raise WrongMoment(f"{run} has not finished: only a whole run is graded again.")
    return run


def new_version(
    run: Run, reason: ResultReason, *, by: User | None, note: str, graders: Sequence[GraderVersion],
    config_sha256: str, calibration: JudgeCalibration | None = None,
) -> ResultVersion:  # fmt: skip
    """The next version of a locked run's result, still without grades.

    ``calibration``: by which the rate of a judge is corrected; None: it is not.
    """
    return ResultVersion.objects.create(
        tenant_id=run.tenant_id, run=run, number=result_version(run) + 1, reason=reason,
        note=note.strip()[:500],
        graders=[grader.public_id for grader in graders], config_sha256=config_sha256, created_by=by,
        calibration=calibration,
    )  # fmt: skip


def store_regrades(version: ResultVersion, rows: Iterable[Regrade]) -> None:
    """Keep the grades of a version, in batches, so that a long run does not fill memory."""
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        Regrade.objects.bulk_create(batch)


def conclude(
    version: ResultVersion, run: Run, *, counts: bool = True, skill: JudgeSkill | None = None
) -> None:
    """Compute, store and record the figures of a version, and say so.

    ``counts`` False: what a judge says that people have not confirmed is indicative and feeds no criterion.
    ``skill``: the judge's; with it the rate corrected for its errors stands beside the raw one.
    """
    found = figures_of(outcomes(run, version=version.number), seed=run.plan.seed)
    if skill is not None:
        raw = next(figure for figure in found if figure.key == "pass_rate")
        found.append(corrected_figure(raw, skill))
    store_figures(run, found, version=version.number)
    rate = next(figure for figure in found if figure.key == "pass_rate")
    rows = outcomes(run, version=version.number)
    ungraded = sum(row.passed is None and not row.error_class for row in rows)
    whole = finishing_move(ungraded=ungraded, total=run.total) == RunMove.FINISH
    record_figures(
        run, found, valid=counts and whole and version.config_sha256 != "",
        config_sha256=version.config_sha256, measured_at=timezone.now(), source_id=version.pk,
    )  # fmt: skip
    audit.record(
        actor=version.created_by, event=RUN_REGRADED, subject=run, path=run_path(run),
        facts={
            "number": run.number, "result": version.number, "reason": version.reason, "passed": rate.events,
            "cases": rate.n, "config_sha256": version.config_sha256,
        },
    )  # fmt: skip


def sha256_with(run: Run, graders: Sequence[str]) -> str:
    """What the run would be bound to with other graders; "" when the accepted cases are not those it asked.

    Without a hash a result feeds no criterion.
    """
    plan = run.plan
    bound = {
        "target": plan.target_version.config_sha256,
        "dataset": asked_sha256_of(plan.dataset_version),
        "repeats": plan.repeats,
        "threshold": plan.threshold,
    }
    own = plan.plan_graders.order_by("position").values_list("grader_version__config_sha256", flat=True)
    unchanged = plan_sha256(graders=list(own), **bound) == plan.config_sha256
    return plan_sha256(graders=list(graders), **bound) if unchanged else ""


def _graders(run: Run, grader_version_ids: Sequence[UUID]) -> list[GraderVersion]:
    wanted = list(dict.fromkeys(grader_version_ids))
    found = (
        GraderVersion.objects.filter(grader__engagement=run.engagement)
        .select_related("grader")
        .in_bulk(wanted)
    )
    if not wanted:
        raise _invalid("/graders", "Choose at least one grader: without one, no answer is right or wrong.")
    if len(found) != len(wanted):
        raise NotFound
    return [found[key] for key in wanted]


def _all(rows: Any) -> Iterator[Attempt]:
    yield from rows.iterator(chunk_size=BATCH)


def _regraded(version: ResultVersion, attempt: Attempt, graders: Any, threshold: float) -> Regrade:
    case, answer = case_input(attempt.case), attempt.answer or ""
    grades = grade_answer(graders, answer, case, found_of(attempt.found or {}))
    verdict = combine(graders, grades, case, threshold=threshold)
    turns = turns_of(attempt.found or {})
    if turns:
        grades, verdict = with_turns(turns, grades, verdict)
    return regrade_row(version, attempt, verdict, grades)


def regrade_row(
    version: ResultVersion, attempt: Attempt, verdict: GradeResult, grades: Iterable[GradeResult] = ()
) -> Regrade:
    """A row of a version, not yet stored."""
    return Regrade(
        tenant_id=version.tenant_id, result_version=version, attempt=attempt, passed=verdict.passed,
        score=verdict.score, reason=verdict.reason, grader_error=verdict.error,
        grades=[
            {"grader": g.grader, "score": g.score, "passed": g.passed, "reason": g.reason, "error": g.error}
            for g in grades
        ],
    )  # fmt: skip


def found_of(stored: Mapping[str, Any]) -> Found:
    """What came with a stored answer, as graders read it."""
    citations, calls = stored.get("citations"), stored.get("tool_calls")
    return Found(
        citations=None if citations is None else tuple(citations),
        tool_calls=None if calls is None else tuple(ToolCall(c["name"], c["arguments"]) for c in calls),
        session_id=stored.get("session_id", ""),
    )


def turns_of(stored: Mapping[str, Any]) -> tuple[TurnResult, ...]:
    """The turns of a stored conversation. Their own checks are not judged again."""
    return tuple(
        TurnResult(say=t["say"], answer=t["answer"], passed=t["passed"], reason=t["reason"], error=t["error"])
        for t in stored.get("turns", ())
    )


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
