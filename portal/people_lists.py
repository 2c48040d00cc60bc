"""A list of people as somebody pastes it or saves it from a spreadsheet. Rules are the services'."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from portal.errors import FieldError, Invalid
from portal.services.invitations import Wanted

MOST_BYTES: Final = 100_000
COLUMNS: Final = ("email", "name", "role")
_E_MAIL: Final = {"email", "e-mail", "mail", "email address", "e-mail address"}


def read_people_file(file: BinaryIO) -> list[Wanted]:
    """The people of a CSV file. Raises Invalid with one error for each row that is not right."""
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // 1000} kB. Split it: a list holds 200 people.")
    try:
        return read_people(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _refused("The file is not UTF-8 text. Save it from the spreadsheet as “CSV UTF-8”.") from None


def read_people(text: str) -> list[Wanted]:
    """The people of a text: e-mail, name and role by comma, semicolon or tab, in the order of its head.

    Without a head the order is e-mail, name, role. Raises Invalid with one error for each wrong row.
    """
    rows = list(_rows(text))
    places = list(range(3))
    if rows and any(_named(cell) == "email" for cell in rows[0][1]):
        places = _places(rows.pop(0)[1])
    if not rows:
        raise _refused("There is nobody in the list. Write e-mail, name and role, one person a line.")
    wanted, faults = [], []
    for line, cells in rows:
        if len(cells) > max(places):
            wanted.append(Wanted(line, *(cells[place] for place in places)))
        else:
            words = f"Line {line} has {len(cells)} parts: write e-mail, name, role."
            faults.append(FieldError(f"/people/{line}", "invalid", words))
    if faults:
        raise Invalid("Nobody was invited. Put right the lines below.", errors=faults)
    return wanted


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and trimmed cells of each row that is not empty."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            raise _refused(f"Line {number} cannot be read: a quotation mark is not closed.") from None
        if any(cells):
            yield number, cells


def _places(head: list[str]) -> list[int]:
    named = [_named(cell) for cell in head]
    missing = [column for column in COLUMNS if column not in named]
    if missing:
        raise _refused(f"The head names no column {', '.join(missing)}. Name them email, name and role.")
    return [named.index(column) for column in COLUMNS]


def _named(cell: str) -> str:
    word = cell.casefold()
    return "email" if word in _E_MAIL else word


def _refused(words: str) -> Invalid:
    return Invalid(words, errors=[FieldError("/people", "invalid", words)])
