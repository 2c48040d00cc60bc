"""A table as CSV, JSON Lines or XLSX, row by row, so that its length does not matter to memory.

Text that a spreadsheet would take for a formula is neutralised in CSV; in XLSX every text is a text cell.
JSON Lines holds the values as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from tempfile import NamedTemporaryFile
from typing import IO, Any

import orjson
import xlsxwriter

from portal.spreadsheets import safe_cell

CHUNK_ROWS = 500
LONGEST_CELL = 32_000
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Row = Sequence[Any]


def csv_chunks(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark, so that spreadsheets read umlauts."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(columns)
    for number, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(value) for value in row])
        if number % CHUNK_ROWS == 0:
            yield _taken(out)
    yield _taken(out)


def jsonl_chunks(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """One object a line; null is "not measured"."""
    lines: list[bytes] = []
    for row in rows:
        lines.append(orjson.dumps(dict(zip(columns, row, strict=True)), default=_plain) + b"\n")
        if len(lines) == CHUNK_ROWS:
            yield b"".join(lines)
            lines.clear()
    if lines:
        yield b"".join(lines)


def xlsx_file(columns: Sequence[str], rows: Iterable[Row], *, sheet: str) -> IO[bytes]:
    """A workbook in a temporary file that goes when it is closed; numbers and times are typed cells."""
    file = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115  # the response closes it when it was sent
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file.name, options)
    page = book.add_worksheet(sheet[:31])
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    bold = book.add_format({"bold": True})
    for place, name in enumerate(columns):
        page.write_string(0, place, name, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            _write(page, number, place, value, moment)
    book.close()
    return file


def _write(page: Any, number: int, place: int, value: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_boolean(number, place, value)
    elif isinstance(value, int | float | Decimal):
        page.write_number(number, place, float(value))
    elif isinstance(value, datetime):
        page.write_datetime(number, place, value.replace(tzinfo=None), moment)
    else:
        page.write_string(number, place, _text(value)[:LONGEST_CELL])


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else safe_cell(_text(value))


def _text(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


def _plain(value: Any) -> str:
    return str(value)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()
