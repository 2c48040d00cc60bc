"""CSV: comma, semicolon, tab or bar between values, quoted as spreadsheets do."""

import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

from demos.importing.limits import MAX_CELL_CHARS
from demos.importing.table import Row, Table, check_row_count, checked_columns, refused
from demos.importing.text import as_text, check_utf8

DELIMITERS = ",;\t|"


def read_csv(file: BinaryIO) -> Table:
    """Raises Invalid when the file is not UTF-8, has no head, or breaks the quoting rules."""
    check_utf8(file)
    text = as_text(file)
    head = text.readline()
    text.seek(0)
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARS * 4))
    reader = csv.reader(text, delimiter=_delimiter(head), strict=True)
    try:
        columns = checked_columns(next(reader, []))
    except csv.Error as broken:
        raise _malformed(1, broken) from None
    return Table(format="csv", columns=columns, rows=_rows(reader, columns))


def _delimiter(head: str) -> str:
    outside_quotes = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside_quotes.count)


def _rows(reader: Any, columns: tuple[str, ...]) -> Iterator[Row]:
    count = 0
    while True:
        number = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            raise _malformed(number, broken) from None
        if not any(value.strip() for value in values):
            continue
        count += 1
        check_row_count(count)
        extra = values[len(columns) :]
        if any(value.strip() for value in extra):
            problem = (
                f"The row has {len(values)} values, the head names {len(columns)} columns. "
                "Quote values that hold the separator."
            )
            yield Row(number, {}, problem)
        else:
            padded = values + [""] * (len(columns) - len(values))
            yield Row(number, dict(zip(columns, padded, strict=False)))


def _malformed(line: int, broken: csv.Error) -> Exception:
    reason = str(broken)
    if "unexpected end of data" in reason:
        detail = (
            f"A quote opened in the row at line {line} is never closed. "
            "Close it, or double it if it belongs to the text."
        )
    elif "field larger" in reason:
        detail = (
            f"The row at line {line} holds a value of more than {MAX_CELL_CHARS:,} characters; "
            "a quote before it may be missing."
        )
    else:
        detail = (
            f"The row at line {line} is not valid CSV ({reason}). "
            "Quote the value and double the quotes inside it."
        )
    return refused(detail, code="malformed_csv", pointer=f"/rows/{line}")
