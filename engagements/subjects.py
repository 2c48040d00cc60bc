"""What can be talked about: other apps register their things when Django is ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from portal import ids

IsThere = Callable[[UUID, UUID], bool]

_registered: dict[str, tuple[str, IsThere]] = {}


def register_subject(prefix: str, word: str, is_there: IsThere) -> None:
    """Let things with this id prefix be commented on; ``is_there(engagement_id, key)`` tells."""
    _registered[prefix] = (word, is_there)


def is_in(model: type[Any], engagement_id: UUID, key: UUID) -> bool:
    """Whether there is such a row in the engagement: what most kinds of things register."""
    return bool(model._default_manager.filter(pk=key, engagement_id=engagement_id).exists())


def is_subject(engagement_id: UUID, public_id: str) -> bool:
    """Whether this is a thing of the engagement that can be talked about."""
    prefix = public_id.partition("_")[0]
    if prefix not in _registered:
        return False
    try:
        key = ids.decode(prefix, public_id)
    except ValueError:
        return False
    return _registered[prefix][1](engagement_id, key)


def word_for(public_id: str) -> str:
    """What a thing is called in a list, such as “attempt”."""
    return _registered.get(public_id.partition("_")[0], ("thing", None))[0]
