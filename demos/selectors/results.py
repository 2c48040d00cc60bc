"""What a run that is over says: figures, the criteria it feeds, and the failures for a brief."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from demos.engine import statistics as st
from demos.explanations import EXPLANATIONS, Explanation, explanation_of
from demos.models import (
    Attempt,
    DatasetVersion,
    GraderVersion,
    MetricResult,
    ResultVersion,
    ReviewRound,
    Run,
    TargetVersion,
)
from demos.selectors.datasets import asked_sha256_of
from demos.selectors.reviews import reviewers_of
from demos.selectors.runs import error_counts, result_version, unstable_cases
from demos.selectors.sealing import looks_in_words
from demos.vocabulary import CaseCategory, RunStatus
from engagements.evidence import BindingChoice, Failure, Failures
from engagements.models import Criterion, Engagement, Gate
from engagements.rules.sentences import SPACE
from engagements.selectors.verdicts import Standing, standing_of
from engagements.vocabulary import CriteriaStatus, Unit
from portal.figures import bound

BRIEF_FAILURES = 5
MOST_UNSTABLE = 50
Version = TypeVar("Version", TargetVersion, DatasetVersion, GraderVersion)
OWNERS = {
    "transport": "the network between here and the target",
    "timeout": "the target: too slow",
    "client_error": "who set up the target: it refuses the request",
    "rate_limited": "the target's rate limit",
    "server_error": "the target: it breaks",
    "malformed": "the target: its answer is not in the agreed form",
    "empty": "the target: it answers nothing",
    "blocked": "who set up the target: the address may not be called",
    "too_large": "the target: its answer is too long",
}


@dataclass(frozen=True, slots=True)
class ErrorShare:
    """Errors of one class, and who has to do something about them."""

    name: str
    count: int
    owner: str


@dataclass(frozen=True, slots=True)
class GroupRate:
    """The pass rate of one slice or category, as its row shows it."""

    group: str
    n: int
    events: int | None
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class UnstableCase:
    """A case whose repeats disagree."""

    case_id: UUID
    key: str
    question: str
    asked: int
    right: int


DIFFERENCES: Final = frozenset({"messy_fall", "sealed_gap", "worst_slice_gap", "counterfactual_gap"})
"""Figures that are read in percentage points."""


@dataclass(frozen=True, slots=True)
class ReadFigure:
    """A figure beside its explanation, as its row shows it."""

    row: MetricResult
    words: Explanation

    @property
    def is_rate(self) -> bool:
        return self.row.unit == Unit.RATE

    @property
    def is_difference(self) -> bool:
        return self.row.key in DIFFERENCES


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that is over. ``figures`` is empty for one that did not finish: its part proves nothing."""

    figures: dict[str, MetricResult]
    slices: list[GroupRate]
    categories: list[GroupRate]
    standings: list[Standing]
    errors: list[ErrorShare]
    passed: int | None
    cases: int
    version: int
    gaps: list[MetricResult]
    unstable: list[UnstableCase]

    @property
    def pass_rate(self) -> MetricResult | None:
        """The primary figure; None when the run did not finish."""
        return self.figures.get("pass_rate")

    @property
    def primary(self) -> Standing | None:
        """The criterion that the pass rate feeds, if any."""
        return next((row for row in self.standings if row.criterion.source_key == "pass_rate"), None)

    @property
    def explained(self) -> list[ReadFigure]:
        """Every figure of the whole in the order in which it is read, each with its explanation."""
        order = list(EXPLANATIONS)
        known = [row for key, row in self.figures.items() if key in EXPLANATIONS]
        known.sort(key=lambda row: order.index(row.key))
        return [ReadFigure(row, explanation_of(row.key)) for row in known]

    @property
    def none_wrong(self) -> float | None:
        """Upper bound of the share of wrong cases when none was wrong; None otherwise."""
        rate = self.pass_rate
        return st.zero_event_upper(rate.n) if rate is not None and rate.n and rate.events == rate.n else None


def result_of(run: Run, *, version: int | None = None) -> RunResult:
    """Everything on the result page but the attempts. ``version`` None: the result as it stands now."""
    newest = result_version(run)
    version = min(version or newest, newest) or newest
    rows = list(MetricResult.objects.filter(run=run, result_version=version))
    whole = {row.key: row for row in rows if not row.slice or row.key.startswith("worst_")}
    slices = [row for row in rows if row.slice and row.key == "pass_rate"]
    rate = whole.get("pass_rate")
    return RunResult(
        figures=whole,
        slices=sorted(
            (_group(row, row.slice.replace("=", " ", 1)) for row in slices),
            key=lambda row: (row.value or 0, row.group),
        ),
        categories=[
            _group(whole[key], category.label)
            for category in CaseCategory
            if (key := f"{category}_pass_rate") in whole
        ],
        standings=standings_fed_by(run),
        errors=[ErrorShare(name, n, OWNERS.get(name, "")) for name, n in error_counts(run).items()],
        passed=None if rate is None else rate.events,
        cases=run.case_count,
        version=version,
        gaps=sorted((row for row in rows if row.key == "slice_gap"), key=lambda row: row.slice),
        unstable=[
            UnstableCase(row["case_id"], row["case__key"], row["case__input"], row["asked"], row["right"])
            for row in unstable_cases(run)[:MOST_UNSTABLE]
        ]
        if run.plan.repeats > 1
        else [],
    )


