"""Reports of garak (JSON lines): what each probe and detector came to, as counts and never as texts.

Every line is accounted for. A line that holds a result is counted; a line that tells of the tool itself is
counted by its kind; anything else is listed by its number and name. Prompts and answers are not kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson

from demos.engine.statistics import rate, zero_event_upper
from demos.importing.limits import MIB
from demos.importing.table import refused

MOST_BYTES = 32_000_000
"""Longest report, by page and API alike (the API takes no longer file)."""
MOST_LINE_BYTES = MIB
MOST_LINES = 200_000
MOST_PAIRS = 2_000
MOST_LISTED = 200
THRESHOLD = 0.5
"""From this score on the tool calls an answer a hit, where a report does not name another."""

ABOUT_ITSELF = frozenset({"start_run setup", "init", "completion", "digest", "probe_summary", "config"})
NAME = re.compile(r"[\w.:+-]{1,120}")
PREFIX = re.compile(r"^(?:garak\.)?(?:probes|detectors?)\.")
STARTED, COMPLETE = 1, 2
MOST_COUNT = 2**31 - 1


@dataclass(slots=True)
class PairCount:
    """One probe under one detector. ``n`` answers were judged, ``hits`` of them failed.

    ``unjudged``: answers that the detector had no word on. ``prompts`` and ``prompts_hit`` count prompts
    with at least one judged answer and one hit; None when the report does not hold its attempts.
    ``agrees`` False: the tool's own count and its attempts say different things, so nothing is bounded.
    """

    probe: str
    detector: str
    n: int = 0
    hits: int = 0
    unjudged: int = 0
    prompts: int | None = None
    prompts_hit: int | None = None
    agrees: bool = True

    def as_json(self) -> dict[str, Any]:
        """As stored. ``upper``: one-sided 95 % bound of the rate of hits, over prompts if they are known."""
        unit, n, hits = "prompts", self.prompts, self.prompts_hit
        if n is None or hits is None:
            unit, n, hits = "answers", self.n, self.hits
        upper = (zero_event_upper(n) if not hits else rate(hits, n).bound_high) if self.agrees else None
        return {
            "probe": self.probe, "detector": self.detector, "n": self.n, "hits": self.hits,
            "unjudged": self.unjudged, "prompts": self.prompts, "prompts_hit": self.prompts_hit,
            "bounded_over": unit, "upper": upper, "agrees": self.agrees,
        }  # fmt: skip


@dataclass(slots=True)
class GarakReport:
    """What a file says. ``left_out`` holds the first of the lines that count for nothing, with why."""

    version: str = ""
    started_at: datetime | None = None
    ended: bool = False
    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    pairs: list[PairCount] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    left_out_count: int = 0

    def leave_out(self, line: int, what: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < MOST_LISTED:
            self.left_out.append({"line": line, "what": what[:200]})


class _NotUnderstood(Exception):
    """A line whose content cannot be counted; the message says what it is."""


class _Reader:
    def __init__(self) -> None:
        self.report = GarakReport()
        self.threshold = THRESHOLD
        self.told: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.seen: dict[tuple[str, str], PairCount] = {}
        self.begun: dict[str, int] = {}
        self.complete: set[str] = set()

    def line(self, number: int, raw: bytes) -> None:
        """Account for one line. Raises _NotUnderstood for one that counts for nothing."""
        if len(raw) > MOST_LINE_BYTES:
            raise _NotUnderstood(f"a line of more than {MOST_LINE_BYTES // MIB} MiB")
        try:
            entry = orjson.loads(raw)
        except ValueError:
            raise _NotUnderstood("not JSON") from None
        kind = entry.get("entry_type") if isinstance(entry, dict) else None
        if not isinstance(kind, str):
            raise _NotUnderstood("no entry_type")
        if kind == "eval":
            self._eval(entry)
        elif kind == "attempt":
            self._attempt(number, entry)
        elif kind in ABOUT_ITSELF:
            self._about(kind, entry)
        else:
            raise _NotUnderstood(f"entry_type “{kind[:60]}”")
        self.report.kinds[kind] += 1

    def _about(self, kind: str, entry: Mapping[str, Any]) -> None:
        if kind == "start_run setup":
            given = entry.get("run.eval_threshold", THRESHOLD)
            if not _is_score(given):
                raise _NotUnderstood("start_run setup: run.eval_threshold is no number from 0 to 1")
            self.threshold = float(given)
        elif kind == "init":
            self.report.version = str(entry.get("garak_version") or "")[:40]
            self.report.started_at = _moment(entry.get("start_time"))
        elif kind == "completion":
            self.report.ended = True

    def _eval(self, entry: Mapping[str, Any]) -> None:
        pair = _name(entry.get("probe"), "eval: probe"), _name(entry.get("detector"), "eval: detector")
        passed = _count(entry.get("passed"), "eval: passed")
        n = _count(entry.get("total_evaluated", entry.get("total")), "eval: total_evaluated")
        unjudged = _count(entry.get("nones", 0), "eval: nones")
        hits = n - passed
        if hits < 0 or _count(entry.get("fails", hits), "eval: fails") != hits:
            raise _NotUnderstood("eval: passed and fails do not add up to the total")
        if pair in self.told:
            raise _NotUnderstood(f"eval: a second one of {pair[0]} with {pair[1]}")
        self.told[pair] = n, hits, unjudged

    def _attempt(self, number: int, entry: Mapping[str, Any]) -> None:
        key, status = str(entry.get("uuid") or ""), entry.get("status")
        if not key or status not in (0, STARTED, COMPLETE):
            raise _NotUnderstood("attempt: without uuid or status")
        if status != COMPLETE:
            self.begun.setdefault(key, number)
            return
        if key in self.complete:
            raise _NotUnderstood("attempt: the same one a second time")
        probe = _name(entry.get("probe_classname"), "attempt: probe_classname")
        results = entry.get("detector_results")
        if not isinstance(results, dict) or not results:
            raise _NotUnderstood("attempt: no detector_results")
        judged = {_name(name, "attempt: detector"): _scores(scores) for name, scores in results.items()}
        self.complete.add(key)
        for detector, scores in judged.items():
            found = self.seen.setdefault(
                (probe, detector), PairCount(probe, detector, prompts=0, prompts_hit=0)
            )
            words = [score >= self.threshold for score in scores if score is not None]
            found.n, found.hits = found.n + len(words), found.hits + sum(words)
            found.unjudged += len(scores) - len(words)
            found.prompts = (found.prompts or 0) + bool(words)
            found.prompts_hit = (found.prompts_hit or 0) + any(words)

    def end(self) -> GarakReport:
        """Bring the tool's own counts and its attempts together."""
        for key, number in self.begun.items():
            if key not in self.complete:
                self.report.leave_out(number, "attempt: begun and never completed")
        for pair in sorted(self.told.keys() | self.seen.keys()):
            found = self.seen.get(pair) or PairCount(*pair)
            told = self.told.get(pair)
            if told is not None and pair in self.seen:
                found.agrees = told[:2] == (found.n, found.hits)
            if told is not None:
                found.n, found.hits, found.unjudged = told
            self.report.pairs.append(found)
        return self.report


