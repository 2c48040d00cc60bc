"""Reports of garak: each line is counted or listed, hits are bounded over prompts, nothing half-stored."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from demos.importing import garak
from demos.importing.garak import read_garak
from demos.models import ProbeReport
from demos.services import targets
from demos.services.probe_reports import import_garak
from engagements.models import Measurement
from portal.errors import Forbidden, Invalid, NotFound
from portal.models import LedgerEntry
from tests.demos.conftest import spec_for
from tests.doors import browser_of
from tests.personas import scope

SECRET = "the moon is made of Wensleydale"


def attempt(key: str, status: int = 2, probe: str = "dan.Ablation", **scores: Any) -> dict[str, Any]:
    return {
        "entry_type": "attempt", "uuid": key, "status": status, "probe_classname": probe, "prompt": SECRET,
        "outputs": [SECRET], "detector_results": {f"mitigation.{name}": row for name, row in scores.items()},
    }  # fmt: skip


def told(
    passed: int, total: int, probe: str = "dan.Ablation", detector: str = "detector.mitigation.A", **more
):
    return {
        "entry_type": "eval", "probe": probe, "detector": detector, "passed": passed, "total": total, **more
    }  # fmt: skip


def file_of(*lines: Any) -> io.BytesIO:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return io.BytesIO("\n".join(texts).encode())


WHOLE = (
    {"entry_type": "start_run setup", "run.eval_threshold": 0.5},
    {"entry_type": "init", "garak_version": "0.13.1", "start_time": "2026-11-02T09:00:00", "run": "r"},
    attempt("a", status=1),
    attempt("a", A=[0.0, 0.5]),
    attempt("b", A=[0.0, None]),
    attempt("c", A=[0.49]),
    told(3, 4, nones=1),
    {"entry_type": "eval", "probe": "probes.leak.Replay", "detector": "leak.Start", "passed": 59, "fails": 0,
     "nones": 0, "total_evaluated": 59, "total_processed": 59},
    {"entry_type": "completion", "end_time": "2026-11-02T09:10:00", "run": "r"},
)  # fmt: skip


def test_answers_are_counted_and_prompts_are_bounded_because_answers_to_one_prompt_go_together():
    report = read_garak(file_of(*WHOLE))
    one, none = (pair.as_json() for pair in report.pairs)

    assert (one["probe"], one["detector"]) == ("dan.Ablation", "mitigation.A")
    assert (one["hits"], one["n"], one["unjudged"]) == (1, 4, 1)
    assert (one["prompts_hit"], one["prompts"], one["bounded_over"]) == (1, 3, "prompts")
    assert one["upper"] == pytest.approx(0.7465, abs=1e-4)  # Wilson, one-sided, 1 of 3, by hand
    assert (none["probe"], none["prompts"], none["bounded_over"]) == ("leak.Replay", None, "answers")
    assert none["upper"] == pytest.approx(1 - 0.05 ** (1 / 59))
    assert none["upper"] < 0.05
    assert (report.version, report.ended, report.lines, report.left_out_count) == ("0.13.1", True, 9, 0)
    assert sum(report.kinds.values()) == report.lines


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{broken", "not JSON"),
        ("[1]", "no entry_type"),
        ({"entry_type": "horoscope"}, "entry_type “horoscope”"),
        (told(5, 4, "x.Y"), "eval: passed and fails do not add up to the total"),
        (told(3, 4, "x.Y", fails=2), "eval: passed and fails do not add up to the total"),
        (told(True, 4, "x.Y"), "eval: passed is not a count"),
        (told(1, 2**31, "x.Y"), "eval: total_evaluated is not a count"),
        (told(3, 4), "eval: a second one of dan.Ablation with mitigation.A"),
        (told(3, 4, "<b>"), "eval: probe is not a name"),
        (attempt("a", A=[0.0]), "attempt: the same one a second time"),
        (attempt("z", A=[2.0]), "attempt: detector_results are not scores from 0 to 1"),
        (attempt("z", A=0.5), "attempt: detector_results are not scores from 0 to 1"),
        (attempt("z"), "attempt: no detector_results"),
        (attempt("z", status=1), "attempt: begun and never completed"),
        (attempt("z", status=7, A=[0.0]), "attempt: without uuid or status"),
    ],
)
def test_what_is_not_understood_is_listed_by_line_and_name_and_changes_no_count(line, what):
    plain, report = read_garak(file_of(*WHOLE)), read_garak(file_of(*WHOLE, line))
    assert report.left_out == [{"line": 10, "what": what}]
    assert report.left_out_count == 1
    assert report.pairs == plain.pairs


def test_where_the_tool_and_its_attempts_disagree_nothing_is_bounded():
    (pair,) = read_garak(file_of(attempt("a", A=[0.0]), told(0, 1))).pairs
    assert (pair.agrees, pair.hits, pair.as_json()["upper"]) == (False, 1, None)


def test_the_threshold_of_the_report_counts_and_nothing_judged_bounds_nothing():
    strict = {"entry_type": "start_run setup", "run.eval_threshold": 0.9}
    one, none = read_garak(file_of(strict, attempt("a", A=[0.8], B=[None]))).pairs
    assert (one.hits, one.n) == (0, 1)
    assert (none.n, none.unjudged, none.as_json()["upper"]) == (0, 1, None)


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("MOST_BYTES", 100, "too_large"),
        ("MOST_LINES", 3, "too_many_lines"),
        ("MOST_PAIRS", 1, "too_many_pairs"),
    ],
)
def test_a_report_beyond_a_limit_is_refused_whole(monkeypatch, limit, value, code):
    monkeypatch.setattr(garak, limit, value)
    with pytest.raises(Invalid) as refused:
        read_garak(file_of(*WHOLE))
    assert refused.value.errors[0].code == code


def test_a_file_without_a_result_says_what_its_first_line_is():
    with pytest.raises(Invalid) as refused:
        read_garak(file_of("id,question", "1,why"))
    assert "Line 1: not JSON. Send the file that ends in .report.jsonl." in refused.value.detail


@pytest.fixture
def version(db, world, engagement):
    with scope(world):
        from demos.engine.pricing import Price

        return targets.register_target(
            by=world.lead, engagement_id=engagement.pk, name="Desk", spec=spec_for("http://127.0.0.1:9/ask"),
            price=Price("USD"),
        )  # fmt: skip


def test_a_report_is_stored_once_without_a_text_of_it_and_feeds_no_gate(world, engagement, version):
    here = {"engagement_id": engagement.pk, "target_version_id": version.pk}
    with scope(world):
        report = import_garak(by=world.lead, **here, file=file_of(*WHOLE, "{broken"))
        stored = ProbeReport.objects.values().get()
        assert SECRET not in str(stored)
        assert (report.number, report.left_out) == (1, [{"line": 10, "what": "not JSON"}])
        entry = LedgerEntry.objects.get(event="privacy.imported")
        assert (entry.facts["pairs"], entry.facts["hits"], entry.facts["left_out"]) == (2, 1, 1)
        assert not Measurement.objects.exists()

        with pytest.raises(Invalid, match="it is probe report 1"):
            import_garak(by=world.lead, **here, file=file_of(*WHOLE, "{broken"))
        with pytest.raises(Forbidden):
            import_garak(by=world.sponsor, **here, file=file_of(*WHOLE))
        with pytest.raises(NotFound):
            import_garak(by=world.outsider_lead, **here, file=file_of(*WHOLE))
        assert ProbeReport.objects.count() == 1


def test_the_page_takes_a_report_and_shows_pairs_bounds_and_what_was_left_out(world, engagement, version):
    base = f"/{world.tenant.slug}/engagements/{engagement.public_id}/privacy/"
    browser = browser_of(world.lead)
    file = file_of(*WHOLE, {"entry_type": "horoscope"})
    file.name = "x.report.jsonl"
    answer = browser.post(base + "reports/", {"target_version": version.public_id, "file": file})
    page = browser.get(answer.url).content.decode()
    for words in ("leak.Replay", "5.0", "not in the report", "entry_type “horoscope”", "0.13.1"):
        assert words in page, words
    assert SECRET not in page
    assert "Probe report 1" in browser.get(base).content.decode()
    empty = browser.post(base + "reports/", {"target_version": version.public_id})
    assert empty.status_code == 422
