"""The success metric as one specific sentence, and what it lacks before it can be sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engagements.rules.sentences import SPACE, day
from engagements.vocabulary import Aggregation, Direction, TargetKind
from portal.errors import FieldError, Invalid

_AGGREGATIONS = {
    Aggregation.MEAN: "mean",
    Aggregation.MEDIAN: "median",
    Aggregation.P95: "95th percentile of",
    Aggregation.RATE: "share of",
    Aggregation.SUM: "sum of",
}


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not suffer. ``above`` says on which side of ``limit`` it has to stay."""

    name: str
    above: bool
    limit: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How it is today. Anything unknown is None or "", never 0."""

    value: Decimal | None = None
    n: int | None = None
    begins: date | None = None
    ends: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class MetricTerms:
    """``target`` is a share (0.4 = 40 %) when relative, a value in ``unit`` when absolute."""

    name: str
    unit: str
    aggregation: Aggregation
    direction: Direction
    target_kind: TargetKind
    target: Decimal
    baseline: Baseline
    guardrails: tuple[Guardrail, ...] = ()


def sentence(metric: MetricTerms) -> str:
    """``Reduce the median time to handler by 40 %, from 26 h to 15.6 h or less, while … stays above 4.2.``"""
    verb = "Reduce" if metric.direction == Direction.REDUCE else "Raise"
    words = f"{verb} the {_AGGREGATIONS[metric.aggregation]} {metric.name}"
    goal, start = goal_value(metric), metric.baseline.value
    limit = "or less" if metric.direction == Direction.REDUCE else "or more"
    if metric.target_kind == TargetKind.RELATIVE:
        words += f" by {_number(metric.target * 100)}{SPACE}%"
        if start is not None and goal is not None:
            words += f", from {_amount(start, metric.unit)} to {_amount(goal, metric.unit)} {limit}"
    else:
        begin = f" from {_amount(start, metric.unit)}" if start is not None else ""
        words += f"{begin} to {_amount(metric.target, metric.unit)} {limit}"
    rails = [_rail(rail) for rail in metric.guardrails]
    return f"{words}, while {_listed(rails)}." if rails else f"{words}."


def goal_value(metric: MetricTerms) -> Decimal | None:
    """The value to reach, in the metric's unit; None when a relative target has no baseline to start from."""
    if metric.target_kind == TargetKind.ABSOLUTE:
        return metric.target
    if metric.baseline.value is None:
        return None
    share = -metric.target if metric.direction == Direction.REDUCE else metric.target
    return metric.baseline.value * (1 + share)


def baseline_sentence(baseline: Baseline) -> str:
    """Where the baseline comes from, or that there is none."""
    if baseline.value is None:
        return "Baseline not measured."
    parts = [f"n = {baseline.n:,}"] if baseline.n else []
    if baseline.begins and baseline.ends:
        parts.append(f"{day(baseline.begins)} to {day(baseline.ends)}")
    parts += [baseline.source] if baseline.source else []
    return f"Baseline {', '.join(parts)}." if parts else "Baseline without a source."


def check_metric(metric: MetricTerms) -> None:
    """Raises Invalid where target and direction make no sense together."""
    if metric.target_kind == TargetKind.RELATIVE and not metric.target > 0:
        raise _invalid("/target", "A share above 0 is needed, such as 0.40 for 40 %.")
    if (
        metric.target_kind == TargetKind.RELATIVE
        and metric.direction == Direction.REDUCE
        and metric.target > 1
    ):
        raise _invalid("/target", "Nothing falls by more than 100 %. Write a share such as 0.40.")
    if metric.target_kind == TargetKind.ABSOLUTE and metric.baseline.value is not None:
        falls = metric.target < metric.baseline.value
        if falls != (metric.direction == Direction.REDUCE):
            raise _invalid("/target", "The target lies on the wrong side of the baseline.")
    window = metric.baseline
    if window.begins and window.ends and window.ends < window.begins:
        raise _invalid("/baseline_to", "The baseline ends before it begins.")


def missing_for_seal(metric: MetricTerms) -> list[FieldError]:
    """Everything that a metric needs before anybody may seal it; empty when it is complete."""
    base = metric.baseline
    wanted = [
        ("/baseline_value", base.value is not None, "Write how it is today: a target needs a baseline."),
        ("/baseline_n", bool(base.n), "Write over how many cases the baseline was taken."),
        ("/baseline_from", base.begins is not None, "Write when the baseline window began."),
        ("/baseline_to", base.ends is not None, "Write when the baseline window ended."),
        ("/baseline_source", bool(base.source), "Write where the baseline comes from."),
        ("/guardrails", bool(metric.guardrails), "Name at least one thing that must not suffer."),
    ]
    return [FieldError(pointer, "missing", detail) for pointer, there, detail in wanted if not there]


def _rail(rail: Guardrail) -> str:
    side = "above" if rail.above else "under"
    return f"{rail.name} stays {side} {_amount(rail.limit, rail.unit)}"


def _amount(value: Decimal, unit: str) -> str:
    if unit == "%":
        return f"{_number(value)}{SPACE}%"
    return f"{_number(value)}{SPACE}{unit}" if unit else _number(value)


def _number(value: Decimal) -> str:
    rounded = value.quantize(Decimal("0.0001")).normalize()
    return f"{rounded:,f}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer, "range", detail)])
