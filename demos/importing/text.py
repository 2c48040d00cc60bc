"""Is this file UTF-8 text? If not: where it breaks, and what to do about it."""

import codecs
import io
from typing import BinaryIO

from demos.importing.table import refused

CHUNK = 1 << 20
WAY_OUT = "Save it as UTF-8 (in Excel: “CSV UTF-8 (comma delimited)”) and upload it again."
FOREIGN_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def check_utf8(file: BinaryIO) -> None:
    """Walk the file once, a chunk at a time. Raises Invalid naming byte and line; rewinds the file."""
    file.seek(0)
    head = file.read(4)
    for mark, name in FOREIGN_MARKS.items():
        if head.startswith(mark):
            raise refused(f"The file is written in {name}, not UTF-8. {WAY_OUT}", code="not_utf8")
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, offset = 1, 0
    while chunk := file.read(CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as broken:
            at = max(broken.start - pending, 0)
            line += chunk[:at].count(b"\n")
            raise _not_utf8(byte=broken.object[broken.start], line=line, offset=offset + at) from None
        if (zero := chunk.find(b"\0")) >= 0:
            line += chunk[:zero].count(b"\n")
            raise refused(
                f"Line {line} holds a zero byte: this is not a text file. Export it as CSV, JSONL or XLSX.",
                code="not_text",
            )
        line += chunk.count(b"\n")
        offset += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as broken:
        raise _not_utf8(byte=broken.object[broken.start], line=line, offset=offset) from None
    file.seek(0)


def _not_utf8(*, byte: int, line: int, offset: int) -> Exception:
    return refused(
        f"Line {line} is not UTF-8 text: byte 0x{byte:02X} at position {offset:,}. {WAY_OUT}", code="not_utf8"
    )


class Borrowed(io.BufferedIOBase):
    """A file that stays open when the text reader around it goes away: its owner reads it again."""

    name = "upload"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def as_text(file: BinaryIO) -> io.TextIOWrapper:
    """The file as text without its byte-order mark, line ends untouched. Does not close the file."""
    return io.TextIOWrapper(Borrowed(file), encoding="utf-8-sig", newline="")
