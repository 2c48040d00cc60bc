"""Runs are compared here: once for each pair, margin and state of their results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from demos.comparing import CaseResult, Compared, case_results, compare
from demos.models import Comparison, Run
from demos.selectors.comparisons import paired_rows
from demos.selectors.runs import result_version, run_for
from demos.vocabulary import COMPARISON_FINISHED, RunStatus
from engagements.services.measurements import record_measurement
from engagements.vocabulary import SourceKind, Unit
from portal import access, audit
from portal.errors import FieldError, Invalid, NotFound
from portal.models import User

CONFIDENCE = Decimal("0.95")
PLACES = Decimal("1e-10")
MOST_MARGIN = Decimal("0.5")
KEY = "quality_difference"


@transaction.atomic
def compare_runs(*, by: User, before_id: UUID, now_id: UUID, margin: Decimal = Decimal(0)) -> Comparison:
    """Compare two finished runs of an engagement, case by case, and keep what it says.

    ``margin`` is the difference that would not matter, as a fraction. The same question gets the answer that
    is kept. Records ``quality_difference``. Raises NotFound, Forbidden, Invalid.
    """
    before, now = run_for(by, before_id), run_for(by, now_id)
    if before.engagement_id != now.engagement_id:
        raise NotFound
    access.require(by, "start_run", now.engagement)
    Run.objects.select_for_update(of=("self",)).get(pk=now.pk)  # two people who ask at once get one answer
    _check(before, now, margin)
    versions = {"before_version": result_version(before), "now_version": result_version(now)}
    margin = margin.quantize(Decimal("0.0001"))
    kept = Comparison.objects.filter(before=before, now=now, margin=margin, **versions).first()
    if kept is not None:
        return kept
    comparison = _store(by, before, now, margin, versions)
    _measure(by, comparison, now)
    audit.record(
        actor=by,
        event=COMPARISON_FINISHED,
        subject=comparison,
        path=comparison_path(comparison),
        facts={
            "before": before.number,
            "now": now.number,
            "cases": comparison.n,
            "newly_wrong": comparison.b,
            "put_right": comparison.c,
            "verdict": comparison.verdict,
            "same_system": comparison.same_target,
        },
    )
    return comparison


def comparison_path(comparison: Comparison) -> str:
    """Where a comparison is read in the browser."""
    engagement = comparison.engagement
    return f"/{comparison.tenant.slug}/engagements/{engagement.public_id}/comparisons/{comparison.public_id}/"


def seed_of(before: Run, now: Run) -> int:
    """One seed for one pair of runs, so that asking again resamples the same."""
    return int.from_bytes(hashlib.sha256(before.pk.bytes + now.pk.bytes).digest()[:4], "big")


def _check(before: Run, now: Run, margin: Decimal) -> None:
    if before.pk == now.pk:
        raise _invalid("/before", "Choose two different runs.")
    for run, pointer in ((before, "/before"), (now, "/now")):
        if run.status != RunStatus.FINISHED:
            raise _invalid(pointer, f"{run} is {run.get_status_display().lower()}: only whole runs compare.")
    if not 0 <= margin <= MOST_MARGIN:
        raise _invalid("/margin", "The margin lies between 0 and 50 points, such as 3.")


def _store(by: User, before: Run, now: Run, margin: Decimal, versions: Mapping[str, int]) -> Comparison:
    same_cases = before.plan.dataset_version_id == now.plan.dataset_version_id
    rows_before, rows_now = (
        case_results(paired_rows(run, by_content=not same_cases)) for run in (before, now)
    )
    seed = seed_of(before, now)
    found = compare(rows_before, rows_now, margin=float(margin), seed=seed)
    if not found.primary.n:
        raise _invalid("/before", f"{before} and {now} have no case in common that was judged in both.")
    return Comparison.objects.create(
        tenant_id=now.tenant_id, engagement=now.engagement, before=before, now=now, margin=margin,
        left_out=found.left_out, same_cases=same_cases, seed=seed, created_by=by,
        same_target=before.plan.target_version.config_sha256 == now.plan.target_version.config_sha256,
        same_graders=_graders(before) == _graders(now), more_cases=found.more_cases,
        noninferior=found.noninferior, others=found.others, slices=found.slices,
        lost=_pairs(found.primary.lost, rows_before, rows_now),
        won=_pairs(found.primary.won, rows_before, rows_now),
        passed_before=_passed(rows_before, rows_now), **_figures(found), **versions,
    )  # fmt: skip


def _figures(found: Compared) -> dict[str, object]:
    primary = found.primary
    ends = ("difference", "low", "high", "bound_low", "bound_high")
    return {
        "n": primary.n, "b": primary.b, "c": primary.c, "p": primary.p, "p_mid": primary.p_mid,
        "verdict": primary.verdict.value, "method": primary.method,
        **{name: Decimal(repr(getattr(primary, name))).quantize(PLACES) for name in ends},
    }  # fmt: skip


def _passed(before: Mapping[str, CaseResult], now: Mapping[str, CaseResult]) -> int:
    judged = [key for key, row in now.items() if row.passed is not None and key in before]
    return sum(before[key].passed is True for key in judged)


def _pairs(
    keys: Iterable[str], before: Mapping[str, CaseResult], now: Mapping[str, CaseResult]
) -> list[list[str]]:
    return [[before[key].case_id, now[key].case_id] for key in keys]


def _graders(run: Run) -> list[str]:
    return sorted(run.plan.plan_graders.values_list("grader_version__config_sha256", flat=True))


def _measure(by: User, comparison: Comparison, now: Run) -> None:
    if now.started_at is None or now.finished_at is None:
        raise ValueError("a run that finished has a beginning and an end")
    record_measurement(
        by=by, engagement_id=now.engagement_id, key=KEY, value=comparison.difference, unit=Unit.DIFFERENCE,
        n=comparison.n, low=comparison.low, high=comparison.high, bound_low=comparison.bound_low,
        bound_high=comparison.bound_high, confidence=CONFIDENCE, method=comparison.method[:60],
        seed=comparison.seed, slice="", source_kind=SourceKind.COMPARISON, source_id=comparison.pk,
        config_sha256=now.plan.config_sha256, started_at=now.started_at, measured_at=now.finished_at,
        valid=comparison.same_graders and comparison.before.plan.repeats == now.plan.repeats,
    )  # fmt: skip


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=pointer, code="invalid", detail=detail)])
