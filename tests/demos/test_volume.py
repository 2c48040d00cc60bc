"""20,000 cases in one go: within 30 seconds and 300 MiB, from every format."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
import xlsxwriter

from demos.services import datasets
from tests.personas import scope

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROWS = 20_000
TEXT = "Water comes through the ceiling from above: case {0}. What do I do now, and who pays for it? " * 3


def as_csv() -> bytes:
    lines = ["question,answer,product", *(f'"{TEXT.format(n)}",line {n},motor' for n in range(ROWS))]
    return "\n".join(lines).encode()


def as_jsonl() -> bytes:
    rows = ({"question": TEXT.format(n), "answer": f"line {n}", "product": "motor"} for n in range(ROWS))
    return "\n".join(json.dumps(row) for row in rows).encode()


def as_xlsx() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["question", "answer", "product"])
    for n in range(ROWS):
        sheet.write_row(n + 1, 0, [TEXT.format(n), f"line {n}", "motor"])
    book.close()
    return out.getvalue()


def memory_mib(name: str) -> float:
    """A figure of this process from /proc, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("make", [as_csv, as_jsonl, as_xlsx])
def test_twenty_thousand_cases_come_in_within_time_and_memory(world, engagement, make):
    content = make()
    before = memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    started = time.monotonic()
    with scope(world):
        result = datasets.import_cases(
            by=world.consultant,
            engagement_id=engagement.pk,
            dataset_name="Many",
            file_name="many",
            file=io.BytesIO(content),
        )
    took_s = time.monotonic() - started
    grown_mib = memory_mib("VmHWM") - before
    assert result.version.case_count == ROWS
    assert took_s <= 30, f"{took_s:.1f} s"
    assert grown_mib <= 300, f"{grown_mib:.0f} MiB"
