"""Computing a run's figures again from what is stored: the same attempts and seed give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson

from demos.figures import RULES, corrected_figure, figures_of
from demos.models import MetricResult, ResultVersion, Run
from demos.outcomes import Figure
from demos.selectors.judges import skill_in
from demos.services.results import outcomes

FIELDS = ("value", "low", "high", "bound_low", "bound_high")
PLACES = Decimal("1e-10")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Stored and computed figures as hashes over canonical JSON; ``differing`` names those that differ.

    ``added``: figures that today's program computes and did not when the run finished.
    """

    stored_sha256: str
    computed_sha256: str
    figures: int
    differing: tuple[str, ...]
    added: int

    @property
    def same(self) -> bool:
        """Whether the bytes are equal."""
        return self.stored_sha256 == self.computed_sha256


def recompute(run_id: UUID, *, version: int = 1) -> Recomputed:
    """Compute a result of a finished run again, by the rules of its day, and compare it figure by figure."""
    run = Run.objects.select_related("plan").get(pk=run_id)
    rows = list(MetricResult.objects.filter(run=run, result_version=version))
    stored = {(m.key, m.slice): _line(m) for m in rows}
    computed = {(f.key, f.slice): _line(f) for f in _computed(run, version, rules=rules_of(rows))}
    known = {key: computed[key] for key in computed if key in stored}
    differing = sorted(key for key in stored if stored[key] != known.get(key))
    return Recomputed(
        stored_sha256=_hash(stored[key] for key in sorted(stored)),
        computed_sha256=_hash(known[key] for key in sorted(known)),
        figures=len(stored),
        differing=tuple(" ".join(key).strip() for key in differing),
        added=len(computed) - len(known),
    )


def versions_of(run: Run) -> list[int]:
    """The numbers of every result of a run that has figures."""
    rows = MetricResult.objects.filter(run=run).order_by("result_version")
    return list(rows.values_list("result_version", flat=True).distinct())


def rules_of(rows: Iterable[MetricResult]) -> int:
    """By which version of the rules a result was computed.

    Figures from before that was stored tell it themselves: by the first rules, the cost of a case of two or
    more had no interval.
    """
    found = list(rows)
    stored = next((row.rules for row in found if row.rules is not None), None)
    if stored is not None:
        return stored
    cost = next((row for row in found if row.key == "cost_per_case" and not row.slice), None)
    return 1 if cost is not None and cost.method == "mean" and cost.n > 1 else RULES


def _computed(run: Run, version: int, *, rules: int) -> list[Figure]:
    found = figures_of(outcomes(run, version=version), seed=run.plan.seed, rules=rules)
    made = ResultVersion.objects.filter(run=run, number=version).select_related("calibration").first()
    if made is not None and made.calibration is not None:
        raw = next(figure for figure in found if figure.key == "pass_rate")
        found.append(corrected_figure(raw, skill_in(made.calibration)))
    return found


def figures_json(figures: Iterable[Figure | MetricResult]) -> bytes:
    """Figures as canonical JSON: sorted, one form for each number."""
    return b"[" + b",".join(_line(f) for f in sorted(figures, key=lambda f: (f.slice, f.key))) + b"]"


def _line(figure: Figure | MetricResult) -> bytes:
    body = {
        "key": figure.key, "slice": figure.slice, "unit": figure.unit, "n": figure.n, "events": figure.events,
        "method": figure.method, "seed": figure.seed,
        **{name: _text(getattr(figure, name)) for name in FIELDS},
    }  # fmt: skip
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(PLACES))


def _hash(lines: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()
