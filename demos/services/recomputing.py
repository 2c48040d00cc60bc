"""Computing a run's figures again from what is stored: the same attempts and seed give the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import orjson

from demos.figures import Figure, figures_of
from demos.models import MetricResult, Run
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


def recompute(run_id: UUID) -> Recomputed:
    """Compute the first result of a finished run again and compare it, figure by figure."""
    run = Run.objects.select_related("plan").get(pk=run_id)
    stored = {(m.key, m.slice): _line(m) for m in MetricResult.objects.filter(run=run, result_version=1)}
    computed = {(f.key, f.slice): _line(f) for f in figures_of(outcomes(run), seed=run.plan.seed)}
    known = {key: computed[key] for key in computed if key in stored}
    differing = sorted(key for key in stored if stored[key] != known.get(key))
    return Recomputed(
        stored_sha256=_hash(stored[key] for key in sorted(stored)),
        computed_sha256=_hash(known[key] for key in sorted(known)),
        figures=len(stored),
        differing=tuple(" ".join(key).strip() for key in differing),
        added=len(computed) - len(known),
    )


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
