"""What leaves as a file: complete, harmless to a spreadsheet, by right, in bounded memory, in the ledger."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import openpyxl
import pytest
from django.utils import timezone

from demos.exporting import report
from demos.models import Attempt, Case, EvaluationPlan, PlanGrader, Run
from portal import ids, tables
from portal.models import LedgerEntry
from tests.demos.finished import end
from tests.personas import scope

pytestmark = pytest.mark.django_db

EVIL = '=HYPERLINK("http://x","y")'


@pytest.fixture
def run(world, engagement, prepared) -> Run:
    """Four attempts: right, wrong with a formula for an answer, an error, one that nobody could judge."""
    order = prepared(["first", "second", "third", "fourth"])
    with scope(world):
        plan = EvaluationPlan.objects.create(
            tenant=world.tenant, engagement=engagement, dataset_version_id=order["dataset_version_id"],
            target_version_id=order["target_version_id"], seed=1, config_sha256="e" * 64,
            created_by=world.lead,
        )  # fmt: skip
        PlanGrader.objects.create(
            tenant=world.tenant, plan=plan, grader_version_id=order["grader_version_ids"][0], position=1
        )
        now = timezone.now()
        run = Run.objects.create(
            tenant=world.tenant, engagement=engagement, plan=plan, number=1, case_count=4, total=4, done=4,
            passed=1, failed=1, errored=1, ungraded=1, currency="USD", started_by=world.lead,
            status="running", started_at=now,
        )  # fmt: skip
        results: list[dict[str, Any]] = [
            {"passed": True, "score": 1.0, "answer": "FIRST"},
            {"passed": False, "score": 0.0, "answer": EVIL, "reason": "The answer is not “SECOND”.\x0b"},
            {"error_class": "timeout", "error_detail": "-took too long"},
            {"answer": "?", "grader_error": "No expected answer."},
        ]
        cases = Case.objects.filter(dataset_version=plan.dataset_version).order_by("position")
        for case, result in zip(cases, results, strict=True):
            Attempt.objects.create(
                tenant=world.tenant, run=run, case=case, repeat=1, position=case.position, sent_at=now,
                first_try="answered", latency_ms=12.5, cost=Decimal("0.01"), **result,
            )  # fmt: skip
        return end(run)


@pytest.fixture
def taken(client, world, engagement):
    """A function: the file that a person gets from an address of the engagement."""

    def take(who: str, path: str) -> Any:
        client.force_login(getattr(world, who))
        return client.get(f"/{world.tenant.slug}/engagements/{engagement.public_id}/{path}")

    return take


def body(response: Any) -> bytes:
    return response.getvalue() if response.streaming else response.content


def test_attempts_leave_as_csv_without_a_formula_and_as_json_lines_as_they_are(run, taken):
    response = taken("client_member", f"runs/{run.public_id}/export/?form=csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="run-1.csv"'
    rows = list(csv.DictReader(io.StringIO(body(response).decode("utf-8-sig"))))
    assert [row["case"] for row in rows] == [row["case"] for row in rows if row["case"]]
    assert len(rows) == 4
    assert rows[1]["answer"] == f"'{EVIL}"
    assert rows[2]["error_detail"] == "'-took too long"
    assert (rows[2]["passed"], rows[0]["passed"]) == ("", "true")
    lines = body(taken("client_member", f"runs/{run.public_id}/export/?form=jsonl")).splitlines()
    found = [json.loads(line) for line in lines]
    assert found[1]["answer"] == EVIL
    assert (found[2]["passed"], found[2]["answer"]) == (None, None)


def test_a_workbook_has_typed_cells_and_no_formula(run, taken):
    response = taken("lead", f"runs/{run.public_id}/export/?form=xlsx&view=failures")
    sheet = openpyxl.load_workbook(io.BytesIO(body(response))).active
    header = [cell.value for cell in sheet[1]]
    evil = sheet.cell(2, header.index("answer") + 1)
    assert (evil.value, evil.data_type) == (EVIL, "s")
    assert sheet.cell(2, header.index("latency_ms") + 1).value == 12.5
    assert sheet.max_row == 4


def test_junit_tells_wrong_from_broken_from_not_judged(run, taken):
    tree = Xml.fromstring(body(taken("lead", f"runs/{run.public_id}/export/?form=junit")))  # noqa: S314  # our own file
    suite = tree[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    kinds = [[child.tag for child in case] for case in suite]
    assert kinds == [[], ["failure"], ["error"], ["skipped"]]


def test_the_report_fits_its_schema_and_lists_the_hashes_it_rests_on(run, taken):
    schema = json.loads(taken("lead", f"runs/{run.public_id}/export/?form=schema").content)
    found = json.loads(taken("lead", f"runs/{run.public_id}/export/?form=report").content)
    jsonschema.Draft202012Validator(schema).validate(found)
    assert {row["of"] for row in found["hashes"]} >= {"plan", "target", "cases", "figures", "attempts"}
    assert schema == report.report_schema()


def test_every_export_is_in_the_ledger_and_an_outsider_gets_nothing(run, world, taken):
    assert taken("outsider_lead", f"runs/{run.public_id}/export/").status_code == 404
    assert taken("lead", f"runs/{run.public_id}/export/?form=pdf").status_code == 404
    with scope(world):
        assert not LedgerEntry.objects.filter(event="results.exported").exists()
    taken("client_member", f"runs/{run.public_id}/export/?view=failures")
    taken("client_member", "runs/export/")
    taken("client_member", f"cases/{run.plan.dataset_version.public_id}/export/?view=accepted")
    with scope(world):
        facts = [e.facts for e in LedgerEntry.objects.filter(event="results.exported").order_by("seq")]
    assert facts == [
        {"what": "failures", "form": "csv", "rows": 3},
        {"what": "runs", "form": "csv", "rows": 1},
        {"what": "cases", "form": "csv", "rows": 4},
    ]


def test_a_run_under_way_gives_no_results_away(run, world, taken):
    with scope(world):
        run.pk, run.number, run.status, run.finished_at = ids.uuid7(), 2, "running", None
        run.save(force_insert=True)
    page = taken("lead", f"runs/{run.public_id}/export/")
    assert page.status_code == 409
    assert "under way" in page.text


LONG = """
    import sys
    from pathlib import Path
    from portal import tables
    rows = (("C-%d" % n, "x" * 600, True, 0.5, None, {"line": "motor"}) for n in range(100_000))
    columns = ("case", "answer", "passed", "score", "reason", "slices")
    size = sum(len(chunk) for chunk in tables.csv_chunks(columns, rows)) if sys.argv[1] == "csv" else 0
    if sys.argv[1] == "xlsx":
        with tables.xlsx_file(columns, rows, sheet="run") as file:
            size = file.seek(0, 2)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    print(size, int(peak.split()[1]) // 1024)
"""


def test_a_hundred_thousand_rows_stay_far_below_300_mib():
    """The writers alone, in a process of their own; a cursor of the server reads 1,000 rows at a time."""
    code, root = textwrap.dedent(LONG), Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, "csv"], cwd=root, capture_output=True, text=True, check=True
    )
    size, mib = map(int, done.stdout.split())
    assert size > 60_000_000
    assert mib < 150


def test_a_long_table_is_written_in_chunks():
    rows = ((n, "text") for n in range(tables.CHUNK_ROWS * 3))
    assert len(list(tables.csv_chunks(("n", "t"), rows))) == 4