def sentence_of(run: Run, result: RunResult) -> str:
    """What the run means, in one sentence."""
    rate = result.pass_rate
    if run.status == RunStatus.FINISHED and rate is not None and rate.bound_low is not None:
        proven = bound(rate.bound_low, lower=True)
        return f"{rate.events} of {rate.n} cases were right. We can be 95{SPACE}% sure that it is {proven}."
    if run.status == RunStatus.STOPPED_BUDGET:
        return f"Stopped at its limit of {run.get_limit_hit_display().lower()}."
    return {
        RunStatus.STOPPED_USER: "Stopped by hand before all cases were in.",
        RunStatus.FAILED: "The run could not be carried out.",
        RunStatus.INVALID: "Not valid: too many answers could not be judged.",
    }.get(RunStatus(run.status), "There is nothing to measure yet.")


def standings_fed_by(run: Run) -> list[Standing]:
    """The criteria of the engagement's gates whose verdict rests on this run."""
    gates = (
        Gate.objects.filter(engagement_id=run.engagement_id).select_related("engagement").order_by("number")
    )
    now = timezone.now()
    own = {run.pk, *ResultVersion.objects.filter(run=run).values_list("pk", flat=True)}
    own |= set(ReviewRound.objects.filter(run=run).values_list("pk", flat=True))
    return [
        row
        for gate in gates
        for row in standing_of(gate, now=now).rows
        if row.measurement is not None and row.measurement.source_id in own
    ]


def asked_pass_rate(engagement: Engagement) -> float | None:
    """The pass rate that a gate of the engagement asks for, as a fraction; None when none does."""
    criterion = (
        Criterion.objects.filter(
            criteria_set__engagement=engagement, source_key="pass_rate", target__isnull=False
        )
        .exclude(criteria_set__status=CriteriaStatus.SUPERSEDED)
        .order_by("criteria_set__gate__number", "-criteria_set__number")
        .first()
    )
    return None if criterion is None or criterion.target is None else float(criterion.target)


def failures_for_brief(engagement_id: UUID) -> Failures | None:
    """The wrong answers of the newest finished run, wrong ones before errors. None when no run finished."""
    run = (
        Run.objects.filter(engagement_id=engagement_id, status=RunStatus.FINISHED)
        .select_related("plan__target_version__target", "plan__dataset_version__dataset")
        .order_by("-finished_at")
        .first()
    )
    if run is None:
        return None
    rows = (
        Attempt.objects.filter(run=run, case__sealed=False)  # a brief is read by both sides
        .exclude(passed=True)
        .select_related("case")
        .order_by(F("passed").asc(nulls_last=True), "position", "repeat")
    )
    looks = looks_in_words(run.plan.dataset_version)
    return Failures(
        title=f"Run {run.number}: {run.plan.target_version}, {run.plan.dataset_version}"
        + (f". {looks}" if looks else ""),
        total=run.failed + run.errored + run.ungraded,
        asked=run.total,
        items=tuple(_failure(attempt) for attempt in rows[:BRIEF_FAILURES]),
        judges=tuple(reviewers_of(run.pk)),
        repeats=run.plan.repeats,
    )


def binding_choices(engagement_id: UUID) -> list[BindingChoice]:
    """Each newest target with each newest set of cases, judged by all newest graders."""
    targets = _newest(TargetVersion.objects.filter(target__engagement_id=engagement_id), "target")
    datasets = _newest(DatasetVersion.objects.filter(dataset__engagement_id=engagement_id), "dataset")
    graders = _newest(GraderVersion.objects.filter(grader__engagement_id=engagement_id), "grader")
    if not graders:
        return []
    asked = {dataset.pk: asked_sha256_of(dataset) for dataset in datasets}
    names = ", ".join(grader.grader.name for grader in graders)
    return [
        BindingChoice(
            label=f"{target}; {dataset}; {names}",
            target_sha256=target.config_sha256,
            dataset_sha256=asked[dataset.pk],
            grader_sha256s=tuple(grader.config_sha256 for grader in graders),
        )
        for target in targets
        for dataset in datasets
    ]


def _group(row: MetricResult, name: str) -> GroupRate:
    return GroupRate(name, row.n, row.events, row.value, row.low, row.high)


def _newest(rows: QuerySet[Version], parent: str) -> list[Version]:
    return list(
        rows.select_related(parent).order_by(f"{parent}__name", "-number").distinct(f"{parent}__name")
    )


def _failure(attempt: Attempt) -> Failure:
    answered = attempt.answer or attempt.error_detail or attempt.why_no_text
    group = ", ".join(f"{name} {value}" for name, value in sorted(attempt.case.slices.items()))
    return Failure(
        case=attempt.case.key,
        group=group or attempt.case.get_category_display(),
        question=attempt.case.input,
        expected=attempt.case.expected,
        answered=answered,
    )
