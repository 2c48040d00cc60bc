"""Judge models, what they judged, and how far they can be believed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from demos.engine.agreement import JudgeSkill
from demos.models import (
    HumanReview,
    JudgeCalibration,
    JudgeOpinion,
    JudgeVersion,
    Judging,
    MetricResult,
    ResultVersion,
    ReviewItem,
    Run,
)
from demos.selectors.reviews import settled_label
from demos.selectors.sealing import may_read_sealed
from demos.vocabulary import ResultReason, ReviewLabel
from portal import access
from portal.errors import NotFound
from portal.models import User


def visible_judges(viewer: User, engagement_id: UUID) -> QuerySet[JudgeVersion]:
    """Judges of an engagement, newest version of each name first."""
    rows = access.visible(viewer, JudgeVersion.objects.filter(engagement_id=engagement_id))
    return rows.select_related("target_version__target").order_by("name", "-number")


def judge_for(viewer: User, judge_id: UUID) -> JudgeVersion:
    """Raises NotFound if there is none that the viewer may see."""
    found = access.visible(viewer, JudgeVersion.objects.filter(pk=judge_id)).first()
    if found is None:
        raise NotFound
    return found


def judgings_of(run: Run) -> QuerySet[Judging]:
    """What judges said of a run, newest first, with ``said``: answers that have a word."""
    rows = Judging.objects.filter(run=run).select_related("judge", "result_version", "started_by")
    return rows.annotate(said=Count("opinions")).order_by("-created_at")


def judging_for(viewer: User, judging_id: UUID) -> Judging:
    """Raises NotFound if there is none that the viewer may see."""
    runs = access.visible(viewer, Run.objects.all())
    rows = Judging.objects.filter(pk=judging_id, run__in=runs)
    found = rows.select_related("run__engagement", "judge", "result_version").first()
    if found is None:
        raise NotFound
    return found


def skill_of(judging: Judging) -> JudgeSkill:
    """The judge against people, on the answers of its run that people settled and it had a word on."""
    words = dict(
        JudgeOpinion.objects.filter(judging=judging).exclude(passed=None).values_list("attempt_id", "passed")
    )
    ordered = Prefetch("reviews", HumanReview.objects.order_by("created_at", "pk"))
    items = ReviewItem.objects.filter(round__run_id=judging.run_id, attempt_id__in=list(words))
    table = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    seen: set[UUID] = set()
    for item in items.prefetch_related(ordered).order_by("-round__number"):
        label = settled_label(item.reviews.all())
        if item.attempt_id in seen or label is None or label == ReviewLabel.CANNOT_SAY:
            continue
        seen.add(item.attempt_id)
        table[bool(words[item.attempt_id]), label == ReviewLabel.RIGHT] += 1
    return JudgeSkill(*table.values())


def calibration_of(judge: JudgeVersion, *, on: date) -> JudgeCalibration | None:
    """The newest calibration of a judge that is still valid; None without one."""
    rows = JudgeCalibration.objects.filter(judge=judge, valid_until__gte=on)
    return rows.order_by("-created_at").first()


def skill_now(judging: Judging, *, on: date) -> JudgeSkill:
    """The judge against people: by its valid calibration, else by what people settled on in this run."""
    calibration = calibration_of(judging.judge, on=on)
    return skill_of(judging) if calibration is None else skill_in(calibration)


def rates_of(judging: Judging) -> dict[str, MetricResult]:
    """The figures of the whole in the newest result that this judge made of the run; {} without one.

    A calibration makes a further result with the same grades, bound to the same judge.
    """
    first = judging.result_version
    if first is None:
        return {}
    made = ResultVersion.objects.filter(
        run_id=judging.run_id, reason=ResultReason.JUDGE, config_sha256=first.config_sha256
    )
    newest = made.order_by("-number").first() or first
    rows = MetricResult.objects.filter(run_id=judging.run_id, result_version=newest.number, slice="")
    return {row.key: row for row in rows}


def opinions_of(judging: Judging, viewer: User, *, without: Collection[UUID] = ()) -> QuerySet[JudgeOpinion]:
    """What a judge said, without answers on cases that the viewer may not read and without ``without``."""
    rows = JudgeOpinion.objects.filter(judging=judging).exclude(attempt_id__in=without)
    if not may_read_sealed(viewer, judging.run.engagement):
        rows = rows.filter(attempt__case__sealed=False)
    return rows


def skill_in(calibration: JudgeCalibration) -> JudgeSkill:
    """The table of a calibration."""
    return JudgeSkill(
        calibration.both_pass, calibration.judge_only, calibration.people_only, calibration.both_fail
    )
