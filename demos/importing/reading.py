"""Opens a file of cases, whatever it calls itself: what counts is how it begins."""

import os
from typing import BinaryIO

from demos.importing.csv_rows import read_csv
from demos.importing.jsonl_rows import read_jsonl
from demos.importing.limits import MAX_FILE_BYTES, MIB
from demos.importing.promptfoo import MOST_BYTES, is_promptfoo, read_promptfoo
from demos.importing.table import Table, refused
from demos.importing.xlsx_rows import read_xlsx
from portal.errors import Invalid

ZIP_MARK = b"PK\x03\x04"
OLD_OFFICE_MARK = b"\xd0\xcf\x11\xe0"
PDF_MARK = b"%PDF"


def open_table(file: BinaryIO) -> Table:
    """The table in ``file``. Raises Invalid with a way out when it is too large, empty or of another kind."""
    check_size(file)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head.startswith(ZIP_MARK):
        return read_xlsx(file)
    if head.startswith(OLD_OFFICE_MARK):
        raise refused(
            "This is an old .xls workbook or one with a password. Save it as .xlsx without a password.",
            code="unknown_format",
        )
    if head.startswith(PDF_MARK):
        raise refused("This is a PDF. Cases come as CSV, JSONL or XLSX.", code="unknown_format")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise refused(
            "The file is empty. Its first row names the columns, each further row is a case.", code="empty"
        )
    if text.startswith(b"[") and not is_promptfoo(text, b""):
        raise refused(
            "This is one JSON list. Write one JSON object a line instead (JSONL).", code="malformed_jsonl"
        )
    if _is_promptfoo(file, text):
        return read_promptfoo(file)
    return read_jsonl(file) if text.startswith(b"{") else read_csv(file)


def _is_promptfoo(file: BinaryIO, head: bytes) -> bool:
    whole = file.read(MOST_BYTES) if head.startswith(b"{") else b""
    file.seek(0)
    return is_promptfoo(head, whole)


def check_size(file: BinaryIO) -> int:
    """Bytes in the file. Raises Invalid above the limit."""
    size = file.seek(0, os.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise too_large(size)
    return size


def too_large(size: int) -> Invalid:
    """The refusal of a file of ``size`` bytes."""
    return refused(
        f"The file has {size / MIB:,.0f} MiB; {MAX_FILE_BYTES // MIB} are taken. Leave out columns that "
        "cases do not need, or split it into several datasets.",
        code="too_large",
    )
