"""What every reader gives: named columns and rows of text, one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from demos.importing.limits import MAX_COLUMNS, MAX_ROWS
from portal.errors import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. ``number`` counts as an editor does: the first line of the file is 1.

    ``problem`` says why the row could not be read; empty when it could.
    """

    number: int
    values: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A readable file. ``rows`` can be walked once and raises Invalid where the file turns unreadable.

    ``left_out``: what the file asks for and Gatehouse does not have, by name, with how often.
    """

    format: str
    columns: tuple[str, ...]
    rows: Iterator[Row]
    left_out: Mapping[str, int] = field(default_factory=dict)


def refused(detail: str, *, code: str, pointer: str = "/file") -> Invalid:
    """The file as a whole cannot be taken. ``detail`` names the way out."""
    return Invalid(detail, errors=[FieldError(pointer=pointer, code=code, detail=detail)])


def checked_columns(names: list[str]) -> tuple[str, ...]:
    """The head of a table, trimmed. Raises Invalid when it is empty, too wide, or names a column twice."""
    columns = [name.strip() for name in names]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise refused(
            "The file has no head. Write the names of the columns in its first row.", code="no_columns"
        )
    if len(columns) > MAX_COLUMNS:
        raise refused(
            f"The file has {len(columns)} columns; {MAX_COLUMNS} are taken. Delete what cases do not need.",
            code="too_many_columns",
        )
    seen: set[str] = set()
    for position, name in enumerate(columns, start=1):
        if not name:
            raise refused(f"Column {position} has no name. Name it in the first row.", code="unnamed_column")
        if name in seen:
            raise refused(
                f"Two columns are called “{name[:60]}”. Rename one of them.", code="repeated_column"
            )
        seen.add(name)
    return tuple(columns)


def check_row_count(count: int) -> None:
    """Raises Invalid when the file holds more rows than one import takes."""
    if count > MAX_ROWS:
        raise refused(
            f"The file has more than {MAX_ROWS:,} rows. Split it and import the parts as separate datasets.",
            code="too_many_rows",
        )
