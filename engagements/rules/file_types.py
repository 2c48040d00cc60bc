"""What a file is, by its first bytes not by its name. A name that says something else is refused."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from portal.errors import FieldError, Invalid

TEXTS: Final = {
    "txt": "text/plain", "md": "text/plain", "log": "text/plain", "csv": "text/csv",
    "json": "application/json", "yaml": "application/yaml", "yml": "application/yaml",
}  # fmt: skip
PICTURES: Final = {
    b"\x89PNG\r\n\x1a\n": ("image/png", ("png",)),
    b"\xff\xd8\xff": ("image/jpeg", ("jpg", "jpeg")),
    b"%PDF-": ("application/pdf", ("pdf",)),
}
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
PACKAGES: Final = {
    "word/document.xml": (f"{_OFFICE}wordprocessingml.document", "docx"),
    "xl/workbook.xml": (f"{_OFFICE}spreadsheetml.sheet", "xlsx"),
    "ppt/presentation.xml": (f"{_OFFICE}presentationml.presentation", "pptx"),
}
ALLOWED: Final = "PDF, PNG, JPEG, DOCX, XLSX, PPTX, CSV, JSON, YAML, Markdown or plain text"


def media_type_of(file_name: str, body: bytes) -> str:
    """The media type that name and bytes agree on. Raises Invalid where they do not, or it is not ours."""
    _, dot, ending = file_name.lower().rpartition(".")
    if not dot:
        raise _refused("The file's name has no ending, such as .pdf.")
    found = _by_bytes(body)
    if found is not None:
        media_type, endings = found
        if ending not in endings:
            raise _refused(f"The name says .{ending}, but the file is {media_type}. Rename it to what it is.")
        return media_type
    if ending in TEXTS and _is_text(body):
        return TEXTS[ending]
    if ending in TEXTS:
        raise _refused(f"The name says .{ending}, but this is no text in UTF-8.")
    raise _refused(f"This is no file that evidence can be. Use {ALLOWED}.")


def _by_bytes(body: bytes) -> tuple[str, tuple[str, ...]] | None:
    for start, found in PICTURES.items():
        if body.startswith(start):
            return found
    if not body.startswith(b"PK\x03\x04"):
        return None
    try:
        names = set(zipfile.ZipFile(io.BytesIO(body)).namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    for part, (media_type, ending) in PACKAGES.items():
        if part in names:
            return media_type, (ending,)
    return None


def _is_text(body: bytes) -> bool:
    if b"\x00" in body:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _refused(words: str) -> Invalid:
    return Invalid(words, errors=[FieldError("/file", "type", words)])
