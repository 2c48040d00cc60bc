"""Answers that are files: a table in the form that is asked for, and the headers of a download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse

from portal import tables
from portal.errors import NotFound


def table_answer(
    form: str, name: str, columns: Sequence[str], found: Iterable[Sequence[Any]]
) -> HttpResponseBase:
    """The rows as CSV, XLSX or JSON Lines, streamed. Raises NotFound for a form that is none of them."""
    kind = tables.CONTENT_TYPES.get(form)
    if kind is None:
        raise NotFound
    if form == "xlsx":
        book = tables.xlsx_file(columns, found, sheet=name)
        return FileResponse(book, as_attachment=True, filename=f"{name}.xlsx", content_type=kind)
    chunks = (tables.csv_chunks if form == "csv" else tables.jsonl_chunks)(columns, found)
    return attached(StreamingHttpResponse(chunks, content_type=kind), f"{name}.{form}")


def attached(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """The answer as a download that nobody keeps on the way."""
    safe = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
