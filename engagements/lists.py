"""Lists of an engagement that can be taken away as a file. Each app registers its own.

There is one address and one view for all of them, so each list leaves with the rights of its page, safe to
open in a spreadsheet, streamed, and written down in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engagements.models import Engagement
from portal.lists import ListRegister, Rows, TakenList
from portal.models import User

Select = Callable[[User, Engagement, Mapping[str, str]], Rows]

_lists: ListRegister[Engagement] = ListRegister()


def register_list(name: str, columns: Sequence[str], select: Select) -> None:
    """Let the list ``name`` be taken away."""
    _lists.register(name, columns, select)


def list_named(name: str) -> TakenList[Engagement]:
    """Raises NotFound for a list that nobody registered."""
    return _lists.named(name)


def names_of_lists() -> list[str]:
    return _lists.names()
