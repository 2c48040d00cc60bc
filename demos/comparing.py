"""Two runs over the same cases, compared. Pure: the same results and seed give the same comparison.

The pass rate is the planned comparison and is not corrected. Everything else that is looked at beside it is
corrected by Holm within its own table, because among many differences some look real by luck.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from demos.engine.comparison import (
    Difference,
    PairedComparison,
    compare_paired,
    holm,
    more_pairs_needed,
    not_worse,
)
from demos.engine.paired import AmountDifference, compare_amounts

ALPHA = 0.05
AMOUNTS = (("score", "rate"), ("wait", "ms"), ("cost", "money"))
LOWER_IS_BETTER = frozenset({"wait", "cost"})


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case in one run, over its repeats. ``passed`` None: not judged; amounts None: unknown."""

    case_id: str
    passed: bool | None
    score: float | None = None
    wait: float | None = None
    cost: float | None = None
    slices: Mapping[str, str] = field(default_factory=dict)
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison says. ``left_out``: cases that only one run has, or that were not judged in both."""

    primary: PairedComparison
    left_out: int
    noninferior: bool | None
    more_cases: int | None
    others: list[dict[str, Any]]
    slices: list[dict[str, Any]]


def compare(
    before: Mapping[str, CaseResult], now: Mapping[str, CaseResult], *, margin: float, seed: int
) -> Compared:
    """Compare by the keys of the two mappings, which name the same case on both sides."""
    common = sorted(before.keys() & now.keys())
    judged = [k for k in common if before[k].passed is not None and now[k].passed is not None]
    passed_before = {k: before[k].passed is True for k in judged}
    passed_now = {k: now[k].passed is True for k in judged}
    primary = compare_paired(
        passed_before, passed_now, margin=margin, clusters={k: now[k].cluster for k in judged}
    )
    undecided = primary.verdict is Difference.CANNOT_TELL
    return Compared(
        primary=primary,
        left_out=len(before.keys() | now.keys()) - len(judged),
        noninferior=not_worse(primary.bound_low, margin),
        more_cases=more_pairs_needed(primary.b, primary.c, primary.n) if undecided else None,
        others=_amounts(before, now, seed),
        slices=_slices(now, passed_before, passed_now),
    )


def _amounts(
    before: Mapping[str, CaseResult], now: Mapping[str, CaseResult], seed: int
) -> list[dict[str, Any]]:
    found: list[tuple[str, str, AmountDifference]] = []
    for name, unit in AMOUNTS:
        sides = [
            {k: float(value) for k, row in side.items() if (value := getattr(row, name)) is not None}
            for side in (before, now)
        ]
        difference = compare_amounts(sides[0], sides[1], seed=seed)
        if difference.low is not None:
            found.append((name, unit, difference))
    adjusted = holm([difference.p for _, _, difference in found])
    return [
        {
            "key": name, "unit": unit, "n": d.n, "before": d.before, "now": d.now, "difference": d.difference,
            "low": d.low, "high": d.high, "p": d.p, "p_holm": p, "method": d.method,
            "verdict": _word(d.difference or 0.0, p, lower_is_better=name in LOWER_IS_BETTER),
        }
        for (name, unit, d), p in zip(found, adjusted, strict=True)
    ]  # fmt: skip


def _slices(
    now: Mapping[str, CaseResult], passed_before: Mapping[str, bool], passed_now: Mapping[str, bool]
) -> list[dict[str, Any]]:
    members: dict[str, list[str]] = defaultdict(list)
    for key in passed_now:
        for name, value in now[key].slices.items():
            members[f"{name} {value}"[:120]].append(key)
    found = [
        (name, compare_paired({k: passed_before[k] for k in keys}, {k: passed_now[k] for k in keys}), keys)
        for name, keys in members.items()
    ]
    found.sort(key=lambda row: (row[1].difference or 0.0, row[0]))
    adjusted = holm([row.p for _, row, _ in found])
    return [
        {
            "slice": name, "n": row.n, "before": sum(passed_before[k] for k in keys),
            "now": sum(passed_now[k] for k in keys), "lost": row.b, "won": row.c,
            "difference": row.difference, "p": row.p, "p_holm": p,
            "verdict": _word(row.difference or 0.0, p),
        }
        for (name, row, keys), p in zip(found, adjusted, strict=True)
    ]  # fmt: skip


def _word(difference: float, p: float, *, lower_is_better: bool = False) -> str:
    if p >= ALPHA or difference == 0:
        return Difference.CANNOT_TELL.value
    better = (difference < 0) == lower_is_better
    return (Difference.BETTER if better else Difference.WORSE).value


def case_results(rows: Sequence[Mapping[str, Any]]) -> dict[str, CaseResult]:
    """Attempts (as plain mappings, in the order of cases) gathered by their pairing key.

    A case passes when every repeat passed; an error is a fail with score 0; score and wait are means over
    the repeats, and so is the cost of asking once.
    """
    gathered: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        gathered[row["pair"]].append(row)
    return {key: _case(found) for key, found in gathered.items()}


def _case(rows: Sequence[Mapping[str, Any]]) -> CaseResult:
    ungraded = any(not row["error_class"] and row["passed"] is None for row in rows)
    scores = [0.0 if row["error_class"] else row["score"] for row in rows]
    waits = [row["latency_ms"] for row in rows if row["error_class"] in ("", "timeout")]
    costs = [row["cost"] for row in rows]
    return CaseResult(
        case_id=str(rows[0]["case_id"]),
        passed=None if ungraded else all(row["passed"] is True for row in rows),
        score=None if None in scores else sum(scores) / len(scores),
        wait=sum(waits) / len(waits) if waits else None,
        cost=None if None in costs else float(sum(costs)) / len(costs),
        slices=rows[0]["slices"],
        cluster=rows[0]["cluster"],
    )
