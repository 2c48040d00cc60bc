"""How long 20,000 cases take to come in, and how much memory, by format. `bin/bench imports` prints JSON."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks import house

ROWS: Final = 20_000
GOAL_S: Final = 30.0
GOAL_MIB: Final = 300.0
TEXT: Final = (
    "Water comes through the ceiling from above: case {0}. What do I do now, and who pays for it? " * 3
)


def main() -> int:
    with house.bare():
        take_in = _desk()
        found = {name: _measured(take_in, name, make()) for name, make in FORMATS.items()}
    within = all(row["seconds"] <= GOAL_S and row["grown_mib"] <= GOAL_MIB for row in found.values())
    report = {"cases": ROWS, "goal_s": GOAL_S, "goal_mib": GOAL_MIB, "formats": found, "within_goal": within}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if within else 1


def _desk() -> Callable[[str, bytes], int]:
    """A client with an engagement; what is given back takes a file in and says how many cases it held."""
    from demos.services import datasets
    from engagements.services.engagements import create_engagement
    from portal.grants import add_member
    from portal.models import Tenant, User
    from portal.roles import Role
    from portal.scope import tenant_scope
    from portal.vocabulary import Affiliation

    lead = User.objects.create_user("lead@bench.test", name="Lea Lead", affiliation=Affiliation.CONSULTANCY)
    tenant = Tenant.objects.create(name="Bench", slug="bench", currency="EUR")
    add_member(lead, tenant, Role.LEAD)
    with tenant_scope([tenant.pk]):
        engagement = create_engagement(by=lead, tenant=tenant, title="Many cases")

    def take_in(name: str, content: bytes) -> int:
        with tenant_scope([tenant.pk]):
            result = datasets.import_cases(
                by=lead, engagement_id=engagement.pk, dataset_name=f"Many as {name}",
                file_name=f"many.{name}", file=io.BytesIO(content),
            )  # fmt: skip
        return int(result.version.case_count)

    return take_in


def _measured(take_in: Callable[[str, bytes], int], name: str, content: bytes) -> dict[str, Any]:
    before = _memory_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    started = time.perf_counter()
    count = take_in(name, content)
    seconds = time.perf_counter() - started
    if count != ROWS:
        raise RuntimeError(f"{count} of {ROWS} cases came in from {name}")
    return {"seconds": round(seconds, 1), "grown_mib": round(_memory_mib("VmHWM") - before, 1)}


def _memory_mib(name: str) -> float:
    """A figure of this process from /proc, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _as_csv() -> bytes:
    lines = ["question,answer,product", *(f'"{TEXT.format(n)}",line {n},motor' for n in range(ROWS))]
    return "\n".join(lines).encode()


def _as_jsonl() -> bytes:
    rows = ({"question": TEXT.format(n), "answer": f"line {n}", "product": "motor"} for n in range(ROWS))
    return "\n".join(json.dumps(row) for row in rows).encode()


def _as_xlsx() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["question", "answer", "product"])
    for n in range(ROWS):
        sheet.write_row(n + 1, 0, [TEXT.format(n), f"line {n}", "motor"])
    book.close()
    return out.getvalue()


FORMATS: Final = {"csv": _as_csv, "jsonl": _as_jsonl, "xlsx": _as_xlsx}

if __name__ == "__main__":
    sys.exit(main())
