"""The report of a finished run: the newest result version, with the worst answers in the client's words."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from demos.models import MetricResult, ResultVersion, Run
from demos.selectors import runs
from demos.selectors.results import GroupRate, ReadFigure, RunResult, result_of, sentence_of
from demos.selectors.sealing import looks_in_words
from demos.services.looks import note_look
from demos.services.recomputing import figures_json
from demos.vocabulary import RunStatus
from engagements.models import Engagement
from engagements.report import blocks
from engagements.report.blocks import Bar, Block, Content
from engagements.rules.letterhead import Section
from engagements.vocabulary import Unit
from portal import access, figures, ids
from portal.errors import NotFound, WrongMoment
from portal.models import User

WORST: Final = 8


SECTIONS = (
    Section("rate", "How often it was right", kept=True),
    Section("categories", "By category"),
    Section("slices", "By slice, the lowest first"),
    Section("wrong", "Wrong answers first"),
    Section("errors", "Failed requests by kind", kept=True),
    Section("figures", "Every figure"),
)


def write_evaluation(viewer: User, engagement: Engagement, subject: str) -> Content:
    """The run with the public id ``subject``. Raises NotFound, WrongMoment for one that did not finish.

    Ordering it is a look at the result: on sealed cases it is counted.
    """
    run = runs.run_for(viewer, _key(subject))
    if run.engagement_id != engagement.pk:
        raise NotFound
    if run.status != RunStatus.FINISHED or run.finished_at is None:
        raise WrongMoment(f"{run} did not finish, so there is nothing to report: a part proves nothing.")
    note_look(by=viewer, run=run)
    result = result_of(run)
    plan = run.plan
    repeats = f", each asked {plan.repeats} times" if plan.repeats > 1 else ""
    return Content(
        subject=run.public_id,
        title=f"Evaluation report, run {run.number}",
        headline=sentence_of(run, result),
        lead=f"{plan.target_version}, {plan.dataset_version}: {figures.fixed(run.case_count, 0)} cases"
        f"{repeats}. Result version {result.version}. {looks_in_words(plan.dataset_version)}".strip(),
        frozen_at=_moment(run, result.version),
        blocks=[
            *_key_figures(run, result),
            *_rates("By category", "Category", result.categories, key="categories"),
            *_rates("By slice, the lowest first", "Slice", result.slices, key="slices"),
            *_worst(run),
            *_errors(result),
            *_every_figure(run, result),
        ],
        basis=_basis(run, result.version),
    )


def may_read_evaluation(viewer: User, engagement: Engagement) -> bool:
    """Who sees the engagement sees what its runs measured; sealed cases are never told."""
    return bool(access.of(viewer).can("see_engagement", engagement))


def _key(subject: str) -> UUID:
    try:
        return ids.decode("run", subject)
    except ValueError:
        raise NotFound from None


def _moment(run: Run, version: int) -> datetime:
    """When the result came to be."""
    if version == 1 and run.finished_at is not None:
        return run.finished_at
    return ResultVersion.objects.get(run=run, number=version).created_at


def _key_figures(run: Run, result: RunResult) -> list[Block]:
    rate, found = result.pass_rate, result.figures
    error, wait, cost = (found.get(key) for key in ("error_rate", "latency_p95_ms", "cost_per_success"))
    if rate is None:
        return []
    share = figures.rate(rate.value, rate.n, rate.events)
    failed = figures.count_of(error.events, error.n) if error else figures.NOT_MEASURED
    each = figures.money(cost.value if cost else None, run.currency, per_case=True)
    waited = figures.duration_ms(wait.value if wait else None)
    whole = GroupRate("All cases", rate.n, rate.events, rate.value, rate.low, rate.high)
    return [
        blocks.figures(
            ("Correct", share, figures.count_of(rate.events, rate.n)),
            ("Proven, at 95 %", figures.bound(rate.bound_low, lower=True), "the bound that a gate reads"),
            ("Failed requests", failed, "not correct, and not called a wrong answer"),
            ("95 of 100 waits are under", waited, _wait_bound(wait)),
            ("Cost of a correct case", each, _cost_interval(cost, run.currency)),
            ("Stability", _stability(run, found.get("unstable_case_rate")), "the same question asked again"),
        ),
        blocks.heading("How often it was right", key="rate"),
        blocks.bars("Group", [_bar(whole)]),
        blocks.words(
            "A case is right when every grader of the run says so, each time it was asked. The bar is the "
            "two-sided 95 % interval, the dot the rate: fewer cases, longer bar. "
            f"Method: {rate.method}.",
            quiet=True,
        ),
    ]  # fmt: skip


def _wait_bound(wait: MetricResult | None) -> str:
    if wait is None or wait.bound_high is None:
        return "a bound needs 59 answers"
    return f"at most {figures.duration_ms(wait.bound_high)} at 95 %"


def _cost_interval(cost: MetricResult | None, currency: str) -> str:
    if cost is None or cost.low is None or cost.high is None:
        return "no interval"
    ends = [figures.money(end, currency, per_case=True) for end in (cost.low, cost.high)]
    return f"{ends[0]} to {ends[1]} at 95 %"


def _stability(run: Run, unstable: MetricResult | None) -> str:
    if run.plan.repeats == 1:
        return "not measured"
    if unstable is None or not unstable.n:
        return "no data"
    return f"{figures.count_of(unstable.events, unstable.n)} unstable"


def _rates(title: str, column: str, rows: list[GroupRate], *, key: str) -> list[Block]:
    if not rows:
        return []
    return [blocks.heading(title, key=key), blocks.bars(column, map(_bar, rows))]


def _bar(row: GroupRate) -> Bar:
    return Bar(
        name=row.group,
        n=figures.fixed(row.n, 0),
        value_words=figures.rate(row.value, row.n, row.events),
        interval_words=figures.interval(row.low, row.high),
        value=row.value,
        low=row.low,
        high=row.high,
    )


def _worst(run: Run) -> list[Block]:
    """Wrong answers before errors. What sealed cases ask and answer is not for paper."""
    every = runs.failures(run)
    rows = list(every.filter(case__sealed=False)[:WORST])
    total = every.count()
    if not total:
        return [blocks.heading("Wrong answers", key="wrong"), blocks.words("None.")]
    told = f"{total} of {run.total} attempts did not pass. "
    told += f"The first {len(rows)} of those that may be told:" if rows else "All are on sealed cases."
    return [
        blocks.heading("Wrong answers first", key="wrong"),
        blocks.words(told, quiet=True),
        *(
            blocks.answer(
                case=row.case.key,
                group=row.case.get_category_display(),
                question=row.case.input,
                expected=row.case.expected,
                answered=row.answer
                or row.error_detail
                or (row.why_no_text if row.answer is None else "nothing"),
            )
            for row in rows
        ),
    ]


def _errors(result: RunResult) -> list[Block]:
    if not result.errors:
        return []
    rows = [(row.name, figures.fixed(row.count, 0), row.owner) for row in result.errors]
    return [
        blocks.heading("Failed requests by kind", key="errors"),
        blocks.table(("Kind", "Attempts", "Whose to mend"), rows, right=(1,), shares=(2, 0, 3)),
    ]


def _every_figure(run: Run, result: RunResult) -> list[Block]:
    rows = [
        (
            figure.words.title,
            _value(figure, run.currency),
            figures.fixed(figure.row.n, 0),
            figure.words.formula,
        )
        for figure in result.explained
    ]
    return [
        blocks.heading("Every figure", key="figures"),
        blocks.table(("Figure", "Value", "n", "How it is computed"), rows, right=(1, 2), shares=(2, 0, 0, 5)),
    ]


def _value(figure: ReadFigure, currency: str) -> str:
    row = figure.row
    if row.value is None:
        return figures.NOT_MEASURED
    if figure.is_difference:
        return figures.points(row.value)
    if row.unit == Unit.RATE:
        return figures.rate(row.value, row.n, row.events)
    if row.unit == Unit.MONEY:
        return figures.money(row.value, currency, per_case=True)
    return figures.duration_ms(row.value) if row.unit == Unit.MS else figures.fixed(row.value, 2)


def _basis(run: Run, version: int) -> list[tuple[str, str]]:
    plan = run.plan
    graders = plan.plan_graders.select_related("grader_version__grader").order_by("position")
    rows = MetricResult.objects.filter(run=run, result_version=version).order_by("key", "slice")
    return [
        ("Plan", plan.config_sha256),
        (f"Target, {plan.target_version}", plan.target_version.config_sha256),
        (f"Cases, {plan.dataset_version}", plan.dataset_version.content_sha256),
        *((f"Grader, {row.grader_version.grader.name}", row.grader_version.config_sha256) for row in graders),
        (f"Figures, result {version}", hashlib.sha256(figures_json(list(rows))).hexdigest()),
    ]
