"""Lists that can be taken away as a file. Each app registers its own: columns, and who reads which rows.

There is one address and one view for all of them, so each list leaves with the rights of its page, safe to
open in a spreadsheet, streamed, and written down in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engagements.models import Engagement
from portal.errors import NotFound
from portal.models import User

Rows = Iterable[Sequence[Any]]
Select = Callable[[User, Engagement, Mapping[str, str]], Rows]


@dataclass(frozen=True, slots=True)
class TakenList:
    """``select(viewer, engagement, filters)`` refuses as the page does, then gives the rows of ``columns``.

    It refuses when it is called, not while its rows are read: those are read as the file is being sent.
    """

    columns: tuple[str, ...]
    select: Select


_lists: dict[str, TakenList] = {}


def register_list(name: str, columns: Sequence[str], select: Select) -> None:
    """Let the list ``name`` be taken away."""
    _lists[name] = TakenList(tuple(columns), select)


def list_named(name: str) -> TakenList:
    """Raises NotFound for a list that nobody registered."""
    found = _lists.get(name)
    if found is None:
        raise NotFound
    return found


def names_of_lists() -> list[str]:
    return sorted(_lists)
