"""What can be talked about: other apps register their things when Django is ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from portal import ids
from portal.models import User

IsThere = Callable[[User, UUID, UUID], bool]
IsInternal = Callable[[UUID], bool]


@dataclass(frozen=True, slots=True)
class _Kind:
    word: str
    is_there: IsThere
    is_internal: IsInternal


_registered: dict[str, _Kind] = {}


def register_subject(
    prefix: str, word: str, is_there: IsThere, *, is_internal: IsInternal = lambda key: False
) -> None:
    """Let things with this id prefix be commented on.

    ``is_there(viewer, engagement_id, key)`` tells whether the viewer has such a thing before them;
    ``is_internal(key)``: what is said about it stays inside the consultancy, whatever is chosen.
    """
    _registered[prefix] = _Kind(word, is_there, is_internal)


def is_in(model: type[Any], viewer: User, engagement_id: UUID, key: UUID) -> bool:
    """Whether there is such a row in the engagement: what most kinds of things register."""
    return bool(model._default_manager.filter(pk=key, engagement_id=engagement_id).exists())


def is_subject(viewer: User, engagement_id: UUID, public_id: str) -> bool:
    """Whether this is a thing of the engagement that the viewer can talk about."""
    found = _found(public_id)
    return found is not None and found[0].is_there(viewer, engagement_id, found[1])


def is_internal_subject(public_id: str) -> bool:
    """Whether all that is said about this thing stays inside the consultancy."""
    found = _found(public_id)
    return found is not None and found[0].is_internal(found[1])


def word_for(public_id: str) -> str:
    """What a thing is called in a list, such as “attempt”."""
    kind = _registered.get(public_id.partition("_")[0])
    return kind.word if kind else "thing"


def _found(public_id: str) -> tuple[_Kind, UUID] | None:
    prefix = public_id.partition("_")[0]
    if prefix not in _registered:
        return None
    try:
        return _registered[prefix], ids.decode(prefix, public_id)
    except ValueError:
        return None
