"""XLSX: the first sheet of a workbook, opened only after its zip has been weighed."""

import datetime as dt
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from demos.importing.limits import (
    MAX_COLUMNS,
    MAX_SHARED_STRINGS_BYTES,
    MAX_UNPACKED_BYTES,
    MAX_ZIP_ENTRIES,
    MAX_ZIP_RATIO,
    MIB,
    ZIP_RATIO_FROM_BYTES,
)
from demos.importing.table import Row, Table, check_row_count, checked_columns, refused

CHUNK = 1 << 16
UNREADABLE = "The workbook cannot be read. Open it, save it as .xlsx again, or export the sheet as CSV UTF-8."
# What openpyxl lets through when a part of the workbook is missing, cut short or not what its name says.
BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    EOFError,
    OSError,
)


def read_xlsx(file: BinaryIO) -> Table:
    """Raises Invalid when the file is no workbook, unpacks to too much, or its first sheet has no head."""
    check_weight(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if not book.worksheets:
            raise refused(
                "The workbook has no sheet with cells. Put the cases on its first sheet.", code="empty"
            )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        cells = sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True)
        head = next(cells, ())
    except BROKEN:
        raise refused(UNREADABLE, code="malformed_xlsx") from None
    columns = checked_columns([_text(value) for value in head])
    return Table(format="xlsx", columns=columns, rows=_rows(cells, columns))


def check_weight(file: BinaryIO) -> None:
    """Raises Invalid for a zip that unpacks to more than a workbook of cases needs. Keeps nothing.

    The sizes a zip declares are checked first, then what really comes out: a zip may lie.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
            _check_declared(entries)
            _check_actual(packed, entries)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, zlib.error):
        raise refused(UNREADABLE, code="malformed_xlsx") from None


def _too_heavy(why: str) -> Exception:
    return refused(
        f"The workbook {why}. It is not opened. Save only the sheet with the cases, or export CSV UTF-8.",
        code="too_heavy",
    )


def _check_declared(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ZIP_ENTRIES:
        raise _too_heavy(f"holds {len(entries)} parts; {MAX_ZIP_ENTRIES} are taken")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise _too_heavy(f"unpacks to more than {MAX_UNPACKED_BYTES // MIB} MiB")
    for entry in entries:
        _check_ratio(entry.file_size, entry.compress_size)
        if entry.filename.endswith("sharedStrings.xml") and entry.file_size > MAX_SHARED_STRINGS_BYTES:
            raise _too_heavy(f"holds more than {MAX_SHARED_STRINGS_BYTES // MIB} MiB of text")


def _check_actual(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    total = 0
    for entry in entries:
        unpacked, tail = 0, b""
        with packed.open(entry) as part:
            while chunk := part.read(CHUNK):
                unpacked += len(chunk)
                total += len(chunk)
                if total > MAX_UNPACKED_BYTES:
                    raise _too_heavy(f"unpacks to more than {MAX_UNPACKED_BYTES // MIB} MiB")
                _check_ratio(unpacked, entry.compress_size)
                if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                    raise _too_heavy("holds entity definitions, which no spreadsheet program writes")
                tail = chunk[-16:]


def _check_ratio(unpacked: int, packed: int) -> None:
    if unpacked > ZIP_RATIO_FROM_BYTES and unpacked > MAX_ZIP_RATIO * max(packed, 1):
        raise _too_heavy(f"unpacks to more than {MAX_ZIP_RATIO} times its size")


def _rows(cells: Iterator[tuple[Any, ...]], columns: tuple[str, ...]) -> Iterator[Row]:
    count = 0
    for number in itertools.count(2):
        try:
            found = next(cells, None)
        except BROKEN:
            raise refused(
                f"Row {number} of the sheet cannot be read. {UNREADABLE}", code="malformed_xlsx"
            ) from None
        if found is None:
            return
        values = [_text(value) for value in found]
        if not any(value.strip() for value in values):
            continue
        count += 1
        check_row_count(count)
        if any(value.strip() for value in values[len(columns) :]):
            yield Row(
                number,
                {},
                "The row has values to the right of the last named column. Name the column or clear them.",
            )
        else:
            padded = values + [""] * (len(columns) - len(values))
            yield Row(number, dict(zip(columns, padded, strict=False)))


def _text(value: object) -> str:
    """A cell as its reader sees it: whole numbers without a point, dates as ISO, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    return str(value)
