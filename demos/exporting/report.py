"""report.json: a run with its figures and the hashes of everything it rests on, for machines to read."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from demos.models import Attempt, MetricResult, Run
from demos.selectors.runs import metrics, result_version
from demos.services.recomputing import figures_json

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")
ENDS = ("value", "low", "high", "bound_low", "bound_high")


def report_of(run: Run) -> dict[str, Any]:
    """The report of a run that is over. Exact decimals as text; null is "not measured"."""
    plan = run.plan
    figures = list(metrics(run))
    graders = [
        row.grader_version
        for row in plan.plan_graders.select_related("grader_version__grader").order_by("position")
    ]
    return {
        "schema": "gatehouse-run-report-1",
        "run": {
            "id": run.public_id, "number": run.number, "status": run.status, "cases": run.case_count,
            "repeats": plan.repeats, "attempts": run.total, "done": run.done, "passed": run.passed,
            "failed": run.failed, "errored": run.errored, "ungraded": run.ungraded, "retries": run.retries,
            "cost": None if run.uncosted else _exact(run.cost), "currency": run.currency, "seed": plan.seed,
            "started_at": _moment(run.started_at), "finished_at": _moment(run.finished_at),
            "result_version": result_version(run),
        },
        "target": {"name": plan.target_version.target.name, "version": plan.target_version.number},
        "dataset": {"name": plan.dataset_version.dataset.name, "version": plan.dataset_version.number},
        "graders": [{"name": g.grader.name, "version": g.number, "kind": g.kind} for g in graders],
        "figures": [_figure(row) for row in figures],
        "hashes": [
            {"of": "plan", "sha256": plan.config_sha256},
            {"of": "target", "sha256": plan.target_version.config_sha256},
            {"of": "cases", "sha256": plan.dataset_version.content_sha256},
            *({"of": f"grader {g.grader.name}", "sha256": g.config_sha256} for g in graders),
            {"of": "figures", "sha256": hashlib.sha256(figures_json(figures)).hexdigest()},
            {"of": "attempts", "sha256": attempts_sha256(run)},
        ],
    }  # fmt: skip


def attempts_sha256(run: Run) -> str:
    """A hash over what every attempt answered and got, in the order of the cases."""
    digest = hashlib.sha256()
    rows = Attempt.objects.filter(run=run).order_by("position", "repeat")
    fields = ("case_id", "repeat", "passed", "score", "error_class", "answer", "latency_ms", "cost")
    for row in rows.values_list(*fields).iterator(chunk_size=2_000):
        digest.update(orjson.dumps(row, default=str) + b"\n")
    return digest.hexdigest()


@cache
def report_schema() -> dict[str, Any]:
    """The JSON Schema that every report fits."""
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return found


def _figure(row: MetricResult) -> dict[str, Any]:
    return {
        "key": row.key, "slice": row.slice, "unit": row.unit, "n": row.n, "events": row.events,
        "method": row.method, "seed": row.seed,
        **{name: _exact(getattr(row, name)) for name in ENDS},
    }  # fmt: skip


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _moment(value: Any) -> str | None:
    return None if value is None else value.isoformat()