def read_garak(file: BinaryIO) -> GarakReport:
    """Read a report to its end. Raises Invalid when it is too long or holds no result at all."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise refused(
            f"A report may have at most {MOST_BYTES // 1_000_000} MB. Send one of fewer probes, or leave its "
            "attempts out and keep the lines of the kind “eval”.",
            code="too_large",
        )
    if content.count(b"\n") > MOST_LINES:
        raise refused(f"A report may have at most {MOST_LINES:,} lines. Send one of fewer probes.",
                      code="too_many_lines")  # fmt: skip
    reader = _Reader()
    for number, raw in enumerate(content.split(b"\n"), start=1):
        if not raw.strip():
            continue
        reader.report.lines += 1
        try:
            reader.line(number, raw)
        except _NotUnderstood as problem:
            reader.report.leave_out(number, str(problem))
    report = reader.end()
    if not report.pairs:
        first = report.left_out[0] if report.left_out else None
        why = f" Line {first['line']}: {first['what']}." if first else ""
        raise refused(
            "The file holds no result of garak: no line of the kind “eval” or “attempt” that can be counted."
            f"{why} Send the file that ends in .report.jsonl.",
            code="no_results",
        )
    if len(report.pairs) > MOST_PAIRS:
        raise refused(f"A report may name at most {MOST_PAIRS:,} pairs of probe and detector.",
                      code="too_many_pairs")  # fmt: skip
    return report


def _name(value: Any, what: str) -> str:
    found = PREFIX.sub("", value) if isinstance(value, str) else ""
    if not NAME.fullmatch(found):
        raise _NotUnderstood(f"{what} is not a name")
    return found


def _count(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_COUNT:
        raise _NotUnderstood(f"{what} is not a count")
    return value


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _scores(values: Any) -> list[float | None]:
    if not isinstance(values, list) or not all(value is None or _is_score(value) for value in values):
        raise _NotUnderstood("attempt: detector_results are not scores from 0 to 1")
    return [None if value is None else float(value) for value in values]


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
