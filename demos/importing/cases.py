"""Rows become case drafts, or a list of what is wrong with which row. All or nothing."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from demos.importing.checks import checks_in, is_sealed, turns_in
from demos.importing.limits import MAX_CELL_CHARS, MAX_ROW_ERRORS_LISTED
from demos.importing.mapping import Mapping, category_of
from demos.importing.table import Row, Table
from demos.vocabulary import CaseCategory
from portal.errors import FieldError, Invalid

MAX_KEY_CHARS = 64
READERS: dict[str, Callable[[str], object]] = {"turns": turns_in, "checks": checks_in, "sealed": is_sealed}


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """One case as read from the file, checked and trimmed."""

    key: str
    input: str
    expected: str
    context: str
    category: str
    cluster: str
    slices: dict[str, str]
    turns: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    sealed: bool = False

    def canonical(self) -> bytes:
        """The same bytes for the same content, whatever file format it came in.

        What only some cases have counts only where it is, so that older imports keep their hash.
        """
        parts: list[Any] = [
            self.key, self.input, self.expected, self.context, self.category, self.cluster, self.slices,
        ]  # fmt: skip
        more = {"turns": self.turns, "checks": self.checks, "sealed": self.sealed}
        if any(more.values()):
            parts.append(more)
        return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)


def draft_cases(table: Table, mapping: Mapping) -> list[CaseDraft]:
    """Every row as a draft. Raises Invalid with errors by row (/rows/<row>/<part>) if any is wrong."""
    drafts: list[CaseDraft] = []
    errors: list[FieldError] = []
    wrong_rows = 0
    row_of_key: dict[str, int] = {}
    for position, row in enumerate(table.rows, start=1):
        found = list(row_errors(row, mapping))
        key = _key(row, mapping, position=position)
        if not row.problem and key in row_of_key:
            pointer = f"/rows/{row.number}/case_key"
            detail = f"The key “{key}” is already that of row {row_of_key[key]}. Give each case its own."
            found.append(FieldError(pointer=pointer, code="repeated", detail=detail))
        row_of_key.setdefault(key, row.number)
        if found:
            wrong_rows += 1
            errors.extend(found[: MAX_ROW_ERRORS_LISTED - len(errors)])
        elif not wrong_rows:
            drafts.append(_draft(row, mapping, key))
    if errors:
        raise _refusal(errors, wrong_rows)
    if not drafts:
        raise Invalid(
            "The file names its columns but holds no case. Each row below the head is one case.",
            errors=[FieldError(pointer="/file", code="empty", detail="No rows below the head.")],
        )
    return drafts


def row_errors(row: Row, mapping: Mapping) -> Iterator[FieldError]:
    """What is wrong with one row, by part."""
    if row.problem:
        yield FieldError(pointer=f"/rows/{row.number}", code="malformed", detail=row.problem)
        return
    for part, detail in (
        ("input", "Nothing is asked in this row."),
        ("expected", "The expected answer is missing."),
    ):
        if part == "expected" and _cell(row, mapping.checks):
            continue  # the checks say what is right
        if not row.values.get(getattr(mapping, part), "").strip():
            yield FieldError(pointer=f"/rows/{row.number}/{part}", code="missing", detail=detail)
    if mapping.category and category_of(row.values.get(mapping.category, "")) is None:
        allowed = ", ".join(CaseCategory.values)
        detail = f"“{row.values[mapping.category][:40]}” is no category. Write one of: {allowed}."
        yield FieldError(pointer=f"/rows/{row.number}/category", code="unknown", detail=detail)
    for part, read in READERS.items():
        try:
            read(_cell(row, getattr(mapping, part)))
        except ValueError as problem:
            yield FieldError(pointer=f"/rows/{row.number}/{part}", code="invalid", detail=str(problem))
    for column, value in row.values.items():
        if len(value) > MAX_CELL_CHARS:
            detail = (
                f"“{column[:40]}” has {len(value):,} characters; {MAX_CELL_CHARS:,} are taken. Shorten it."
            )
            yield FieldError(pointer=f"/rows/{row.number}/{column[:40]}", code="too_long", detail=detail)
    if mapping.case_key and len(row.values.get(mapping.case_key, "")) > MAX_KEY_CHARS:
        detail = f"The key is longer than {MAX_KEY_CHARS} characters. Shorten it."
        yield FieldError(pointer=f"/rows/{row.number}/case_key", code="too_long", detail=detail)


def content_sha256(drafts: Iterable[CaseDraft]) -> str:
    """Hash over the cases in their order, as 64 hex digits. Files with the same cases have the same hash."""
    digest = hashlib.sha256()
    for draft in drafts:
        digest.update(draft.canonical())
        digest.update(b"\n")
    return digest.hexdigest()


def _key(row: Row, mapping: Mapping, *, position: int) -> str:
    own = row.values.get(mapping.case_key, "").strip() if mapping.case_key else ""
    return own or f"C-{position:04d}"


def _draft(row: Row, mapping: Mapping, key: str) -> CaseDraft:
    def cell(column: str) -> str:
        return _cell(row, column)

    slices: dict[str, str] = {}
    for column in mapping.slices:
        slices |= slice_tags(column, cell(column))
    return CaseDraft(
        key=key,
        input=cell(mapping.input),
        expected=cell(mapping.expected),
        context=cell(mapping.context),
        category=str(category_of(cell(mapping.category)) or CaseCategory.TYPICAL),
        cluster=cell(mapping.cluster)[:200],
        slices=slices,
        turns=turns_in(cell(mapping.turns)),
        checks=checks_in(cell(mapping.checks)),
        sealed=is_sealed(cell(mapping.sealed)),
    )


def _cell(row: Row, column: str) -> str:
    return row.values.get(column, "").strip() if column else ""


def slice_tags(column: str, text: str) -> dict[str, str]:
    """The slices that a cell names: its value under the column's name, or each ``name=value`` of a list."""
    if not text:
        return {}
    try:
        parts = orjson.loads(text) if text.startswith("[") else text.split(";") if "=" in text else None
    except orjson.JSONDecodeError:
        parts = None
    if not isinstance(parts, list):
        return {column: text}
    tags = {}
    for part in parts:
        name, mark, value = str(part).partition("=")
        tags[name.strip() if mark else column] = value.strip() if mark else name.strip()
    return tags


def _refusal(errors: list[FieldError], wrong_rows: int) -> Invalid:
    rows = "1 row is" if wrong_rows == 1 else f"{wrong_rows:,} rows are"
    what = "it" if wrong_rows == 1 else "them"
    shown = f" The first {len(errors)} are listed." if len(errors) >= MAX_ROW_ERRORS_LISTED else ""
    return Invalid(
        f"Nothing was imported: {rows} not usable.{shown} Put {what} right in the file and upload it again.",
        errors=errors,
    )
