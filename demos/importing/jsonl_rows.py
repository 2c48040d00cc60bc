"""JSONL: one JSON object a line."""

import itertools
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from demos.importing.limits import COLUMN_SCAN_ROWS, MAX_CELL_CHARS
from demos.importing.table import Row, Table, check_row_count, checked_columns, refused
from demos.importing.text import check_utf8

MAX_LINE_BYTES = MAX_CELL_CHARS * 16


def read_jsonl(file: BinaryIO) -> Table:
    """Columns are the keys of the first thousand objects. Raises Invalid unless it is UTF-8 and JSONL."""
    check_utf8(file)
    rows = _rows(file)
    first = list(itertools.islice(rows, COLUMN_SCAN_ROWS))
    names: dict[str, None] = {}
    for row in first:
        names.update(dict.fromkeys(row.values))
    if not names:
        if first:
            raise refused(f"Line {first[0].number}: {first[0].problem}", code="malformed_jsonl")
        raise refused("The file is empty. Write one JSON object a line.", code="empty")
    return Table(format="jsonl", columns=checked_columns(list(names)), rows=itertools.chain(first, rows))


def _rows(file: BinaryIO) -> Iterator[Row]:
    count = 0
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise refused(
                f"Line {number} is longer than {MAX_LINE_BYTES:,} bytes. Write one JSON object a line.",
                code="malformed_jsonl",
            )
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip():
            continue
        count += 1
        check_row_count(count)
        yield _row(number, line)


def _row(number: int, line: bytes) -> Row:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as broken:
        return Row(
            number, {}, f"Not valid JSON: {broken.msg} at character {broken.colno}. Write one object a line."
        )
    if not isinstance(found, dict):
        return Row(number, {}, 'The line is not an object. Write it as {"input": "…", "expected": "…"}.')
    return Row(number, {str(key).strip(): _text(value) for key, value in found.items()})


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
