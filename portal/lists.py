"""Lists that can be taken away as a file: who registers one names its columns, and who reads which rows.

A list of a whole client (its people, its tokens) is registered in ``client_lists``; those of an engagement
are in ``engagements.lists``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.urls import register_converter
from django.urls.converters import StringConverter

from portal.errors import NotFound
from portal.models import Tenant, User

Of = TypeVar("Of")
Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class TakenList(Generic[Of]):
    """``select(viewer, of, filters)`` refuses as the page does, then gives the rows of ``columns``.

    It refuses when it is called, not while its rows are read: those are read as the file is being sent.
    """

    columns: tuple[str, ...]
    select: Callable[[User, Of, Mapping[str, str]], Rows]


class ListRegister(Generic[Of]):
    """Lists by name."""

    def __init__(self) -> None:
        self._lists: dict[str, TakenList[Of]] = {}

    def register(
        self, name: str, columns: Sequence[str], select: Callable[[User, Of, Mapping[str, str]], Rows]
    ) -> None:
        """Let the list ``name`` be taken away."""
        self._lists[name] = TakenList(tuple(columns), select)

    def named(self, name: str) -> TakenList[Of]:
        """Raises NotFound for a list that nobody registered."""
        found = self._lists.get(name)
        if found is None:
            raise NotFound
        return found

    def names(self) -> list[str]:
        return sorted(self._lists)


client_lists: ListRegister[Tenant] = ListRegister()


class ListName(StringConverter):
    """risks"""

    regex = r"[a-z]+(-[a-z]+)*"


register_converter(ListName, "listed")
