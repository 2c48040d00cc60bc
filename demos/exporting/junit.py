"""A run as JUnit XML, the form in which build pipelines read test results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from demos.models import Run

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FIELDS = (
    "case__key", "case__category", "repeat", "case__input", "case__expected", "answer", "passed", "reason",
    "grader_error", "error_class", "error_detail", "latency_ms",
)  # fmt: skip


def junit_chunks(run: Run, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A wrong answer is a failure, no usable answer an error, what no grader could judge is skipped."""
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0
    counts = f'tests="{run.done}" failures="{run.failed}" errors="{run.errored}" skipped="{run.ungraded}"'
    name = _attr(f"{run}: {run.plan.target_version}, {run.plan.dataset_version}")
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="Gatehouse" {counts} time="{seconds:.3f}">\n'
        f'<testsuite name={name} {counts} time="{seconds:.3f}">\n'
    ).encode()
    for row in rows:
        yield _case(row).encode()
    yield b"</testsuite>\n</testsuites>\n"


def _case(row: Mapping[str, Any]) -> str:
    name = row["case__key"] if row["repeat"] == 1 else f"{row['case__key']}, time {row['repeat']}"
    opening = (
        f"<testcase classname={_attr(row['case__category'])} name={_attr(name)} "
        f'time="{row["latency_ms"] / 1000:.3f}"'
    )
    if row["error_class"]:
        kind, detail = _attr(row["error_class"]), _attr(row["error_detail"][:300])
        return f"{opening}><error type={kind} message={detail}/></testcase>\n"
    if row["passed"] is None:
        return f"{opening}><skipped message={_attr(row['grader_error'][:300])}/></testcase>\n"
    if row["passed"]:
        return f"{opening}/>\n"
    body = f"asked: {row['case__input']}\nshould be: {row['case__expected']}\nit said: {row['answer'] or ''}"
    return f"{opening}><failure message={_attr(row['reason'][:300])}>{_text(body)}</failure></testcase>\n"


def _attr(text: str) -> str:
    return quoteattr(NOT_XML.sub("\ufffd", text))


def _text(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text))
