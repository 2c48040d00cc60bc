"""The portfolio as a table to take away: the rows of the current filter, as CSV or XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from engagements.vocabulary import Verdict
from portal.site.selectors.portfolio import Line
from portal.spreadsheets import safe_cell

Cell = str | int | float | Decimal | datetime | None
HEAD: Final = (
    "Client", "Engagement", "Code", "Status", "Stage", "Gate", "Due", "Days late", "Whose turn", "What for",
    "Waiting since", "Days waiting", "Criteria met", "Criteria in all", "Must met", "Must in all", "Not met",
    "Inconclusive", "Not evaluated", "Ready", "Lead", "Cost of the pain a year", "Currency",
)  # fmt: skip
COLUMNS: Final = tuple(words.lower().replace(" ", "_") for words in HEAD)
"""The same, as JSON names them."""

_COUNTED: Final = (Verdict.NOT_MET, Verdict.INCONCLUSIVE, Verdict.NOT_EVALUATED)


def rows(lines: Iterable[Line], *, now: datetime) -> Iterator[list[Cell]]:
    """One row for each engagement; what is not known is empty, never 0."""
    for line in lines:
        row, engagement = line.row, line.row.engagement
        since = row.court.since
        yield [
            engagement.tenant.name, engagement.title, engagement.code, engagement.get_status_display(),
            row.stage.name if row.stage else None, row.gate.number if row.gate else None,
            line.due.isoformat() if line.due else None, line.days_late if line.due else None,
            row.court.side.label if row.court.side else None, row.court.what,
            since.date().isoformat() if since else None, (now - since).days if since else None,
            row.readiness.met, row.readiness.total, row.readiness.must_met, row.readiness.must_total,
            *(row.verdicts.count(one) for one in _COUNTED),
            "yes" if row.readiness.ready else "no", engagement.lead.name, line.pain_a_year,
            engagement.currency,
        ]  # fmt: skip


def as_csv(lines: Iterable[Line], *, now: datetime) -> bytes:
    """UTF-8 with a mark at its beginning, so that spreadsheets read it as that."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for row in rows(lines, now=now):
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(lines: Iterable[Line], *, now: datetime) -> bytes:
    """Typed cells; text is never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Portfolio")
    sheet.freeze_panes = "C2"
    head = []
    for words in HEAD:
        cell = WriteOnlyCell(sheet, value=words)
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    for row in rows(lines, now=now):
        sheet.append([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
