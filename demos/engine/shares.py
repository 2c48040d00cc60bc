"""A part's share of what a target takes: calls at a time and per second, over all workers together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Share:
    """What one part may use until it asks again. ``concurrency`` 0: nothing for the moment.

    ``per_second`` None: no limit of the rate. ``rest_s``: the target has asked to be left alone so long.
    """

    concurrency: int
    per_second: float | None = None
    rest_s: float = 0.0


class Shares(Protocol):
    """Where a part gets its share. The parts' shares together never exceed what the target takes."""

    async def renew(self, *, under_way: int, rest_s: float) -> Share:
        """The share from now on. ``under_way`` calls cannot be given up; ``rest_s`` is told to the others."""

    async def leave(self) -> None:
        """Give everything back."""
